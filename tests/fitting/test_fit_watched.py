"""When `fit` stops, and what it tells on its way."""

import re
from time import process_time

import numpy as np
import pytest
import torch
from made_fits import small, snr, tone

from ligeia.errors import Cancelled, FitError
from ligeia.fitting import fit as fit_module
from ligeia.fitting.fit import fit
from ligeia.fitting.group import GroupFit

# --- budgets ----------------------------------------------------------------------------------------------


def test_the_time_budget_is_kept():
    sound = tone(0.4)
    fit(sound, small(), steps=2)  # torch loads parts of itself at the first step
    begun = process_time()
    inr = fit(sound, small(block=0.05, group=3, seconds=0.5, clock="processor", steps=1_000_000))
    # The budget, and what evaluation and the closed form take for each of three groups.
    assert 0.4 < process_time() - begun < 5
    assert inr.report["seconds"] == pytest.approx(process_time() - begun, abs=0.5)
    assert inr.report["steps"] > 10
    assert snr(sound, inr) > 5


def test_a_reached_ratio_stops_a_group_early():
    inr = fit(tone(), small(snr_db=3.0, evaluations=40, steps=400))
    assert inr.report["steps"] < 400
    assert inr.report["snr_db"] >= 3


def test_steps_are_honoured():
    assert fit(tone(), small(), steps=7).report["steps"] == 7
    assert fit(tone(), small(steps=9)).report["steps"] == 9


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


OUT_OF_MEMORY = "out of memory; lower the width"

# --- when torch fails -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "error", "message"),
    [
        (
            "finish",
            torch.linalg.LinAlgError("linalg.eigh:\n did not converge"),
            "torch failed: linalg.eigh: did not converge",
        ),
        ("backward", torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), OUT_OF_MEMORY),
        ("__init__", RuntimeError("DefaultCPUAllocator: can't allocate memory"), OUT_OF_MEMORY),
        ("evaluate", MemoryError(), OUT_OF_MEMORY),
    ],
)
def test_an_error_of_torch_is_one_line_that_names_the_recipe(method, error, message, monkeypatch):
    def fail(*_):
        raise error

    monkeypatch.setattr(GroupFit, method, fail)
    with pytest.raises(FitError, match=f"^recipe 'small': {re.escape(message)}") as caught:
        fit(tone(), small(evaluations=2), steps=4)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is error


@pytest.mark.usefixtures("every_step")
@pytest.mark.parametrize("error", [RuntimeError("mine"), Cancelled("enough"), KeyboardInterrupt()])
def test_an_error_of_the_callback_passes_unchanged(error):
    def stop(progress):
        raise error

    with pytest.raises(type(error)) as caught:
        fit(tone(), small(), steps=4, on_progress=stop)
    assert caught.value is error


def test_a_wide_network_is_fitted_to_the_end_on_two_threads():
    sound = tone(seconds=0.1)
    inr = fit(sound, small(block=0.025, threads=2).resized(width=256), steps=2)
    assert snr(sound, inr) > 20  # the closed form alone
