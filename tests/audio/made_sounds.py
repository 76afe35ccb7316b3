"""Sounds and files that the tests of this room share."""

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Audio


def noise(channels: int = 1, frames: int = 1000, rate: int = 44100, level: float = 0.1) -> Audio:
    samples = np.random.default_rng(frames).standard_normal((channels, frames)) * level
    return Audio(samples.astype(np.float32), rate)


def tone(hz: float, rate: int, seconds: float = 1.0) -> Audio:
    time = np.arange(round(rate * seconds)) / rate
    return Audio((0.5 * np.sin(2 * np.pi * hz * time)).astype(np.float32)[None], rate)


def steps(bits: int, channels: int = 2, frames: int = 3000) -> NDArray[np.float32]:
    """Samples that `bits` bits hold exactly (of 32, those that float32 keeps), extremes included."""
    kept = min(bits, 24)
    whole = np.random.default_rng(bits).integers(-(2 ** (kept - 1)), 2 ** (kept - 1), (channels, frames))
    whole[0, :2] = -(2 ** (kept - 1)), 2 ** (kept - 1) - 1
    return (whole / 2.0 ** (kept - 1)).astype(np.float32)


def raw_wav(path: Path, frames: int, data_size: int, outer: int = 0xFFFFFFFF, tail: bytes = b"") -> Path:
    """A mono 16-bit WAV file of `frames` frames whose header says what it is told to say."""
    fmt = struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
    body = (np.arange(frames) % 100 + 1).astype("<i2").tobytes()
    head = b"RIFF" + struct.pack("<I", outer) + b"WAVEfmt " + fmt + b"data" + struct.pack("<I", data_size)
    path.write_bytes(head + body + tail)
    return path


def left_in(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir())
