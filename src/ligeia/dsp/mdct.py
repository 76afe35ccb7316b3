"""The modified discrete cosine transform (MDCT) with window switching.

The lapped transform of Princen & Bradley (1987), computed as Malvar (1992) does: the samples around each border of
frames are folded by an orthonormal butterfly with the window's slope, then each frame goes through a DCT-IV. A frame
of `frame_size` samples holds one long block or, where the signal has an attack, 2^j short blocks (window switching,
Edler 1989). The transform is orthonormal: an error in the coefficients has the energy of the error in the samples.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from math import pi
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

MAX_SWITCHING = 4
"""A frame holds 2^4 short blocks at most."""
MAX_EDGE_SWITCHING = 2
"""The same for the first and the last frame of a stream's block: their short blocks are as long as its overlap."""
DCT4_OF_TWO = np.cos(pi / 8 * np.array([[1, 3], [3, 9]]))
"""The orthonormal DCT-IV of two samples, its own inverse."""

Integers = NDArray[np.int64]
Reals = NDArray[np.floating[Any]]


class Framing(Protocol):
    """Frames and overlaps of a stream's block, as the network `Lapped` defines them."""

    @property
    def frame_size(self) -> int:
        """Samples of a frame, and its coefficients."""

    @property
    def frames(self) -> int:
        """Frames of a block of the stream."""

    @property
    def overlap(self) -> int:
        """Samples that two blocks of the stream share."""

    @property
    def sine(self) -> bool:
        """True if windows rise as sin(pi/2 u) instead of Vorbis' sin(pi/2 sin^2(pi/2 u))."""


Values = TypeVar("Values", bound=Any)


def window_slope(position: Values, sin: Callable[..., Values], *, sine: bool) -> Values:
    """Return a window's rise from 0 to 1 at `position` (0 to 1) within the overlap; that of 1 - `position` is its fall.

    The squares of both sum to 1 (Princen-Bradley). `sin` is that of the library `position` comes from.
    """
    slope = sin(pi / 2 * position)
    return slope if sine else sin(pi / 2 * slope**2)


def to_switching(values: NDArray[np.number[Any]]) -> Integers:
    """Return the window switching that parameters `[blocks, frames]` stand for: rounded, and clipped to the limits."""
    switching: Integers = np.rint(values).clip(0, MAX_SWITCHING).astype(np.int64)
    for end in (0, -1):
        switching[:, end] = switching[:, end].clip(max=MAX_EDGE_SWITCHING)
    return switching


def border_overlaps(spec: Framing, switching: Integers, edges: NDArray[np.floating[Any]]) -> Integers:
    """Samples shared around each border of frames, `[blocks, frames + 1]`, both ends of a block included.

    `edges [blocks, 2]` are above 1/2 where a block shares samples with its neighbour.
    """
    inner = spec.frame_size >> np.maximum(switching[:, :-1], switching[:, 1:])
    ends = np.where(edges > 0.5, spec.overlap, 0)
    return np.concatenate([ends[:, :1], inner, ends[:, 1:]], axis=1)


@dataclass(frozen=True)
class WindowSequence:
    """Windows of a run of frames."""

    switching: Integers
    """`[frames]`, 0 to 4: the base-2 logarithm of the number of blocks that a frame holds."""
    overlaps: Integers
    """Samples shared around the border behind each frame but the last, `[frames - 1]`; nothing is at both ends."""
    sine: bool
    """See `Framing.sine`."""


def window_sequence(spec: Framing, switching: Integers) -> WindowSequence:
    """Return the windows of a whole sound whose blocks have the window switching `switching [blocks, frames]`."""
    overlaps = border_overlaps(spec, switching, np.ones((len(switching), 2)))
    return WindowSequence(switching.ravel(), overlaps[:, 1:].ravel()[:-1], spec.sine)


def mdct(frames: Reals, windows: WindowSequence) -> Reals:
    """Return the coefficients of samples, both `[channels, frames, frame_size]`.

    Coefficients of a frame with short blocks are interleaved, so that they are in order of frequency.
    """
    folded = fold_borders(frames, windows.overlaps, sine=windows.sine)
    coefficients = np.empty_like(folded)
    for exponent in np.unique(windows.switching):
        at = np.flatnonzero(windows.switching == exponent)
        short_blocks = folded[:, at].reshape(len(folded), len(at), 1 << int(exponent), -1)
        coefficients[:, at] = interleave(dct4(fold_short_blocks(short_blocks, sine=windows.sine)))
    return coefficients


def inverse_mdct(coefficients: Reals, windows: WindowSequence) -> Reals:
    """Return the samples of coefficients, both `[channels, frames, frame_size]`: the inverse of `mdct`."""
    folded = inverse_dct4_frames(coefficients, windows.switching, sine=windows.sine)
    return fold_borders(folded, windows.overlaps, sine=windows.sine, inverse=True)


