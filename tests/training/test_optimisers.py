import sys

import numpy as np
import pytest
import torch

from ligeia.errors import InputError, MissingExtra
from ligeia.fitting.config import FitConfig
from ligeia.networks.siren import Siren
from ligeia.training.optimisers import NAMES, make_optimiser, scale_rates, set_decay

SPEC = Siren(width=4, depth=3)


def make(spec=SPEC, **settings):
    module = spec.build(seed=0)
    return module, make_optimiser(module, spec, FitConfig(**settings))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "soap"])
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


@pytest.mark.parametrize("name", [name for name in NAMES if name != "soap"])
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


@pytest.mark.parametrize("name", [name for name in NAMES if name != "soap"])
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
