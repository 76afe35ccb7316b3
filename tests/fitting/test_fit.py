import doctest
import json
from dataclasses import replace
from math import isnan
from time import monotonic, process_time

import numpy as np
import pytest
import torch

import ligeia
from ligeia.audio.signal import Audio
from ligeia.errors import FitError, InputError
from ligeia.fitting import fit as fit_module
from ligeia.fitting.config import FitConfig
from ligeia.fitting.device import thread_count
from ligeia.fitting.fit import fit, fit_groups
from ligeia.fitting.plan import make_plan
from ligeia.fitting.recipes import BY_NAME, LIGEIA, Recipe, recipe_named
from ligeia.networks.siren import Siren, SirenInit


def small(block=None, overlap=0.0, closed=False, fixed=0.0, **settings):
    config = FitConfig(
        steps=30, device="cpu", precision="float32", threads=1, stride=4, learning_rates=(0.05, 0.01, 0.02)
    )
    init = SirenInit(first_bound=60.0, bias="half_turn", output_divisor=30.0)
    return Recipe(
        name="small",
        source="tests",
        design=lambda shape: Siren(
            channels=shape.channels, width=10, depth=2, closed=closed, fixed_first=fixed, init=init
        ),
        config=replace(config, **settings),
        block_seconds=block,
        overlap_seconds=overlap,
    )


def tone(seconds=0.1, hz=50.0, rate=8000, channels=1, level=0.5):
    times = np.arange(round(seconds * rate)) / rate
    return Audio(np.stack([level * np.sin(2 * np.pi * hz * (1 + c) * times) for c in range(channels)]), rate)


def snr(sound, inr):
    """By rendering, in dB."""
    error = inr.render().samples.astype(np.float64) - sound.samples
    return 10 * np.log10(np.sum(sound.samples.astype(np.float64) ** 2) / np.sum(error**2))


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
    assert len(example.examples) > 3
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
    inr = fit(sound, recipe, width=16, steps=30)
    # 1e-3 dB where the error is about as large as the sound: nothing learned yet, all of it is compared
    assert inr.report["snr_db"] == pytest.approx(snr(sound, inr), abs=1e-3)
    assert inr.spec.width == 16
    first = inr.report["trace"][0][0]["snr_db"]
    assert inr.report["snr_db"] > first


def test_ratio_over_blocks_counts_overlaps_twice_but_is_near():
    sound = tone()
    inr = fit(sound, small(block=0.02, overlap=0.002), steps=60)
    assert inr.segments.count > 3
    # A cross-fade averages the errors of two blocks, so that the sound is at most a little better.
    assert inr.report["snr_db"] == pytest.approx(snr(sound, inr), abs=1.0)


# --- repeatability ----------------------------------------------------------------------------------------


def same(a, b):
    return all(torch.equal(value, b.parameters[name]) for name, value in a.parameters.items())


@pytest.mark.parametrize("recipe", [small(), small(block=0.02, group=2), small(sampling="random")])
def test_the_same_seed_gives_the_same_numbers_and_another_does_not(recipe):
    sound = tone()
    first, again, other = (fit(sound, recipe, steps=10, seed=seed) for seed in (3, 3, 4))
    assert same(first, again)
    assert torch.equal(first.gains, again.gains)
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
    assert not any(torch.equal(first[a], first[b]) for a in range(4) for b in range(a))


# --- odd sounds -------------------------------------------------------------------------------------------


def test_silent_blocks_have_gain_zero_and_are_exactly_silent():
    samples = tone(0.2).samples.copy()
    samples[:, 400:1200] = 0
    inr = fit(Audio(samples, 8000), small(block=0.025), steps=10)
    assert inr.segments.hop == 200
    assert (inr.gains == 0).tolist() == [False, False, True, True, True, True, False, False]
    assert not inr.render().samples[:, 400:1200].any()
    assert not any(value[2:6].any() for value in inr.parameters.values())
    assert inr.render().samples[:, 1200:].any()


def test_silence_is_silence():
    inr = fit(Audio(np.zeros((2, 1000)), 8000), steps=10)
    assert not inr.gains.any()
    sound = inr.render()
    assert (sound.channels, sound.frames) == (2, 1000)
    assert not sound.samples.any()
    assert isnan(inr.report["snr_db"])


@pytest.mark.parametrize("recipe", BY_NAME)
def test_silence_passes_through_every_recipe(recipe):
    assert not fit(Audio(np.zeros((1, 50)), 8000), recipe, width=4, steps=2).render().samples.any()


@pytest.mark.parametrize("frames", [1, 2, 3, 63, 65])
@pytest.mark.parametrize("closed", [True, False])
def test_sounds_shorter_than_a_batch(frames, closed):
    sound = Audio(0.3 * np.cos(np.arange(frames) / 9)[None], 8000)
    inr = fit(sound, small(closed=closed), steps=60)
    assert inr.frames == inr.render().frames == frames
    assert snr(sound, inr) > 10


def test_one_sample_through_the_default_recipe():
    inr = fit(Audio(np.array([[0.25]]), 44_100), steps=50)
    # The output bias alone can say it; 1e-3: the ridge of the closed form.
    assert inr.render().samples[0, 0] == pytest.approx(0.25, abs=1e-3)


@pytest.mark.parametrize("channels", [2, 6])
def test_channels_are_fitted_together_and_stay_apart(channels):
    sound = tone(channels=channels, hz=20)
    inr = fit(sound, small(), steps=300)
    rendered = inr.render().samples
    assert rendered.shape == sound.samples.shape
    correlation = np.corrcoef(np.concatenate([sound.samples, rendered]))[:channels, channels:]
    assert (np.diag(correlation) > 0.9).all()
    assert np.abs(correlation - np.diag(np.diag(correlation))).max() < 0.5