def inverse_dct4_frames(coefficients: Reals, switching: Integers, *, sine: bool) -> Reals:
    """Return frames `[channels, frames, frame_size]` whose outer borders are still folded (see `fold_borders`)."""
    frames = np.empty_like(coefficients)
    for exponent in np.unique(switching):
        at = np.flatnonzero(switching == exponent)
        chosen = coefficients[:, at]
        short_blocks = chosen.reshape(*chosen.shape[:2], -1, 1 << int(exponent)).swapaxes(-1, -2)
        samples = -_dct4(short_blocks)[..., ::-1]
        frames[:, at] = fold_short_blocks(samples, sine=sine, inverse=True).reshape(chosen.shape)
    return frames


def fold_borders(frames: Reals, overlaps: Integers, *, sine: bool, inverse: bool = False) -> Reals:
    """Fold (or unfold) the samples around the borders of frames, `overlaps [frames - 1]` at each."""
    frames = frames.copy()
    for overlap in np.unique(overlaps[overlaps > 0]):
        at = np.flatnonzero(overlaps == overlap)
        half = int(overlap) // 2
        left, right = frames[:, at, -half:], frames[:, at + 1, :half]
        frames[:, at, -half:], frames[:, at + 1, :half] = fold(left, right, sine=sine, inverse=inverse)
    return frames


def fold_short_blocks(blocks: Reals, *, sine: bool, inverse: bool = False) -> Reals:
    """Fold (or unfold) around the borders of short blocks `[..., blocks, samples]`, which overlap fully."""
    if blocks.shape[-2] == 1:
        return blocks
    blocks, half = blocks.copy(), blocks.shape[-1] // 2
    left, right = blocks[..., :-1, half:], blocks[..., 1:, :half]
    blocks[..., :-1, half:], blocks[..., 1:, :half] = fold(left, right, sine=sine, inverse=inverse)
    return blocks


def fold(left: Reals, right: Reals, *, sine: bool, inverse: bool = False) -> tuple[Reals, Reals]:
    """Return the n samples left and right of borders, `[..., n]` each, after the butterfly (or its inverse)."""
    direct, mirror = _slopes(left.shape[-1], sine, left.dtype.char)
    mirror = -mirror if inverse else mirror
    mirrored = left[..., ::-1]
    return (direct * mirrored + mirror * right)[..., ::-1], direct * right - mirror * mirrored


def dct4(blocks: Reals) -> Reals:
    """Return the coefficients of folded blocks `[..., samples]`, in the direction and with the sign of `Lapped`."""
    return _dct4(-blocks[..., ::-1])


def _dct4(values: Reals) -> Reals:
    compiled = None if "scipy.fft" in sys.modules else _compiled_dct()
    if compiled is None:
        from scipy.fft import dct

        transformed: Reals = dct(values, type=4, norm="ortho", axis=-1)
    else:
        transformed = compiled(values, 4, (values.ndim - 1,), 1, None, 1, True)  # orthonormal, on one thread
    return transformed


@lru_cache(maxsize=1)
def _compiled_dct() -> Callable[..., Reals] | None:
    """The compiled transform behind `scipy.fft.dct`, or None where this scipy has none of that name and signature.

    Importing `scipy.fft` imports most of numpy and scipy, and takes as long as decoding some minutes of sound.
    """
    scipy = find_spec("scipy")
    assert scipy is not None
    folders = [str(Path(place) / "fft" / "_pocketfft") for place in scipy.submodule_search_locations or ()]
    spec = PathFinder.find_spec("scipy.fft._pocketfft.pypocketfft", folders)
    if spec is None or spec.loader is None:
        return None
    try:
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        identity = module.dct(np.eye(2), 4, (1,), 1, None, 1, True) @ DCT4_OF_TWO
    except (ImportError, AttributeError, TypeError, ValueError):
        return None
    dct: Callable[..., Reals] = module.dct
    return dct if np.allclose(identity, np.eye(2)) else None


def interleave(blocks: Reals) -> Reals:
    """Return coefficients `[..., blocks, samples]` of frames as `[..., frame_size]`, in order of frequency."""
    return blocks.swapaxes(-1, -2).reshape(*blocks.shape[:-2], -1)


@lru_cache(maxsize=64)
def _slopes(half: int, sine: bool, kind: str) -> tuple[Reals, Reals]:
    """The later window at the `half` samples after a border, and at those before it, the nearest first."""
    position = (np.arange(half) + 0.5) / (2 * half)
    direct, mirror = (window_slope(0.5 + sign * position, np.sin, sine=sine).astype(kind) for sign in (1, -1))
    return direct, mirror
