"""What a caller of `fit` says in a few words, and what contradicts itself."""

import numpy as np
import pytest
import torch

import ligeia
from ligeia.errors import SettingsError
from ligeia.fitting.options import chosen_recipe
from ligeia.fitting.own_recipes import OWN
from ligeia.fitting.plan import make_plan
from ligeia.networks import Finer, Siren
from ligeia.training.config import MAX_STEPS

RATE = 8000
TONE = 0.5 * np.sin(2 * np.pi * 440 * np.arange(800) / RATE)
SOUND = ligeia.Audio(TONE, RATE)


def plan_of(recipe=None, network=None, **options):
    return make_plan(SOUND, chosen_recipe(SOUND, recipe, network, options))


def test_without_a_word_it_is_ligeias_own():
    assert plan_of() == plan_of("ligeia") == plan_of(network="siren")


@pytest.mark.parametrize("network", [name for name in OWN if name != "lapped"])
def test_every_network_by_name(network):
    inr = ligeia.fit(TONE, rate=RATE, network=network, steps=2, device="cpu")
    assert inr.spec.name == network
    assert (inr.report["steps"], inr.report["config"]["device"]) == (2, "cpu")


def test_a_network_with_all_its_fields():
    spec = Siren(width=20, depth=2, first_omega=100.0)
    plan = plan_of(network=spec)
    assert plan.spec == spec
    stereo = ligeia.fit(np.stack([TONE, TONE]), rate=RATE, network=spec, steps=2)
    assert (stereo.channels, stereo.spec.width) == (2, 20)


def test_a_wide_network_learns_slowly_however_it_is_named():
    rates = {plan_of(network=network, width=width).config.learning_rates for network, width in [("siren", 200)]}
    assert {plan_of(network=Siren(width=200)).config.learning_rates} == rates
    assert rates != {plan_of().config.learning_rates}


@pytest.mark.parametrize(
    ("network", "field"),
    [("siren", "fixed_first"), ("finer", "first_omega"), ("wire", "first_omega"), ("siamese", "first_omega"),
     ("mfn", "reach"), ("parallel", "first_bound"), ("local", "first_bound")],
)  # fmt: skip
def test_omega_is_the_frequency_factor_of_the_first_layer(network, field):
    assert getattr(plan_of(network=network, omega=123).spec, field) == 123.0


def test_omega_of_a_paper():
    assert plan_of("siren-notebook", omega=500.0).spec.first_omega == 500.0
    assert plan_of("siren-notebook", omega=500.0).spec.hidden_omega == 30.0


def test_settings_of_the_loop():
    config = plan_of(learning_rate=1e-3, steps=7, seed=3, snr_db=20, loss="l1", device="cpu").config
    assert config.learning_rates == (1e-3, 1e-3, 1e-3)
    assert (config.steps, config.seed, config.snr_db, config.loss, config.device) == (7, 3, 20, "l1", "cpu")
    assert plan_of(learning_rate=(1, 2, 3)).config.learning_rates == (1, 2, 3)
    assert plan_of(seconds=3.0).config.steps == MAX_STEPS
    assert plan_of(seconds=3.0, steps=9).config.steps == 9
    assert plan_of(width=None, loss=None, seed=None) == plan_of()


def test_a_name_of_both_a_recipe_and_a_network_is_the_recipe():
    assert plan_of("siamese").recipe == "siamese"
    assert plan_of(network="siamese").recipe == "ligeia siamese"


def test_sizes():
    assert (plan_of(width=11, depth=3).spec.width, plan_of(width=11, depth=3).spec.depth) == (11, 3)
    plan = plan_of(parameters=120)
    assert plan.spec.parameters * plan.segments.count <= 120


CONTRADICTIONS = [
    ({"recipe": "siren-audio", "network": "finer"}, "brings its own network"),
    ({"recipe": "finer"}, "network='finer'"),
    ({"recipe": "nothing"}, "unknown recipe"),
    ({"network": "nothing"}, "unknown network"),
    ({"network": "film"}, "unknown network"),
    ({"network": Finer(width=8), "width": 9}, "says its width itself"),
    ({"network": Finer(width=8), "omega": 9.0}, "says its omega itself"),
    ({"parameters": 100, "width": 9}, "give no width with them"),
    ({"network": "fmlp", "omega": 9.0}, "fmlp has no omega"),
    ({"network": "lapped", "steps": 9}, "solved in closed form: it has no use for steps"),
    ({"network": "lapped", "loss": "l1"}, "has no use for loss"),
    ({"network": "lapped", "device": "cuda"}, "solved on the CPU"),
    ({"device": "abacus"}, "device must be auto, cpu or cuda"),
    ({"steps": 0}, "steps must lie"),
    ({"learning_rate": -1.0}, "learning_rates must lie"),
    ({"learning_rate": (1.0, 1.0)}, "three learning rates"),
    ({"loss": "l3"}, "loss must be one of"),
    ({"omega": -3.0}, "fixed_first must lie"),
]


@pytest.mark.parametrize(("options", "says"), CONTRADICTIONS)
def test_contradictions_are_settings_errors(options, says):
    with pytest.raises(SettingsError, match=says):
        ligeia.fit(TONE, rate=RATE, **options)


@pytest.mark.skipif(torch.cuda.is_available(), reason="has a CUDA device")
@pytest.mark.parametrize(
    "call",
    [
        lambda: ligeia.fit(TONE, rate=RATE, device="cuda"),
        lambda: ligeia.fit(np.zeros(800), rate=RATE, device="cuda"),
        lambda: ligeia.encode(TONE, rate=RATE, network="siren", device="cuda"),
        lambda: ligeia.embed(TONE, rate=RATE, device="cuda"),
    ],
)
def test_a_device_that_is_not_there_is_an_error_everywhere(call):
    with pytest.raises(SettingsError, match="there is no CUDA device"):
        call()


def test_the_lapped_codec_has_no_use_for_a_device():
    with pytest.raises(SettingsError, match="the lapped network runs on the CPU, got the device 'cuda'"):
        ligeia.encode(TONE, rate=RATE, device="cuda")
    assert ligeia.encode(TONE, rate=RATE, device="cpu") == ligeia.encode(TONE, rate=RATE)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"widht": 3}, "did you mean width"),
        ({"width": "3"}, "width must be a whole number or None, got the string '3'"),
        ({"network": 3}, "network must be"),
        ({"loss": 3}, "loss must be"),
        ({"omega": "30"}, "omega must be a number"),
        ({"learning_rate": "1e-3"}, "learning_rate must be"),
    ],
)
def test_wrong_types(options, says):
    with pytest.raises(TypeError, match=says):
        ligeia.fit(TONE, rate=RATE, **options)
