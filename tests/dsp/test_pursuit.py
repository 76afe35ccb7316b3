"""Matching pursuit: planted atoms are found, values are those of least squares, and nothing is counted twice."""

import numpy as np
import pytest

from ligeia.dsp.pursuit import Atoms, pursue, refit, synthesise, window_norms


@pytest.fixture
def shapes():
    drawn = np.random.default_rng(0).standard_normal((20, 3, 4))
    return (drawn / np.sqrt(np.square(drawn).sum((1, 2), keepdims=True))).astype(np.float32)


def planted(*rows):
    frames, bins, kinds, values = zip(*rows, strict=True)
    return Atoms(np.array(frames), np.array(bins), np.array(kinds), np.array(values, np.float32))


def test_finds_atoms_that_were_planted(shapes):
    atoms = planted((2, 3, 7, 5.0), (10, 20, 1, -2.0), (15, 0, 11, 0.5))
    plane = synthesise(atoms, shapes, (20, 32))
    found, left = pursue(plane, shapes, 3)
    order = np.argsort(found.frames)
    for name in ("frames", "bins", "shapes"):
        assert getattr(found, name)[order].tolist() == getattr(atoms, name).tolist()
    assert found.values[order] == pytest.approx(atoms.values, abs=1e-4)
    assert np.abs(left).max() < 1e-4


def test_atoms_may_reach_beyond_the_edges(shapes):
    cut = synthesise(planted((-2, -1, 3, 1.0), (18, 30, 4, 2.0)), shapes, (20, 32))
    whole = synthesise(planted((1, 3, 3, 1.0), (21, 34, 4, 2.0)), shapes, (26, 40))
    assert cut == pytest.approx(whole[3:23, 4:36])
    found, left = pursue(cut, shapes, 60)
    assert found.frames.min() >= -2
    assert found.frames.max() <= 19
    assert np.square(left).sum() < 0.01 * np.square(cut).sum()


def test_what_is_left_is_the_plane_without_the_atoms(shapes):
    plane = np.random.default_rng(1).standard_normal((30, 40)).astype(np.float32)
    found, left = pursue(plane, shapes, 50)
    assert len(found) == 50
    assert left == pytest.approx(plane - synthesise(found, shapes, plane.shape), abs=1e-4)
    assert np.square(left).sum() < 0.8 * np.square(plane).sum()


def test_values_are_those_of_least_squares(shapes):
    plane = np.random.default_rng(2).standard_normal((9, 10)).astype(np.float32)
    atoms = planted(*[(f, b, (3 * f + b) % 20, 0.0) for f in (0, 2, 4) for b in (0, 3, 5)])
    columns = [
        synthesise(planted((f, b, k, 1.0)), shapes, plane.shape).ravel()
        for f, b, k in zip(atoms.frames, atoms.bins, atoms.shapes, strict=True)
    ]
    best = np.linalg.lstsq(np.stack(columns, axis=1), plane.ravel(), rcond=None)[0]
    assert refit(plane, shapes, atoms, rounds=50)[0].values == pytest.approx(best, abs=1e-3)


def test_silence_has_no_atoms(shapes):
    found, left = pursue(np.zeros((5, 8), np.float32), shapes, 10)
    assert len(found) == 0
    assert not left.any()


def test_bounds_hold_for_every_place():
    plane = np.random.default_rng(3).standard_normal((7, 9)).astype(np.float32)
    norms = window_norms(plane, 2, 3)
    assert norms.shape == (6, 7)
    for row, column in np.ndindex(norms.shape):
        true = np.linalg.norm(plane[row : row + 2, column : column + 3])
        assert true <= norms[row, column] <= 1.01 * true
