"""Phased sines: the lapped ones in bent time, as a function, a module, and where nothing is bent."""

import numpy as np
import pytest
import torch

import ligeia
from ligeia.audio.blocks import Segments
from ligeia.errors import InputError
from ligeia.inr import INR
from ligeia.networks import Lapped
from ligeia.networks.phase import Phase
from ligeia.networks.phased import Phased
from ligeia.networks.phased_net import PhasedNet
from ligeia.networks.phased_sines import PhasedSines

SPEC = Phased(channels=2, frame_size=64, frames=4, units=5)
CUT = Segments(700, 256)
SECONDS = np.random.default_rng(3).uniform(-0.01, 0.1, 400)


def numbers(seed: int = 0, bend: float = 0.5) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    made = {name: random.standard_normal((3, *shape)).astype(np.float32) for name, shape in SPEC.shapes().items()}
    return made | {"switching": made["switching"].clip(0, 4), "edges": np.ones((3, 2)), "phase": bend * made["phase"]}


def sound(bend: float = 0.5, gains: tuple[float, ...] = (1.0, 0.5, 1.0)) -> INR:
    return INR(SPEC, numbers(bend=bend), 8000, CUT, np.array(gains))


def test_it_is_the_lapped_network_at_the_phase_times_the_root_of_the_slope():
    inr = sound(gains=(1.0, 1.0, 1.0))
    values = {name: value for name, value in inr.parameters.items() if name != "phase"}
    lapped = INR(Lapped(channels=2, frame_size=64, frames=4), values, 8000, Segments(768, 256), inr.gains)
    phase = Phase(inr.parameters["phase"].astype(np.float64), 256, 8)
    inside = SECONDS[(SECONDS >= 0) & (SECONDS < 700 / 8000)]
    block = ((inside * 8000 + 0.5) // 256).astype(int)
    place = inside * 8000 + 0.5 - 256 * block
    expected = lapped((phase.at(block, place) + 256 * block - 0.5) / 8000) * np.sqrt(phase.slope(block, place))
    assert np.abs(inr(inside) - expected).max() < 1e-5
    assert not inr(SECONDS[(SECONDS < -1e-6) | (SECONDS >= 700 / 8000)]).any()


def test_unbent_it_is_the_lapped_network():
    inr = sound(bend=0.0)
    values = {name: value for name, value in inr.parameters.items() if name != "phase"}
    lapped = INR(Lapped(channels=2, frame_size=64, frames=4), values, 8000, CUT, inr.gains)
    for first, step in ((0.0, 1 / 8000), (0.001, 1 / 11025)):
        assert np.abs(inr.evenly(first, step, 900) - lapped.evenly(first, step, 900)).max() < 1e-5


def test_grids_and_scattered_instants_agree():
    inr = sound()
    for first, step in ((0.0, 1 / 8000), (0.003, 1 / 44100), (-0.002, 1 / 8000)):
        assert np.abs(inr.evenly(first, step, 500) - inr(first + np.arange(500) * step)).max() < 1e-6


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_derivatives_are_those_of_the_module(order):
    inr = sound()
    times = np.random.default_rng(1).uniform(0, 0.08, 40)
    expected = inr.to_torch().double().derivative(times, order)
    assert np.abs(inr.derivative(times, order) - expected).max() < 1e-6 * np.abs(expected).max()


def test_the_module_is_the_function():
    inr = sound(gains=(1.0, 0.0, 0.25))
    with torch.no_grad():
        found = inr.to_torch()(torch.from_numpy(SECONDS)).numpy()
    assert np.abs(found - inr(SECONDS)).max() < 1e-5


def test_a_block_must_be_longer_than_what_it_shares():
    with pytest.raises(InputError, match="units must lie between 2 and 4096, got 1"):
        Phased(units=1)


def test_modules_and_evaluators_are_its_own():
    inr = sound()
    assert isinstance(SPEC.build(), PhasedNet)
    assert isinstance(SPEC.evaluator(inr.parameters, inr.gains, 8000, 700), PhasedSines)


def test_parameters_count_the_phase():
    inr = sound(gains=(1.0, 0.0, 1.0))
    assert inr.parameter_count == 2 * 2 * 64 * 4 * 2 + 2 * 5


def test_onnx_says_why_not(tmp_path):
    with pytest.raises(ligeia.LigeiaError, match="the network phased cannot be an ONNX model"):
        sound().to_onnx(tmp_path / "a.onnx")
