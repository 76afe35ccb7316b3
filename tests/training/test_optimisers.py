import sys
from math import cos, inf, pi

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import Parameter
from torch.nn.utils import clip_grad_norm_

from ligeia.errors import InputError, MissingExtra
from ligeia.fitting.config import FitConfig
from ligeia.fitting.group import PARTS
from ligeia.networks.siren import Siren
from ligeia.training.config import TrainingConfig
from ligeia.training.optimisers import (
    FLOOR,
    OPTIMISERS,
    Average,
    Plateau,
    clip_blocks,
    decay_factor,
    make_optimiser,
    one_cycle,
    rate_factor,
    scale_rates,
    set_decay,
)

SPEC = Siren(width=4, depth=3)


def make(spec=SPEC, **settings):
    module = spec.build(seed=0)
    members = list(module.named_parameters())
    groups = [[value for name, value in members if spec.part(name) == part] for part in PARTS]
    return module, make_optimiser(groups, FitConfig(**settings))


@pytest.mark.parametrize("name", [name for name in OPTIMISERS if name != "soap"])
def test_every_part_has_its_own_rate(name):
    module, optimiser = make(optimiser=name, learning_rates=(0.1, 0.2, 0.3))
    rate_of = {id(value): group["lr"] for group in optimiser.param_groups for value in group["params"]}
    expected = {"first": 0.1, "hidden": 0.2, "output": 0.3}
    assert {n: rate_of[id(value)] for n, value in module.named_parameters()} == {
        n: expected[SPEC.part(n)] for n in SPEC.shapes()
    }


def test_a_network_without_hidden_layers_has_two_groups():
    _, optimiser = make(Siren(width=4, depth=1), learning_rates=(0.1, 0.2, 0.3))
    assert [group["lr"] for group in optimiser.param_groups] == [0.1, 0.3]


def test_rates_are_scaled_from_their_peaks():
    _, optimiser = make(learning_rates=(0.1, 0.2, 0.4))
    for factor in (0.5, 0.25, 1.0):
        scale_rates(optimiser, factor)
        assert [group["lr"] for group in optimiser.param_groups] == [0.1 * factor, 0.2 * factor, 0.4 * factor]


@pytest.mark.parametrize("name", [name for name in OPTIMISERS if name != "soap"])
def test_a_penalty_that_was_set_is_the_penalty_of_the_next_step(name):
    steps = []
    for decay in (0.0, 0.5):
        module, optimiser = make(optimiser=name, weight_decay=0.1)
        expected, other = make(optimiser=name, weight_decay=decay)
        set_decay(optimiser, decay)
        for size in (1.0, 0.1):  # the first step of Adam is of one length, whatever the gradient
            for value in (*module.parameters(), *expected.parameters()):
                value.grad = torch.full_like(value, size)
            optimiser.step()
            other.step()
        assert torch.equal(module.weight_1, expected.weight_1)
        steps.append(module.weight_1.detach().clone())
    assert not torch.equal(*steps)


def test_unknown_names_list_what_there_is():
    with pytest.raises(InputError, match=r"'lbfgs'.*adam"):
        make(optimiser="lbfgs")


def test_an_optimiser_that_is_not_installed_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pytorch_optimizer", None)
    with pytest.raises(MissingExtra, match=r"ligeia\[search\]"):
        make(optimiser="soap")


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd"])
def test_steps_follow_the_textbook(name):
    rate, (b1, b2), decay = 0.05, (0.8, 0.95), 0.1
    module, optimiser = make(optimiser=name, learning_rates=(rate,) * 3, betas=(b1, b2), weight_decay=decay)
    value = module.weight_1
    x = value.detach().double().numpy().copy()
    m, v = np.zeros_like(x), np.zeros_like(x)
    for step in range(1, 6):
        optimiser.zero_grad()
        (value - 1).square().sum().backward()
        optimiser.step()
        gradient = 2 * (x - 1)
        if name == "adamw":
            x = x * (1 - rate * decay)
        else:
            gradient = gradient + decay * x  # coupled: the penalty's gradient goes through the moments
        if name == "sgd":
            m = gradient if step == 1 else b1 * m + gradient
            x = x - rate * m
            continue
        m, v = b1 * m + (1 - b1) * gradient, b2 * v + (1 - b2) * gradient**2
        x = x - rate * (m / (1 - b1**step)) / (np.sqrt(v / (1 - b2**step)) + 1e-8)
    # 1e-5: five steps in single precision on numbers of about 1
    assert np.abs(value.detach().numpy() - x).max() < 1e-5


