"""Recordings of two made instruments, with a manifest, and what is learned from them."""

from pathlib import Path

import numpy as np

from ligeia.audio.signal import Audio
from ligeia.audio.writing import write_audio
from ligeia.dsp.partials import partial_hz, pitch_hz

RATE = 16000


def plucked(pitch: float, seconds: float = 1.0, brightness: float = 0.5, fall: float = 3.0) -> np.ndarray:
    """A string: partials in geometric proportion that fall, and a little noise at the onset."""
    time = np.arange(round(seconds * RATE)) / RATE
    hz = partial_hz(pitch_hz(pitch), 1e-4, 10)
    waves = [brightness**h * np.exp(-fall * time) * np.sin(2 * np.pi * f * time + h) for h, f in enumerate(hz)]
    noise = 0.1 * np.exp(-time / 0.01) * np.random.default_rng(int(pitch)).standard_normal(len(time))
    return 0.3 * (np.sum(waves, axis=0) + noise)


def write_notes(folder: Path) -> Path:
    """Two instruments, one of them with two dynamics, at five pitches each."""
    rows = ["path,set,seconds,rate,channels,instrument,label,licence"]
    (folder / "notes").mkdir(parents=True)
    for name, brightness, fall, ending in (("harp", 0.4, 3.0, ""), ("pipe", 0.7, 0.1, "_p"), ("pipe", 0.8, 0.1, "_f")):
        for midi in (50, 55, 60, 64, 68):
            path = f"notes/{name}_{midi:03d}_x{ending}.wav"
            sound = plucked(midi, brightness=brightness, fall=fall)
            write_audio(folder / path, Audio(sound[None].astype(np.float32), RATE))
            rows.append(f"{path},notes,1.0,{RATE},1,{name},midi={midi},CC0")
    (folder / "MANIFEST.csv").write_text("\n".join(rows) + "\n")
    return folder
