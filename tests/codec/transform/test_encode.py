"""Which duration of superframes a sound gets."""

from dataclasses import replace

import numpy as np
import pytest

import ligeia
from ligeia.audio.signal import Audio
from ligeia.codec.inspect import inspect
from ligeia.codec.transform.encode import best_frame, encode_lapped
from ligeia.codec.transform.presets import BY_NAME
from ligeia.codec.transform.rate_control import Target

RATE = 16000
TIME = np.arange(2 * RATE) / RATE
TONES = Audio(0.1 * sum(np.sin(2 * np.pi * f * TIME) for f in (220.5, 441.3, 663.1, 1201.7))[None], RATE)
CLICKS = Audio(np.where(np.arange(2 * RATE) % 1600 < 20, 0.5, 0.0)[None], RATE)
WAVEFORM = BY_NAME["waveform"]


@pytest.mark.parametrize("target", [Target(step=280), Target(snr_db=20), Target(kbps=20)])
def test_tones_get_long_superframes_and_clicks_short_ones(target):
    assert best_frame(TONES, WAVEFORM, target) > best_frame(CLICKS, WAVEFORM, target) == WAVEFORM.frame_seconds[0]


def test_a_patient_preset_keeps_short_ones_where_long_ones_save_little():
    patient = replace(WAVEFORM, patience=0.95)
    assert best_frame(TONES, patient, Target(step=280)) == WAVEFORM.frame_seconds[0]


def test_one_duration_needs_no_trial():
    assert best_frame(TONES, BY_NAME["speech"], Target(step=100)) == BY_NAME["speech"].frame_seconds[0]


@pytest.mark.parametrize("sound", [Audio(np.zeros((1, 9000)), RATE), Audio([[0.5]], RATE)], ids=["silence", "a sample"])
def test_the_first_duration_where_none_is_better(sound):
    assert best_frame(sound, WAVEFORM, Target(kbps=16)) == WAVEFORM.frame_seconds[0]


def test_the_chosen_duration_is_in_the_stream():
    stream, _ = encode_lapped(TONES, WAVEFORM, Target(snr_db=20))
    assert (
        inspect(stream).fields["frame_size"] == round(best_frame(TONES, WAVEFORM, Target(snr_db=20)) * RATE / 32) * 32
    )
    assert ligeia.decode(stream).render().samples.shape == TONES.samples.shape
