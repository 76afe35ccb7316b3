import numpy as np
import pytest
from made_kinds import babble, chord

import ligeia
from ligeia.audio.signal import Audio
from ligeia.codec.transform.presets import BY_NAME, PRESETS, USUAL_LEVEL, level_of, likely_preset, step_at
from ligeia.codec.transform.scale_factors import PROFILES
from ligeia.errors import InputError


def test_presets_have_the_profile_of_their_name():
    assert [preset.profile.name for preset in PRESETS] == list(BY_NAME) == [preset.name for preset in PRESETS]
    assert {preset.profile.wire_id for preset in PRESETS} == set(PROFILES)


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
