"""Float samples as whole numbers, so that reading back gives the same bits."""

import numpy as np
from numpy.typing import NDArray

BITS = {"PCM_16": 16, "PCM_24": 24, "PCM_32": 32}


def to_pcm(samples: NDArray[np.float32], bits: int) -> NDArray[np.int32]:
    """`samples`, any shape and full scale 1, rounded to `bits` bits in the upper end of int32; saturates.

    libsndfile itself would scale by one step less than it divides by when reading, which changes samples.

    Example:
        >>> to_pcm(np.array([0.5, 1.5, -1.0], np.float32), 16) >> 16
        array([ 16384,  32767, -32768], dtype=int32)
    """
    scale = 2.0 ** (bits - 1)
    steps = np.clip(np.rint(samples.astype(np.float64) * scale), -scale, scale - 1)
    return (steps.astype(np.int64) << (32 - bits)).astype(np.int32)
