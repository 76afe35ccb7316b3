"""Sounds for the gate, cases to gate them by, and the command that writes down what noisereduce makes of them.

The golden files beside this one are noisereduce's numbers, never ours. One version in one environment at a time:

    pip install noisereduce==3.0.3                             # or: noisereduce==2.0.1 librosa==0.10.0 "numpy<1.25"
    python tests/enhance/denoising/made_gates.py                         # writes noisereduce-3.0.3.json (or -2.0.1)

Numpy alone, and exact arithmetic only: the sounds are the same bits on every machine.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).parent
POINTS, PARTS = 10, 6
"""How many samples, and how many root mean squares of equal parts, are kept of each channel."""
THEIR_NAMES = {
    "chunk": "chunk_size",
    "hop": "hop_length",
    "threshold_std": "n_std_thresh_stationary",
    "smooth_hz": "freq_mask_smooth_hz",
}
"""What noisereduce calls a setting of ours that it calls otherwise."""


@dataclass(frozen=True)
class Case:
    """One call of the gate: rate and lengths in samples; `noise` 0 takes the profile from the sound.

    Sound and noise have white noise of this `level` and the same `hum` of 100 Hz; `gain` is applied to both.
    """

    rate: int
    sample_count: int
    noise: int = 0
    channels: int = 1
    noise_channels: int = 1
    hum: float = 0.0
    level: float = 0.02
    gain: float = 1.0
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings of `GateConfig` without `convention`."""

    @property
    def sound(self) -> NDArray[np.float32]:
        return self.with_hum(speech_like(self.rate, self.sample_count, self.channels, level=self.level))

    @property
    def noise_alone(self) -> NDArray[np.float32] | None:
        return self.with_hum(self.level * hiss(self.noise, self.noise_channels, seed=100)) if self.noise else None

    def with_hum(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        sine = np.sin(2 * np.pi * 100 / self.rate * np.arange(samples.shape[1]))
        return np.float32(self.gain) * (samples + (self.hum * np.round(sine * 2**20) / 2**20).astype(np.float32))


SMALL_CHUNKS = {"chunk": 4000, "padding": 1500}
CASES = {
    "8 kHz": Case(8000, 8000),
    "16 kHz, noise": Case(16000, 12000, 9000),
    "22.05 kHz, noise": Case(22050, 12001, 9000),
    "44.1 kHz": Case(44100, 12000),
    "96 kHz, noise": Case(96000, 12000, 30000),
    "short, noise": Case(16000, 300, 2000),
    "stereo": Case(16000, 8000, channels=2),
    "stereo, stereo noise": Case(16000, 8000, 3000, channels=2, noise_channels=2),
    "chunks": Case(22050, 10001, settings=SMALL_CHUNKS),
    "chunks, noise": Case(22050, 10001, 6000, settings=SMALL_CHUNKS),
    # The hum is over 80 dB louder than the noise in other bins, so that floors count.
    "hum, noise": Case(16000, 9000, 6000, hum=0.4, level=0.0005),
    # Where 3.0.3 can no longer tell noise from silence, because it adds 2e-16 to magnitudes.
    "very quiet, noise": Case(16000, 9000, 6000, gain=1e-14),
    "other settings": Case(
        16000,
        8000,
        3000,
        settings={"prop_decrease": 0.8, "threshold_std": 2.0, "smooth_hz": 200.0, "n_fft": 512, "hop": 100},
    ),
}
V2_CASES = {
    **CASES,
    # The same for 2.0.1, whose least magnitude is 1e-20, of transforms that are 512 times as large.
    "quieter still, noise": Case(16000, 9000, 6000, gain=1e-19),
    "very short noise": Case(16000, 8000, 600),
    "reflect": Case(16000, 8000, settings={"edges": "reflect"}),
    "reflect, noise": Case(22050, 8000, 3000, settings={"edges": "reflect"}),
}
"""Version 2.0.1 takes its edges from librosa: zeros since 0.9, reflections before."""


def hiss(frames: int, channels: int = 1, *, seed: int = 0) -> NDArray[np.float32]:
    """White noise `[channels, frames]`, uniform in [-1, 1): whole numbers that PCG64 promises never to change."""
    raw = np.random.PCG64(seed).random_raw(channels * frames) >> np.uint64(40)
    return (raw.astype(np.float64) * 2.0**-23 - 1).astype(np.float32).reshape(channels, frames)


def voice(rate: int, frames: int) -> NDArray[np.float64]:
    """A sawtooth of 140 Hz in syllables, four in a second, with silence between them."""
    k = np.arange(frames, dtype=np.float64)
    saw = (140 * k % rate) / rate - 0.5
    syllables = np.maximum(1 - 4 * np.abs((4 * k % rate) / rate - 0.5), 0)
    return np.asarray(0.4 * saw * syllables)


def speech_like(rate: int, frames: int, channels: int = 1, *, level: float = 0.02) -> NDArray[np.float32]:
    """`voice`, half as loud in each further channel, with white noise of its own, of this level, in each."""
    loudness = 0.5 ** np.arange(channels)[:, None]
    noisy = loudness * voice(rate, frames) + level * hiss(frames, channels).astype(np.float64)
    return noisy.astype(np.float32)


def digest(gated: NDArray[np.floating[Any]], case: Case) -> dict[str, list[list[float]]]:
    """Some samples, and root mean squares of equal parts, of each channel of `[channels, time]`; `gain` taken back."""
    double = np.atleast_2d(gated).astype(np.float64) / case.gain
    points = np.linspace(0, double.shape[1] - 1, POINTS).astype(int)
    parts = [np.sqrt(np.square(part).mean(axis=1)) for part in np.array_split(double, PARTS, axis=1)]
    return {"samples": np.round(double[:, points], 9).tolist(), "rms": np.round(np.stack(parts, axis=1), 9).tolist()}


def by_noisereduce(case: Case) -> NDArray[np.float32]:
    """What the installed noisereduce makes of a case `[channels, time]`."""
    settings = {THEIR_NAMES.get(name, name): value for name, value in case.settings.items() if name != "edges"}
    sound, noise = case.sound, case.noise_alone
    if len(sound) == 1:  # one channel is [time] there
        sound, noise = sound[0], noise if noise is None else noise.mean(axis=0)
    reduced = import_module("noisereduce").reduce_noise(
        y=sound, sr=case.rate, y_noise=noise, stationary=True, **settings
    )
    return np.atleast_2d(reduced)


def set_edges(edges: str) -> None:
    """Makes the librosa that noisereduce 2.0.1 uses extend sounds by zeros or by reflection."""
    librosa = import_module("librosa")
    original = getattr(librosa.stft, "func", librosa.stft)
    changed = partial(original, pad_mode="constant" if edges == "zero" else "reflect")
    modules = [module for name, module in sys.modules.items() if name.split(".")[0] in ("librosa", "noisereduce")]
    for module in modules:
        if getattr(getattr(module, "stft", None), "func", getattr(module, "stft", None)) is original:
            module.stft = changed  # type: ignore[attr-defined]


def main() -> None:
    found = version("noisereduce")
    import_module("noisereduce")
    golden = {}
    for name, case in (V2_CASES if found.startswith("2") else CASES).items():
        if found.startswith("2"):
            set_edges(case.settings.get("edges", "zero"))
        golden[name] = digest(by_noisereduce(case), case)
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(numbers)}" for name, numbers in golden.items())
    (HERE / f"noisereduce-{found}.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
