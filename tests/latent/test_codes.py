"""Steps of stored codes."""

import numpy as np
import pytest
import torch

from ligeia.errors import InputError
from ligeia.latent.codes import CodeSettings, StoredCodes

GRADIENTS = torch.tensor([[1.0, -2.0], [0.5, 0.0]])


def test_codes_start_small_and_by_the_seed() -> None:
    codes = StoredCodes(CodeSettings(), 4000, 2, seed=3)
    assert float(codes.values.std()) == pytest.approx(1e-3, rel=0.05)
    assert torch.equal(codes.values, StoredCodes(CodeSettings(), 4000, 2, seed=3).values)
    assert not torch.equal(codes.values, StoredCodes(CodeSettings(), 4000, 2, seed=4).values)
    assert not list(codes.parameters())
    assert len(codes) == 4000


def test_gradient_descent_moves_the_sounds_of_a_step() -> None:
    codes = StoredCodes(CodeSettings(penalty=0.1), 3, 2)
    before = codes.values.clone()
    codes.move(torch.tensor([2, 0]), GRADIENTS, factor=0.5)  # the schedule is Adam's
    assert torch.allclose(codes.values[2], before[2] - 0.3 * (GRADIENTS[0] + 0.1 * before[2]))
    assert torch.allclose(codes.values[0], before[0] - 0.3 * (GRADIENTS[1] + 0.1 * before[0]))
    assert torch.equal(codes.values[1], before[1])


def test_adam_keeps_moments_for_each_sound() -> None:
    """Against PyTorch's Adam for each sound alone, which sees only that sound's steps."""
    settings = CodeSettings(optimiser="adam", learning_rate=0.05, deviation=1.0)
    codes, betas = StoredCodes(settings, 3, 2), (0.8, 0.95)
    alone = [codes.values[item].clone().requires_grad_() for item in range(3)]
    optimisers = [torch.optim.Adam([value], lr=0.05, betas=betas) for value in alone]
    random = np.random.default_rng(0)
    for _ in range(12):
        items = torch.from_numpy(random.permutation(3)[: random.integers(1, 4)])
        gradients = torch.from_numpy(random.standard_normal((len(items), 2))).float()
        codes.move(items, gradients, betas=betas)
        for item, gradient in zip(items.tolist(), gradients, strict=True):
            alone[item].grad = gradient
            optimisers[item].step()
    assert torch.allclose(codes.values, torch.stack(alone).detach(), atol=1e-6)


def test_the_schedule_scales_the_rate_of_adam() -> None:
    steps = []
    for factor in (1.0, 0.25):
        codes = StoredCodes(CodeSettings(optimiser="adam", deviation=0.0), 2, 2)
        codes.move(torch.arange(2), GRADIENTS, factor=factor)
        steps.append(codes.values)
    assert torch.allclose(steps[0], 4 * steps[1])


@pytest.mark.parametrize(
    "settings",
    [
        {"inference": "oracle"},
        {"optimiser": "lion"},
        {"start": "closed", "inference": "autoencoder"},
        {"learning_rate": -1.0},
        {"deviation": -1.0},
        {"penalty": -1.0},
        {"batch": 0},
    ],
)
def test_settings_out_of_range(settings) -> None:
    with pytest.raises(InputError):
        CodeSettings(**settings)
