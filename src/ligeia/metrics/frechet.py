"""Fréchet distance of two sets of embeddings: how far apart two collections of sounds are, not two sounds."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ligeia.errors import InputError, UndefinedScore

Embeddings = NDArray[np.float64]
"""One row for each sound or frame: float64 `[n, d]`."""


def frechet_distance(*, reference: ArrayLike, estimate: ArrayLike) -> float:
    """Fréchet distance of two sets of embeddings, each taken for normally distributed: 0 where mean and spread agree.

    Takes the rows `[n, d]` and `[m, d]` that a model of the user's choice made of the two collections; the value, in
    squared units of the embeddings, means something only beside others of the same model and of like n. Fewer rows
    than columns are fine. Memory and time: as for a QR of either set and singular values of a `[d, d]` matrix.

    Raises:
        InputError: not two-dimensional, unequal d, or NaN.
        UndefinedScore: fewer than two rows, which have no covariance.

    Source: Kilgour et al., "Fréchet Audio Distance", 2019, with the covariance over n - 1:
        ||mu1 - mu2||² + tr(S1 + S2 - 2 sqrt(S1 S2)).

    Example:
        >>> frechet_distance(reference=[[0.0], [2.0]], estimate=[[3.0], [5.0]])  # two means, 3 apart
        9.0
    """
    ours, theirs = _checked("reference", reference), _checked("estimate", estimate)
    if ours.shape[1] != theirs.shape[1]:
        raise InputError(f"reference and estimate have {ours.shape[1]} and {theirs.shape[1]} columns")
    shift = ours.mean(axis=0) - theirs.mean(axis=0)
    a, b = _spread(ours), _spread(theirs)
    return float(shift @ shift + max(np.sum(a**2) + np.sum(b**2) - 2 * _shared(a, b), 0.0))


def _checked(name: str, rows: ArrayLike) -> Embeddings:
    embeddings = np.asarray(rows, np.float64)
    if embeddings.ndim != 2 or not embeddings.shape[1]:
        raise InputError(f"{name} must be embeddings [n, d], got an array of shape {embeddings.shape}")
    if not np.isfinite(embeddings).all():
        raise InputError(f"{name} holds NaN or infinite values")
    if len(embeddings) < 2:
        raise UndefinedScore(f"{name} has {len(embeddings)} rows; a covariance needs two")
    return embeddings


def _spread(rows: Embeddings) -> Embeddings:
    """A triangular `[k, d]` matrix A, k = min(n, d), for which A^T A is the covariance of the rows."""
    return np.linalg.qr((rows - rows.mean(axis=0)) / np.sqrt(len(rows) - 1)).R


def _shared(a: Embeddings, b: Embeddings) -> float:
    """tr sqrt(A^T A B^T B): the sum of the singular values of A B^T, whose squares are the eigenvalues in question.

    No square root of a small, inexact eigenvalue is taken, so singular covariances cost no accuracy.
    """
    return float(np.linalg.svd(a @ b.T, compute_uv=False).sum())
