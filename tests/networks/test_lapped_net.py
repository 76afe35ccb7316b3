import numpy as np
import pytest
import torch
from made_lapped import SMALL, block_said, make
from torch.func import functional_call

from ligeia.networks.lapped import Lapped
from ligeia.networks.lapped_net import window


def coordinates(spec, positions):
    return torch.from_numpy(positions).unsqueeze(0) * (2 / spec.block_samples) - 1


@pytest.mark.parametrize("sine", [False, True])
@pytest.mark.parametrize("frames", [1, 3])
def test_the_formula(sine, frames):
    spec = Lapped(frame_size=64, frames=frames, channels=2, sine=sine)
    inr = make(spec, 3 * spec.block_samples, seed=frames)
    reach = spec.reach_samples
    positions = np.random.default_rng(0).uniform(-2 * reach, spec.block_samples + 2 * reach, 200)
    numbers = {name: torch.from_numpy(value) for name, value in inr.parameters.items()}
    found = functional_call(spec.build(), numbers, (coordinates(spec, positions),))
    for block in range(3):
        expected = block_said(inr, block, positions)
        assert np.abs(found[block].numpy().T - expected).max() < 1e-6
    outside = (positions < -reach - 0.5) | (positions > spec.block_samples + reach - 0.5)
    assert outside.any()
    assert not found[:, torch.from_numpy(outside)].any()


def test_gradients_reach_coordinates_and_weights():
    module = Lapped(frame_size=32, frames=2).build(seed=1).double()
    times = torch.tensor([[-1.02, -0.9, -0.4, 0.13, 0.8, 1.01]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(module, (times,))
    assert torch.autograd.gradgradcheck(module, (times,))
    module(times.detach()).sum().backward()
    assert module.weight.grad.abs().sum() > 0
    assert module.switching.grad is None


def test_products_in_bfloat16_are_made_in_single_precision():
    module = SMALL.build(seed=1)
    times = torch.linspace(-1, 1, 50, dtype=torch.float64).unsqueeze(0)
    assert module(times, torch.bfloat16).dtype == torch.float32
    assert (module(times, torch.bfloat16) - module(times)).abs().max() < 1e-6


def test_upright_windows_begin_with_the_first_sample():
    local = torch.tensor([0.4, 0.5, 8.0, 16.4, 16.5], dtype=torch.float64)
    nothing = torch.tensor(0)
    found = window(local, 16, nothing, nothing, sine=False, kind=torch.float64)
    assert found.tolist() == [0, 1, 1, 1, 0]
