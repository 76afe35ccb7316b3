"""Speech at 3 to 6.4 kbit/s on speakers that nothing has learned from: as it was, the profile, the learned synthesis.

"as before" is the preset "speech" as higher rates have it; "without" is the profile for low rates as the format defines
its sound (`--enhance off`); "with" is the same streams through the network. Speeds are those of one core, in a process
of one thread.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import mean, median, stdev
from tempfile import TemporaryDirectory

import ligeia
from benchmarks.commands import REPEATS, timed, timed_here
from benchmarks.lapped import ONE_CORE, speech
from benchmarks.rows import DATA, Rows
from ligeia.bench.codecs import codecs_named
from ligeia.codec.decode import decode_pieces
from ligeia.codec.transform.encoder import encode_transform
from ligeia.codec.transform.presets import BY_NAME
from ligeia.codec.transform.rate_control import Target
from ligeia.datasets.provenance import is_unseen
from ligeia.datasets.suite import Clip, read_suite
from ligeia.metrics.table import METRICS
from ligeia.records.columns import grouped
from ligeia.records.journal import Row
from ligeia.records.tables import decimals, fixed, heading, markdown, table

SUITE = "unseen_speech"
RATE = 16000
KBPS = (3.0, 4.0, 5.0, 6.0, 6.4)
SCORES = ("pesq_wb", "visqol_speech", "stoi", "si_sdr", "mel_distance")
BEFORE, WITHOUT, WITH, OPUS = "as before", "without", "with", "Opus 6 kbit/s"
PRESET_BEFORE = replace(BY_NAME["speech"], noise=None)
"""Without the noise in empty bands that higher rates have been given since."""
GOALS = {3.0: 2.3, 4.0: 2.9, 6.0: 3.6}
"""PESQ-WB by rate."""
MODELS = ("speech", "speech_low", "synthesis")
"""Models that may have learned from a clip."""
MINUTE = 60


def run() -> None:
    """Add the rows that are missing, in a process of one thread."""
    subprocess.run([sys.executable, "-m", "benchmarks.low_rates"], check=True, env=os.environ | ONE_CORE)


def measure() -> None:
    """Add the rows that are missing."""
    rows = Rows("low_rates")
    for clip in read_suite(SUITE, DATA):
        for kbps in KBPS:
            for system in (BEFORE, WITHOUT, WITH):
                key = {"benchmark": "low_rates", "system": system, "kbps": kbps, "clip": clip.name}
                rows.add_once(key, lambda system=system, kbps=kbps, clip=clip: quality(system, kbps, clip))
        key = {"benchmark": "low_rates", "system": OPUS, "kbps": 6.0, "clip": clip.name}
        rows.add_once(key, lambda clip=clip: opus(clip))
    speeds(rows)


def sound_of(clip: Clip) -> ligeia.Audio:
    """Return a clip at 16 kHz."""
    return ligeia.resample(ligeia.read_audio(clip.path).mono(), RATE)


def quality(system: str, kbps: float, clip: Clip) -> Row:
    """Return rate and scores of a clip as a system codes it."""
    audio = sound_of(clip)
    if system == BEFORE:
        stream = encode_transform(audio, PRESET_BEFORE, Target(kbps=kbps))[0]
    else:
        stream = ligeia.encode(audio, "speech", kbps=kbps)
    decoded = ligeia.decode(stream, enhance="on" if system == WITH else "off").render()
    return scored(audio, decoded, clip) | {"stream_kbps": len(stream) * 8 / audio.seconds / 1000}


def scored(audio: ligeia.Audio, decoded: ligeia.Audio, clip: Clip) -> Row:
    """Return the scores of a decoded clip."""
    scores = ligeia.score(reference=audio, estimate=decoded, metrics=SCORES, align=False)
    return {"unseen": is_unseen(clip.name, *MODELS), "metrics": {name: scores[name] for name in SCORES}}


def opus(clip: Clip) -> Row:
    """Return rate and scores of a clip by libopus at its lowest rate."""
    audio, (codec,) = sound_of(clip), codecs_named("opus:6")
    with TemporaryDirectory() as folder:
        wav, encoded, decoded = (Path(folder, name) for name in ("a.wav", f"a{codec.suffix}", "b.wav"))
        ligeia.write_audio(wav, audio)
        codec.encode(wav, encoded, 60.0)
        codec.decode(encoded, decoded, 60.0)
        heard = ligeia.resample(ligeia.read_audio(decoded), RATE)
        size = encoded.stat().st_size
    return scored(audio, heard, clip) | {"stream_kbps": size * 8 / audio.seconds / 1000, "codec": codec.version()}


def speeds(rows: Rows) -> None:
    """Time decoding of a minute at 3 kbit/s in this process, and by the command."""
    audio = ligeia.resample(speech(MINUTE), RATE)
    stream = ligeia.encode(audio, "speech", kbps=3)
    for turn in range(REPEATS):
        for enhance, name in (("off", WITHOUT), ("on", WITH)):
            key = {"benchmark": "low_rates", "what": f"decode a minute, {name}", "turn": turn}
            work: Callable[[], object] = lambda enhance=enhance: list(decode_pieces(stream, enhance=enhance))  # noqa: E731
            rows.add_once(key, lambda work=work: timed_here(work, MINUTE))
    with TemporaryDirectory() as folder:
        lig, wav = Path(folder, "a.lig"), Path(folder, "a.wav")
        lig.write_bytes(stream)
        key = {"benchmark": "low_rates", "what": "ligeia decode, a minute, with"}
        rows.add_once(key, lambda: timed("decode", lig, "-o", wav, "--json", sound_seconds=MINUTE))


# --- tables -------------------------------------------------------------------------------------------


def low_rate_table() -> str:
    """Return means and standard deviations over the clips, by rate and system."""
    rows = [row for row in Rows("low_rates").rows if "system" in row]
    header = ["kbit/s", "", *(heading(METRICS[name]) for name in SCORES)]
    lines = []
    for kbps in KBPS:
        for group in grouped([row for row in rows if row["kbps"] == kbps], "system"):
            reached = mean(row["stream_kbps"] for row in group)
            lines.append([f"{reached:.2f}", group[0]["system"], *(_cell(group, name) for name in SCORES)])
    return markdown(table(header, lines)) if lines else ""


def goal_table() -> str:
    """Return PESQ-WB beside its goals, and how each clip changed."""
    rows = [row for row in Rows("low_rates").rows if "system" in row]
    by = {(row["system"], row["kbps"], row["clip"]): row["metrics"]["pesq_wb"] for row in rows}
    clips = sorted({row["clip"] for row in rows})
    lines = []
    for kbps in KBPS:
        if not clips or not all((system, kbps, clip) in by for system in (BEFORE, WITHOUT, WITH) for clip in clips):
            continue
        before, without, those = ([by[system, kbps, clip] for clip in clips] for system in (BEFORE, WITHOUT, WITH))
        changes = [[b - a for a, b in zip(others, those, strict=True)] for others in (without, before)]
        goal = f"{GOALS[kbps]:.1f}" if kbps in GOALS else ""
        means = [f"{mean(values):.2f}" for values in (before, without, those)]
        lines.append([f"{kbps:g}", *means, goal, *(f"{min(change):+.2f}" for change in changes)])
    header = ["kbit/s", BEFORE, WITHOUT, WITH, "goal", "worst clip against without", "worst clip against before"]
    return markdown(table(header, lines)) if lines else ""


def low_rate_speed_table() -> str:
    """Return median time and speed of each kind of run."""
    groups = grouped([row for row in Rows("low_rates").rows if "what" in row], "what")
    lines = [
        [
            group[0]["what"],
            f"{median(row['seconds'] for row in group):.3g} s",
            f"{median(row['speed'] for row in group):.3g} x real time",
        ]
        for group in groups
    ]
    return markdown(table(["what", "time", "speed"], lines)) if lines else ""


def _cell(rows: list[Row], name: str) -> str:
    values = [row["metrics"][name] for row in rows]
    return " ± ".join(fixed(value, decimals(METRICS[name])) for value in (mean(values), stdev(values)))


if __name__ == "__main__":
    measure()
