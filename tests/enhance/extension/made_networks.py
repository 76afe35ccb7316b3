"""Networks of random numbers, and sounds, for the tests of extenders."""

import numpy as np

from ligeia.audio.signal import Audio
from ligeia.enhance.extension.envelope import LAYOUTS, Layout, Values
from ligeia.enhance.extension.lisa import shapes


def envelope_arrays(layout: Layout, width: int = 6, seed: int = 0, level: float = 0.5) -> dict[str, Values]:
    """Arrays of a network that guesses levels around `level`, in its scaled logarithms."""
    random = np.random.default_rng(seed)
    arrays = {name: random.normal(0, 0.1, shape).astype(np.float32) for name, shape in layout.shapes(width).items()}
    arrays[f"{layout.name}.leave.bias"] += np.float32(level)
    return arrays


def all_arrays() -> dict[str, Values]:
    """Arrays of both networks, as the package has them in one file."""
    return {name: value for layout in LAYOUTS.values() for name, value in envelope_arrays(layout).items()}


def lisa_arrays(seed: int = 0) -> dict[str, Values]:
    random = np.random.default_rng(seed)
    return {name: random.normal(0, 0.15, shape).astype(np.float32) for name, shape in shapes().items()}


def noise(rate: int, seconds: float = 1.0, channels: int = 1, top: float = 0.8, seed: int = 0) -> Audio:
    """Noise below the part `top` of half the rate."""
    count = round(seconds * rate)
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(0, 0.1, (channels, count)))
    spectrum[:, int(top * spectrum.shape[1]) :] = 0
    return Audio(np.fft.irfft(spectrum, count), rate)
