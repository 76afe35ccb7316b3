"""Where the hops of a lapped network begin and what they share, and how their windows rise."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import pi
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

MAX_SPLIT = 4
EDGE_SPLIT = 2
"""Largest split at the ends of a block: hops are no shorter than what is shared there."""

Whole = NDArray[np.int64]


class Framing(Protocol):
    """How an MDCT cuts a block: what the transform has to know of a network that is made of it."""

    @property
    def frame(self) -> int:
        """Samples of a frame."""

    @property
    def frames(self) -> int:
        """Frames of a block."""

    @property
    def overlap(self) -> int:
        """Samples that two blocks share."""

    @property
    def sine(self) -> bool:
        """Whether windows rise as sin(pi/2 u) instead of Vorbis' sin(pi/2 sin^2(pi/2 u))."""


Values = TypeVar("Values", bound=Any)


def rise(part: Values, sin: Callable[..., Values], *, sine: bool) -> Values:
    """A window's rise from 0 to 1 at `part` (0 to 1) of what is shared; that of 1 - `part` is its fall.

    The squares of both sum to 1. `sin` is that of the library `part` comes from.
    """
    first = sin(pi / 2 * part)
    return first if sine else sin(pi / 2 * first**2)


def splits_of(numbers: NDArray[np.floating[Any]]) -> Whole:
    """The splits that parameters `[blocks, frames]` stand for: the nearest whole numbers that are allowed."""
    splits: Whole = np.rint(numbers).clip(0, MAX_SPLIT).astype(np.int64)
    for end in (0, -1):
        splits[:, end] = splits[:, end].clip(max=EDGE_SPLIT)
    return splits


def borders_of(spec: Framing, splits: Whole, edges: NDArray[np.floating[Any]]) -> Whole:
    """Samples shared around each border of superframes, `[blocks, frames + 1]`, the ends of the block included."""
    inner = spec.frame >> np.maximum(splits[:, :-1], splits[:, 1:])
    ends = np.where(edges > 0.5, spec.overlap, 0)
    return np.concatenate([ends[:, :1], inner, ends[:, 1:]], axis=1)


Rows = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Layout:
    """How rows are split, and what they share."""

    splits: Whole
    """`[rows]`, 0 to 4."""
    shared: Whole
    """Samples shared around the border behind each row but the last, `[rows - 1]`; nothing is at both ends."""
    sine: bool
    """See `Framing.sine`."""


def layout_of(spec: Framing, splits: Whole) -> Layout:
    """That of a whole sound, whose blocks have `splits [blocks, frames]`."""
    borders = borders_of(spec, splits, np.ones((len(splits), 2)))
    return Layout(splits.ravel(), borders[:, 1:].ravel()[:-1], spec.sine)


def analysed(rows: Rows, layout: Layout) -> Rows:
    """The output weights of samples, both `[channels, rows, frame]`.

    The transform is orthonormal, so these are the weights that give the samples back.
    """
    return to_weights(lap(rows, layout.shared, sine=layout.sine), layout.splits, sine=layout.sine)


def synthesised(weights: Rows, layout: Layout) -> Rows:
    """The samples that weights stand for: the inverse of `analysed`."""
    return lap(to_samples(weights, layout.splits, sine=layout.sine), layout.shared, sine=layout.sine, back=True)


def lap(rows: Rows, shared: Whole, *, sine: bool, back: bool = False) -> Rows:
    """Rotate the samples around the borders between rows (or back), `shared [rows - 1]` at each."""
    rows = rows.copy()
    for overlap in np.unique(shared[shared > 0]):
        at = np.flatnonzero(shared == overlap)
        half = int(overlap) // 2
        left, right = rows[:, at, -half:], rows[:, at + 1, :half]
        rows[:, at, -half:], rows[:, at + 1, :half] = rotated(left, right, sine=sine, back=back)
    return rows


def rotated(left: Rows, right: Rows, *, sine: bool, back: bool) -> tuple[Rows, Rows]:
    """The samples left and right of borders, `[..., n]` each, that 2 n samples around share."""
    along, across = _turn(left.shape[-1], sine, left.dtype.char)
    across = -across if back else across
    mirrored = left[..., ::-1]
    return (along * mirrored + across * right)[..., ::-1], along * right - across * mirrored


def to_weights(rows: Rows, splits: Whole, *, sine: bool) -> Rows:
    """Transform rows whose borders have been lapped already, `[channels, rows, frame]`."""
    weights = np.empty_like(rows)
    for split in np.unique(splits):
        at = np.flatnonzero(splits == split)
        hops = lap_within(_in_hops(rows[:, at], int(split)), sine=sine, back=False)
        weights[:, at] = interleaved(cosines(hops))
    return weights


def to_samples(weights: Rows, splits: Whole, *, sine: bool) -> Rows:
    """The inverse of `to_weights`."""
    rows = np.empty_like(weights)
    for split in np.unique(splits):
        at = np.flatnonzero(splits == split)
        some = weights[:, at]
        hops = some.reshape(*some.shape[:2], -1, 1 << int(split)).swapaxes(-1, -2)
        back = -_dct4(hops)[..., ::-1]
        rows[:, at] = lap_within(back, sine=sine, back=True).reshape(some.shape)
    return rows


def _dct4(values: Rows) -> Rows:
    """Return the orthonormal DCT-IV along the last axis."""
    from scipy.fft import dct  # takes longer to load than a header to read

    transformed: Rows = dct(values, type=4, norm="ortho", axis=-1)
    return transformed


def cosines(hops: Rows) -> Rows:
    """The DCT-IV of lapped hops `[..., hop's length]`, with the direction and sign of the network's units."""
    return _dct4(-hops[..., ::-1])


def interleaved(hops: Rows) -> Rows:
    """Weights `[..., hops, hop's length]` of superframes to rows `[..., frame]` in order of frequency."""
    return hops.swapaxes(-1, -2).reshape(*hops.shape[:-2], -1)


def _in_hops(rows: Rows, split: int) -> Rows:
    return rows.reshape(*rows.shape[:2], 1 << split, -1)


def lap_within(hops: Rows, *, sine: bool, back: bool) -> Rows:
    """Rotate around the borders within superframes, where whole hops are shared; `[..., hops, hop's length]`."""
    if hops.shape[-2] == 1:
        return hops
    hops, half = hops.copy(), hops.shape[-1] // 2
    left, right = hops[..., :-1, half:], hops[..., 1:, :half]
    hops[..., :-1, half:], hops[..., 1:, :half] = rotated(left, right, sine=sine, back=back)
    return hops


@lru_cache(maxsize=64)
def _turn(half: int, sine: bool, kind: str) -> tuple[Rows, Rows]:
    """The next hop's window at the `half` samples after a border, and at those before it, the nearest first."""
    part = (np.arange(half) + 0.5) / (2 * half)
    along, across = (rise(0.5 + sign * part, np.sin, sine=sine).astype(kind) for sign in (1, -1))
    return along, across
