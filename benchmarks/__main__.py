"""python -m benchmarks [--fresh] [NAME ...]: those of `ALL`, or "report" for the tables alone.

Without a name, all. Existing rows are not measured again, so that an interrupted run continues; --fresh drops them
first.
"""

import sys

from benchmarks import (
    access,
    codec_speed,
    codecs,
    commands,
    conformance,
    corpus,
    denoise,
    embed,
    family_codes,
    hypersound,
    lapped,
    latent,
    low_rates,
    music_denoise,
    notes,
    overfit,
    page,
    paper,
    peers,
    player,
    player_start,
    service,
    service_jobs,
    siren,
    speech_metrics,
    step,
    waveform,
)
from benchmarks.report import write_tables
from benchmarks.rows import DATA, RESULTS

ALL = {
    "startup": commands.startup,
    "page": page.run,
    "service_jobs": service_jobs.run,
    "service": service.run,
    "corpus": corpus.run,
    "player_start": player_start.run,
    "player": player.run,
    "access": access.run,
    "decode": commands.decode,
    "lapped": lapped.run,
    "codec_speed": codec_speed.run,
    "embed": embed.run,
    "overfit": overfit.run,
    "low_rates": low_rates.run,
    "speech_metrics": speech_metrics.run,
    "siren": siren.run,
    "waveform": waveform.run,
    "notes": notes.run,
    "denoise": denoise.run,
    "music_denoise": music_denoise.run,
    "step": step.run,
    "hypersound": hypersound.run,
    "latent": latent.run,
    "family_codes": family_codes.run,
    "size": paper.sizes,
    "fit": paper.fit_speed,
    "conformance": conformance.run,
    "peers": peers.run,
    "codecs": codecs.run,
}
NEED_DATA = (
    "codec_speed",
    "page",
    "player",
    "service_jobs",
    "corpus",
    "embed",
    "family_codes",
    "overfit",
    "lapped",
    "low_rates",
    "speech_metrics",
    "waveform",
    "notes",
    "denoise",
    "music_denoise",
    "size",
    "fit",
    "conformance",
    "peers",
    "codecs",
)
IN_FOLDERS = ("peers", "codecs")
"""Benchmarks whose rows lie in their own folder, as `ligeia bench` writes them."""


def main() -> None:
    """Run, then make the report."""
    names = [word for word in sys.argv[1:] if word != "--fresh"] or list(ALL)
    if unknown := [name for name in names if name not in (*ALL, "report")]:
        sys.exit(f"no benchmark {unknown[0]!r}; there are: {', '.join(ALL)}, report")
    for name in (name for name in names if name != "report"):
        if "--fresh" in sys.argv:
            path = RESULTS / (f"{name}/rows.jsonl" if name in IN_FOLDERS else f"{name}.jsonl")
            path.unlink(missing_ok=True)
        if name in NEED_DATA and not DATA.is_dir():
            print(f"{name}: skipped, there are no recordings in {DATA} (set LIGEIA_DATA)")
        else:
            ALL[name]()
    write_tables()


if __name__ == "__main__":
    main()
