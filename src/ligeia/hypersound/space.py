"""The space of functions: a vector for each clip, of what a model wrote for it, and how well it tells speakers apart.

HyperSound 2023 (section 4.8, Figure 4) draws the weights of INRs of clips with t-SNE, coloured by speaker. Beside the
picture stand numbers here: the share of clips whose nearest neighbours have the same speaker, and the silhouette.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from ligeia.audio.signal import Audio
from ligeia.dsp.mel import mel_power
from ligeia.errors import InputError, needs_extra
from ligeia.hypersound.hypernetwork import HyperSound

Vectors = NDArray[np.float64]
"""One row for each clip, `[clips, n]`."""

QUIET_DB = 40.0
"""Segments whose peak is this far below that of the clip are left out: they hold the room more than the speaker."""
LEAST_POWER = 1e-9


def clip_vectors(model: HyperSound, audio: Audio) -> dict[str, NDArray[np.float64]]:
    """Return vectors of a clip, `name -> [n]`, of the segments that a model cuts it into; `audio` has its rate.

    "weights": the parameters of the loudest segment's function, as in the paper, whose clips are one segment each.
    "weights, mean size": the mean magnitude of each parameter over the segments, which does not depend on where a
    segment happens to begin. "code", "code, mean": the same two of the code that the head writes from. "mel": the mean
    log-mel spectrum of the clip, which knows no model.

    Raises:
        InputError: the clip is silent.
    """
    segments, peaks = loud_segments(audio.mono().samples[0], model.config.samples)
    with torch.no_grad():
        code = model.code(torch.from_numpy(segments))
        written = model.parameters_of(code)
    codes = code.numpy().astype(np.float64)
    weights = np.concatenate([written[name].flatten(1).numpy() for name in model.config.written()], 1).astype(
        np.float64
    )
    loudest = int(peaks.argmax())
    return {
        "weights": weights[loudest],
        "weights, mean size": np.abs(weights).mean(axis=0),
        "code": codes[loudest],
        "code, mean": codes.mean(axis=0),
        "mel": mean_log_mel(audio),
    }


def loud_segments(samples: NDArray[np.float32], length: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the segments `[segments, length]` that are not quiet, each divided by its peak, and these peaks.

    Raises:
        InputError: all is silent.
    """
    count = -(-len(samples) // length)
    cut = np.pad(samples, (0, count * length - len(samples))).reshape(count, length)
    peaks = np.abs(cut).max(axis=1)
    if not peaks.any():
        raise InputError("a silent clip has no place in the space of functions")
    loud = peaks > peaks.max() * 10 ** (-QUIET_DB / 20)
    return cut[loud] / peaks[loud, None], peaks[loud]


def mean_log_mel(audio: Audio) -> NDArray[np.float64]:
    """Return the mean log-mel spectrum of a clip, `[bands]`."""
    power = mel_power(audio.mono().samples[0].astype(np.float64), audio.rate)
    return np.asarray(np.log(power + LEAST_POWER).mean(axis=0))


# --- how far apart ------------------------------------------------------------------------------------


def standardised(vectors: Vectors) -> Vectors:
    """Return vectors with mean 0 and variance 1 in each place; places that never change are left out."""
    spread = vectors.std(axis=0)
    varying = spread > 1e-9 * max(float(spread.max()), 1e-30)
    scaled: Vectors = (vectors[:, varying] - vectors[:, varying].mean(axis=0)) / spread[varying]
    return scaled


def distances(vectors: Vectors) -> NDArray[np.float64]:
    """Return Euclidean distances of all pairs, `[clips, clips]`."""
    squares = np.square(vectors).sum(axis=1)
    apart: Vectors = np.sqrt(np.maximum(squares[:, None] + squares[None] - 2 * vectors @ vectors.T, 0.0))
    return apart


def neighbour_accuracy(vectors: Vectors, labels: Sequence[str], *, neighbours: int = 5) -> float:
    """Return the share of clips whose nearest `neighbours`, the clip aside, have mostly its own label.

    Ties go to the label of the nearest of those that tie.
    """
    apart = distances(vectors)
    np.fill_diagonal(apart, np.inf)
    order = np.argsort(apart, axis=1, kind="stable")[:, : min(neighbours, len(labels) - 1)]
    right = 0
    for row, own in zip(order, labels, strict=True):
        near = [labels[k] for k in row]
        right += max(dict.fromkeys(near), key=near.count) == own
    return right / len(labels)


def chance(labels: Sequence[str]) -> float:
    """Return the accuracy of always naming the most frequent label."""
    return max(labels.count(label) for label in set(labels)) / len(labels)


def silhouette(vectors: Vectors, labels: Sequence[str]) -> float:
    """Return the mean silhouette (Rousseeuw 1987), -1 to 1, of clips whose label has two clips at least.

    Raises:
        InputError: there are fewer than two labels.
    """
    names = sorted(set(labels))
    if len(names) < 2:
        raise InputError("a silhouette needs two labels at least")
    apart, of = distances(vectors), np.array([names.index(label) for label in labels])
    sums = np.stack([apart[:, of == k].sum(axis=1) for k in range(len(names))], axis=1)
    counts = np.bincount(of)
    rows = np.flatnonzero(counts[of] > 1)
    own = sums[rows, of[rows]] / (counts[of[rows]] - 1)
    others = sums[rows] / counts
    others[np.arange(len(rows)), of[rows]] = np.inf
    nearest = others.min(axis=1)
    return float(((nearest - own) / np.maximum(np.maximum(nearest, own), 1e-30)).mean())


def in_plane(vectors: Vectors, *, seed: int = 0) -> Vectors:
    """Return places `[clips, 2]` by t-SNE (van der Maaten and Hinton 2008), started from the first two components.

    Raises:
        MissingExtra: scikit-learn is not installed.
    """
    with needs_extra("sklearn", "space"):
        from sklearn.manifold import TSNE
    perplexity = min(30.0, (len(vectors) - 1) / 3)
    return np.asarray(TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(vectors), np.float64)


def summary(
    vectors: Vectors, labels: Mapping[str, Sequence[str]], place: Callable[[Vectors], Vectors] = in_plane
) -> dict[str, object]:
    """Return how well vectors tell clips apart by each kind of label, in full and in the plane, and the places there.

    Clips without a label of a kind ("") do not count for it.
    """
    full = standardised(vectors)
    plane = place(full)
    rows: dict[str, object] = {"places": plane.round(3).tolist()}
    for kind, names in labels.items():
        known = [k for k, name in enumerate(names) if name]
        chosen = [names[k] for k in known]
        rows[kind] = {
            "clips": len(chosen),
            "labels": len(set(chosen)),
            "chance": chance(chosen),
            "accuracy": neighbour_accuracy(full[known], chosen),
            "accuracy_in_plane": neighbour_accuracy(plane[known], chosen),
            "silhouette": silhouette(full[known], chosen),
            "silhouette_in_plane": silhouette(plane[known], chosen),
        }
    return rows
