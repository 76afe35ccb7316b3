"""Our recipe for every network: within its parameters, and better than nothing in a few steps."""

from itertools import cycle

import numpy as np
import pytest

import ligeia
from ligeia.errors import InputError
from ligeia.fitting.own_recipes import OWN, own_recipe
from ligeia.fitting.plan import DENSITY, Shape, make_plan, with_parameters
from ligeia.networks import BY_NAME
from ligeia.networks.spec import FIRST_PRIVATE

RATE = 16000


def test_every_network_has_one() -> None:
    # Not those that other tests register.
    ours = {name for name, spec in BY_NAME.items() if spec.wire_id < FIRST_PRIVATE}
    # film: a member of a family, whose code is found and not its weights; phased: its phase is no optimiser's
    assert OWN.keys() == ours - {"film", "phased"}
    with pytest.raises(InputError, match="unknown network 'mlp'; there are: siren"):
        own_recipe("mlp")


@pytest.mark.parametrize(
    ("name", "channels"), list(zip([name for name in OWN if not BY_NAME[name].sparse], cycle([1, 2])))
)
def test_networks_stay_within_their_parameters(name: str, channels: int) -> None:
    shape = Shape(samples=3200, rate=RATE, channels=channels)
    spec = own_recipe(name).design(shape)
    assert spec.name == name
    assert spec.channels == channels
    limit = DENSITY * shape.samples * channels
    assert 0.4 * limit < spec.parameters <= limit


@pytest.mark.parametrize(("name", "parameters"), list(zip(OWN, cycle([20_000, 60_000]))))
def test_the_number_of_parameters_is_a_setting(name: str, parameters: int) -> None:
    noise = ligeia.Audio(np.random.default_rng(0).uniform(-1, 1, (2, 30_000)), RATE)
    recipe = with_parameters(own_recipe(name), noise, parameters)
    plan = make_plan(noise, recipe)
    most = plan.density * noise.sample_count * 2 if plan.spec.sparse else plan.segments.count * plan.spec.parameters
    assert 0.8 * parameters < most <= parameters
    if plan.spec.sparse:
        assert parameters - 6 < ligeia.fit(noise, recipe).parameter_count <= parameters


@pytest.mark.parametrize("name", OWN)
def test_a_short_block_gets_a_small_network(name: str) -> None:
    assert own_recipe(name).design(Shape(samples=1, rate=8000, channels=1)).parameters < 1000


@pytest.mark.parametrize("name", OWN)
def test_each_learns_two_tones(name: str) -> None:
    time = np.arange(RATE // 4) / RATE
    tones = 0.5 * np.sin(2 * np.pi * 440 * time) + 0.3 * np.sin(2 * np.pi * 1230 * time)
    recipe = own_recipe(name)
    inr = ligeia.fit(tones, recipe, rate=RATE, steps=None if recipe.solve else 150)
    assert inr.spec.name == name
    assert inr.report["snr_db"] > 6  # an untrained network is at 0 or below
    assert inr.parameter_count <= DENSITY * 1.07 * RATE // 4  # overlaps count twice