@pytest.mark.parametrize("name", [name for name in OPTIMISERS if name != "soap"])
def test_every_optimiser_finds_a_minimum(name):
    # (x - 1)^2 has slope 2: 0.1 is a stable rate for all of them
    module, optimiser = make(optimiser=name, learning_rates=(0.1,) * 3)
    for step in range(200):
        scale_rates(optimiser, 1 - step / 200)
        optimiser.zero_grad()
        loss = sum((value - 1).square().sum() for value in module.parameters())
        loss.backward()
        optimiser.step()
    assert all(torch.allclose(value, torch.ones_like(value), atol=1e-2) for value in module.parameters())


@pytest.mark.parametrize("rates", [(0.1, 0.2), (0.1,) * 4])
def test_there_are_as_many_rates_as_groups_or_one(rates):
    groups = [[Parameter(torch.zeros(2))] for _ in range(3)]
    with pytest.raises(InputError, match=r"1 or 3 learning rates"):
        make_optimiser(groups, TrainingConfig(learning_rates=rates))
    optimiser = make_optimiser(groups, TrainingConfig(learning_rates=(0.5,)))
    assert [group["lr"] for group in optimiser.param_groups] == [0.5] * 3


# --- schedules -----------------------------------------------------------------------------------------


def test_one_cycle_by_hand():
    assert one_cycle(0.0, 0.1) == FLOOR == 1 / 25
    assert one_cycle(0.05, 0.1) == pytest.approx((1 + 1 / 25) / 2)  # half way up
    assert one_cycle(0.1, 0.1) == 1
    assert one_cycle(0.55, 0.1) == pytest.approx(0.5)  # half way down
    assert one_cycle(0.325, 0.1) == pytest.approx((1 + cos(pi / 4)) / 2)
    assert one_cycle(1.0, 0.1) == pytest.approx(0, abs=1e-15)


@given(st.floats(0.01, 0.99), st.floats(0, 1), st.floats(0, 1))
def test_up_and_then_down(warmup, a, b):
    a, b = sorted((a, b))
    if b < warmup:
        assert one_cycle(a, warmup) <= one_cycle(b, warmup)
    elif a >= warmup:
        assert one_cycle(a, warmup) >= one_cycle(b, warmup)


@given(st.floats(0.01, 0.99))
def test_there_is_no_jump_at_the_top(warmup):
    # Cosines are flat at the top: 1e-6 of the run changes the factor by far less than 1e-4 for any such warmup.
    assert one_cycle(warmup - 1e-6, warmup) == pytest.approx(1, abs=1e-4)
    assert one_cycle(warmup + 1e-6, warmup) == pytest.approx(1, abs=1e-4)


@given(st.floats(0, 1), st.floats(0, 1))
def test_factors_stay_between_zero_and_one(fraction, warmup):
    assert 0 <= one_cycle(fraction, warmup) <= 1


def test_without_a_rise_it_starts_at_the_top():
    assert one_cycle(0.0, 0.0) == 1
    assert one_cycle(0.5, 0.0) == pytest.approx(0.5)


def test_without_a_fall_it_ends_at_the_top():
    assert one_cycle(0.0, 1.0) == FLOOR
    assert one_cycle(1.0, 1.0) == 1


def test_past_the_end_the_rate_stays_zero():
    assert one_cycle(1.5, 0.1) == pytest.approx(0, abs=1e-15)


def test_schedules_by_name():
    constant, cycle, stairs = (FitConfig(schedule=name, warmup=0.2) for name in ("constant", "one_cycle", "staircase"))
    assert [rate_factor(constant, fraction, 7) for fraction in (0, 0.5, 1)] == [1, 1, 1]
    assert rate_factor(cycle, 0.3, 7) == one_cycle(0.3, 0.2) < 1
    assert [rate_factor(stairs, 0.5, step) for step in (0, 19, 20, 41)] == [1, 1, 0.99, pytest.approx(0.9801)]


@pytest.mark.parametrize(("until", "expected"), [(1.0, [1, 0.75, 0.5, 0.25, 0]), (0.5, [1, 0.5, 0, 0, 0])])
def test_a_linear_penalty_falls_to_zero(until, expected):
    linear = FitConfig(decay_schedule="linear", decay_until=until)
    assert [decay_factor(linear, fraction) for fraction in (0, 0.25, 0.5, 0.75, 1)] == pytest.approx(expected)


def test_a_constant_penalty_stays():
    assert [decay_factor(FitConfig(decay_until=0.5), fraction) for fraction in (0, 0.5, 1)] == [1, 1, 1]


def test_cosine_falls_from_the_start():
    cosine = TrainingConfig(schedule="cosine")
    assert [rate_factor(cosine, fraction, 7) for fraction in (0, 0.5, 1)] == pytest.approx([1, 0.5, 0])


@pytest.mark.parametrize("schedule", ["constant", "cosine", "plateau"])
def test_the_first_steps_of_any_schedule_may_rise(schedule):
    rising, plain = (TrainingConfig(schedule=schedule, warmup_steps=steps) for steps in (4, 0))
    factors = [rate_factor(rising, step / 10, step) / rate_factor(plain, step / 10, step) for step in range(6)]
    assert factors == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1])


