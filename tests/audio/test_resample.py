import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_sounds import noise, tone

from ligeia.audio.resample import Resampled, resample, resample_pieces
from ligeia.audio.signal import Audio
from ligeia.errors import InputError

RATES = [8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000]


def test_equal_rate_is_the_same_object():
    audio = noise()
    assert resample(audio, audio.rate) is audio


@given(st.integers(1, 3000), st.sampled_from(RATES), st.sampled_from(RATES))
def test_length_is_rounded_up(frames, rate_in, rate_out):
    result = resample(noise(2, frames, rate_in), rate_out)
    assert result.samples.shape == (2, math.ceil(frames * rate_out / rate_in))
    assert result.rate == rate_out


@pytest.mark.parametrize(("rate_in", "rate_out"), [(44100, 48000), (48000, 16000), (8000, 192000), (96000, 44100)])
def test_a_tone_stays_that_tone(rate_in, rate_out):
    result, wanted = resample(tone(1000, rate_in), rate_out), tone(1000, rate_out)
    error = (result.samples - wanted.samples)[0, rate_out // 10 : -rate_out // 10]
    assert np.abs(error).max() < 1e-5


def test_what_the_new_rate_cannot_hold_is_gone():
    result = resample(tone(10000, 48000), 16000).samples[0, 2000:-2000]
    assert np.abs(result).max() < 1e-5


@pytest.mark.parametrize(("rate_in", "rate_out"), [(1, 192000), (192000, 1), (1, 2), (44101, 192001)])
def test_extreme_ratios_of_one_sample(rate_in, rate_out):
    result = resample(Audio(np.ones((1, 1)), rate_in), rate_out)
    assert result.sample_count == max(1, -(-rate_out // rate_in))


def test_no_samples_stay_none():
    assert resample(Audio(np.zeros((3, 0)), 8000), 16000).samples.shape == (3, 0)


@pytest.mark.parametrize("rate", [0, -8000, 0.5, 2**31, 2**31 - 1])
def test_refused_rates(rate):
    with pytest.raises(InputError):
        resample(Audio(np.ones((1, 5)), 1), rate)


@pytest.mark.parametrize(("rate_in", "rate_out"), [(22050, 8000), (8000, 44100), (48000, 44100), (8000, 8000)])
def test_pieces_give_what_the_whole_gives(rate_in, rate_out):
    samples = np.random.default_rng(3).normal(0, 0.1, (2, 5000)).astype(np.float32)
    pieces = [samples[:, k : k + 777] for k in range(0, 5000, 777)]
    found = np.concatenate(list(resample_pieces(pieces, rate_in, rate_out, 2)), axis=1)
    expected = resample(Audio(samples, rate_in), rate_out).samples
    assert found.shape == expected.shape
    # 1e-5: soxr rounds its filters a little differently when it streams
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_no_pieces_give_nothing():
    assert sum(piece.shape[1] for piece in resample_pieces([], 8000, 4000, 1)) == 0


@pytest.mark.parametrize(("rate_in", "rate_out"), [(44100, 16000), (8000, 16000), (48000, 16000)])
def test_parts_of_a_resampled_sound_are_those_of_the_whole(rate_in, rate_out):
    audio = noise(2, 3 * rate_in // 2, rate_in)
    whole, parts = resample(audio, rate_out), Resampled(audio, rate_out)
    assert (parts.rate, parts.channels, parts.sample_count) == (rate_out, 2, whole.sample_count)
    for start, stop in ((0, 700), (5001, 9000), (whole.sample_count - 300, whole.sample_count + 50), (9, 9)):
        assert parts.read(start, stop).shape == whole.samples[:, start:stop].shape
        assert np.abs(parts.read(start, stop) - whole.samples[:, start:stop]).max(initial=0) < 1e-5
