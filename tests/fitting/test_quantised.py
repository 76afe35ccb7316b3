from dataclasses import replace

import made_fits as made
import numpy as np
import pytest
import torch
from torch.func import functional_call

from ligeia.audio.signal import Audio
from ligeia.errors import FitError, InputError
from ligeia.fitting import fit as fit_module
from ligeia.fitting.batches import Samples
from ligeia.fitting.closed_form import block_errors
from ligeia.fitting.config import FitConfig
from ligeia.fitting.fit import fit_groups
from ligeia.fitting.group import GroupFit
from ligeia.fitting.plan import make_plan
from ligeia.fitting.quantised import load, quantised
from ligeia.networks.siren import Siren, SirenInit

CONFIG = FitConfig(steps=40, device="cpu", precision="float32", threads=1, stride=4, learning_rates=(0.05, 0.02, 0.02))
SPEC = Siren(width=8, depth=2, init=SirenInit(first_bound=30.0, bias="half_turn", output_divisor=30.0))


class Grid:
    """Multiples of `step`; it notes how it was called."""

    def __init__(self, step=1 / 8):
        self.step, self.calls, self.name = step, 0, f"grid {step}"

    def __call__(self, parameters):
        self.calls += 1
        assert not any(value.requires_grad for value in parameters.values())
        return {name: (value / self.step).round() * self.step for name, value in parameters.items()}

    def holds(self, parameters):
        return all(torch.equal(value, (value / self.step).round() * self.step) for value in parameters.values())


def targets(blocks=2, length=256):
    times = torch.arange(length) / length
    return torch.stack([torch.sin(2 * torch.pi * (3 + k) * times) for k in range(blocks)]).unsqueeze(-1)


def group(quantiser=None, spec=SPEC, **settings):
    sound = targets()
    samples = Samples(sound, torch.ones(sound.shape[:2], dtype=torch.bool), closed=spec.closed_grid)
    return GroupFit(spec, samples, torch.ones(len(sound)), replace(CONFIG, **settings), 0, quantiser=quantiser)


def run(fitting):
    fitting.trainer.run()
    return fitting


def now(fitting):
    return {name: value.detach().clone() for name, value in fitting.module.named_parameters()}


def tensors(arrays):
    return {name: torch.from_numpy(value) for name, value in arrays.items()}


def same(a, b):
    return all(torch.equal(torch.as_tensor(value), torch.as_tensor(b[name])) for name, value in a.items())


# --- the swap -------------------------------------------------------------------------------------------


def test_values_are_swapped_and_come_back():
    module, grid = SPEC.build(blocks=3), Grid()
    own = {name: value.detach().clone() for name, value in module.named_parameters()}
    with quantised(module, grid):
        inside = {name: value.detach().clone() for name, value in module.named_parameters()}
    assert same(inside, grid(own))
    assert not same(inside, own)
    assert same(dict(module.named_parameters()), own)


def test_values_come_back_after_an_error():
    module = SPEC.build()
    own = {name: value.detach().clone() for name, value in module.named_parameters()}
    with pytest.raises(ZeroDivisionError), quantised(module, Grid()):
        raise ZeroDivisionError
    assert same(dict(module.named_parameters()), own)


def test_nothing_is_swapped_without_a_quantiser():
    module = SPEC.build()
    with quantised(module, None):
        assert same(dict(module.named_parameters()), dict(SPEC.build().named_parameters()))


def test_gradients_are_those_of_straight_through():
    module, grid, points = SPEC.build(blocks=2), Grid(), torch.linspace(-1, 1, 50).unsqueeze(0)
    with quantised(module, grid):
        (module(points) - targets(length=50)).square().sum().backward()
    by_swap = {name: value.grad for name, value in module.named_parameters()}
    own = {name: value.detach().clone().requires_grad_() for name, value in module.named_parameters()}
    values = {name: p + (grid({name: p.detach()})[name] - p).detach() for name, p in own.items()}
    (functional_call(module, values, (points,)) - targets(length=50)).square().sum().backward()
    for name, value in own.items():
        # p + (q - p) is q but for a rounding of 2^-24 of p
        assert torch.allclose(by_swap[name], value.grad, rtol=1e-3, atol=1e-3 * float(value.grad.abs().max()))


def test_some_parameters_can_be_set_alone():
    module = SPEC.build()
    load(module, {"bias_2": torch.ones(1, 1)})
    assert module.bias_2.item() == 1
    assert same({"weight_1": module.weight_1}, {"weight_1": SPEC.build().weight_1})


# --- the loop -------------------------------------------------------------------------------------------

OPTIONS = [{}, {"stride": 1}, {"closed_form": False}, {"loss": "l1"}, {"progressive_groups": 2, "quantise_from": 0.2}]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_what_is_kept_are_quantised_values_and_their_error(options):
    grid = Grid()
    fitting = run(group(grid, **options))
    assert grid.holds(fitting.best)
    module = SPEC.build(blocks=2)
    load(module, fitting.best)
    assert torch.allclose(fitting.best_error, block_errors(module, fitting.samples, SPEC), rtol=1e-6)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_quantiser_that_changes_nothing_changes_nothing(options):
    plain, same_again = run(group(**options)), run(group(lambda values: values, **options))
    assert same(plain.best, same_again.best)
    # Full batches before the switch are not measured with a quantiser; their best is found again by evaluations.
    assert torch.equal(plain.best_error, same_again.best_error)


