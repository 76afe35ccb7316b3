"""Sounds that are like speech, or like music, in the ways that `codec.lapped.kind` looks at."""

import numpy as np

from ligeia.audio.signal import Audio


def babble(rate: int, seconds: float = 6.0) -> Audio:
    """Syllables: a buzz that glides, then a hiss, then a pause."""
    generator = np.random.default_rng(0)
    time = np.arange(round(seconds * rate)) / rate
    place = time % 0.4
    buzz = sum(np.sin(2 * np.pi * 120 * k * time + np.sin(5 * time)) / k for k in range(1, 9)) * (place < 0.16)
    hiss = np.diff(generator.standard_normal(len(time)), prepend=0.0) * ((place > 0.2) & (place < 0.26))
    return Audio((0.1 * buzz + 0.05 * hiss)[None], rate)


def chord(rate: int, seconds: float = 6.0) -> Audio:
    """Tones that are held."""
    time = np.arange(round(seconds * rate)) / rate
    return Audio(0.1 * sum(np.sin(2 * np.pi * hertz * time) for hertz in (220, 277, 330, 440))[None], rate)
