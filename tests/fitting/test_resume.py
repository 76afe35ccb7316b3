import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from itertools import cycle
from time import monotonic, sleep

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.errors import InputError
from ligeia.fitting import fit as fit_module
from ligeia.fitting.config import FitConfig
from ligeia.fitting.fit import fit
from ligeia.fitting.plan import Recipe, make_plan
from ligeia.networks.siren import Siren, SirenInit
from ligeia.training.checkpoint import Checkpoint, read_state
from ligeia.training.loop import Trainer

STEPS = 200

DRIVER = f"""
import sys
from pathlib import Path
from time import sleep
sys.path.insert(0, {__file__.rpartition("/")[0]!r})
import test_resume as t
from ligeia.fitting.fit import fit
from ligeia.training.loop import Trainer

advance = Trainer.advance
def slowly(self, fraction):
    sleep(0.004)  # time enough to be killed in the middle
    advance(self, fraction)
Trainer.advance = slowly
fit(t.sound(), t.small(save_seconds=0.02), checkpoint=sys.argv[1])
"""


def sound(seed=0):
    return Audio(np.random.default_rng(seed).normal(0, 0.1, (1, 800)), 8000)


def small(fixed=0.0, **settings):
    """Four blocks in two groups; one thread, so that every process adds in the same order."""
    config = FitConfig(steps=STEPS, group=2, device="cpu", precision="float32", threads=1, stride=3)
    init = SirenInit(first_bound=60.0, bias="half_turn", output_divisor=30.0)
    return Recipe(
        name="small",
        source="tests",
        design=lambda shape: Siren(channels=shape.channels, width=8, depth=2, fixed_first=fixed, init=init),
        config=replace(config, **settings),
        block_seconds=0.025,
        overlap_seconds=0.002,
    )


def assert_same(a, b):
    assert np.array_equal(a.gains, b.gains)
    assert all(np.array_equal(value, b.parameters[name]) for name, value in a.parameters.items())


class Counted:
    """Counts the steps that are taken while it is in force."""

    def __init__(self, monkeypatch):
        self.steps = 0
        advance = Trainer.advance

        def counting(fitting, fraction):
            self.steps += 1
            advance(fitting, fraction)

        monkeypatch.setattr(Trainer, "advance", counting)


# --- killed for good ------------------------------------------------------------------------------------


def wait_for_second_group(process, folder):
    """Returns as soon as the running state of the second group has been saved."""
    until = monotonic() + 60
    running = folder / "last.safetensors"
    while monotonic() < until:
        assert process.poll() is None, "the fit ended before it could be killed"
        # A moment after the first group is finished its own running state is still there.
        with suppress(FileNotFoundError):
            if read_state(running)[1]["group"] == 1:
                return
        sleep(0.002)
    raise TimeoutError


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A checkpoint folder whose fit was killed in its second group, with that group's running state saved."""
    folder = tmp_path_factory.mktemp("killed") / "c"
    process = subprocess.Popen([sys.executable, "-c", DRIVER, str(folder)])
    try:
        wait_for_second_group(process, folder)
    finally:
        process.kill()
    assert process.wait() == -signal.SIGKILL
    _, facts = Checkpoint(folder, make_plan(sound(), small()).identity(sound())).load("last")
    assert facts["group"] == 1
    assert 0 < facts["step"] < STEPS
    return folder


