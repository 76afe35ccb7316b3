"""Presets, quality, and the decision between speech and music."""

import numpy as np
import pytest
from made_kinds import babble, chord

import ligeia
from ligeia.audio.signal import Audio
from ligeia.codec.transform.presets import (
    BY_NAME,
    CENTROID_SPREAD,
    LEARNED_FROM,
    LOW_RATE_SPEECH,
    PRESETS,
    SOFT_SHARE,
    USUAL_LEVEL,
    centroid_spread,
    for_rate,
    level_of,
    likely_preset,
    seems_speech,
    soft_share,
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
    for preset, kbps in ((speech, 8.0), (speech, None), (BY_NAME["music"], 3.0)):
        assert for_rate(preset, kbps, sound) is preset
    assert for_rate(speech, 8.0, Audio(np.tile(sound.samples, (2, 1)), 16000)) == LOW_RATE_SPEECH
    assert for_rate(speech, 3.0, babble(44100)) is speech


@pytest.mark.parametrize("rate", [8000, 16000, 24000, 44100])
def test_the_likely_preset(rate):
    assert likely_preset(babble(rate)).name == "speech"
    assert likely_preset(Audio(np.tile(babble(rate).samples, (2, 1)), rate)).name == "music"
    assert likely_preset(chord(rate)).name == "music"


def test_what_is_too_short_to_tell_goes_by_its_rate():
    for rate, name in ((16000, "speech"), (44100, "music")):
        assert likely_preset(Audio(np.zeros((1, rate // 2)), rate)).name == name


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


def test_signs_of_made_sounds():
    assert soft_share(babble(16000)) > SOFT_SHARE
    assert centroid_spread(babble(16000)) > CENTROID_SPREAD
    assert soft_share(chord(16000)) == 0
    assert centroid_spread(chord(16000)) < 0.1


@pytest.mark.parametrize("gain", [1e-6, 1.0, 1e3])
def test_the_volume_does_not_matter(gain):
    louder = Audio(gain * babble(16000).samples, 16000)
    assert soft_share(louder) == pytest.approx(soft_share(babble(16000)), abs=0.01)
    assert centroid_spread(louder) == pytest.approx(centroid_spread(babble(16000)), abs=0.01)


@pytest.mark.parametrize(("samples", "rate"), [(0, 16000), (1, 16000), (7, 1), (3, 2), (100, 30), (16000, 16000)])
def test_silence_and_next_to_nothing_have_no_sign(samples, rate):
    sound = Audio(np.zeros((1, samples)), rate)
    assert soft_share(sound) == centroid_spread(sound) == 0
    assert not seems_speech(sound, surely=True)


def test_recordings(data_folder):
    for name, surely in (("speech/LJ001-0005.flac", True), ("speech/ls_clean_103-1240-0000.flac", True)):
        assert seems_speech(ligeia.read_audio(data_folder / name), surely=surely)
    for name in ("music/stk_West.flac", "music/max_piano.flac", "music/sms_singing-female.flac"):
        assert not seems_speech(ligeia.read_audio(data_folder / name), surely=False)
