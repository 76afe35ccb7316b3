"""Size: bytes on disk beside 16-bit PCM and FLAC -8, with the paper's own counts as labelled columns.

The paper's counts (Siamese SIREN 2023) are wrong in a known way: its parameter count visits every shared parameter
six times, and its file holds the shared trunk three times. Here they are recomputed for its PE + SIREN 3x256.
"""

import io
import shutil
import subprocess
import tempfile
from pathlib import Path

import soundfile

from benchmarks.clips import FIT_CLIPS, load
from benchmarks.rows import Rows
from ligeia.audio.signal import Audio
from ligeia.codec.container import Bits
from ligeia.codec.encode import encode_with_report
from ligeia.codec.parameters.encode import encode_inr
from ligeia.codec.parameters.presets import PRESETS
from ligeia.codec.settings import EncodeSettings
from ligeia.fitting.fit import fit
from ligeia.fitting.recipes import Shape, recipe_named

PAPER_CALLS = 6
PAPER_COPIES = 3


def run() -> None:
    """Add the rows that are missing."""
    rows = Rows("size")
    for clip in FIT_CLIPS:
        audio = load(clip)
        pcm = {"pcm16_bytes": audio.frames * 2, "flac8_bytes": flac_bytes(audio), "sound_seconds": audio.seconds}
        for preset in PRESETS:
            key = {"benchmark": "size", "clip": clip, "side": f"ligeia {preset.name}"}
            if not rows.has(**key):
                stream, report = encode_with_report(audio, EncodeSettings(preset=preset.name))
                rows.add(
                    {
                        **key,
                        "bytes": len(stream),
                        "kbps": len(stream) * 0.008 / audio.seconds,
                        "snr_db": report.snr_db,
                        "encode_seconds": report.seconds,
                        **pcm,
                    }
                )
        add_paper(rows, clip, audio, pcm)


def add_paper(rows: Rows, clip: str, audio: Audio, pcm: dict[str, float]) -> None:
    """The paper's network in our container: float32 and 8 bits, and what the paper would have counted."""
    key = {"benchmark": "size", "clip": clip, "side": "siamese-baseline"}
    if rows.has(**key):
        return
    recipe = recipe_named("siamese-baseline")
    spec = recipe.design(Shape(samples=audio.frames, rate=audio.rate, channels=1))
    inr = fit(audio, recipe, steps=1)  # sizes do not depend on how well it is fitted, up to entropy coding
    shared = spec.parameters
    rows.add(
        {
            **key,
            "bytes_float32": len(encode_inr(inr)),
            "bytes_8_bits": len(encode_inr(inr, Bits(18, 8, 12))),
            "unique_parameters": shared,
            "paper_parameters": shared * PAPER_CALLS - 2 * (256 + 1),
            "paper_float32_bytes": PAPER_COPIES * 4 * shared,
            **pcm,
        }
    )


def flac_bytes(audio: Audio) -> int:
    """Size of the sound as 16-bit FLAC at the highest compression: the program `flac -8`, or libsndfile's."""
    if shutil.which("flac") is None:
        buffer = io.BytesIO()
        soundfile.write(buffer, audio.samples.T, audio.rate, format="FLAC", subtype="PCM_16", compression_level=1.0)
        return len(buffer.getvalue())
    with tempfile.TemporaryDirectory() as folder:
        wav, flac = Path(folder, "a.wav"), Path(folder, "a.flac")
        soundfile.write(wav, audio.samples.T, audio.rate, subtype="PCM_16")
        subprocess.run(["flac", "-8", "-s", "-o", str(flac), str(wav)], check=True)
        return flac.stat().st_size
