"""Settings of encode, and the presets of the dense network."""

import made_streams as made
import pytest
from made_kinds import babble

from ligeia.codec.settings import DENSE_BY_NAME, DENSE_DEFAULT, DENSE_PRESETS, NETWORKS, EncodeSettings, bits_per_sample
from ligeia.errors import InputError


@pytest.mark.parametrize(
    "settings",
    [
        {"preset": "none"},
        {"kbps": 0.05},
        {"kbps": 1e6},
        {"kbps": float("nan")},
        {"quality": 11},
        {"snr_db": 300},
        {"snr_db": float("nan")},
        {"kbps": 8, "quality": 5},
        {"kbps": 8, "snr_db": 20},
    ],
)
def test_refused_settings(settings):
    with pytest.raises(InputError):
        EncodeSettings(**settings)


def test_the_rate_that_settings_stand_for():
    sound = made.noise(channels=2)
    assert EncodeSettings(network="dense", kbps=12).dense_rate(sound) == 12
    assert EncodeSettings(network="dense", quality=10).dense_rate(sound) == 8 * 8000 * 2 / 1000
    assert EncodeSettings(preset="draft").dense_rate(sound) == bits_per_sample(5) * 16


def test_a_preset_decides_the_network():
    assert EncodeSettings().chosen_network == next(iter(NETWORKS)) == "lapped"
    for network, presets in NETWORKS.items():
        assert EncodeSettings(network=network).chosen_network == network
        for preset in presets:
            assert EncodeSettings(preset=preset).chosen_network == network
            assert EncodeSettings(preset=preset, network=network).chosen_network == network


def test_the_sound_decides_the_preset_where_none_is_named():
    speech = babble(16000)
    assert EncodeSettings().lapped_preset(speech).preset.name == "speech"
    assert EncodeSettings().lapped_preset(made.noise(channels=2)).preset.name == "music"
    assert EncodeSettings(preset="waveform").lapped_preset(speech).preset.name == "waveform"
    assert EncodeSettings(snr_db=20).lapped_preset(speech).preset.name == "waveform"
    assert EncodeSettings(snr_db=20, preset="speech").lapped_preset(speech).preset.name == "speech"
    assert EncodeSettings(network="dense").dense_preset.name == "standard"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"preset": "speech", "network": "dense"}, "whose presets are draft, standard, fine"),
        ({"preset": "draft", "network": "lapped"}, "whose presets are speech, music, waveform"),
        ({"preset": "speech", "network": "siren"}, "whose presets are none"),
        ({"steps": 5}, "steps is a setting of the dense network.*name the network dense"),
        ({"width": 5, "preset": "music"}, "width is a setting of the dense network"),
        ({"quantisation_aware": False}, "quantisation_aware is a setting of the dense network"),
        ({"network": "wire"}, "`fit` makes a wire"),
        ({"network": "none"}, "unknown network"),
    ],
)
def test_contradictions_say_what_to_do(settings, said):
    with pytest.raises(InputError, match=said):
        EncodeSettings(**settings)


@pytest.mark.parametrize("settings", [{"steps": 5}, {"width": 8}, {"preset": "draft"}, {"device": "cuda"}], ids=str)
def test_a_siren_with_settings_of_descent_is_the_dense_one(settings):
    assert EncodeSettings(network="siren", **settings).chosen_network == "dense"
    assert EncodeSettings(network="siren", kbps=8, device="cpu").chosen_network == "siren"


def test_quality_doubles_every_two():
    assert [bits_per_sample(quality) for quality in (0, 2, 10)] == [0.25, 0.5, 8.0]
    for quality in (-0.1, 10.1, float("nan")):
        with pytest.raises(InputError):
            bits_per_sample(quality)


def test_presets_by_name():
    assert [DENSE_BY_NAME[preset.name] for preset in DENSE_PRESETS] == list(DENSE_PRESETS)
    assert DENSE_DEFAULT in DENSE_BY_NAME
    assert [p.quality for p in DENSE_PRESETS] == sorted(p.quality for p in DENSE_PRESETS)
    assert [p.steps for p in DENSE_PRESETS] == sorted(p.steps for p in DENSE_PRESETS)
