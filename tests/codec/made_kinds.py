"""Sounds that are like speech, or like music, in the ways that `codec.transform.speech` looks at."""

import numpy as np

from ligeia.audio.signal import Audio


def babble(rate: int, seconds: float = 6.0) -> Audio:
    """Syllables: a buzz that glides, then a hiss, then a pause."""
    generator = np.random.default_rng(0)
    time = np.arange(round(seconds * rate)) / rate
    place = time % 0.4
    phase = 2 * np.pi * (120 * time + 6 * np.sin(5 * time))
    buzz = sum(np.sin(k * phase) / k for k in range(1, 9)) * (place < 0.16)
    hiss = np.diff(generator.standard_normal(len(time)), prepend=0.0) * ((place > 0.2) & (place < 0.26))
    return Audio((0.1 * buzz + 0.05 * hiss)[None], rate)


def chord(rate: int, seconds: float = 6.0) -> Audio:
    """Tones that are held."""
    time = np.arange(round(seconds * rate)) / rate
    return Audio(0.1 * sum(np.sin(2 * np.pi * hertz * time) for hertz in (220, 277, 330, 440))[None], rate)


def drums(rate: int, seconds: float = 6.0) -> Audio:
    """A loop of a low drum, which is a falling tone, and a hi-hat: soft between the hits, and its centroid jumps."""
    generator = np.random.default_rng(1)
    time = np.arange(round(seconds * rate)) / rate
    low, high = time % 0.5, (time + 0.25) % 0.25
    drum = np.sin(2 * np.pi * (60 * low + 5 * (1 - np.exp(-30 * low)))) * np.exp(-12 * low)
    hiss = np.diff(generator.standard_normal(len(time)), prepend=0.0) * np.exp(-60 * high)
    return Audio((0.4 * drum + 0.2 * hiss)[None], rate)
