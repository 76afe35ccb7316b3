from typing import Any

import numpy as np
import pytest

from ligeia.errors import InputError, UndefinedScore
from ligeia.metrics.frechet import Embeddings, frechet_distance


def rows(n: int, d: int, seed: int) -> Embeddings:
    generator = np.random.default_rng(seed)
    made: Embeddings = generator.standard_normal((n, d)) @ generator.standard_normal((d, d))
    made += generator.standard_normal(d)
    return made


def standardised(n: int, d: int, seed: int) -> Embeddings:
    """Rows whose mean is 0 and whose covariance is the identity, up to rounding."""
    raw = rows(n, d, seed)
    whitened: Embeddings = np.linalg.qr(raw - raw.mean(axis=0)).Q * (n - 1) ** 0.5
    return whitened


def test_normal_distributions_in_one_dimension() -> None:
    x = standardised(50, 1, 0)
    # (mu1 - mu2)^2 + (sigma1 - sigma2)^2
    assert frechet_distance(reference=2 * x + 1, estimate=5 * x[::-1] - 3) == pytest.approx(4**2 + 3**2)


def test_a_shift_costs_its_square() -> None:
    x = rows(40, 6, 1)
    shift = np.arange(6.0)
    assert frechet_distance(reference=x, estimate=x + shift) == pytest.approx(55.0, abs=1e-9)  # 0 + 1 + 4 + ... + 25


def test_diagonal_covariances() -> None:
    ours, theirs = np.array([1.0, 2.0, 0.5, 0.0]), np.array([3.0, 2.0, 0.0, 1.5])
    value = frechet_distance(reference=standardised(30, 4, 2) * ours, estimate=standardised(35, 4, 3) * theirs)
    assert value == pytest.approx(np.sum((ours - theirs) ** 2))


@pytest.mark.parametrize(("n", "m", "d"), [(100, 80, 5), (2000, 500, 16), (7, 7, 6)])
def test_against_the_matrix_square_root(n: int, m: int, d: int) -> None:
    linalg = pytest.importorskip("scipy.linalg")
    x, y = rows(n, d, 4), rows(m, d, 5)
    s, t = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    expected = np.sum((x.mean(0) - y.mean(0)) ** 2) + np.trace(s + t - 2 * linalg.sqrtm(s @ t).real)
    # sqrtm of a product that is not symmetric loses half the digits where eigenvalues are small
    assert frechet_distance(reference=x, estimate=y) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize(("n", "m"), [(2, 2), (3, 10), (40, 5)])
def test_fewer_rows_than_columns(n: int, m: int) -> None:
    x, y = rows(n, 20, 6), rows(m, 20, 7)
    s, t = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    values, vectors = np.linalg.eigh(s)
    root = vectors * np.sqrt(values.clip(0)) @ vectors.T
    shared = np.sqrt(np.linalg.eigvalsh(root @ t @ root).clip(0)).sum()
    expected = np.sum((x.mean(0) - y.mean(0)) ** 2) + np.trace(s) + np.trace(t) - 2 * shared
    # the oracle takes roots of eigenvalues that should be 0 and are 1e-16 of the greatest
    assert frechet_distance(reference=x, estimate=y) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("n", "d"), [(2, 1), (10, 50), (500, 8)])
def test_a_set_is_no_distance_from_itself_in_any_order(n: int, d: int) -> None:
    x = rows(n, d, 8)
    spread = np.sum(np.var(x, axis=0))
    assert 0 <= frechet_distance(reference=x, estimate=x[::-1]) <= 1e-12 * spread


def test_symmetric_and_scales_with_the_square() -> None:
    x, y = rows(30, 4, 9), rows(20, 4, 10)
    there, back = frechet_distance(reference=x, estimate=y), frechet_distance(reference=y, estimate=x)
    assert there == pytest.approx(back)
    assert frechet_distance(reference=10 * x, estimate=10 * y) == pytest.approx(100 * there)


def test_constant_sets_have_no_spread() -> None:
    assert frechet_distance(reference=np.zeros((3, 2)), estimate=np.full((4, 2), 2.0)) == 8.0


def test_one_row_has_no_covariance() -> None:
    with pytest.raises(UndefinedScore, match="estimate has 1 rows"):
        frechet_distance(reference=np.zeros((2, 3)), estimate=np.zeros((1, 3)))


@pytest.mark.parametrize("wrong", [np.zeros(3), np.zeros((2, 2, 2)), np.zeros((3, 0)), [[np.nan], [0.0]]])
def test_embeddings_are_rows_of_numbers(wrong: Any) -> None:
    with pytest.raises(InputError, match="reference"):
        frechet_distance(reference=wrong, estimate=np.zeros((2, 1)))


def test_columns_must_agree() -> None:
    with pytest.raises(InputError, match="2 and 3 columns"):
        frechet_distance(reference=np.zeros((4, 2)), estimate=np.zeros((4, 3)))
