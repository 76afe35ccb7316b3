"""Pieces: nothing is lost between them, and a method with memory leaves no seam."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from ligeia.audio.signal import Audio
from ligeia.enhance.pieces import Prepared, processed
from ligeia.errors import InputError
from ligeia.progress import Reporter

RATE = 1000


def _joined(sound: Audio, method: Prepared, strength: float = 1.0) -> NDArray[np.float32]:
    return np.concatenate(list(processed(sound, method, strength=strength, report=Reporter(None))), axis=1)


def _smoothed(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    return uniform_filter1d(samples, 41, axis=1, mode="constant")


@pytest.mark.parametrize("count", [1, 2, 99, 100, 101, 1050, 3456])
def test_pieces_join_to_the_whole(count: int) -> None:
    sound = Audio(np.random.default_rng(count).standard_normal((2, count)).astype(np.float32), RATE)
    whole = _joined(sound, Prepared(process=_smoothed, context_seconds=9, piece_seconds=9))
    cut = _joined(sound, Prepared(process=_smoothed, context_seconds=0.1, piece_seconds=0.1))
    np.testing.assert_allclose(cut, whole, atol=1e-6)
    assert cut.shape == sound.samples.shape


def test_a_change_from_piece_to_piece_is_faded() -> None:
    calls = iter(range(10))
    method = Prepared(process=lambda x: np.full_like(x, next(calls)), context_seconds=0.1, piece_seconds=1)
    steps = np.diff(_joined(Audio(np.zeros((1, 3000)), RATE), method)[0])
    assert steps.sum() == pytest.approx(2)
    assert np.abs(steps).max() < 0.05


def test_strength_mixes() -> None:
    sound = Audio(np.ones((1, 500)), RATE)
    method = Prepared(process=lambda x: np.zeros_like(x))
    np.testing.assert_array_equal(_joined(sound, method, 0.0), sound.samples)
    np.testing.assert_allclose(_joined(sound, method, 0.25), 0.75)
    with pytest.raises(InputError, match="strength must be between"):
        _joined(sound, method, 1.5)
