"""Matching pursuit in a plane of MDCT coefficients, with shapes that may lie anywhere in it (Mallat & Zhang 1993).

An atom is a shape, a small patch of coefficients of norm 1, at a place in the plane, with a value. The pursuit adds
the atom that takes the most energy from what is left, again and again: here all those at once whose shapes do not
overlap and whose values are above a threshold, which then falls. In the end all values are solved together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ligeia.dsp.shape_index import ShapeIndex

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

FALL = 0.9
"""Factor from one threshold to the next."""
LEAST = 1e-5
"""Threshold at which the pursuit ends, relative to the first one: what is left is rounding."""
AT_ONCE = 4096
"""Places that are compared with all shapes at once."""
ROUNDS = 15
"""Rounds of conjugate gradients for the values."""
SILENT = 1e-6
"""Norm up to which a patch is silence."""
SLACK = 1.001
"""Allowance for the rounding of the bound on values."""


@dataclass(frozen=True)
class Atoms:
    """Atoms, all arrays `[n]`, in the order in which they were found."""

    frames: Integers
    """First frame of the place of each; above -height: it may begin before the first frame, and end after the last."""
    bins: Integers
    """First coefficient of the place of each; above -width."""
    shapes: Integers
    """Number of the shape."""
    values: Floats
    """Factor of the shape."""

    def __len__(self) -> int:
        return len(self.values)


def pursue(
    plane: Floats,
    shapes: Floats,
    count: int,
    *,
    index: ShapeIndex | None = None,
    weights: Floats | None = None,
    on_share: Callable[[float], None] | None = None,
) -> tuple[Atoms, Floats]:
    """Return at most `count` atoms for a `plane [frames, bins]`, and what they leave of it.

    `shapes [n, height, width]` have norm 1; `index` is theirs, where it is at hand. With `weights [frames, bins]` the
    pursuit prefers atoms where they are large (it compares values times weights), and else those of the most energy.
    There are fewer atoms where nothing is left. `on_share` is called with the share of the work that is done.
    """
    search = _Search(plane, shapes, ShapeIndex(shapes) if index is None else index, weights)
    found: list[tuple[Integers, Integers, Integers, Floats]] = []
    done = 0
    while done < count and search.threshold > search.least:
        chosen = search.strongest(count - done)
        if len(chosen):
            found.append(search.take(chosen))
            done += len(chosen)
        else:
            search.threshold *= FALL
        if on_share is not None:
            on_share(done / count)
    if not found:
        nowhere = np.zeros(0, np.int64)
        return Atoms(nowhere, nowhere, nowhere, np.zeros(0, np.float32)), plane
    frames, bins, kinds, values = (np.concatenate(part) for part in zip(*found, strict=True))
    height, width = shapes.shape[1:]
    return refit(plane, shapes, Atoms(frames - (height - 1), bins - (width - 1), kinds, values))


def synthesise(atoms: Atoms, shapes: Floats, size: tuple[int, int]) -> Floats:
    """Return the plane `size` (frames, bins) that is the sum of atoms."""
    return _Layout(atoms, shapes, size).plane(atoms.values)


def refit(plane: Floats, shapes: Floats, atoms: Atoms, rounds: int = ROUNDS) -> tuple[Atoms, Floats]:
    """Return atoms with the values of least squared error, all together, and what they leave of the `plane`.

    Solved by conjugate gradients (Hestenes & Stiefel 1952) from the values that they have.
    """
    layout = _Layout(atoms, shapes, plane.shape)
    values = atoms.values.astype(np.float64)
    residual = plane - layout.plane(values)
    gradient = layout.products(residual)
    direction, energy = gradient, float(gradient @ gradient)
    first = energy
    for _ in range(rounds):
        if energy <= LEAST**2 * first:
            break
        image = layout.plane(direction)
        step = energy / float(np.square(image, dtype=np.float64).sum())
        values, residual = values + step * direction, residual - np.float32(step) * image
        gradient = layout.products(residual)
        last, energy = energy, float(gradient @ gradient)
        direction = gradient + energy / last * direction
    return Atoms(atoms.frames, atoms.bins, atoms.shapes, values.astype(np.float32)), residual


def turn(bins: Integers, height: int) -> Floats:
    """Return the signs `[n, height, 1]` of the frames of shapes whose places begin at `bins [n]`.

    From one frame to the next the phase of a partial of the MDCT advances by half a turn more for each bin that it lies
    higher. So that a shape means the same everywhere, every second frame is negated at odd bins.
    """
    odd = (bins[:, None] % 2) * (np.arange(height) % 2)
    return (1 - 2 * odd).astype(np.float32)[:, :, None]


class _Layout:
    """Places of the elements of atoms: the linear map from values to a plane, and its transpose."""

    def __init__(self, atoms: Atoms, shapes: Floats, size: tuple[int, ...]) -> None:
        height, width = shapes.shape[1:]
        self.margin, self.size = (height - 1, width - 1), size
        self.padded = (size[0] + 2 * (height - 1), size[1] + 2 * (width - 1))
        rows = atoms.frames[:, None, None] + np.arange(height)[:, None]
        columns = atoms.bins[:, None, None] + np.arange(width)
        inside = (rows >= 0) & (rows < size[0]) & (columns >= 0) & (columns < size[1])
        self.places = (rows + height - 1) * self.padded[1] + columns + width - 1
        self.elements = shapes[atoms.shapes] * turn(atoms.bins, height) * inside

    def plane(self, values: NDArray[np.floating[Any]]) -> Floats:
        weights = (values[:, None, None] * self.elements).ravel()
        total = np.bincount(self.places.ravel(), weights, self.padded[0] * self.padded[1]).reshape(self.padded)
        (top, left), (frames, bins) = self.margin, self.size
        return total[top : top + frames, left : left + bins].astype(np.float32)

    def products(self, plane: Floats) -> NDArray[np.float64]:
        (top, left) = self.margin
        padded = np.pad(plane, ((top, top), (left, left)))
        products: NDArray[np.float64] = (padded.ravel()[self.places] * self.elements).sum((1, 2), dtype=np.float64)
        return products


# --- search -----------------------------------------------------------------------------------------


class _Search:
    """The remainder of a plane, and the best atom at each place where one may be worth it.

    Places count from the corner of the padded plane, so that those that reach beyond its edges are not negative. The
    norm of what is left under a shape bounds the value of any atom there: only where the bound is above the threshold
    the shapes are compared.
    """

    def __init__(self, plane: Floats, shapes: Floats, index: ShapeIndex, weights: Floats | None) -> None:
        self.shapes, (_, self.height, self.width) = shapes, shapes.shape
        self.index = index
        self.left = np.pad(plane, ((self.height - 1,) * 2, (self.width - 1,) * 2)).astype(np.float32)
        self.windows = sliding_window_view(self.left, shapes.shape[1:])
        norms = window_norms(self.left, self.height, self.width)
        self.weights = np.ones_like(norms) if weights is None else self._at_places(weights)
        self.bounds = norms * self.weights
        self.kinds = np.zeros(self.bounds.shape, np.int32)
        self.values = np.zeros(self.bounds.shape, np.float32)
        self.known = np.zeros(self.bounds.shape, bool)
        self.threshold = float(self.bounds.max()) * FALL
        self.least = self.threshold * LEAST

    def strongest(self, most: int) -> Integers:
        """Return the places `[n, 2]` of the strongest atoms above the threshold whose shapes do not overlap."""
        self._compare(*np.nonzero(~self.known & (self.bounds >= self.threshold)))
        merits = np.abs(self.values) * self.weights
        rows, columns = np.nonzero(self.known & (merits >= self.threshold))
        order = np.argsort(-merits[rows, columns], kind="stable")
        taken, chosen = np.zeros(self.bounds.shape, bool), []
        for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
            if not taken[row, column]:
                chosen.append((row, column))
                taken[self._around(row, self.height), self._around(column, self.width)] = True
                if len(chosen) == most:
                    break
        return np.array(chosen, np.int64).reshape(-1, 2)

    def take(self, places: Integers) -> tuple[Integers, Integers, Integers, Floats]:
        """Take the best atoms at `places [n, 2]` away from what is left, and return them: place, shape, value."""
        rows, columns = places.T
        kinds, values = self.kinds[rows, columns].astype(np.int64), self.values[rows, columns]
        under = (rows[:, None, None] + np.arange(self.height)[:, None], columns[:, None, None] + np.arange(self.width))
        self.left[under] -= values[:, None, None] * self.shapes[kinds] * self._turn(columns)  # no two of them overlap
        for edge in (self.height - 1,) if self.height > 1 else ():
            self.left[:edge] = self.left[-edge:] = 0
        for edge in (self.width - 1,) if self.width > 1 else ():
            self.left[:, :edge] = self.left[:, -edge:] = 0
        self._forget(rows, columns)
        return rows, columns, kinds, values

    def _at_places(self, weights: Floats) -> Floats:
        """Return the weight in the middle of a shape at each place."""
        padded = np.pad(weights, ((self.height - 1,) * 2, (self.width - 1,) * 2), mode="edge")
        top, left = self.height // 2, self.width // 2
        rows, columns = self.windows.shape[:2]
        middle: Floats = padded[top : top + rows, left : left + columns]
        return middle.astype(np.float32)

    def _turn(self, columns: Integers) -> Floats:
        return turn(columns - (self.width - 1), self.height)

    def _around(self, place: int, size: int) -> slice:
        return slice(max(place - size + 1, 0), place + size)

    def _forget(self, rows: Integers, columns: Integers) -> None:
        """Measure the bounds anew of all places whose shapes overlap with those at these places."""
        near = np.zeros(self.bounds.shape, bool)
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            near[self._around(row, self.height), self._around(column, self.width)] = True
        rows, columns = np.nonzero(near)
        for start in range(0, len(rows), AT_ONCE):
            part = rows[start : start + AT_ONCE], columns[start : start + AT_ONCE]
            self.bounds[part] = np.sqrt(np.square(self.windows[part]).sum((1, 2))) * SLACK * self.weights[part]
        self.known[rows, columns] = False

    def _compare(self, rows: Integers, columns: Integers) -> None:
        """Find the best shape and its value at places."""
        for start in range(0, len(rows), AT_ONCE):
            part = rows[start : start + AT_ONCE], columns[start : start + AT_ONCE]
            patches = self.windows[part] * self._turn(part[1])
            self.kinds[part], self.values[part] = self.index.best(patches.reshape(len(patches), -1))
        self.known[rows, columns] = True


def strongest_patches(plane: Floats, height: int, width: int, count: int) -> Floats:
    """Return at most `count` patches `[n, height width]` of norm 1: those of the most energy, half a patch apart.

    They may reach beyond the `plane [frames, bins]`, into silence, and are turned as shapes are (`turn`).
    """
    padded = np.pad(plane, ((height - 1,) * 2, (width - 1,) * 2)).astype(np.float32)
    norms = window_norms(padded, height, width)
    found, bins = [], []
    for _ in range(count):
        row, column = np.unravel_index(int(norms.argmax()), norms.shape)
        if norms[row, column] <= SILENT:
            break
        found.append(padded[row : row + height, column : column + width])
        bins.append(column - (width - 1))
        near = slice(max(row - height // 2, 0), row + height // 2 + 1)
        norms[near, max(column - width // 2, 0) : column + width // 2 + 1] = 0
    patches = np.array(found, np.float32).reshape(-1, height, width) * turn(np.array(bins, np.int64), height)
    patches = patches.reshape(-1, height * width)
    units: Floats = patches / np.sqrt(np.square(patches).sum(axis=1, keepdims=True))
    return units


def window_norms(plane: Floats, height: int, width: int) -> Floats:
    """Norm of what is under a window at each place where it fits, a little too large."""
    sums = np.pad(np.square(plane, dtype=np.float64), ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    energies = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    norms: Floats = (np.sqrt(np.maximum(energies, 0)) * SLACK).astype(np.float32)
    return norms
