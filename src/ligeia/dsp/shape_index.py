"""The shape that is most like a patch, among many: a search in two steps, first among groups of similar shapes."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

FLAT = 1024
"""Most shapes that are compared one by one."""
BEAM = 4
"""Groups that are looked into for each patch."""
ROUNDS = 4
"""Rounds of k-means that form the groups."""
SIZE = 64
"""Shapes of a group on average."""


class ShapeIndex:
    """Shapes `[n, height, width]` of norm 1, grouped so that not every patch is compared with all of them.

    With more than 1024 shapes the one that is found may not be the very best: the groups whose centres are nearest to
    the patch are looked into, regardless of sign.
    """

    def __init__(self, shapes: Floats) -> None:
        self.flat = np.ascontiguousarray(shapes.reshape(len(shapes), -1))
        self.centres: Floats | None = None
        self.members: list[Integers] = []
        if len(shapes) > FLAT:
            self.centres, self.members = grouped(self.flat)
        self.blocks = [np.ascontiguousarray(self.flat[members].T) for members in self.members]

    def best(self, patches: Floats) -> tuple[Integers, Floats]:
        """Return for `patches [m, height width]` the number of a shape, and its product with the patch."""
        if self.centres is None:
            return strongest(patches @ self.flat.T)
        groups = _nearest(np.abs(patches @ self.centres.T), min(BEAM, len(self.members)))
        kinds, values = np.zeros(groups.shape, np.int64), np.zeros(groups.shape, np.float32)
        order = np.argsort(groups, axis=None, kind="stable")
        borders = np.searchsorted(groups.ravel()[order], np.arange(len(self.members) + 1))
        for number, members in enumerate(self.members):
            asked = order[borders[number] : borders[number + 1]]
            if len(asked):
                found, products = strongest(patches[asked // groups.shape[1]] @ self.blocks[number])
                kinds.ravel()[asked], values.ravel()[asked] = members[found], products
        rows, winner = np.arange(len(values)), np.abs(values).argmax(axis=1)
        return kinds[rows, winner], values[rows, winner]


def strongest(products: Floats) -> tuple[Integers, Floats]:
    """Return where each row of products is largest regardless of sign, and the product there."""
    best = np.abs(products).argmax(axis=1)
    return best, products[np.arange(len(products)), best]


def _nearest(affinity: Floats, count: int) -> Integers:
    """Return the columns `[rows, count]` of the largest values, which are then 0: faster than a partial sort."""
    rows, columns = np.arange(len(affinity)), []
    for _ in range(count):
        columns.append(affinity.argmax(axis=1))
        affinity[rows, columns[-1]] = 0
    return np.stack(columns, axis=1)


def grouped(vectors: Floats) -> tuple[Floats, list[Integers]]:
    """Return centres of norm 1 `[groups, d]`, and the numbers of the `vectors [n, d]` nearest to each, up to sign."""
    count = max(len(vectors) // SIZE, 1)
    centres = vectors[:: len(vectors) // count][:count].copy()
    for _ in range(ROUNDS):
        nearest, products = strongest(vectors @ centres.T)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, vectors * products[:, None])
        norms = np.sqrt(np.square(sums).sum(axis=1, keepdims=True))
        centres = np.where(norms > 0, sums / np.maximum(norms, np.float32(1e-9)), centres)
    nearest, _ = strongest(vectors @ centres.T)
    members = [np.flatnonzero(nearest == number) for number in range(count)]
    used = [number for number in range(count) if len(members[number])]
    return centres[used], [members[number] for number in used]
