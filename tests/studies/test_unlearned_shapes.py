"""Shapes that nobody learned, and the linear transform: unit norms, the seed decides, bases are orthonormal."""

import numpy as np
import pytest
import soundfile

from ligeia.dsp.pursuit import pursue
from ligeia.errors import InputError
from ligeia.hypersound.dictionary import Dictionary
from ligeia.studies.unlearned_shapes import BLOCK, karhunen_loeve, made_dictionary


def like(count=400):
    blank = np.zeros((count, 4, 8), np.float32)
    blank[:, 0, 0] = 1
    return Dictionary(blank, rate=16000, frame_size=256)


def test_made_shapes_are_as_many_and_as_large():
    made = made_dictionary(like())
    assert made.shapes.shape == (400, 4, 8)
    assert np.array_equal(made.shapes, made_dictionary(like()).shapes)


def test_made_shapes_describe_a_partial_better_than_noise():
    from ligeia.hypersound.atoms import analysed

    time = np.arange(16000) / 16000
    made = made_dictionary(like(4000))
    left = []
    for wave in (np.sin(2 * np.pi * (800 * time + 60 * time**2)), np.random.default_rng(0).standard_normal(16000)):
        plane = analysed(wave[None].astype(np.float32), made)[1][0, 0]
        left.append(np.square(pursue(plane, made.shapes, 40)[1]).sum() / np.square(plane).sum())
    assert left[0] < 0.1 < 0.8 < left[1]


def test_the_linear_transform_is_orthonormal_and_ordered(tmp_path, monkeypatch):
    karhunen_loeve.cache_clear()
    noise = np.random.default_rng(0).standard_normal(20000).cumsum()
    soundfile.write(tmp_path / "walk.wav", noise / np.abs(noise).max(), 16000)
    monkeypatch.setenv("LIGEIA_DATA", str(tmp_path))
    basis = karhunen_loeve(16000, "walk")
    assert np.allclose(basis @ basis.T, np.eye(BLOCK), atol=1e-8)
    with pytest.raises(InputError, match="found none"):
        karhunen_loeve(16000, "nothing")
