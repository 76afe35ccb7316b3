import numpy as np
import pytest
from made_notes import SETTINGS, made_notes

from ligeia.codec.family.partials import (
    Networks,
    PartialsSettings,
    amplitude,
    code_of,
    code_parts,
    noise_features,
    onset_terms,
    pitch_features,
    settling_terms,
    tone_features,
)
from ligeia.errors import InputError


def test_the_parts_of_a_code_make_it_again() -> None:
    code = np.arange(SETTINGS.code, dtype=np.float32)
    parts = code_parts(code, SETTINGS)
    assert parts.layout == SETTINGS.timbre + 2
    assert [len(parts.timbre), len(parts.curve), len(parts.corrections)] == [3, 5, 64]
    np.testing.assert_array_equal(code_of(parts), code)


def test_between_two_layouts_there_is_none() -> None:
    code = np.zeros(SETTINGS.code, np.float32)
    for number, layout in ((3.1, 3), (3.5, 0), (2.85, 3), (0.4, 0)):
        code[SETTINGS.timbre + 2] = number
        assert code_parts(code, SETTINGS).layout == layout


def test_settings_must_add_up() -> None:
    with pytest.raises(InputError, match=r"code must be .* = 480, got 100"):
        PartialsSettings(code=100)


def test_features_have_the_widths_of_the_networks() -> None:
    pitch, hz = np.array([60.0, 61.0]), np.array([261.0, 4000.0])
    shapes = SETTINGS.shapes(SETTINGS.rate)
    found = {
        "tone": tone_features(pitch, np.array([1.0, 30.0]), hz),
        "noise": noise_features(pitch, hz),
        "pitch": pitch_features(pitch),
    }
    for name, features in found.items():
        assert features.shape == (2, shapes[f"{name}_weight_0"][0] - SETTINGS.timbre)
        assert np.isfinite(features).all()
    assert onset_terms(np.zeros(3)).shape[1] == shapes["noise_bias_1"][0] == shapes["tone_bias_1"][0] - 1
    assert settling_terms(np.zeros(3)).shape[1] == shapes["pitch_bias_1"][0] - 1


def test_a_level_never_rises_for_ever() -> None:
    model = made_notes()
    networks = Networks(SETTINGS, model.arrays)
    timbre, pitch, number = np.zeros((5, 3)), np.full(5, 60.0), np.arange(1.0, 6)
    terms, flutter = networks.tone(timbre, pitch, number, 261 * number)
    late = terms @ onset_terms(np.array([5.0, 50.0])).T
    assert (late[:, 1] <= late[:, 0]).all()
    assert (flutter > 0).all()
    assert networks.noise(timbre[:1], pitch[:1]).shape == (1, SETTINGS.bands, terms.shape[1])
    stiff, settling = networks.pitch(timbre[:1], pitch[:1])
    assert -6 <= stiff[0] <= -3
    assert settling.shape == (1, 4)


def test_amplitudes_are_those_of_sines_of_a_level() -> None:
    np.testing.assert_allclose(amplitude(np.array([0.0, -20.0])), [np.sqrt(2), np.sqrt(0.02)])
    assert amplitude(np.array([1e9]))[0] < 3
