"""Closed forms of a sound with a given number of numbers, every number counted: what a learned writer has to beat.

All are windowed-sine networks, whose output weights are the coefficients of an orthonormal transform, so that what is
kept of them is kept without error. A coefficient costs a number, and so does every place that has to be named. Each
form comes in several settings (frame sizes, windows, sizes of blocks), and the one of the best SNR is taken for each
sound, at no cost. Window switching is not counted either. All this favours the closed forms.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ligeia.dsp.mdct import Reals, WindowSequence, inverse_mdct, mdct, window_sequence
from ligeia.dsp.window_switching import choose_switching, sparse_cost
from ligeia.networks.lapped import Lapped

FRAME_SIZES = (192, 256, 320, 384, 512, 768, 1024)
"""Samples of a frame at 16 kHz; 12 to 64 ms."""
SWITCHED = (512, 1024, 2048)
"""Frame sizes that are tried with window switching."""
TILES = ((1, 2), (2, 1), (1, 4), (2, 2), (1, 8), (2, 4), (4, 1), (1, 16), (4, 2))
"""Blocks of coefficients that share a place: frames and neighbours in frequency."""

Samples = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Closed:
    """A sound in closed form."""

    estimate: Samples
    """`[time]`."""
    numbers: int
    """Numbers that say it."""
    setting: str
    """The setting that was best."""


@dataclass(frozen=True)
class Plane:
    """The coefficients `[frames, frame_size]` of a sound by one orthonormal transform."""

    coefficients: Reals
    inverse: Callable[[Reals], Reals]
    """Returns the samples `[time]` of coefficients, and perhaps some more."""
    name: str

    def samples(self, kept: Mask, count: int) -> Samples:
        """Return `count` samples of the coefficients that are kept."""
        estimate: Samples = self.inverse(np.where(kept, self.coefficients, 0))[:count].astype(np.float32)
        return estimate


def closed_form(name: str, samples: Samples, numbers: int, planes: Iterable[Plane] | None = None) -> Closed:
    """Return the closed form `name` (a key of `FORMS`) of `samples [time]` with at most so many numbers.

    The coefficients are those of `planes`; None: of every MDCT (`mdct_planes`).
    """
    best, least = Closed(np.zeros_like(samples), 0, "nothing"), np.inf
    for plane in mdct_planes(samples, numbers) if planes is None else planes:
        for setting, kept, spent in FORMS[name](plane, numbers):
            lost = float(np.square(plane.coefficients[~kept], dtype=np.float64).sum())
            if spent <= numbers and lost < least:
                least = lost
                best = Closed(plane.samples(kept, len(samples)), spent, f"{plane.name}{setting}")
    return best


def mdct_planes(samples: Samples, numbers: int) -> Iterator[Plane]:
    """Yield the coefficients by every transform: two windows, all frame sizes, and with window switching."""
    for sine in (True, False):
        kind = "sine" if sine else "Vorbis"
        for size in FRAME_SIZES:
            spec, frames = _framed(samples, size, sine)
            windows = window_sequence(spec, np.zeros((1, spec.frames), np.int64))
            yield _plane(frames, windows, f"{size}, {kind}")
        for size in SWITCHED:
            spec, frames = _framed(samples, size, sine)
            yield _plane(frames, _switched(frames, spec, numbers), f"{size} switched, {kind}")


def basis_plane(samples: Samples, basis: NDArray[np.float64], name: str) -> Plane:
    """Return the coefficients by an orthonormal `basis [components, samples]` of blocks that do not overlap."""
    size = basis.shape[1]
    blocks = np.pad(samples, (0, -len(samples) % size)).reshape(-1, size)
    return Plane(blocks @ basis.T, lambda coefficients: (coefficients @ basis).ravel(), name)


def _plane(frames: Reals, windows: WindowSequence, name: str) -> Plane:
    return Plane(mdct(frames, windows)[0], lambda kept: inverse_mdct(kept[None], windows).ravel(), name)


def _framed(samples: Samples, size: int, sine: bool) -> tuple[Lapped, Reals]:
    count = -(-len(samples) // size)
    frames = np.zeros((1, count * size), np.float32)
    frames[0, : len(samples)] = samples
    return Lapped(frame_size=size, frames=count, sine=sine), frames.reshape(1, count, size)


def _switched(frames: Reals, spec: Lapped, numbers: int) -> WindowSequence:
    """Return the windows that are best where the largest coefficients are kept, chosen in two rounds."""
    switching = np.ones((1, spec.frames), np.int64)
    for _ in range(2):
        sizes = np.sort(np.abs(mdct(frames, window_sequence(spec, switching))), axis=None)[::-1]
        threshold = float(sizes[min(numbers // 2, len(sizes) - 1)])
        switching = choose_switching(frames, spec, sparse_cost(threshold)).reshape(1, -1)
    return window_sequence(spec, switching)


# --- what is kept -----------------------------------------------------------------------------------

Kept = Iterator[tuple[str, Mask, int]]
"""Settings, what is kept with each, and the numbers that it costs."""


def exact(plane: Plane, numbers: int) -> Kept:
    """Keep every coefficient, if there are as many numbers: no place needs naming.

    The sound may end within a frame, whose rest is silence and is not counted.
    """
    kept = np.ones(plane.coefficients.shape, bool)
    if plane.coefficients.size - plane.coefficients.shape[1] < numbers:
        yield "", kept, min(plane.coefficients.size, numbers)


def largest(plane: Plane, numbers: int) -> Kept:
    """Keep the largest coefficients: two numbers each, value and place."""
    yield "", _strongest(np.square(plane.coefficients), numbers // 2), numbers // 2 * 2


def tiles(plane: Plane, numbers: int) -> Kept:
    """Keep the blocks of coefficients of the most energy: their values, and one number for the place of each."""
    for height, width in TILES:
        frames, bins = plane.coefficients.shape
        padded = np.pad(plane.coefficients, ((0, -frames % height), (0, -bins % width)))
        blocks = padded.reshape(padded.shape[0] // height, height, -1, width)
        count = numbers // (height * width + 1)
        chosen = _strongest(np.square(blocks).sum(axis=(1, 3)), count)
        kept = chosen.repeat(height, axis=0).repeat(width, axis=1)[:frames, :bins]
        yield f", blocks of {height} x {width}", kept, count * (height * width + 1)


def low_band(plane: Plane, numbers: int) -> Kept:
    """Keep the lowest coefficients of every frame: values alone."""
    frames, bins = plane.coefficients.shape
    band = min(numbers // frames, bins)
    yield f", {band} lowest", np.tile(np.arange(bins) < band, (frames, 1)), band * frames


def bandwidths(plane: Plane, numbers: int) -> Kept:
    """Keep the lowest coefficients of each frame, as many as a number says that each frame has."""
    frames, bins = plane.coefficients.shape
    energies = np.square(plane.coefficients, dtype=np.float64)
    sums = np.pad(energies.cumsum(axis=1), ((0, 0), (1, 0)))
    low, high = 0.0, float(energies.max())
    for _ in range(60):  # the Lagrangian of energy and numbers
        price = np.sqrt(max(low, high * 1e-12) * high)
        bands = (sums - price * np.arange(bins + 1)).argmax(axis=1)
        low, high = (price, high) if bands.sum() + frames > numbers else (low, price)
    bands = (sums - high * np.arange(bins + 1)).argmax(axis=1)
    yield "", np.arange(bins) < bands[:, None], int(bands.sum()) + frames


def _strongest(energies: Reals, count: int) -> Mask:
    """Return where the `count` largest of an array are."""
    mask = np.zeros(energies.size, bool)
    mask[np.argpartition(-energies, min(count, energies.size - 1), axis=None)[:count]] = True
    return mask.reshape(energies.shape)


FORMS: Mapping[str, Callable[[Plane, int], Kept]] = {
    "all coefficients": exact,
    "largest coefficients": largest,
    "largest blocks": tiles,
    "bandwidth of each frame": bandwidths,
    "lowest band": low_band,
}
"""The closed forms by name."""