@pytest.fixture(scope="module")
def resumed(killed):
    """The fit that went on from there, and the steps that it took."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        counted = Counted(monkeypatch)
        return fit(sound(), small(), checkpoint=killed), counted.steps


def test_a_killed_fit_goes_on_to_the_same_bits(resumed):
    whole = fit(sound(), small())
    assert whole.segments.count == 4
    assert_same(resumed[0], whole)
    assert resumed[0].report["snr_db"] == whole.report["snr_db"]
    assert resumed[0].report["steps"] == STEPS


def test_finished_groups_are_not_fitted_again(resumed):
    assert resumed[1] <= STEPS


def test_the_running_group_goes_on_where_it_was(resumed):
    assert resumed[1] < STEPS


def test_a_finished_checkpoint_gives_the_result_without_a_step(killed, resumed, monkeypatch):
    counted = Counted(monkeypatch)
    again = fit(sound(), small(), checkpoint=killed)
    assert counted.steps == 0
    assert_same(again, resumed[0])
    assert again.report["snr_db"] == resumed[0].report["snr_db"]


# --- stopped in the middle --------------------------------------------------------------------------------


class Stop(Exception):
    pass


def fit_until(step, group, folder, recipe):
    """Runs a fit that saves at every step and stops at `step` of `group`."""

    def stop(progress):
        if (progress.group, progress.step) == (group, step):
            raise Stop

    recipe = replace(recipe, config=replace(recipe.config, save_seconds=0.0))
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(fit_module, "_SECONDS_BETWEEN_REPORTS", 0.0)
        with pytest.raises(Stop):
            fit(sound(), recipe, checkpoint=folder, on_progress=stop)


SETTINGS = [
    {},
    {"optimiser": "adamw", "weight_decay": 0.1},
    {"optimiser": "nadam"},
    {"optimiser": "sgd", "learning_rates": (1e-4, 1e-4, 1e-4)},
    {"sampling": "random"},
    {"stride": 1, "closed_form": False},
    {"schedule": "constant", "level": "peak"},
    {"precision": "bfloat16"},
    {"fixed": 60.0},
    {"loss": "l1", "closed_form": False},
    {"derivative_weight": 1.0},
    {"mel_weight": 0.1, "sampling": "contiguous"},
    {"mel_weight": 0.1, "stride": 1},
    {"weight_decay": 0.1, "decay_schedule": "linear"},
    {"clip_gradient": 0.01},
    {"ema": 0.5},
    {"progressive_groups": 4},
    {"progressive_groups": 4, "stride": 1},
]


@pytest.mark.parametrize(("settings", "step"), [*zip(SETTINGS, cycle([1, 5, 12])), ({}, 5), ({}, 12)], ids=str)
def test_a_stopped_fit_goes_on_to_the_same_bits(tmp_path, monkeypatch, settings, step):
    recipe = small(steps=12, **settings)
    fit_until(step, 0, tmp_path / "c", recipe)
    counted = Counted(monkeypatch)
    resumed = fit(sound(), recipe, checkpoint=tmp_path / "c")
    assert counted.steps == 12 - step + 12
    assert_same(resumed, fit(sound(), recipe))


def test_the_best_so_far_is_not_forgotten(tmp_path):
    # A rate that rises until it only does harm: the best parameters are those of an evaluation before the stop.
    recipe = small(steps=12, evaluations=12, closed_form=False, learning_rates=(3.0, 3.0, 3.0), warmup=1.0)
    whole = fit(sound(), recipe)
    ratios = [point["snr_db"] for point in whole.report["trace"][0]]
    assert ratios[0] < ratios[4] == ratios[-1]
    fit_until(6, 0, tmp_path / "c", recipe)
    resumed = fit(sound(), recipe, checkpoint=tmp_path / "c")
    assert_same(resumed, whole)
    assert resumed.report["snr_db"] == whole.report["snr_db"]


def test_the_best_by_another_loss_is_not_forgotten(tmp_path):
    recipe = small(steps=12, evaluations=12, closed_form=False, loss="l1", learning_rates=(3.0, 3.0, 3.0), warmup=1.0)
    whole = fit(sound(), recipe)
    fit_until(6, 0, tmp_path / "c", recipe)
    assert_same(fit(sound(), recipe, checkpoint=tmp_path / "c"), whole)


def test_a_stop_in_the_second_group_keeps_the_first(tmp_path, monkeypatch):
    recipe = small(steps=12)
    fit_until(5, 1, tmp_path / "c", recipe)
    counted = Counted(monkeypatch)
    resumed = fit(sound(), recipe, checkpoint=tmp_path / "c")
    assert counted.steps == 12 - 5
    assert_same(resumed, fit(sound(), recipe))


def test_silent_groups_are_kept_too(tmp_path):
    samples = sound().samples.copy()
    samples[:, :500] = 0
    quiet = Audio(samples, 8000)
    first = fit(quiet, small(steps=5), checkpoint=tmp_path / "c")
    again = fit(quiet, small(steps=5), checkpoint=tmp_path / "c")
    assert first.gains[:2].tolist() == [0, 0]
    assert_same(first, again)
    assert first.report["snr_db"] == again.report["snr_db"]


def test_nothing_is_saved_before_its_time(tmp_path):
    fit(sound(), small(steps=5), checkpoint=tmp_path / "c")
    names = sorted(path.name for path in (tmp_path / "c").iterdir())
    assert names == ["group-000000.safetensors", "group-000001.safetensors", "run.json"]


@pytest.mark.parametrize("other", [{"seed": 1}, {"steps": 13}, {"weight_decay": 0.1}], ids=str)
def test_other_settings_need_another_folder(tmp_path, other):
    fit(sound(), small(steps=5), checkpoint=tmp_path / "c")
    with pytest.raises(InputError, match="other data or other settings"):
        fit(sound(), small(**{"steps": 5, **other}), checkpoint=tmp_path / "c")
    with pytest.raises(InputError, match="other data or other settings"):
        fit(sound(1), small(steps=5), checkpoint=tmp_path / "c")


@pytest.mark.parametrize("name", ["group-000000.safetensors", "last.safetensors"])
def test_damaged_state_is_refused(tmp_path, name):
    fit_until(5, 1, tmp_path / "c", small(steps=12))
    file = tmp_path / "c" / name
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(InputError, match=f"{name} is damaged"):
        fit(sound(), small(steps=12), checkpoint=tmp_path / "c")


def test_a_folder_with_other_files_is_refused_before_any_work(tmp_path, monkeypatch):
    (tmp_path / "thesis.txt").write_text("all of it")
    counted = Counted(monkeypatch)
    with pytest.raises(InputError, match="not empty"):
        fit(sound(), small(steps=5), checkpoint=tmp_path)
    assert counted.steps == 0
