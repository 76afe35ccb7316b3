"""Priors: what they draw is spread as the codes are, and nothing else is."""

import numpy as np
import pytest
from made_family import made_model

from ligeia.errors import InputError
from ligeia.latent.flow import Couplings, flow_draws
from ligeia.latent.priors import (
    PRIORS,
    Draw,
    Population,
    check_prior,
    gaussian,
    item_named,
    items_like,
    kernels,
    population,
    shrinkage,
)


def _codes(items=300, numbers=12, seed=0):
    """Correlated codes around a centre; the last number never changes."""
    random = np.random.default_rng(seed)
    mixing = random.standard_normal((3, numbers))
    codes = random.standard_normal((items, 3)) @ mixing + 0.2 * random.standard_normal((items, numbers)) + 2
    codes[:, -1] = 7
    return codes


def _population(**how):
    codes = _codes(**how)
    return Population(codes, codes - codes.mean(axis=0))


@pytest.mark.parametrize("name", ["gaussian", "kde", "flow"])
def test_draws_have_the_mean_and_the_covariance_of_the_codes(name) -> None:
    codes = _population()
    drawn = PRIORS[name](codes, 3000, Draw(seed=1, truncation=100))
    assert drawn.shape == (3000, 12)
    assert np.abs(drawn[:, -1] - 7).max() < 1e-9
    expected, found = np.cov(codes.codes.T), np.cov(drawn.T)
    assert np.abs(drawn.mean(axis=0) - codes.centre).max() < 0.3
    assert np.linalg.norm(found - expected) < 0.25 * np.linalg.norm(expected)


def test_a_flow_learns_what_a_gaussian_cannot() -> None:
    random = np.random.default_rng(2)
    place = random.standard_normal(400)
    codes = np.stack([place, place**2 + 0.1 * random.standard_normal(400)], axis=1)  # a crescent
    crescent = Population(codes, codes - codes.mean(axis=0))
    drawn = {name: PRIORS[name](crescent, 1000, Draw()) for name in PRIORS}
    distance = {name: float(np.median(np.abs(points[:, 1] - points[:, 0] ** 2))) for name, points in drawn.items()}
    assert distance["flow"] < 0.35 * distance["gaussian"]


def test_a_flow_is_invertible_and_repeats() -> None:
    import torch

    torch.manual_seed(0)
    module = Couplings(3)
    for value in module.parameters():
        torch.nn.init.normal_(value, std=0.3)
    samples = torch.randn(50, 3)
    normal, volume = module.inverse(samples)
    assert (module(normal) - samples).abs().max() < 1e-5
    point = samples[:1].clone().requires_grad_()
    jacobian = torch.autograd.functional.jacobian(lambda x: module.inverse(x[None])[0][0], point[0])
    assert abs(torch.linalg.slogdet(jacobian)[1] - volume[0]) < 1e-4
    codes = _codes(items=40)
    one, other = (flow_draws(codes, codes - codes.mean(axis=0), lambda n: np.ones((2, n)), 5) for _ in range(2))
    assert np.array_equal(one, other)
    with pytest.raises(InputError, match="a flow needs 4 codes"):
        flow_draws(codes[:2], codes[:2], lambda n: np.ones((2, n)), 0)


@pytest.mark.parametrize("name", PRIORS)
def test_the_same_seed_gives_the_same_codes(name) -> None:
    codes = _population(items=30)
    draws = [PRIORS[name](codes, 3, Draw(seed=seed)) for seed in (4, 4, 5)]
    assert np.array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])


def test_temperature_and_truncation() -> None:
    codes = _population()
    assert np.abs(gaussian(codes, 5, Draw(temperature=0)) - codes.centre).max() < 1e-9
    sizes = [np.abs(gaussian(codes, 500, Draw(temperature=t)) - codes.centre).mean() for t in (0.5, 1.0, 2.0)]
    assert sizes[0] * 2 == pytest.approx(sizes[1])
    assert sizes[1] * 2 == pytest.approx(sizes[2])
    still = kernels(codes, 20, Draw(temperature=0))
    assert all(np.abs(codes.codes - code).sum(axis=1).min() < 1e-9 for code in still)
    normal = Draw(truncation=1.5).normal(np.random.default_rng(0), (1000,))
    assert 1.3 < np.abs(normal).max() <= 1.5


def test_few_items_are_trusted_less() -> None:
    shares = [shrinkage(_population(items=items).deviations) for items in (4, 30, 3000)]
    assert shares[0] > shares[1] > shares[2] >= 0
    assert shares[2] < 0.01
    assert shrinkage(np.zeros((3, 4))) == 1
    assert shrinkage(np.zeros((3, 0))) == 1


def test_populations() -> None:
    model = made_model(items=40)
    assert len(population(model).codes) == 40
    a = population(model, "a")
    assert len(a.codes) == len(a.deviations) == 20
    few = population(model, "61")
    assert len(few.codes) == 3
    assert len(few.deviations) == 40
    assert items_like(model, "60").tolist() == [0, 1]
    for like, message in (("c", "not a label.*it has a, b"), ("20", "no item near the pitch 20; it has 60 to 99")):
        with pytest.raises(InputError, match=message):
            population(model, like)
    with pytest.raises(InputError, match="it has no labels"):
        population(made_model(labels=(), pitches=()), "60")


def test_items_by_name() -> None:
    model = made_model(items=12)
    assert item_named(model, "sound 3") == 3
    assert item_named(model, "sound 1") == 1
    assert item_named(model, "7") == 7
    for name, message in (("sound", "the beginning of 12 items"), ("12", "not an item"), ("x", "not an item")):
        with pytest.raises(InputError, match=message):
            item_named(model, name)
    assert item_named(made_model(names=()), "2") == 2


def test_settings_out_of_range() -> None:
    for changes in ({"temperature": -1}, {"temperature": float("nan")}, {"truncation": 0}, {"seed": -1}):
        with pytest.raises(InputError, match="must"):
            Draw(**changes)
    with pytest.raises(InputError, match="unknown prior 'uniform'; there are: gaussian, kde, flow, item"):
        check_prior("uniform")
