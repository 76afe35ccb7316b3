import doctest
import json
from dataclasses import replace
from time import process_time

import numpy as np
import pytest
import torch
from made_fits import same, small, snr, tone

import ligeia
from ligeia.errors import FitError, InputError
from ligeia.fitting.fit import fit, fit_groups
from ligeia.fitting.own_recipes import LIGEIA
from ligeia.fitting.plan import make_plan
from ligeia.fitting.recipes import BY_NAME, recipe_named
from ligeia.training.loop import Trainer
from ligeia.training.processes import thread_count

# --- learning ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1])
def test_it_learns_a_tone(seed):
    sound = tone(0.25, 440)
    recipe = replace(LIGEIA, config=replace(LIGEIA.config, device="cpu", threads=1))
    begun = process_time()  # not the wall clock: other programs may be running
    inr = fit(sound, recipe, width=64, steps=300, seed=seed)
    assert process_time() - begun < 5
    assert snr(sound, inr) > 30


def test_more_steps_learn_more():
    sound = tone()
    assert snr(sound, fit(sound, small(), steps=200)) > snr(sound, fit(sound, small(), steps=20)) + 6


def test_the_docstrings_example_holds():
    example = doctest.DocTestParser().get_doctest(fit.__doc__, {"np": np, "fit": fit}, "fit", None, 0)
    assert len(example.examples) > 2
    with thread_count(1):  # several threads would wait for each other on a busy machine
        assert doctest.DocTestRunner().run(example).failed == 0


