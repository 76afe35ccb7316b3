"""Shapes from patches."""

import numpy as np
import pytest

from ligeia.codec.family.lapped import LappedSettings
from ligeia.errors import InputError
from ligeia.latent.dictionary import learn_shapes, moved, unit_shapes


def settings(count):
    plain = {"frame_size": 32, "stretches": 1, "borders": (), "ranks": (1,)}
    return LappedSettings(code=4, details=1, dictionary=count, shape_frames=1, shape_bins=3, **plain)


def test_planted_shapes_are_found():
    random = np.random.default_rng(1)
    planted = np.array([[0.48, 0.64, 0.6], [0.36, -0.48, 0.8]], np.float32)
    plane = np.zeros((40, 32), np.float32)
    for row in range(40):
        plane[row, 8:11] = planted[row % 2] * random.uniform(0.5, 2) * random.choice([-1, 1])
    shapes = learn_shapes(settings(30), plane[None], seed=1).reshape(30, 3)
    for wanted in planted:
        assert np.abs(shapes @ wanted).max() > 0.999


def test_a_round_never_fits_worse():
    random = np.random.default_rng(2)
    patches = random.standard_normal((200, 4)).astype(np.float32)
    patches /= np.linalg.norm(patches, axis=1, keepdims=True)
    shapes, fits = patches[:5], []
    for _ in range(4):
        fits.append(np.square(patches @ shapes.T).max(axis=1).sum())
        shapes = moved(shapes, patches)
    assert fits == sorted(fits)
    assert np.allclose(np.linalg.norm(shapes, axis=1), 1, atol=1e-5)


def test_too_little_sound_is_refused():
    with pytest.raises(InputError, match="50 shapes need as many patches"):
        learn_shapes(settings(50), np.zeros((1, 4, 32), np.float32))


def test_lengths_are_taken_off():
    shapes, lengths = unit_shapes(np.array([[[3.0, 4.0]], [[0.0, 0.0]]], np.float32))
    assert lengths[0] == 5
    assert shapes[0].tolist() == [[np.float32(0.6), np.float32(0.8)]]
