"""The search for a shape in two steps finds nearly what a full search finds."""

import numpy as np

from ligeia.dsp import shape_index
from ligeia.dsp.shape_index import ShapeIndex, grouped


def units(count, seed):
    drawn = np.random.default_rng(seed).standard_normal((count, 2, 3)).astype(np.float32)
    return drawn / np.sqrt(np.square(drawn).sum((1, 2), keepdims=True))


def test_few_shapes_are_all_compared():
    shapes = units(50, 0)
    kinds, values = ShapeIndex(shapes).best(-2 * shapes.reshape(50, -1))
    assert kinds.tolist() == list(range(50))
    assert np.allclose(values, -2, atol=1e-5)


def test_many_shapes_are_searched_in_groups(monkeypatch):
    monkeypatch.setattr(shape_index, "FLAT", 100)
    shapes, patches = units(2000, 0), units(300, 1).reshape(300, -1)
    kinds, values = ShapeIndex(shapes).best(patches)
    products = patches @ shapes.reshape(2000, -1).T
    assert np.allclose(products[np.arange(300), kinds], values, atol=1e-5)
    assert np.mean(np.abs(values) / np.abs(products).max(axis=1)) > 0.95


def test_every_shape_is_in_one_group():
    centres, members = grouped(units(500, 2).reshape(500, -1))
    assert len(centres) == len(members)
    assert sorted(np.concatenate(members).tolist()) == list(range(500))
