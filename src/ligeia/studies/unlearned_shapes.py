"""Results of a writer by atoms, and of a linear transform, with no or little learning: rows beside the closed forms.

`made_dictionary` has shapes that nobody learned: windowed partials of any frequency, phase, glide, place and duration.
With it the same pursuit shows what is owed to pursuit alone, and what to learning. `karhunen_loeve` is the linear
transform that is best for recordings: learned, but fixed for all sounds.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.reading import read_audio
from ligeia.audio.resample import resample
from ligeia.datasets.layouts import data_folder, read_dataset
from ligeia.datasets.provenance import without_held_out
from ligeia.dsp.mdct import WindowSequence, mdct
from ligeia.dsp.pursuit import turn
from ligeia.errors import InputError
from ligeia.hypersound.dictionary import Dictionary

BLOCK = 512
"""Samples of a block of the Karhunen-Loève transform."""
GLIDE = 1.5
"""Bins by which a partial glides over its shape, at most."""
AT_ONCE = 2048


@lru_cache(maxsize=2)
def made_dictionary(like: Dictionary, seed: int = 0) -> Dictionary:
    """Return a dictionary of as many shapes as `like`, of the same size, all of them windowed partials.

    Frequency and middle are uniform over the shape, phases over the circle; the envelope is Gaussian, with a duration
    from a half to twice that of the shape, and the glide is uniform.
    """
    count, random = len(like), np.random.default_rng(seed)
    parts = [_partials(like, min(AT_ONCE, count - start), random) for start in range(0, count, AT_ONCE)]
    shapes = np.concatenate(parts)
    return Dictionary(shapes, like.rate, like.frame_size, like.sine)


def _partials(like: Dictionary, count: int, random: np.random.Generator) -> NDArray[np.float32]:
    _, height, width = like.shapes.shape
    size, frames = like.frame_size, height + 2
    base = random.integers(8, size - 2 * width, count)
    offset, middle = random.uniform(0.5, width - 0.5, count), random.uniform(0.5, height + 0.5, count) + 0.5
    length, phase = height * 2.0 ** random.uniform(-2, 0.5, count), random.uniform(0, 2 * np.pi, count)
    glide = random.uniform(-GLIDE, GLIDE, count) / height
    time = (np.arange(frames * size) / size)[None] - middle[:, None]
    turns = np.pi * ((base + offset)[:, None] * time + glide[:, None] * time**2 / 2)
    waves = np.cos(turns + phase[:, None]) * np.exp(-0.5 * (time / (length[:, None] / 2)) ** 2)
    windows = WindowSequence(np.zeros(frames, np.int64), np.full(frames - 1, size), like.sine)
    planes = mdct(waves.reshape(count, frames, size), windows)[:, 1:-1]
    columns = base[:, None, None] + np.arange(width)
    patches = np.take_along_axis(planes, np.broadcast_to(columns, (count, height, width)), axis=2)
    patches = patches * turn(base, height)
    units: NDArray[np.float32] = patches / np.sqrt(np.square(patches).sum(axis=(1, 2), keepdims=True))
    return units.astype(np.float32)


@lru_cache(maxsize=2)
def karhunen_loeve(rate: int, pattern: str) -> NDArray[np.float64]:
    """Return the orthonormal basis `[components, samples]` of blocks, by the energy that recordings have in it.

    It is learned from the recordings below LIGEIA_DATA whose paths contain `pattern`, without those that results are
    reported on.

    Raises:
        InputError: there are none.
    """
    folder = data_folder()
    items = [] if folder is None else without_held_out(read_dataset(folder))
    chosen = [item for item in items if pattern in item.path.as_posix()]
    if not chosen:
        raise InputError(f"the Karhunen-Loève transform needs recordings {pattern!r} below LIGEIA_DATA, found none")
    covariance = np.zeros((BLOCK, BLOCK))
    for item in chosen:
        samples = resample(read_audio(item.path).mono(), rate).samples[0].astype(np.float64)
        blocks = samples[: len(samples) // BLOCK * BLOCK].reshape(-1, BLOCK)
        covariance += blocks.T @ blocks / max(float(np.square(samples).mean()), 1e-12)
    _, vectors = np.linalg.eigh(covariance)
    basis: NDArray[np.float64] = vectors[:, ::-1].T
    return basis