def test_steps_see_the_values_from_the_switch_on():
    plain, grid = group(), Grid()
    aware = group(grid, quantise_from=0.5)
    calls = grid.calls
    for step in range(20):
        plain.trainer.advance(step / 40)
        aware.trainer.advance(step / 40)
    assert grid.calls == calls
    assert same(now(plain), now(aware))
    plain.trainer.advance(20 / 40)
    aware.trainer.advance(20 / 40)
    assert grid.calls == calls + 1
    assert not same(now(plain), now(aware))
    assert not grid.holds(now(aware))  # what the optimiser moves is not rounded


def test_errors_before_and_after_the_switch_can_be_compared():
    fitting = group(Grid(), quantise_from=0.5)
    fitting.evaluate()
    for step in range(40):
        fitting.trainer.advance(step / 40)
        if step % 10 == 0:
            fitting.evaluate()
    ratios = [point.snr_db for point in fitting.trace]
    assert ratios == sorted(ratios)


def test_a_full_batch_keeps_nothing_by_errors_of_other_values():
    fitting = group(Grid(), stride=1, quantise_from=0.5)
    fitting.trainer.advance(0.49)
    assert fitting.best_error.isinf().all()
    fitting.trainer.advance(0.5)
    assert fitting.best_error.isfinite().all()


def test_a_coarse_grid_costs_less_when_the_fit_knows_it():
    grid = Grid()
    aware = run(group(grid, steps=300, quantise_from=0.5))
    rounded = run(group(steps=300))
    load(rounded.module, grid(rounded.best))
    errors = block_errors(rounded.module, rounded.samples, SPEC)
    # Over four other starts it was 0.20 to 0.38 of the error.
    assert aware.best_error.sum() < 0.5 * errors.sum()


def test_after_a_divergence_the_best_are_still_quantised_values():
    grid = Grid()
    fitting = group(grid, quantise_from=0.0)
    fitting.samples.targets[0, 0] = torch.nan  # block 0 alone: it has no error that could be compared
    with pytest.raises(FitError, match="diverged"):
        run(fitting)
    assert not grid.holds(now(fitting))
    fitting.settle()
    assert grid.holds(fitting.best)
    assert fitting.best_error.isfinite().tolist() == [False, True]


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_the_switch_lies_within_the_run(value):
    with pytest.raises(InputError, match="quantise_from"):
        FitConfig(quantise_from=value)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_gpu():
    grid, sound = Grid(), targets().cuda()
    samples = Samples(sound, torch.ones(sound.shape[:2], dtype=torch.bool, device="cuda"), closed=False)
    fitting = run(GroupFit(SPEC, samples, torch.ones(2, device="cuda"), CONFIG, 0, quantiser=grid))
    assert grid.holds({name: value.cpu() for name, value in fitting.best.items()})


# --- plans, silence, checkpoints --------------------------------------------------------------------------


def planned(quantiser, sound=None, **settings):
    sound = made.tone() if sound is None else sound
    recipe = made.small(block=0.025, overlap=0.002, steps=12, group=2, quantise_from=0.5, **settings)
    return sound, replace(make_plan(sound, recipe), quantiser=quantiser)


def fitted(plan, sound, **options):
    return list(fit_groups(plan, sound, **options))


def test_groups_come_as_they_will_be_stored():
    sound, plan = planned(Grid())
    groups = fitted(plan, sound)
    assert len(groups) == 2
    assert all(Grid().holds(tensors(group.parameters)) for group in groups)


def test_silent_blocks_stay_zero():
    samples = made.tone().samples.copy()
    samples[:, :300] = 0
    sound, plan = planned(Grid(), Audio(samples, 8000))
    first = fitted(plan, sound)[0]
    assert first.gains[0] == 0
    assert not any(value[0].any() for value in first.parameters.values())
    assert first.gains[1] != 0
    assert any(value[1].any() for value in first.parameters.values())


class Stop(Exception):
    pass


@pytest.mark.parametrize(
    ("settings", "step"), [({}, 3), ({}, 9), ({"stride": 1}, 6), ({"progressive_groups": 2}, 3)], ids=str
)
def test_a_stopped_fit_goes_on_to_the_same_bits(tmp_path, monkeypatch, settings, step):
    sound, plan = planned(Grid(), **settings)

    def stop(progress):
        if progress.step == step:
            raise Stop

    with monkeypatch.context() as patched:
        patched.setattr(fit_module, "_SECONDS_BETWEEN_REPORTS", 0.0)
        saving = replace(plan, config=replace(plan.config, save_seconds=0.0))
        with pytest.raises(Stop):
            fitted(saving, sound, checkpoint=tmp_path / "c", on_progress=stop)
    resumed, whole = fitted(plan, sound, checkpoint=tmp_path / "c"), fitted(plan, sound)
    for a, b in zip(resumed, whole, strict=True):
        assert same(a.parameters, b.parameters)
        assert a.error == b.error


@pytest.mark.parametrize("other", [None, Grid(1 / 16), lambda values: values])
def test_another_quantiser_needs_another_folder(tmp_path, other):
    sound, plan = planned(Grid())
    fitted(plan, sound, checkpoint=tmp_path / "c")
    with pytest.raises(InputError, match="other settings"):
        fitted(replace(plan, quantiser=other), sound, checkpoint=tmp_path / "c")


def test_the_same_kind_of_quantiser_finds_its_checkpoint():
    sound, plan = planned(Grid())
    assert replace(plan, quantiser=Grid()).identity(sound) == plan.identity(sound)
    assert np.isfinite(sum(group.error for group in fitted(plan, sound)))
