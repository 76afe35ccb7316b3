"""The lapped codec on one core: speed, memory for an hour, bytes that are not coefficients, a second generation."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import ligeia
from benchmarks.commands import HOUR, REPEATS, timed, timed_here
from benchmarks.rows import DATA, RATE, Rows
from ligeia.audio.signal import snr_from_energies
from ligeia.codec.decode import decode_pieces
from ligeia.records.journal import Row

MINUTE = 60
SPEECH = "LJ*.flac"
"""One reader, at 22.05 kHz."""
GENERATIONS = ("ls_clean_103-1240-0000", "ls_clean_3526-175658-0000", "ls_clean_1898-145702-0000", "vctk16_p225_003")
ENCODERS: dict[str, dict[str, Any]] = {"encode --kbps 24": {"kbps": 24}, "encode --quality 5": {"quality": 5}}
ONE_CORE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def run() -> None:
    """Add the rows that are missing, in a process of one thread."""
    subprocess.run([sys.executable, "-m", "benchmarks.lapped"], check=True, env=os.environ | ONE_CORE)


def measure() -> None:
    """Add the rows that are missing."""
    rows = Rows("lapped")
    speeds(rows)
    rows.add_once({"benchmark": "lapped", "what": "overhead of 3 s"}, overhead)
    for preset in ("speech", "music", "waveform"):
        for clip in GENERATIONS:
            key = {"benchmark": "lapped", "what": "second generation", "preset": preset, "clip": clip}
            rows.add_once(key, lambda preset=preset, clip=clip: second_generation(preset, clip))
    commands(rows, "3 s", 3)
    commands(rows, "one hour", HOUR)


def speech(seconds: float) -> ligeia.Audio:
    """Return so much speech, repeated as often as it takes."""
    parts = [ligeia.read_audio(path).samples for path in sorted((DATA / "speech").glob(SPEECH))]
    joined = np.concatenate(parts, axis=1)
    samples = round(seconds * RATE)
    return ligeia.Audio(np.tile(joined, -(-samples // joined.shape[1]))[:, :samples], RATE)


def speeds(rows: Rows) -> None:
    """Time encoding and decoding of a minute."""
    audio = speech(MINUTE)
    stream = ligeia.encode(audio, kbps=24)
    works: dict[str, Callable[[], Any]] = {"decode": lambda: list(decode_pieces(stream))}
    works |= {name: lambda settings=settings: ligeia.encode(audio, **settings) for name, settings in ENCODERS.items()}
    for turn in range(REPEATS):
        for what, work in works.items():
            key = {"benchmark": "lapped", "what": what, "turn": turn}
            rows.add_once(key, lambda work=work: timed_here(work, MINUTE))


def overhead() -> Row:
    """Return the bytes of three seconds of speech at 16 kHz that are not coded coefficients."""
    audio = ligeia.resample(speech(3), 16000)
    parts = ligeia.inspect(ligeia.encode(audio, kbps=16)).bytes_by_part
    return {"bytes": sum(size for name, size in parts.items() if name != "parameters"), **parts}


def second_generation(preset: str, clip: str) -> Row:
    """Return what a second encoding of the same quality loses, in dB of SNR."""
    audio = ligeia.resample(ligeia.read_audio(DATA / "speech" / f"{clip}.flac").mono(), 16000)
    copy, ratios = audio, []
    for _ in range(2):
        copy = ligeia.decode(ligeia.encode(copy, preset=preset, quality=5)).render()
        error = float(np.square(copy.samples - audio.samples).sum())
        ratios.append(snr_from_energies(float(np.square(audio.samples).sum()), error))
    return {"snr_db": ratios[0], "second_snr_db": ratios[1], "loss_db": ratios[0] - ratios[1]}


def commands(rows: Rows, name: str, seconds: float) -> None:
    """Time a sound through the command and back: seconds and peak memory of both processes, start-up included."""
    keys = {verb: {"benchmark": "lapped", "what": f"ligeia {verb}, {name}"} for verb in ("encode", "decode")}
    if all(rows.has(**key) for key in keys.values()):
        return
    with tempfile.TemporaryDirectory() as folder:
        wav, lig, copy = (Path(folder, name) for name in ("sound.wav", "sound.lig", "copy.wav"))
        ligeia.write_audio(wav, speech(seconds))
        for (verb, key), (source, target) in zip(keys.items(), ((wav, lig), (lig, copy)), strict=True):
            facts = timed(verb, source, "-o", target, "--json", sound_seconds=seconds)
            rows.add(key | facts | {"bytes": lig.stat().st_size})


if __name__ == "__main__":
    measure()