def test_rates_fall_after_evaluations_without_progress():
    plateau, config = Plateau(), TrainingConfig(plateau_factor=0.1, plateau_patience=2)
    factors = []
    for score in (5.0, 4.0, 4.0, 4.5, 3.0, 3.1, 3.2, 3.3, 3.0):
        plateau.see(score, config)
        factors.append(plateau.factor)
    assert factors == pytest.approx([1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.001])
    assert Plateau().best == inf


def test_losses_of_steps_lower_the_rates_as_pytorch_does():
    value = Parameter(torch.zeros(1))
    torch_rates = torch.optim.SGD([value], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(torch_rates, factor=0.5, patience=2)
    # PyTorch lowers the rate when more than `patience` losses brought no progress: one later than ours
    plateau = Plateau()
    config = TrainingConfig(plateau_factor=0.5, plateau_patience=3, plateau_threshold=1e-4)
    random = np.random.default_rng(3)
    for loss in (1.0, 0.99999, 0.99995, 0.9998, *random.uniform(0.5, 1.0, 40)):
        scheduler.step(loss)
        plateau.see(loss, config)
        assert plateau.factor == torch_rates.param_groups[0]["lr"]
    assert plateau.factor < 0.1


def test_groups_without_a_penalty_stay_without_one():
    groups = [[Parameter(torch.ones(2))] for _ in range(2)]
    optimiser = make_optimiser(
        groups, TrainingConfig(optimiser="sgd", weight_decay=0.5, learning_rates=(0.1,)), [True, False]
    )
    assert [group["weight_decay"] for group in optimiser.param_groups] == [0.5, 0.0]
    set_decay(optimiser, 0.25)
    assert [group["weight_decay"] for group in optimiser.param_groups] == [0.25, 0.0]


# --- clipping ------------------------------------------------------------------------------------------


def with_gradients(scales=(1.0, 100.0, 0.01)):
    """Parameters of three blocks whose gradients differ in size, and one without any."""
    generator = torch.Generator().manual_seed(0)
    parameters = [Parameter(torch.zeros(3, 4, 5)), Parameter(torch.zeros(3, 5)), Parameter(torch.zeros(3, 2))]
    for value in parameters[:2]:
        noise = torch.randn(value.shape, generator=generator)
        value.grad = noise * torch.tensor(scales).view(-1, *[1] * (value.dim() - 1))
    return parameters


@pytest.mark.parametrize("limit", [0.001, 1.0, 30.0, 1e6])
def test_each_block_is_clipped_as_if_it_were_alone(limit):
    parameters = with_gradients()
    alone = []
    for block in range(3):
        single = [Parameter(torch.zeros_like(value[block])) for value in parameters[:2]]
        for one, value in zip(single, parameters, strict=False):
            one.grad = value.grad[block].clone()
        clip_grad_norm_(single, limit)
        alone.append([one.grad for one in single])
    clip_blocks(parameters, limit)
    for block in range(3):
        for found, expected in zip(parameters, alone[block], strict=False):
            # 1e-6: the same sums in another order
            assert torch.allclose(found.grad[block], expected, rtol=1e-6, atol=0)
    assert parameters[2].grad is None


def test_what_is_short_enough_stays_as_it_is():
    parameters, before = with_gradients(), with_gradients()
    clip_blocks(parameters, 50.0)
    for value, was in zip(parameters[:2], before, strict=False):
        assert torch.equal(value.grad[[0, 2]], was.grad[[0, 2]])
    norm = torch.cat([value.grad[1].flatten() for value in parameters[:2]]).norm()
    assert float(norm) == pytest.approx(50, rel=1e-5)


def test_a_block_that_leaps_does_not_hold_the_others():
    parameters, before = with_gradients((1.0, float("inf"), 1.0)), with_gradients((1.0, 1.0, 1.0))
    clip_blocks(parameters, 1e3)
    assert torch.equal(parameters[0].grad[[0, 2]], before[0].grad[[0, 2]])


# --- averages -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("decay", "steps"), [(0.9, 200), (0.999, 20)])
def test_an_average_forgets_at_its_decay_and_sooner_while_it_is_young(decay, steps):
    value = Parameter(torch.zeros(1))
    average = Average({"value": value}, decay)
    expected = 0.0
    for step in range(steps):
        with torch.no_grad():
            value.fill_(float(step))
        average.update(step)
        kept = min(decay, (1 + step) / (10 + step))
        expected = kept * expected + (1 - kept) * step
    assert float(average.values["value"]) == pytest.approx(expected, rel=1e-5)
    average.swap()
    assert (value.item(), average.values["value"].item()) == (pytest.approx(expected, rel=1e-5), steps - 1)
    average.swap()
    assert value.item() == steps - 1
