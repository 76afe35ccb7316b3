import numpy as np
import pytest

from ligeia.audio.signal import Audio, checked_rate
from ligeia.errors import InputError


def test_samples_are_a_read_only_copy():
    samples = np.ones((2, 3), np.float32)
    audio = Audio(samples, 8000)
    samples[:] = 5
    assert (audio.samples == 1).all()
    with pytest.raises(ValueError, match="read-only"):
        audio.samples[0, 0] = 2


def test_shape_and_duration():
    audio = Audio(np.zeros((2, 12000)), 8000)
    assert (audio.channels, audio.frames, audio.seconds) == (2, 12000, 1.5)
    assert audio.samples.dtype == np.float32


def test_reading_is_cut_at_the_end():
    audio = Audio(np.arange(6).reshape(2, 3), 8000)
    assert audio.read(1, 9).tolist() == [[1, 2], [4, 5]]


def test_mono_is_the_mean():
    assert Audio(np.array([[0.0, 1.0], [0.5, 0.0]]), 8000).mono().samples.tolist() == [[0.25, 0.5]]


@pytest.mark.parametrize("samples", [np.zeros(5), np.zeros((0, 5)), np.full((1, 2), np.nan), np.full((1, 2), np.inf)])
def test_refused_samples(samples):
    with pytest.raises(InputError):
        Audio(samples, 8000)


@pytest.mark.parametrize("rate", [0, -1, 0.5, float("nan"), float("inf"), 2**31])
def test_refused_rates(rate):
    with pytest.raises(InputError):
        checked_rate(rate)
