"""Recipes and sounds that tests of this folder fit in a moment."""

from dataclasses import replace

import numpy as np

from ligeia.audio.signal import Audio
from ligeia.fitting.config import FitConfig
from ligeia.fitting.plan import Recipe
from ligeia.networks.siren import Siren, SirenInit


def small(block=None, overlap=0.0, closed=False, fixed=0.0, **settings):
    config = FitConfig(
        steps=30, device="cpu", precision="float32", threads=1, stride=4, learning_rates=(0.05, 0.01, 0.02)
    )
    init = SirenInit(first_bound=60.0, bias="half_turn", output_divisor=30.0)
    return Recipe(
        name="small",
        source="tests",
        design=lambda shape: Siren(
            channels=shape.channels, width=10, depth=2, closed=closed, fixed_first=fixed, init=init
        ),
        config=replace(config, **settings),
        block_seconds=block,
        overlap_seconds=overlap,
    )


def tone(seconds=0.1, hz=50.0, rate=8000, channels=1, level=0.5):
    times = np.arange(round(seconds * rate)) / rate
    return Audio(np.stack([level * np.sin(2 * np.pi * hz * (1 + c) * times) for c in range(channels)]), rate)


def snr(sound, inr):
    """By rendering, in dB."""
    error = inr.render().samples.astype(np.float64) - sound.samples
    return 10 * np.log10(np.sum(sound.samples.astype(np.float64) ** 2) / np.sum(error**2))


def same(a, b):
    """Whether two INRs have the same numbers."""
    return all(np.array_equal(value, b.parameters[name]) for name, value in a.parameters.items())
