"""Audio in memory, counts of samples, and ratios of energies."""

from math import inf, isnan

import numpy as np
import pytest

import ligeia
from ligeia.audio.signal import Audio, check_sound, checked_rate, count_samples, snr_from_energies
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
    assert (audio.channels, audio.sample_count, audio.seconds) == (2, 12000, 1.5)
    assert audio.samples.dtype == np.float32


def test_reading_is_cut_at_the_end():
    audio = Audio(np.arange(6.0).reshape(2, 3), 8000)
    assert audio.read(1, 9).tolist() == [[1, 2], [4, 5]]


def test_mono_is_the_mean():
    assert Audio(np.array([[0.0, 1.0], [0.5, 0.0]]), 8000).mono().samples.tolist() == [[0.25, 0.5]]


@pytest.mark.parametrize(
    "samples", [np.zeros(()), np.zeros((1, 2, 3)), np.zeros((0, 5)), np.full((1, 2), np.nan), np.full((1, 2), np.inf)]
)
def test_refused_samples(samples):
    with pytest.raises(InputError):
        Audio(samples, 8000)


@pytest.mark.parametrize("rate", [0, -1, 0.5, float("nan"), float("inf"), 2**31])
def test_refused_rates(rate):
    with pytest.raises(InputError):
        checked_rate(rate)


def test_decibels_by_hand():
    assert snr_from_energies(100.0, 1.0) == pytest.approx(20)
    assert snr_from_energies(1.0, 2.0) == pytest.approx(-3.0103, abs=1e-4)
    assert snr_from_energies(3.0, 3.0) == 0


def test_the_ends():
    assert snr_from_energies(1.0, 0.0) == inf
    assert snr_from_energies(0.0, 1.0) == -inf
    assert isnan(snr_from_energies(0.0, 0.0))


@pytest.mark.parametrize(
    ("seconds", "rate", "start", "stop", "frames"),
    [
        (1.0, 8000, 0.0, None, 8000),
        (1.0, 8000, 0.5, 9.0, 4000),
        (0.1, 44100, 0.0, None, 4410),
        (1.0, 10, 0.25, 0.251, 1),
    ],
)
def test_samples_of_a_stretch(seconds, rate, start, stop, frames):
    assert count_samples(seconds, rate, start, stop) == frames


@pytest.mark.parametrize(("start", "stop"), [(-0.1, None), (0.5, 0.4), (1.1, None), (float("nan"), None)])
def test_no_such_stretch(start, stop):
    with pytest.raises(InputError, match="start and stop"):
        count_samples(1.0, 8000, start, stop)


@pytest.mark.parametrize("other", [np.zeros(100), "song.wav", None, ligeia])
def test_what_is_no_sound_is_refused_by_name(other):
    with pytest.raises(TypeError, match="a sound is an Audio"):
        check_sound(other)
    check_sound(Audio([[0.0]], 8000))


def test_one_line_says_what_an_audio_is():
    assert repr(Audio(np.full((2, 4000), -0.5), 8000)) == "Audio(2 x 4000 samples at 8000 Hz, peak 0.5)"
    assert repr(Audio(np.zeros((1, 0)), 8000)) == "Audio(1 x 0 samples at 8000 Hz, peak 0)"


@pytest.mark.parametrize("rate", [None, "8000", True, 1j, [8000]])
def test_a_rate_is_a_number(rate):
    with pytest.raises(TypeError, match="rate must be a number"):
        Audio([0.0], rate)
