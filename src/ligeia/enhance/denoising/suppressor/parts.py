"""Some seconds of a recording that stand for all of it."""

import numpy as np

from ligeia.audio.signal import Audio, Sound

COUNT, SECONDS = 4, 4.0
"""Parts of a recording that are examined, and their duration."""


def parts_of(sound: Sound) -> Audio:
    """Return parts of a recording that lie evenly in it, one after the other, mixed to one channel."""
    length, count = round(SECONDS * sound.rate), sound.sample_count
    if count <= COUNT * length:
        parts = [sound.read(0, count)]
    else:
        starts = np.linspace(0, count - length, COUNT + 2)[1:-1].round().astype(int)
        parts = [sound.read(int(start), int(start) + length) for start in starts]
    mono = np.concatenate(parts, axis=1).mean(axis=0, keepdims=True, dtype=np.float32)
    return Audio(mono, sound.rate)
