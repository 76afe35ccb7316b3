"""Plans within budgets, and families for sounds that were never seen."""

import numpy as np
import pytest
import torch

from ligeia.codec.family.codes import Member
from ligeia.codec.family.encode import member_inr, one_member_layout
from ligeia.codec.family.model import with_digest
from ligeia.errors import InputError
from ligeia.latent.decoders.decoder import grid
from ligeia.latent.planning import planned, planned_for_others, plans, solve_plan

RATE, SAMPLES = 8000, 2000


def tones(items=10, seed=1):
    """Decaying notes of three partials."""
    random, times = np.random.default_rng(seed), np.arange(SAMPLES) / RATE
    found = []
    for _ in range(items):
        first = random.uniform(150, 600)
        waves = [np.sin(2 * np.pi * k * first * times + random.uniform(0, 6)) / k for k in (1, 2, 3)]
        found.append(np.sum(waves, axis=0) * np.exp(-random.uniform(3, 12) * times) / 3)
    return np.array(found, np.float32)


def test_plans_keep_the_budgets():
    found = list(plans(tones(), numbers=6000, code=60, frame_sizes=(128,)))
    assert {bool(settings.details) for settings in found} == {False, True}
    for settings in found:
        assert settings.numbers(SAMPLES) <= 6000
        assert settings.code <= 60


def test_the_best_plan_is_taken():
    sounds = tones()
    best = planned(sounds, numbers=6000, code=60, frame_sizes=(128,))
    every = [solve_plan(sounds, settings).left for settings in plans(sounds, numbers=6000, code=60, frame_sizes=(128,))]
    assert best.left == pytest.approx(min(every), rel=1e-5)


def test_a_short_code_takes_a_mapping_network():
    best = planned(tones(), numbers=8000, code=2, frame_sizes=(128,))
    assert best.decoder.settings.mapping_layers == 2
    assert best.codes.shape == (10, 2)
    assert best.left < 0.3


def test_unseen_sounds_are_taken_in():
    family, unseen = planned_for_others(tones(20), code=80, frame_sizes=(64, 128)), tones(4, seed=9)
    codes = family.decoder.closed_codes(torch.from_numpy(unseen))
    assert codes.shape[1] <= 80
    with torch.no_grad():
        error = np.square(family.decoder(codes, grid(SAMPLES)).numpy() - unseen).sum()
    assert error < 0.1 * np.square(unseen).sum()


def test_its_file_makes_the_same_sounds():
    family = planned_for_others(tones(10), code=40, frame_sizes=(64,))
    model = with_digest(family.model("tones", RATE))
    sound = member_inr(model, [Member(family.codes[3].numpy())], one_member_layout(model)).render().samples[0]
    with torch.no_grad():
        wanted = family.decoder(family.codes[3:4], grid(SAMPLES)).numpy()[0]
    assert np.abs(sound - wanted).max() < 1e-5
    assert model.settings["details"] == family.decoder.settings.details


def test_too_small_budgets_are_refused():
    with pytest.raises(InputError, match="not enough for"):
        planned(tones(), numbers=5, code=4, frame_sizes=(128,))
    with pytest.raises(InputError, match="needs at least 5"):
        planned_for_others(tones(3), code=40, frame_sizes=(64,))


def test_silence_is_taken_in_as_silence():
    family = planned_for_others(tones(10), code=40, frame_sizes=(64,))
    codes = family.decoder.closed_codes(torch.zeros(1, SAMPLES))
    with torch.no_grad():
        assert not family.decoder(codes, grid(SAMPLES)).any()
