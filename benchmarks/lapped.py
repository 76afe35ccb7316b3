"""The lapped codec on one core: speed, memory for an hour, bytes that are no numbers, a second generation."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

import ligeia
from benchmarks.clips import DATA, RATE
from benchmarks.rows import Rows
from benchmarks.timed import timed
from ligeia.audio.signal import snr_from_energies
from ligeia.codec.pieces import decode_pieces

SECONDS, HOUR, REPEATS = 60, 3600, 3
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
    overhead(rows)
    generations(rows)
    commands(rows, "3 s", 3)
    commands(rows, "one hour", HOUR)


def speech(seconds: float) -> ligeia.Audio:
    """So much speech, as often over as it takes."""
    parts = [ligeia.read_audio(path).samples for path in sorted((DATA / "speech").glob(SPEECH))]
    whole = np.concatenate(parts, axis=1)
    frames = round(seconds * RATE)
    return ligeia.Audio(np.tile(whole, -(-frames // whole.shape[1]))[:, :frames], RATE)


def speeds(rows: Rows) -> None:
    """Encoding and decoding of a minute."""
    audio = speech(SECONDS)
    stream = ligeia.encode(audio, kbps=24)
    kinds: dict[str, Callable[[], Any]] = {"decode": lambda: list(decode_pieces(stream))}
    for name, asked in ENCODERS.items():
        kinds[name] = lambda asked=asked: ligeia.encode(audio, **asked)
    for turn in range(REPEATS):
        for what, work in kinds.items():
            key = {"benchmark": "lapped", "what": what, "turn": turn}
            if not rows.has(**key):
                started = perf_counter()
                work()
                took = perf_counter() - started
                rows.add({**key, "seconds": took, "sound_seconds": SECONDS, "speed": SECONDS / took})


def overhead(rows: Rows) -> None:
    """Bytes of three seconds of speech at 16 kHz that are no coded numbers."""
    key = {"benchmark": "lapped", "what": "overhead of 3 s"}
    if not rows.has(**key):
        audio = ligeia.resample(speech(3), 16000)
        parts = ligeia.inspect(ligeia.encode(audio, kbps=16)).bytes_by_part
        rows.add({**key, "bytes": sum(size for name, size in parts.items() if name != "parameters"), **parts})


def generations(rows: Rows) -> None:
    """What a second encoding of the same quality loses, in dB of SNR."""
    for preset in ("speech", "music", "waveform"):
        for clip in GENERATIONS:
            key = {"benchmark": "lapped", "what": "second generation", "preset": preset, "clip": clip}
            if rows.has(**key):
                continue
            audio = ligeia.resample(ligeia.read_audio(DATA / "speech" / f"{clip}.flac").mono(), 16000)
            copy, ratios = audio, []
            for _ in range(2):
                copy = ligeia.decode(ligeia.encode(copy, preset=preset, quality=5)).render()
                error = float(np.square(copy.samples - audio.samples).sum())
                ratios.append(snr_from_energies(float(np.square(audio.samples).sum()), error))
            rows.add({**key, "snr_db": ratios[0], "second_snr_db": ratios[1], "loss_db": ratios[0] - ratios[1]})


def commands(rows: Rows, name: str, seconds: float) -> None:
    """A sound through the command and back: seconds and peak memory of both processes, start-up included."""
    if all(rows.has(benchmark="lapped", what=f"ligeia {verb}, {name}") for verb in ("encode", "decode")):
        return
    with tempfile.TemporaryDirectory() as folder:
        wav, lig = Path(folder, "sound.wav"), Path(folder, "sound.lig")
        ligeia.write_audio(wav, speech(seconds))
        work = {"encode": [str(wav), "-o", str(lig)], "decode": [str(lig), "-o", str(Path(folder, "copy.wav"))]}
        for verb, words in work.items():
            facts = timed([verb, *words, "--json"])
            facts |= {"sound_seconds": seconds, "speed": seconds / facts["seconds"]}
            rows.add({"benchmark": "lapped", "what": f"ligeia {verb}, {name}", **facts, "bytes": lig.stat().st_size})


if __name__ == "__main__":
    measure()