def test_a_silent_channel_beside_a_loud_one():
    samples = np.concatenate([tone().samples, np.zeros((1, 800), np.float32)])
    inr = fit(Audio(samples, 8000), small(), steps=200)
    quiet = inr.render().samples[1]
    assert np.sqrt(np.mean(quiet**2)) < 0.05
    assert snr(Audio(samples, 8000), inr) > 10


@pytest.mark.parametrize("level", [1e-9, 1e-4, 1.0, 1e4])
def test_the_level_does_not_matter(level):
    sound = tone(level=level)
    inr = fit(sound, small(), steps=150)
    assert snr(sound, inr) > 15


def test_the_padding_of_the_last_block_asks_nothing():
    sound = tone(0.1)
    cut = Audio(sound.samples[:, :701], 8000)
    inr = fit(cut, small(block=0.02), steps=40)
    assert inr.segments.count * inr.segments.hop > 701
    assert inr.render().frames == 701


def test_an_empty_sound_is_refused():
    with pytest.raises(InputError, match="no samples"):
        fit(Audio(np.zeros((1, 0)), 8000))


def test_sound_on_demand_gives_what_sound_in_memory_gives():
    class Reader:
        """The least that a `Sound` is; it refuses to give everything at once."""

        def __init__(self, sound):
            self.rate, self.channels, self.frames, self._sound = sound.rate, sound.channels, sound.frames, sound

        def read(self, start, stop):
            return self._sound.read(start, stop)

    sound = tone(0.2)
    recipe = small(block=0.025, overlap=0.002, group=3)
    assert same(fit(Reader(sound), recipe, steps=5), fit(sound, recipe, steps=5))


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
    run_group = fit_module.run_group
    runs = []

    def fail_second(fitting, **settings):
        runs.append(fitting)
        if len(runs) == 2:
            raise FitError("the fit diverged")
        run_group(fitting, **settings)

    monkeypatch.setattr(fit_module, "run_group", fail_second)
    with pytest.raises(FitError) as caught:
        fit(sound, recipe)
    monkeypatch.undo()
    whole, best = fit(sound, recipe), caught.value.best
    assert all(torch.equal(value[:2], whole.parameters[name][:2]) for name, value in best.parameters.items())
    assert np.isfinite(best.render().samples).all()


# --- budgets ----------------------------------------------------------------------------------------------


def test_the_time_budget_is_kept():
    sound = tone(0.4)
    begun = monotonic()
    inr = fit(sound, small(block=0.05, group=3, seconds=0.5, steps=1_000_000))
    # The budget, and what evaluation and the closed form take for each of three groups on a busy machine.
    assert 0.4 < monotonic() - begun < 5
    assert inr.report["steps"] > 10
    assert snr(sound, inr) > 5


def test_a_reached_ratio_stops_a_group_early():
    inr = fit(tone(), small(snr_db=3.0, evaluations=40, steps=400))
    assert inr.report["steps"] < 400
    assert inr.report["snr_db"] >= 3


def test_steps_are_honoured():
    assert fit(tone(), small(), steps=7).report["steps"] == 7
    assert fit(tone(), small(steps=9)).report["steps"] == 9


@pytest.mark.parametrize(("setting", "value"), [("steps", 0), ("width", 0), ("seed", 2**63)])
def test_bad_overrides_are_refused(setting, value):
    with pytest.raises(InputError, match=setting):
        fit(tone(), **{setting: value})


def test_an_unknown_recipe_is_refused():
    with pytest.raises(InputError, match="'sirens'"):
        fit(tone(), "sirens")


# --- progress ---------------------------------------------------------------------------------------------


@pytest.fixture
def every_step(monkeypatch):
    monkeypatch.setattr(fit_module, "_SECONDS_BETWEEN_REPORTS", 0.0)


@pytest.mark.usefixtures("every_step")
def test_progress_rises_to_the_end():
    told = []
    fit(tone(), small(block=0.025, group=2), steps=10, on_progress=told.append)
    assert len(told) == 20
    done = [progress.done for progress in told]
    assert done == sorted(done)
    assert done == pytest.approx([k / 20 for k in range(1, 21)])
    assert [progress.group for progress in told] == [0] * 10 + [1] * 10
    assert {(progress.groups, progress.steps) for progress in told} == {(2, 10)}
    assert [progress.step for progress in told] == [*range(1, 11)] * 2
    elapsed = [progress.elapsed for progress in told]
    assert elapsed == sorted(elapsed)
    assert all(np.isfinite(progress.loss) for progress in told)


@pytest.mark.usefixtures("every_step")
def test_progress_tells_the_last_evaluation():
    told = []
    fit(tone(), small(evaluations=2), steps=10, on_progress=told.append)
    ratios = [progress.snr_db for progress in told]
    assert ratios[:4] == [None] * 4
    assert all(isinstance(ratio, float) for ratio in ratios[4:])


def test_progress_comes_about_ten_times_a_second():
    told = []
    fit(tone(), small(seconds=0.55, steps=100_000), on_progress=told.append)
    assert 2 <= len(told) <= 7


@pytest.mark.usefixtures("every_step")
def test_raising_in_progress_stops_the_fit():
    told = []

    def stop(progress):
        told.append(progress)
        if len(told) == 3:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        fit(tone(), small(), on_progress=stop)
    assert len(told) == 3


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
