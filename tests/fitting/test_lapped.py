"""The closed-form fit of the windowed-sine network, with and without gaps in the sound."""

import json
from dataclasses import replace

import numpy as np
import pytest
from made_fits import snr

import ligeia
from ligeia.audio.signal import Audio
from ligeia.dsp.mdct import inverse_mdct, mdct, to_switching, window_sequence
from ligeia.errors import InputError
from ligeia.fitting.lapped import analyse, design, fill_gaps, refit
from ligeia.fitting.own_recipes import OWN
from ligeia.fitting.plan import Shape
from ligeia.networks.lapped import Lapped

RATE = 16000
RECIPE = OWN["lapped"]
SPEC = Lapped(frame_size=256, frames=4)


def chirp_and_click(frames=9000, channels=1):
    time = np.arange(frames) / RATE
    sound = 0.4 * np.sin(2 * np.pi * (300 + 900 * time) * time)
    sound[frames // 2 : frames // 2 + 20] += 0.5
    return Audio(np.stack([sound * (1 + c) / channels for c in range(channels)]), RATE)


def test_all_coefficients_give_the_sound_back():
    sound = chirp_and_click(channels=2)
    inr = analyse(sound, replace(SPEC, channels=2))
    assert np.abs(inr.render().samples - sound.samples).max() < 1e-6
    assert inr.report["snr_db"] > 110


@pytest.mark.parametrize("channels", [1, 2])
def test_so_many_coefficients_and_no_more(channels):
    sound = chirp_and_click(channels=channels)
    inr = analyse(sound, replace(SPEC, channels=channels), coefficients=500)
    assert inr.report["coefficients"] == 500
    assert inr.parameter_count == inr.report["parameters"] == 1000
    assert inr.report["snr_db"] == pytest.approx(snr(sound, inr), abs=1e-3)
    assert json.dumps(inr.report)


def test_more_units_are_better_and_switching_pay():
    sound = chirp_and_click()
    scores = [analyse(sound, SPEC, coefficients=coefficients).report["snr_db"] for coefficients in (100, 300, 900)]
    assert scores[0] + 3 < scores[1] < scores[2] - 3
    whole = analyse(sound, SPEC, coefficients=300, switching=np.zeros((9, 4), int)).report["snr_db"]
    assert scores[1] > whole + 1


def test_the_kept_coefficients_are_the_best():
    """Least squares over the coefficients that are there, solved densely, has no other weights."""
    sound = chirp_and_click(700)
    spec = Lapped(frame_size=64, frames=4)
    inr = analyse(sound, spec, coefficients=60)
    there = np.flatnonzero(inr.parameters["weight"])
    columns = []
    for unit in there:
        weight = np.zeros_like(inr.parameters["weight"]).ravel()
        weight[unit] = 1
        parameters = {**inr.parameters, "weight": weight.reshape(inr.parameters["weight"].shape)}
        ones = np.ones(inr.segments.count)
        columns.append(ligeia.INR(spec, parameters, RATE, inr.segments, ones).render().samples[0].astype(float))
    basis = np.stack(columns, axis=1)
    best = np.linalg.lstsq(basis, sound.samples[0].astype(float), rcond=None)[0]
    # But for the coefficients that reach behind the end of the sound.
    inside = np.abs(np.sum(basis**2, axis=0) - 1) < 1e-6
    weights = inr.parameters["weight"].ravel()[there]
    assert np.mean(inside) > 0.8
    assert np.abs(weights - best)[inside].max() < 0.02 * np.abs(best).max()


def test_a_target_snr_takes_as_few_coefficients_as_it_needs():
    sound = chirp_and_click()
    inr = analyse(sound, SPEC, snr_db=25.0)
    assert 25 <= inr.report["snr_db"] < 25.2
    assert analyse(sound, SPEC, coefficients=10, snr_db=25.0).report["coefficients"] == 10


def test_of_equal_coefficients_the_first_stay():
    sound = Audio(np.eye(1, 1024, 100), RATE)
    inr = analyse(sound, SPEC, coefficients=3, switching=np.zeros((1, 4), int))
    assert inr.report["coefficients"] == 3


@pytest.mark.parametrize("frames", [1, 7, 1009])
@pytest.mark.parametrize("rate", [8000, 11025, 192000])
def test_odd_sounds(frames, rate):
    rng = np.random.default_rng(0)
    sounds = {
        "silence": np.zeros((3, frames)),
        "noise": rng.normal(size=(3, frames)),
        "constant": np.ones((3, frames)),
        "faint": np.full((3, frames), 1e-35),
    }
    for name, samples in sounds.items():
        inr = ligeia.fit(Audio(samples, rate), RECIPE)
        assert inr.render().sample_count == frames
        assert np.isfinite(inr.render(2 * rate).samples).all()
        assert inr.parameter_count <= max(0.62 * 3 * frames, 2), name
        assert (inr.parameter_count == 0) == (name == "silence")


def test_nothing_at_all_stays_silent():
    inr = ligeia.fit(Audio(np.zeros((1, 5000)), 8000), RECIPE)
    assert not inr.gains.any()
    assert np.isnan(inr.report["snr_db"])
    assert len(ligeia.encode_inr(inr)) < 60


@pytest.mark.parametrize("channels", [1, 2])
def test_the_recipe(channels):
    sound = chirp_and_click(40_000, channels)
    inr = ligeia.fit(sound, RECIPE)
    assert inr.segments.count == 2
    assert inr.report["coefficients"] * 2 == inr.report["parameters"] == inr.parameter_count
    assert 0.6 < inr.parameter_count / (sound.sample_count * channels) <= 0.62
    assert inr.report["snr_db"] == pytest.approx(snr(sound, inr), abs=0.01)
    assert inr.report["snr_db"] > 30
    assert inr.report["seconds"] > 0


def test_the_recipe_s_groups_are_parts_of_the_whole():
    sound = chirp_and_click(40_000)
    whole = ligeia.fit(sound, RECIPE)
    parts = ligeia.fit(sound, replace(RECIPE, config=replace(RECIPE.config, group=1)))
    assert all(np.array_equal(value, parts.parameters[name]) for name, value in whole.parameters.items())
    assert parts.report["snr_db"] == pytest.approx(whole.report["snr_db"])


def test_the_recipe_stops_at_an_snr():
    sound = chirp_and_click(40_000)
    inr = ligeia.fit(sound, replace(RECIPE, config=replace(RECIPE.config, snr_db=20.0)))
    assert 20 <= inr.report["snr_db"] < 20.5


def test_the_network_has_no_width():
    with pytest.raises(InputError, match="the network lapped has no width"):
        ligeia.fit(chirp_and_click(), RECIPE, width=8)


@pytest.mark.parametrize(("rate", "frame"), [(8000, 512), (16000, 1024), (22050, 1024), (44100, 2048), (96000, 4096)])
def test_superframes_last_about_as_long_at_any_rate(rate, frame):
    spec = design(Shape(samples=rate, rate=rate, channels=2))
    assert (spec.channels, spec.frame_size) == (2, frame)
    assert rate <= spec.block_samples < rate + frame


def test_given_switching_are_kept():
    switching = to_switching(np.random.default_rng(0).integers(0, 5, (9, 4)).astype(float))
    inr = analyse(chirp_and_click(), SPEC, switching=switching)
    assert np.array_equal(inr.parameters["switching"], switching)


BAD = [
    ({"switching": np.zeros((8, 4), int)}, r"switching must be \[9, 4\]"),
    ({"switching": np.full((9, 4), 3)}, "switching must be 0 to 4"),
    ({"trust": np.ones(5)}, r"trust must be \[9000\]"),
    ({"trust": np.full(9000, 1.1)}, "trust must lie between"),
    ({"trust": np.full(9000, np.nan)}, "trust must lie between"),
    ({"coefficients": -1}, "coefficients must be at least 0"),
]


@pytest.mark.parametrize(("settings", "message"), BAD)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(InputError, match=message):
        analyse(chirp_and_click(), SPEC, **settings)


def test_bad_sounds_are_named():
    with pytest.raises(InputError, match="2 channel"):
        analyse(chirp_and_click(channels=2), SPEC)
    with pytest.raises(InputError, match="no samples"):
        analyse(Audio(np.zeros((1, 0)), 8000), SPEC)


GAP_RATE = 8000
GAP_SPEC = Lapped(frame_size=512, frames=4)


def tones(frames=8000):
    time = np.arange(frames) / GAP_RATE
    return sum(np.sin(2 * np.pi * hz * time + hz) for hz in (210, 433, 1200)) / 4


def gaps(frames=8000, length=80):
    trust = np.ones(frames)
    for start in range(700, frames - length, 1500):
        trust[start : start + length] = 0
    return trust


@pytest.mark.parametrize("coefficients", [None, 600])
def test_gaps_in_tones_are_filled(coefficients):
    sound, trust = tones(), gaps()
    spoiled = np.where(trust > 0, sound, np.random.default_rng(0).normal(size=len(sound)))
    inr = analyse(Audio(spoiled[None], GAP_RATE), GAP_SPEC, coefficients=coefficients, trust=trust)
    found, missing = inr.render().samples[0], trust == 0
    gap = np.sum(sound[missing] ** 2) / np.sum((found - sound)[missing] ** 2)
    known = np.sum(sound[~missing] ** 2) / np.sum((found - sound)[~missing] ** 2)
    assert 10 * np.log10(gap) > 12
    assert 10 * np.log10(known) > (30 if coefficients else 90)
    assert inr.report["snr_db"] == pytest.approx(10 * np.log10(known), abs=0.5)


def test_trusted_samples_stay_as_they_are():
    rows = tones(2048).reshape(1, 4, 512)
    trust = gaps(2048).reshape(1, 4, 512)
    found = fill_gaps(rows, trust, window_sequence(GAP_SPEC, np.zeros((1, 4), int)))
    assert np.array_equal(found[trust == 1], rows[trust == 1])
    assert np.array_equal(fill_gaps(rows, np.ones_like(trust), window_sequence(GAP_SPEC, np.zeros((1, 4), int))), rows)


def test_nothing_known_stays_silent():
    rows = np.ones((1, 4, 512))
    assert not fill_gaps(rows, np.zeros_like(rows), window_sequence(GAP_SPEC, np.zeros((1, 4), int))).any()


def test_weights_minimise_the_weighted_error():
    """No small change of a kept weight makes the error, each sample weighted by its trust, smaller."""
    rng = np.random.default_rng(0)
    layout = window_sequence(GAP_SPEC, np.array([[0, 1, 2, 0]]))
    rows = tones(2048).reshape(1, 4, 512) + 0.1 * rng.normal(size=(1, 4, 512))
    trust = rng.uniform(0.2, 1, size=(1, 4, 512))
    weights = mdct(rows, layout)
    weights[np.abs(weights) < 0.5] = 0
    solved = refit(weights, rows, trust, layout)
    slope = mdct(trust * (rows - inverse_mdct(solved.astype(float), layout)), layout)[weights != 0]
    before = mdct(trust * (rows - inverse_mdct(weights, layout)), layout)[weights != 0]
    assert np.abs(slope).max() < 1e-3 * np.abs(before).max()
    assert np.array_equal(solved != 0, weights != 0)


def test_the_less_a_noisy_stretch_is_trusted_the_better_the_rest():
    sound = tones()
    noisy = sound.copy()
    noisy[3000:5000] += 0.3 * np.random.default_rng(0).normal(size=2000)
    quiet = np.ones(8000, bool)
    quiet[2700:5300] = False
    scores = []
    for trust in (1.0, 0.05):
        weights = np.where((np.arange(8000) >= 3000) & (np.arange(8000) < 5000), trust, 1.0)
        inr = analyse(Audio(noisy[None], GAP_RATE), GAP_SPEC, coefficients=300, trust=weights)
        scores.append(np.sum((inr.render().samples[0] - sound)[quiet] ** 2))
    assert scores[1] < scores[0]
