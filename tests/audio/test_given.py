"""Recordings as callers have them."""

from pathlib import Path

import numpy as np
import pytest

import ligeia
from ligeia.audio.given import given_audio, given_sound
from ligeia.audio.signal import Audio, is_sound
from ligeia.errors import InputError, SettingsError

TONE = 0.5 * np.sin(np.arange(800) / 5).astype(np.float32)


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    ligeia.write_audio(tmp_path / "tone.wav", Audio(TONE, 8000), subtype="FLOAT")
    return tmp_path / "tone.wav"


def test_every_form_gives_the_same_sound(wav):
    forms = [(Audio(TONE, 8000), None), (TONE, 8000), (TONE.tolist(), 8000), (wav, None), (str(wav), None)]
    for value, rate in forms:
        audio = given_audio(value, rate)
        assert audio.rate == 8000
        np.testing.assert_array_equal(audio.samples[0], TONE)
        with given_sound(value, rate) as sound:
            np.testing.assert_array_equal(sound.read(0, 900), audio.samples)


def test_a_file_that_was_opened_for_it_is_closed_and_one_that_was_open_is_not(wav):
    with ligeia.open_audio(wav) as mine:
        with given_sound(mine) as sound:
            assert sound is mine
        assert mine.read(0, 3).shape == (1, 3)


class Stream:
    """An opened stream, which reads by seconds; its sound reads by samples."""

    rate, channels, sample_count = 8000, 1, 800

    def read(self, start: float = 0.0, stop: float | None = None) -> Audio:
        raise AssertionError("seconds are no samples")

    def sound(self) -> Audio:
        return Audio(TONE, 8000)


def test_an_opened_stream_is_read_by_its_samples():
    assert given_audio(Stream()).sample_count == 800


def test_a_rate_may_be_repeated_and_not_contradicted():
    assert given_audio(Audio(TONE, 8000), 8000).rate == 8000
    with pytest.raises(SettingsError, match="has a rate of 8000 Hz, got 16000"):
        given_audio(Audio(TONE, 8000), 16000)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (TONE, r"samples without a rate: say it in Hz"),
        (b"LIG\x01", "decoded first"),
        ((TONE, 8000), "pair of samples and rate"),
        ((8000, TONE), "pair of samples and rate"),
        (None, "got None"),
        (3, "got the number 3"),
        ({"samples": 0}, "got a value of type dict"),
        (Audio, "got a value of type type"),
    ],
)
def test_everything_else_is_refused_with_what_helps(value, says):
    with pytest.raises(TypeError, match=says):
        given_audio(value)


def test_an_inr_is_rendered_first():
    inr = ligeia.decode(ligeia.encode(TONE, rate=8000))
    with pytest.raises(TypeError, match="render it first"):
        given_audio(inr)
    assert not is_sound(inr)


def test_a_missing_file_is_an_input_error():
    with pytest.raises(InputError, match=r"nowhere\.wav"):
        given_audio("nowhere.wav")


def test_encode_takes_arrays_paths_and_lists(wav):
    expected = ligeia.encode(Audio(TONE, 8000), kbps=32)
    assert ligeia.encode(TONE, rate=8000, kbps=32) == expected
    assert ligeia.encode(TONE.tolist(), rate=8000, kbps=32) == expected
    assert ligeia.encode(wav, kbps=32) == expected
