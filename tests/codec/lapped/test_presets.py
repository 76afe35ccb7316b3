import made_streams as made
import pytest

from ligeia.audio.signal import Audio
from ligeia.codec.lapped.presets import BY_NAME, PRESETS, likely_preset, step_at
from ligeia.codec.lapped.profiles import PROFILES
from ligeia.errors import InputError


def test_presets_have_the_profile_of_their_name():
    assert [preset.profile.name for preset in PRESETS] == list(BY_NAME) == [preset.name for preset in PRESETS]
    assert {preset.profile.wire_id for preset in PRESETS} == set(PROFILES)


@pytest.mark.parametrize(
    ("rate", "channels", "name"),
    [(8000, 1, "speech"), (24000, 1, "speech"), (44100, 1, "music"), (16000, 2, "music"), (48000, 2, "music")],
)
def test_the_likely_preset(rate, channels, name):
    assert likely_preset(Audio(made.noise(0.01, channels=channels).samples, rate)).name == name


def test_quality_is_an_exponent():
    for preset in PRESETS:
        steps = [step_at(preset, quality) for quality in (0, 0.5, 5, 10)]
        assert steps == sorted(steps, reverse=True)
        assert steps[0] == preset.coarsest
        assert steps[-1] > 0
    for quality in (-1, 11, float("nan")):
        with pytest.raises(InputError, match="quality must lie between 0 and 10"):
            step_at(PRESETS[0], quality)
