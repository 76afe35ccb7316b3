"""The design of a windowed-sine family: which tiles, and how many atoms each of them deserves.

The decoder keeps, for each tile of the plane of frames and coefficients, the leading singular vectors of what the
family's sounds have there. An atom of a tile costs as many numbers as the tile has coefficients, and one number of each
code; what it brings is its squared singular value. So atoms are taken in the order of what they bring for what they
cost, as bits are dealt out to bands (reverse water-filling: Cover & Thomas 2006, §10.3.3), until one of the two budgets
is spent. Large tiles spend numbers on shapes, small tiles spend codes; the tiling that leaves the least error of all
that are tried is taken.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.family.lapped import LappedSettings, plane_of
from ligeia.errors import InputError

FRAME_SIZES = (256, 512, 1024)
STRETCHES = (1, 2, 4, 8)
BANDS = (1, 2, 4, 8, 16, 32)
"""Equal bands that are tried; of each there is also a division by octaves from the lowest one."""
PRICES = tuple(float(price) for price in np.geomspace(1.0, 1e6, 25))
"""Prices of a number of a code, in numbers of the decoder, in the trials that balance the two budgets."""
FLOOR = 1e-4
"""Energy of a coefficient below which nothing gains by emphasis, as a part of the largest tile's."""

Reals = NDArray[np.float64]


@dataclass(frozen=True)
class Design:
    """Settings, and the part of the energy that they leave in closed form."""

    settings: LappedSettings
    left: float


@dataclass(frozen=True)
class Budget:
    """Limits of a design: numbers of the decoder and of a code, and hidden units of a mapping network."""

    numbers: int
    code: int
    hidden: int = 0

    @property
    def dearer(self) -> int:
        """Numbers that an atom takes besides its own: its row of the mapping."""
        return self.hidden + 1 if self.hidden else 0

    @property
    def atoms(self) -> int:
        """Numbers that are left for all atoms."""
        return self.numbers - (self.code + 1) * self.hidden

    @property
    def codes(self) -> int:
        """Atoms at most."""
        return self.numbers if self.hidden else self.code

    def settings(self, *, ranks: tuple[int, ...], **plan: Any) -> LappedSettings:
        """Return the settings of a plan of tiles and ranks."""
        if not self.hidden:
            return LappedSettings(code=sum(ranks), ranks=ranks, **plan)
        return LappedSettings(code=self.code, mapping_layers=2, mapping_width=self.hidden, ranks=ranks, **plan)


def designed(
    waveforms: NDArray[np.float32],
    *,
    numbers: int,
    code: int,
    hidden: int = 0,
    emphasis: float = 0.0,
    frame_sizes: tuple[int, ...] = FRAME_SIZES,
) -> Design:
    """Return the settings of the least error for `waveforms [items, samples]`.

    The decoder has at most `numbers` numbers, and a code `code`. With so many `hidden` units, as many as there are
    sounds to lose nothing, a mapping network makes the weights of atoms of a code of exactly that length. With
    `emphasis`, up to 1, errors count by the level of their tile to the power of minus that, as loud bands mask nothing
    of what lies far from them.

    Raises:
        InputError: not even one atom fits.
    """
    found = [
        candidate
        for size in frame_sizes
        if size <= waveforms.shape[1]
        for candidate in _of_frame_size(waveforms, size, Budget(numbers, code, hidden), emphasis)
    ]
    if not found:
        raise InputError(f"{numbers} numbers and codes of {code} are not enough for any windowed-sine decoder")
    return min(found, key=lambda design: design.left)


def _of_frame_size(waveforms: NDArray[np.float32], size: int, budget: Budget, emphasis: float) -> Iterator[Design]:
    """Yield a design for each tiling of the plane of frames of `size` samples."""
    blank = LappedSettings(code=1, frame_size=size, stretches=1, borders=(), ranks=(1,))
    plane = plane_of(blank, waveforms).astype(np.float64)
    total = float(np.square(plane).sum())
    for stretches, borders in product(STRETCHES, _divisions(size)):
        if stretches > plane.shape[1]:
            continue
        tiles = list(_tiles(plane, stretches, borders))
        energies = [_spectrum(tile) for tile in tiles]
        sizes = [tile.shape[1] for tile in tiles]
        weights = _weights(energies, sizes, len(plane), emphasis)
        gains = [e * w for e, w in zip(energies, weights, strict=True)]
        ranks = allotted(gains, [size + budget.dearer for size in sizes], budget.atoms, budget.codes)
        if sum(ranks):
            kept = sum(float(e[:rank].sum()) * w for e, rank, w in zip(energies, ranks, weights, strict=True))
            whole = sum(float(e.sum()) * w for e, w in zip(energies, weights, strict=True))
            settings = budget.settings(frame_size=size, stretches=stretches, borders=borders, ranks=tuple(ranks))
            yield Design(settings, max(1 - kept / whole, 0.0) if total > 0 else 0.0)


def _divisions(size: int) -> Iterator[tuple[int, ...]]:
    """Yield borders of bands: equal ones, and octaves above a lowest band."""
    for count in BANDS:
        step = size // count
        yield tuple(range(step, size, step))
        octaves = [step]
        while octaves[-1] * 2 < size:
            octaves.append(octaves[-1] * 2)
        if 2 < len(octaves) + 1 < count:
            yield tuple(octaves)


def _tiles(plane: Reals, stretches: int, borders: tuple[int, ...]) -> Iterator[Reals]:
    """Yield what sounds have in each tile, `[items, coefficients of the tile]`, in the order of `ranks`."""
    frames, edges = plane.shape[1], (0, *borders, plane.shape[2])
    for k in range(stretches):
        part = plane[:, k * frames // stretches : (k + 1) * frames // stretches]
        for low, high in pairwise(edges):
            yield part[:, :, low:high].reshape(len(plane), -1)


def _spectrum(tile: Reals) -> Reals:
    """Return the squared singular values, the largest first."""
    gram = tile @ tile.T if tile.shape[0] <= tile.shape[1] else tile.T @ tile
    values: Reals = np.linalg.eigvalsh(gram)[::-1].clip(min=0)
    return values


def _weights(energies: list[Reals], costs: list[int], items: int, emphasis: float) -> Reals:
    levels = np.array([e.sum() / (cost * items) for e, cost in zip(energies, costs, strict=True)])
    weights: Reals = (levels + FLOOR * max(float(levels.max()), 1e-30)) ** -emphasis
    return weights


def allotted(energies: list[Reals], costs: list[int], numbers: int, code: int) -> list[int]:
    """Return how many atoms each tile gets, so that the energy that they bring is the largest that was found.

    `energies` are what the atoms of each tile bring, the largest first, and `costs` the numbers of one atom.
    """
    tile = np.concatenate([np.full(len(e), k) for k, e in enumerate(energies)])
    gain, cost = np.concatenate(energies), np.asarray(costs, np.float64)[tile]
    best: tuple[float, list[int]] = (-1.0, [0] * len(costs))
    for price in (0.0, *PRICES):
        order = np.argsort(-gain / (cost + price), kind="stable")
        order = order[gain[order] > 0]
        fits = (np.cumsum(cost[order]) <= numbers) & (np.arange(1, len(order) + 1) <= code)
        taken = order[fits]
        brought = float(gain[taken].sum())
        if brought > best[0]:
            best = brought, np.bincount(tile[taken], minlength=len(costs)).tolist()
    return best[1]
