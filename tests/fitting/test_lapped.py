import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from made_fits import snr

import ligeia
from ligeia.audio.signal import Audio
from ligeia.dsp.mdct import to_switching
from ligeia.errors import InputError
from ligeia.fitting.lapped import analyse, design
from ligeia.fitting.own_recipes import OWN
from ligeia.fitting.recipes import Shape
from ligeia.networks.lapped import Lapped

RATE = 16000
RECIPE = OWN["lapped"]
SPEC = Lapped(frame_size=256, frames=4)


def chirp_and_click(frames=9000, channels=1):
    time = np.arange(frames) / RATE
    sound = 0.4 * np.sin(2 * np.pi * (300 + 900 * time) * time)
    sound[frames // 2 : frames // 2 + 20] += 0.5
    return Audio(np.stack([sound * (1 + c) / channels for c in range(channels)]), RATE)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Threads that wait for a busy core would make these small products slow."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_all_units_give_the_sound_back():
    sound = chirp_and_click(channels=2)
    inr = analyse(sound, replace(SPEC, channels=2))
    assert np.abs(inr.render().samples - sound.samples).max() < 1e-6
    assert inr.report["snr_db"] > 110


@pytest.mark.parametrize("channels", [1, 2])
def test_so_many_units_and_no_more(channels):
    sound = chirp_and_click(channels=channels)
    inr = analyse(sound, replace(SPEC, channels=channels), units=500)
    assert inr.report["units"] == 500
    assert inr.parameter_count == inr.report["parameters"] == 1000
    assert inr.report["snr_db"] == pytest.approx(snr(sound, inr), abs=1e-3)
    assert json.dumps(inr.report)


def test_more_units_are_better_and_splits_pay():
    sound = chirp_and_click()
    scores = [analyse(sound, SPEC, units=units).report["snr_db"] for units in (100, 300, 900)]
    assert scores[0] + 3 < scores[1] < scores[2] - 3
    whole = analyse(sound, SPEC, units=300, splits=np.zeros((9, 4), int)).report["snr_db"]
    assert scores[1] > whole + 1


def test_the_kept_units_are_the_best_weights():
    """Least squares over the units that are there, solved densely, has no other weights."""
    sound = chirp_and_click(700)
    spec = Lapped(frame_size=64, frames=4)
    inr = analyse(sound, spec, units=60)
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
    # But for the units that reach behind the end of the sound.
    inside = np.abs(np.sum(basis**2, axis=0) - 1) < 1e-6
    weights = inr.parameters["weight"].ravel()[there]
    assert np.mean(inside) > 0.8
    assert np.abs(weights - best)[inside].max() < 0.02 * np.abs(best).max()


def test_a_target_snr_takes_as_few_units_as_it_needs():
    sound = chirp_and_click()
    inr = analyse(sound, SPEC, snr_db=25.0)
    assert 25 <= inr.report["snr_db"] < 25.2
    assert analyse(sound, SPEC, units=10, snr_db=25.0).report["units"] == 10


def test_of_equal_units_the_first_stay():
    sound = Audio(np.eye(1, 1024, 100), RATE)
    inr = analyse(sound, SPEC, units=3, splits=np.zeros((1, 4), int))
    assert inr.report["units"] == 3


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
        assert inr.render().frames == frames
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
    assert inr.report["units"] * 2 == inr.report["parameters"] == inr.parameter_count
    assert 0.6 < inr.parameter_count / (sound.frames * channels) <= 0.62
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


def test_given_splits_are_kept():
    splits = to_switching(np.random.default_rng(0).integers(0, 5, (9, 4)).astype(float))
    inr = analyse(chirp_and_click(), SPEC, splits=splits)
    assert np.array_equal(inr.parameters["splits"], splits)


BAD = [
    ({"splits": np.zeros((8, 4), int)}, r"splits must be \[9, 4\]"),
    ({"splits": np.full((9, 4), 3)}, "splits must be 0 to 4"),
    ({"trust": np.ones(5)}, r"trust must be \[9000\]"),
    ({"trust": np.full(9000, 1.1)}, "trust must lie between"),
    ({"trust": np.full(9000, np.nan)}, "trust must lie between"),
    ({"units": -1}, "units must be at least 0"),
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