SETTINGS = [
    {},
    {"closed_form": False},
    {"stride": 1},
    {"stride": 1, "level": "peak"},
    {"closed": True},
    {"fixed": 60.0},
    {"precision": "bfloat16"},
    {"precision": "bfloat16", "stride": 1, "closed_form": False},
    {"sampling": "random"},
    {"sampling": "contiguous"},
    {"loss": "l1"},
    {"derivative_weight": 0.5},
    {"mel_weight": 0.01, "stride": 1},
    {"progressive_groups": 5, "clip_gradient": 1.0},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_the_reported_ratio_is_the_rendered_one(settings):
    sound = tone(channels=2)
    inr = fit(sound, small(**settings), steps=150)
    assert inr.segments.count == 1
    assert inr.report["snr_db"] == pytest.approx(snr(sound, inr), abs=1e-3)
    assert inr.report["snr_db"] > 5


@pytest.mark.parametrize("name", [name for name in BY_NAME if name != "ligeia"])
def test_every_papers_recipe_fits_and_reports_the_rendered_ratio(name):
    sound = tone(0.05, 100)
    recipe = recipe_named(name)
    recipe = replace(recipe, config=replace(recipe.config, device="cpu", threads=1))
    narrow = {} if "siamese" in name and name != "siamese-baseline" else {"width": 16}  # theirs have other names
    inr = fit(sound, recipe, steps=30, **narrow)
    # Coordinates are in single precision while fitting: after 16 octaves phases are off by up to 2^15 pi 2^-25 = 0.003,
    # which shows where the error has become small.
    assert inr.report["snr_db"] == pytest.approx(snr(sound, inr), abs=5e-3)
    assert getattr(inr.spec, "width", 16) == 16
    first = inr.report["trace"][0][0]["snr_db"]
    assert inr.report["snr_db"] > first


def test_ratio_over_blocks_counts_overlaps_twice_but_is_near():
    sound = tone()
    inr = fit(sound, small(block=0.02, overlap=0.002), steps=60)
    assert inr.segments.count > 3
    # A cross-fade averages the errors of two blocks, so that the sound is at most a little better.
    assert inr.report["snr_db"] == pytest.approx(snr(sound, inr), abs=1.0)


# --- repeatability ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("recipe", [small(), small(block=0.02, group=2), small(sampling="random")])
def test_the_same_seed_gives_the_same_numbers_and_another_does_not(recipe):
    sound = tone()
    first, again, other = (fit(sound, recipe, steps=10, seed=seed) for seed in (3, 3, 4))
    assert same(first, again)
    assert np.array_equal(first.gains, again.gains)
    assert not same(first, other)


def test_the_callers_random_numbers_are_left_alone():
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002 - the global generator is the one that must not move
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    fit(tone(), small(), steps=3)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002


def test_groups_start_from_different_numbers():
    inr = fit(tone(), small(block=0.025, group=1, learning_rates=(0.0, 0.0, 0.0), closed_form=False), steps=1)
    first = inr.parameters["weight_1"]
    assert inr.segments.count == 4
    assert not any(np.array_equal(first[a], first[b]) for a in range(4) for b in range(a))


# --- divergence -------------------------------------------------------------------------------------------

WILD = {"optimiser": "sgd", "learning_rates": (900.0, 900.0, 900.0), "schedule": "constant"}


@pytest.mark.parametrize("stride", [1, 4])
def test_divergence_still_gives_a_sound(stride):
    sound = tone(channels=2)
    with pytest.raises(FitError, match="diverged") as caught:
        fit(sound, small(stride=stride, **WILD))
    best = caught.value.best
    assert isinstance(best, ligeia.INR)
    rendered = best.render()
    assert rendered.samples.shape == sound.samples.shape
    assert np.isfinite(rendered.samples).all()
    assert best.report["recipe"] == "small"
    said = str(caught.value)
    assert said.startswith("recipe 'small': the fit of network 'siren' diverged at step ")
    assert "lower the learning rates (900, 900, 900), set clip_gradient or lower the frequencies" in said


def test_adam_at_absurd_rates_ends_in_finite_numbers_or_says_so():
    sound = tone()
    try:
        inr = fit(sound, small(learning_rates=(900.0, 900.0, 900.0)))
    except FitError as error:
        inr = error.best
    assert np.isfinite(inr.render().samples).all()


def test_divergence_in_a_later_group_keeps_the_groups_before(monkeypatch):
    sound = tone(0.2)
    recipe = small(block=0.05, group=2)
    run = Trainer.run
    runs = []

    def fail_second(trainer, after_step):
        runs.append(trainer)
        if len(runs) == 2:
            raise FitError("the fit diverged")
        run(trainer, after_step)

    monkeypatch.setattr(Trainer, "run", fail_second)
    with pytest.raises(FitError) as caught:
        fit(sound, recipe)
    monkeypatch.undo()
    whole, best = fit(sound, recipe), caught.value.best
    assert all(np.array_equal(value[:2], whole.parameters[name][:2]) for name, value in best.parameters.items())
    assert np.isfinite(best.render().samples).all()


# --- refused ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("setting", "value"), [("steps", 0), ("width", 0), ("seed", 2**63)])
def test_bad_overrides_are_refused(setting, value):
    with pytest.raises(InputError, match=setting):
        fit(tone(), **{setting: value})


def test_an_unknown_recipe_is_refused():
    with pytest.raises(InputError, match="'sirens'"):
        fit(tone(), "sirens")


# --- groups and the report ----------------------------------------------------------------------------------


def test_groups_come_one_by_one():
    sound = tone()
    plan = make_plan(sound, small(block=0.025, group=2, steps=5))
    coming = fit_groups(plan, sound)
    first = next(coming)
    assert first.blocks == range(2)
    assert first.parameters["weight_0"].shape == (2, 1, 10)
    assert [group.blocks for group in coming] == [range(2, 4)]
    assert first.signal == pytest.approx(float(np.sum(sound.samples[:, :400].astype(np.float64) ** 2)))


def test_the_report_says_what_was_done():
    inr = fit(tone(), small(block=0.025, group=2), steps=8, seed=5)
    report = inr.report
    assert (report["recipe"], report["network"], report["blocks"], report["steps"]) == ("small", "siren", 4, 8)
    assert report["parameters"] == inr.parameter_count
    assert report["config"]["seed"] == 5
    assert report["config"]["steps"] == 8
    assert report["torch"] == torch.__version__
    assert report["seconds"] > 0
    assert [trace[-1]["step"] for trace in report["trace"]] == [8, 8]
    assert json.loads(json.dumps(report))["blocks"] == 4


def test_the_report_holds_what_speaks_against_the_recipe():
    assert fit(tone(hz=200), small(), steps=2).report["warnings"] == []  # 191 Hz is what it reaches
    (said,) = fit(tone(2.0, 3000), "siren-pytorch", width=8, steps=1).report["warnings"]
    assert said.startswith("the first layer reaches 4.8 Hz, the clip 3.0 kHz")


def test_the_report_says_how_many_threads_were_used():
    before = torch.get_num_threads()
    used = 2 if before == 1 else 1
    assert fit(tone(), small(threads=used), steps=2).report["threads"] == used
    assert torch.get_num_threads() == before


def test_the_default_recipe_is_ligeias():
    inr = fit(tone(0.5), steps=2)
    assert inr.report["recipe"] == LIGEIA.name
    assert inr.segments.count == 10  # half a second in blocks of a twentieth
    assert inr.segments.overlap == 20
