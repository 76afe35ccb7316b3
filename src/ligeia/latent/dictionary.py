"""The dictionary of a windowed-sine family: small patches of MDCT coefficients, which all its sounds are described by.

Patches are cut out where the sounds have the most energy, and quantised to shapes: the direction of a patch is replaced
by the nearest of so many, regardless of sign, while its length stays free (gain-shape vector quantisation: Gersho &
Gray 1992, ch. 12). `hypersound.atoms_learning` does the same to hours of speech, in steps over batches; the sounds of a
family are few, so that all their patches are at hand at once.
"""

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.family.lapped import LappedSettings
from ligeia.dsp.pursuit import strongest_patches
from ligeia.dsp.shape_index import ShapeIndex
from ligeia.errors import InputError

Floats = NDArray[np.float32]

PATCHES_PER_SHAPE = 4
"""Patches that are cut for each shape, where there are so many."""
ROUNDS = 4
TINY = 1e-6


def learn_shapes(settings: LappedSettings, planes: Floats, *, seed: int = 0, rounds: int = ROUNDS) -> Floats:
    """Return the shapes `[n, frames, coefficients]`, of norm 1, for coefficients `planes [items, frames, frame_size]`.

    Raises:
        InputError: there are fewer patches than shapes.
    """
    count, height, width = settings.dictionary, settings.shape_frames, settings.shape_bins
    wanted = -(-count * PATCHES_PER_SHAPE // len(planes))
    patches = np.concatenate([strongest_patches(plane, height, width, wanted) for plane in planes])
    if len(patches) < count:
        raise InputError(
            f"{count} shapes need as many patches of sound, and there are {len(patches)}: lower dictionary"
        )
    chosen = np.random.default_rng(seed % 2**63).permutation(len(patches))[:count]
    shapes = patches[np.sort(chosen)]
    for _ in range(rounds):
        shapes = moved(shapes, patches)
    return shapes.reshape(count, height, width)


def moved(shapes: Floats, patches: Floats) -> Floats:
    """Return the shapes `[n, d]` after one round: the means of the patches `[m, d]` nearest to each, of norm 1.

    Patches weigh by their product with the shape, sign included; a shape that no patch is nearest to stays.
    """
    kinds, values = ShapeIndex(shapes[:, None, :]).best(patches)
    sums = np.zeros(shapes.shape, np.float64)
    np.add.at(sums, kinds, patches * values[:, None])
    lengths = np.sqrt(np.square(sums).sum(axis=1, keepdims=True))
    return np.where(lengths > TINY, sums / np.maximum(lengths, TINY), shapes).astype(np.float32)


def unit_shapes(shapes: Floats) -> tuple[Floats, Floats]:
    """Return shapes `[n, frames, coefficients]` with norm 1, and the norms `[n]` that they had, at least a little."""
    lengths = np.maximum(np.sqrt(np.square(shapes, dtype=np.float64).sum(axis=(1, 2))), TINY).astype(np.float32)
    return shapes / lengths[:, None, None], lengths
