"""Presets, quality, and the decision between speech and music."""

import numpy as np
import pytest
from made_kinds import babble, chord, drums

import ligeia
from ligeia.audio.signal import Audio
from ligeia.codec.encode import encode_with_report
from ligeia.codec.settings import EncodeSettings
from ligeia.codec.transform.presets import (
    BY_NAME,
    LEARNED_FROM,
    LOW_RATE_SPEECH,
    PRESETS,
    USUAL_LEVEL,
    WAVEFORM_SPEECH,
    for_rate,
    level_of,
    likely_preset,
    step_at,
)
from ligeia.codec.transform.scale_factors import PROFILES
from ligeia.errors import InputError


def test_presets_have_the_profile_of_their_name():
    assert [preset.profile.name for preset in PRESETS] == list(BY_NAME) == [preset.name for preset in PRESETS]
    assert {preset.profile.wire_id for preset in LEARNED_FROM.values()} == set(PROFILES)
    assert all(preset.profile.name == name for name, preset in LEARNED_FROM.items())


def test_low_rates_of_speech_have_a_preset_of_their_own():
    speech, sound = BY_NAME["speech"], babble(16000)
    assert for_rate(speech, 3.0, sound) == LOW_RATE_SPEECH
    assert [for_rate(speech, kbps, sound).price for kbps in (4.0, 5.0, 6.0, 7.9)] == [0.5, 0.375, 0.25, 0.25]
    for preset, kbps in ((speech, 16.0), (speech, None), (BY_NAME["music"], 3.0)):
        assert for_rate(preset, kbps, sound) == preset
    assert for_rate(speech, 8.0, sound).profile == for_rate(speech, 3.0, babble(44100)).profile == speech.profile
    assert for_rate(speech, 8.0, Audio(np.tile(sound.samples, (2, 1)), 16000)) == LOW_RATE_SPEECH


def test_noise_of_speech_is_softer_at_lower_rates():
    speech, sound = BY_NAME["speech"], babble(16000)
    assert for_rate(speech, 8.0, sound).scale_factor_rule.empty is None
    rules = [for_rate(speech, kbps, sound).scale_factor_rule.empty for kbps in (9.0, 12.0, 16.0, 64.0)]
    assert rules[0].low < rules[1].low < rules[2].low == rules[3].low == speech.scale_factor_rule.empty.low
    assert rules[0].high < rules[1].high < rules[2].high == rules[3].high
    assert (
        for_rate(speech, 24.0, Audio(np.tile(sound.samples, (2, 1)), 16000)).noise
        == for_rate(speech, 12.0, sound).noise
    )


def test_one_voice_has_a_waveform_profile_of_its_own():
    waveform, sound = BY_NAME["waveform"], babble(16000)
    for kbps in (None, 3.0, 40.0):
        assert for_rate(waveform, kbps, sound) is WAVEFORM_SPEECH
    stereo = Audio(np.tile(sound.samples, (2, 1)), 16000)
    for other in (chord(16000), drums(16000), stereo, babble(44100)):
        assert for_rate(waveform, None, other) is waveform


@pytest.mark.parametrize("rate", [8000, 16000, 24000, 44100])
def test_the_likely_preset(rate):
    for sound, name in ((babble(rate), "speech"), (chord(rate), "music"), (drums(rate), "music")):
        both = Audio(np.tile(sound.samples, (2, 1)), rate)
        found = likely_preset(sound), likely_preset(both)
        assert [choice.preset.name for choice in found] == [name, name]
        assert all((choice.speech > 0.5) == (name == "speech") for choice in found)
        assert all(choice.reason.endswith("to be speech") for choice in found)


def test_what_is_too_short_to_tell_goes_by_its_rate():
    for rate, name in ((16000, "speech"), (44100, "music")):
        choice = likely_preset(Audio(np.zeros((1, rate // 2)), rate))
        assert choice.preset.name == name
        assert "too short" in choice.reason


def test_quality_is_an_exponent():
    for preset in PRESETS:
        steps = [step_at(preset, quality) for quality in (0, 0.5, 5, 10)]
        assert steps == sorted(steps, reverse=True)
        assert steps[0] == preset.coarsest
        assert steps[-1] > 0
    for quality in (-1, 11, float("nan")):
        with pytest.raises(InputError, match="quality must lie between 0 and 10"):
            step_at(PRESETS[0], quality)


def test_the_level_of_a_sound():
    assert level_of(Audio([[0.25, -0.25], [0.25, 0.25]], 8000)) == pytest.approx(-2)
    assert level_of(Audio([[0.0, 0.0]], 8000)) == USUAL_LEVEL
    assert level_of(Audio(np.zeros((1, 0)), 8000)) == USUAL_LEVEL


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_the_same_sound_at_another_volume_takes_as_many_bytes(preset):
    time = np.arange(24_000) / 16000
    tones = np.sin(900 * time + 3 * np.sin(30 * time)) * np.sin(4 * time) ** 2
    samples = 0.2 * tones + 0.01 * np.random.default_rng(0).standard_normal(24_000)
    sizes = [
        len(ligeia.encode(Audio(gain * samples[None], 16000), preset=preset.name, quality=5))
        for gain in (1, 0.25, 0.11)
    ]
    assert max(sizes) / min(sizes) < 1.15


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_two_equal_channels_cost_what_one_does(preset):
    mono = babble(16000, seconds=3.0)
    both = Audio(np.tile(mono.samples, (2, 1)), 16000)
    assert level_of(both) == pytest.approx(level_of(mono) + 0.5)
    one, two = (encode_with_report(sound, EncodeSettings(preset=preset.name, quality=6)) for sound in (mono, both))
    # Two channels of a voice do not have the waveform profile that one has.
    assert len(two[0]) < (1.25 if preset.name == "waveform" else 1.1) * len(one[0])
    assert two[1].snr_db > one[1].snr_db - 0.5
    samples = ligeia.decode(two[0]).render().samples
    assert np.array_equal(samples[0], samples[1])


def test_the_level_of_two_channels_that_differ():
    left = np.sin(np.arange(8000) / 7)
    for right in (0.9 * left, -left, np.cos(np.arange(8000) / 7), 0 * left):
        stereo = np.stack([left, right])
        assert level_of(Audio(stereo, 8000)) == pytest.approx(np.log2(np.sqrt(np.mean(stereo**2))), abs=1e-6)
