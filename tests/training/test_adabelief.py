import numpy as np
import pytest
import torch
from torch.nn import Parameter

from ligeia.training.adabelief import AdaBelief

RATE, BETAS, EPS = 0.05, (0.8, 0.95), 1e-16


def written_out(x, gradients, decay, eps=EPS):
    """The recurrence, number by number, in double precision."""
    (b1, b2), m, s = BETAS, np.zeros_like(x), np.zeros_like(x)
    for n, gradient in enumerate(gradients, 1):
        g = gradient(x) + decay * x
        m = b1 * m + (1 - b1) * g
        s = b2 * s + (1 - b2) * (g - m) ** 2 + eps
        x = x - RATE * (m / (1 - b1**n)) / (np.sqrt(s) / np.sqrt(1 - b2**n) + eps)
    return x


@pytest.mark.parametrize(("decay", "eps"), [(0.0, EPS), (0.1, EPS), (0.0, 1e-3)])
def test_steps_follow_the_recurrence(decay, eps):
    random = np.random.default_rng(0)
    targets = [random.normal(size=(4, 3)) for _ in range(6)]  # gradients that change, so that beliefs differ
    start = random.normal(size=(4, 3))
    value = Parameter(torch.from_numpy(start.copy()))
    optimiser = AdaBelief([value], lr=RATE, betas=BETAS, eps=eps, weight_decay=decay)
    for target in targets:
        optimiser.zero_grad()
        (value - torch.from_numpy(target)).square().sum().backward()
        optimiser.step()
    expected = written_out(start, [lambda x, t=target: 2 * (x - t) for target in targets], decay, eps)
    assert np.abs(value.detach().numpy() - expected).max() < 1e-12


def test_a_parameter_without_gradient_stays():
    still, moved = Parameter(torch.ones(2)), Parameter(torch.ones(2))
    optimiser = AdaBelief([still, moved])
    moved.grad = torch.ones(2)
    optimiser.step()
    assert torch.equal(still, torch.ones(2))
    assert not torch.equal(moved, torch.ones(2))
    optimiser.zero_grad()
    optimiser.step()  # nothing has a gradient


def test_a_steady_gradient_is_believed():
    # Adam takes steps of the rate; where g - m vanishes, AdaBelief's are longer
    value = Parameter(torch.zeros(1))
    optimiser = AdaBelief([value], lr=1e-3)
    for _ in range(100):
        value.grad = torch.ones(1)
        optimiser.step()
    assert float(value.detach()) < -2 * 100 * 1e-3
