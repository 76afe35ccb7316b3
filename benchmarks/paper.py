"""Ligeia's siren beside the paper's recipe on the same machine: seconds to an SNR, SNR at equal seconds, bytes on disk.

Both sides have at most 141 000 parameters. The paper's side is the recipe "siamese-baseline" (PE + SIREN 3x256,
omega 100, full batch, Adam 1e-4) run for PAPER_SECONDS; ours is run again for each budget, because its schedule ends
with the budget. For each clip the two sides take turns: ours, the paper's, ours again.

Bytes stand beside 16-bit PCM and FLAC -8, with the paper's own counts as labelled columns: its parameter count visits
every shared parameter six times, and its file holds the shared trunk three times.
"""

import io
import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import soundfile

from benchmarks.rows import CLIPS, Rows, load
from ligeia.audio.signal import Audio
from ligeia.codec.encode import encode_inr, encode_with_report
from ligeia.codec.parameters.quantise import Bits
from ligeia.codec.settings import DENSE_PRESETS as PRESETS
from ligeia.codec.settings import EncodeSettings
from ligeia.fitting.fit import fit
from ligeia.fitting.own_recipes import LIGEIA, local_siren
from ligeia.fitting.plan import Recipe, Shape
from ligeia.fitting.recipes import recipe_named
from ligeia.inr import INR
from ligeia.networks.siren import Siren
from ligeia.records.journal import Row
from ligeia.studies.paper_counts import COPIES, paper_parameters

PAPER = recipe_named("siamese-baseline")
PARAMETERS = 141_000
PAPER_SECONDS = 60.0
PAPER_LONG_SECONDS = 900.0
"""One clip is given this long, last of all, to see where the paper's recipe is heading."""
BUDGETS = (2.5, 5.0, 10.0, 20.0)
SHORT_BUDGETS = (5.0, 10.0)
"""Budgets that are run on both sides of the paper's turn, to see how much the machine wavers."""
TRACED = 200
"""Points of a trace that are kept, about."""


# --- seconds ------------------------------------------------------------------------------------------


def fit_speed() -> None:
    """Fit both sides on every clip."""
    rows = Rows("fit")
    fit(load(CLIPS[0]), ours(2.0, 200_000))  # lets libraries load and threads start before anything is timed
    for clip in CLIPS:
        audio = load(clip)
        for budget in BUDGETS:
            _add_ours(rows, clip, audio, budget, turn=1)
        _add_paper(rows, clip, audio, PAPER_SECONDS)
        for budget in SHORT_BUDGETS:
            _add_ours(rows, clip, audio, budget, turn=2)
    _add_paper(rows, CLIPS[0], load(CLIPS[0]), PAPER_LONG_SECONDS)


def _add_ours(rows: Rows, clip: str, audio: Audio, budget: float, *, turn: int) -> None:
    """Fit ours within `budget` seconds."""
    key = {"benchmark": "fit", "clip": clip, "side": "ligeia", "budget_seconds": budget, "turn": turn}
    rows.add_once(key, lambda: _outcome(fit(audio, ours(budget, audio.sample_count))))


def _add_paper(rows: Rows, clip: str, audio: Audio, seconds: float) -> None:
    """Run the paper's recipe for some seconds, with its SNR over time."""
    key = {"benchmark": "fit", "clip": clip, "side": PAPER.name, "budget_seconds": seconds, "turn": 1}
    recipe = replace(PAPER, config=replace(PAPER.config, seconds=seconds))
    rows.add_once(key, lambda: _outcome(fit(audio, recipe)))


def ours(budget: float, samples: int) -> Recipe:
    """Return Ligeia's recipe with at most PARAMETERS in all blocks together, and the clock as its budget."""

    def fits(spec: Siren, shape: Shape) -> bool:
        hop = shape.samples - round(LIGEIA.overlap_seconds * shape.rate)
        return spec.parameters * (samples // hop + 1) <= PARAMETERS

    return replace(LIGEIA, design=local_siren(fits), config=replace(LIGEIA.config, seconds=budget, steps=1_000_000))


def _outcome(inr: INR) -> Row:
    report = inr.report
    trace = report["trace"][0]
    return {
        **{name: report[name] for name in ("snr_db", "seconds", "steps", "parameters")},
        "trace": [
            [point["step"], round(point["seconds"], 3), round(point["snr_db"], 3)]
            for point in trace[:: max(len(trace) // TRACED, 1)]
        ],
    }


# --- bytes --------------------------------------------------------------------------------------------


def sizes() -> None:
    """Encode every clip with every preset of the siren, and with the paper's network."""
    rows = Rows("size")
    for clip in CLIPS:
        audio = load(clip)
        pcm = {"pcm16_bytes": audio.sample_count * 2, "flac8_bytes": flac_bytes(audio), "sound_seconds": audio.seconds}
        for preset in PRESETS:
            key = {"benchmark": "size", "clip": clip, "side": f"ligeia {preset.name}"}
            rows.add_once(key, lambda audio=audio, name=preset.name, pcm=pcm: _size(audio, name) | pcm)
        key = {"benchmark": "size", "clip": clip, "side": PAPER.name}
        rows.add_once(key, lambda audio=audio, pcm=pcm: _paper_size(audio) | pcm)


def _size(audio: Audio, preset: str) -> Row:
    stream, report = encode_with_report(audio, EncodeSettings(preset=preset))
    return {
        "bytes": len(stream),
        "kbps": len(stream) * 0.008 / audio.seconds,
        "snr_db": report.snr_db,
        "encode_seconds": report.seconds,
    }


def _paper_size(audio: Audio) -> Row:
    """Return the bytes of the paper's network in our container, float32 and 8 bits, and the paper's own counts."""
    inr = fit(audio, PAPER, steps=1)  # sizes do not depend on how well it is fitted, up to entropy coding
    return {
        "bytes_float32": len(encode_inr(inr)),
        "bytes_8_bits": len(encode_inr(inr, Bits(18, 8, 12))),
        "unique_parameters": inr.spec.parameters,
        "paper_parameters": paper_parameters(inr.spec),
        "paper_float32_bytes": COPIES["shared"] * 4 * inr.spec.parameters,
    }


def flac_bytes(audio: Audio) -> int:
    """Return the size of the sound as 16-bit FLAC: by the program `flac -8`, or libsndfile's at its highest level."""
    if shutil.which("flac") is None:
        buffer = io.BytesIO()
        soundfile.write(buffer, audio.samples.T, audio.rate, format="FLAC", subtype="PCM_16", compression_level=1.0)
        return len(buffer.getvalue())
    with tempfile.TemporaryDirectory() as folder:
        wav, flac = Path(folder, "a.wav"), Path(folder, "a.flac")
        soundfile.write(wav, audio.samples.T, audio.rate, subtype="PCM_16")
        subprocess.run(["flac", "-8", "-s", "-o", str(flac), str(wav)], check=True)
        return flac.stat().st_size
