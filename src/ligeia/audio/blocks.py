"""Overlapping segments of a sound, cut out of it and cross-faded together again."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ligeia.errors import InputError


@dataclass(frozen=True)
class Segments:
    """The cut of a sound of `sample_count` samples into segments that start `hop` samples apart.

    Neighbours share `overlap` samples, at most `hop`. No segment lies wholly in the overlap of the one
    before; the last one may reach beyond the end of the sound.

    Raises:
        InputError: `sample_count` or `hop` is below 1, or `overlap` is not between 0 and `hop`.

    Example:
        >>> cut = Segments(sample_count=10, hop=4, overlap=2)
        >>> cut.count, cut.length, cut.starts.tolist()
        (2, 6, [0, 4])
    """

    sample_count: int
    hop: int
    overlap: int = 0

    def __post_init__(self) -> None:
        if self.sample_count < 1 or self.hop < 1:
            raise InputError(f"sample_count and hop must be at least 1, got {self.sample_count} and {self.hop}")
        if not 0 <= self.overlap <= self.hop:
            raise InputError(f"overlap must be between 0 and hop ({self.hop}), got {self.overlap}")

    @property
    def count(self) -> int:
        """Number of segments."""
        return max(1, -(-(self.sample_count - self.overlap) // self.hop))

    @property
    def length(self) -> int:
        """Samples in a whole segment: `hop + overlap`."""
        return self.hop + self.overlap

    @property
    def starts(self) -> NDArray[np.int64]:
        """First sample of each segment, int64 `[count]`."""
        return np.arange(self.count, dtype=np.int64) * self.hop

    def stop(self, b: int) -> int:
        """Return one past the last sample of segment `b`, cut at the end of the sound."""
        return min(self._checked(b) * self.hop + self.length, self.sample_count)

    def window(self, b: int) -> NDArray[np.float64]:
        """Return the cross-fade weights of segment `b`, float64 `[length]`; those of neighbours sum to one."""
        self._checked(b)
        weights = np.ones(self.length)
        fade = _fade_in(self.overlap)
        if b > 0:
            weights[: self.overlap] = fade
        if b < self.count - 1:
            weights[self.hop :] = 1.0 - fade
        return weights

    def split(self, samples: ArrayLike) -> NDArray[np.float32]:
        """Cut `samples` `[channels, time]` into float32 `[count, channels, length]`, zeros beyond the end.

        Raises:
            InputError: `samples` has another shape.
        """
        sound = self._with_shape(np.asarray(samples, np.float32), (-1, self.sample_count))
        pieces = np.zeros((self.count, sound.shape[0], self.length), np.float32)
        for b, start in enumerate(self.starts):
            piece = sound[:, start : self.stop(b)]
            pieces[b, :, : piece.shape[1]] = piece
        return pieces

    def join(self, segments: ArrayLike) -> NDArray[np.float32]:
        """Cross-fade segments `[count, channels, length]` to float32 `[channels, time]`.

        Raises:
            InputError: `segments` has another shape.
        """
        pieces = self._with_shape(np.asarray(segments), (self.count, -1, self.length))
        sound = np.zeros((pieces.shape[1], self.sample_count))
        for b, start in enumerate(self.starts):
            stop = self.stop(b)
            sound[:, start:stop] += (pieces[b] * self.window(b))[:, : stop - start]
        return sound.astype(np.float32)

    def _checked(self, b: int) -> int:
        if not 0 <= b < self.count:
            raise InputError(f"there is no segment {b} of {self.count}")
        return b

    def _with_shape(self, array: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
        matches = (size in (-1, actual) for size, actual in zip(shape, array.shape, strict=False))
        if array.ndim != len(shape) or not all(matches):
            expected = ", ".join("channels" if size < 0 else str(size) for size in shape)
            raise InputError(f"the array must be [{expected}], got {list(array.shape)}")
        return array


def _fade_in(overlap: int) -> NDArray[np.float64]:
    position = (np.arange(overlap) + 0.5) / max(1, overlap)
    return np.asarray(np.sin(np.pi / 2 * position) ** 2, np.float64)
