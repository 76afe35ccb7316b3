"""What the frames of a block so far have been like: means that reach long back, as contexts (FORMAT.md §8.8).

They tell a voice, its loudness and the noise behind it, which three frames do not. The first frames are averaged alike;
later each takes the same part.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform.dependent.surroundings import (
    LARGEST,
    LARGEST_CONTEXT,
    MIDDLE,
    OCTAVE,
    means,
    weights_of,
)

Integers = NDArray[np.integer]

MEMORIES = ((16, 0), (40, 3))
"""Frames that a mean reaches back, and coefficients on each side."""
SHIFT, KEPT = 8, 2
"""Bits behind the point, and how many of them logarithms see."""


@lru_cache(maxsize=1)
def long_logarithms() -> NDArray[np.int16]:
    """Return the logarithms of means of 4 size + 1, with `KEPT` further bits; 0 of 0, where there is no frame."""
    numbers = np.arange(1, (4 * LARGEST + 1 << KEPT) + 1)
    values = [0, *(MIDDLE + round(OCTAVE * np.log2(number / (8 << KEPT))) for number in numbers)]
    return np.array([min(value, LARGEST_CONTEXT) for value in values], np.int16)


class Memory:
    """The means of what `weights_of` makes of sizes, for any shape of coefficients `[frame_size, ...]`."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._means = np.zeros((len(MEMORIES), *shape), np.int32)
        self._frames = 0

    @classmethod
    def of_frames(cls, halves: Integers, blocks: int) -> NDArray[np.int16]:
        """Return the contexts of all frames, `[2, frame_size, n]`, from their half steps, `[frame_size, n]`.

        The columns are those of all frames of all blocks, `frames * blocks`.
        """
        weights = weights_of(halves).reshape(len(halves), -1, blocks)
        memory, found = cls((len(halves), blocks)), np.empty((len(MEMORIES), *weights.shape), np.int16)
        for frame in range(weights.shape[1]):
            found[:, :, frame] = memory.contexts()
            memory.take_in(weights[:, frame])
        return found.reshape(len(MEMORIES), *halves.shape)

    def contexts(self) -> NDArray[np.int16]:
        """Return the logarithms of the means."""
        return np.asarray(long_logarithms().take(self._means >> (SHIFT - KEPT)))

    def take_in(self, weights: Integers) -> None:
        """Take in a frame."""
        self._frames += 1
        for mean, (frames, reach) in zip(self._means, MEMORIES, strict=True):
            news = means(weights, reach) << SHIFT
            news -= mean
            news //= min(self._frames, frames)
            mean += news
