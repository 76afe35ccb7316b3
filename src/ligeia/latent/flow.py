"""A flow over codes: a small RealNVP (Dinh et al. 2017) that turns normal numbers into codes, learned in seconds.

It sees codes on their principal axes, each of variance 1, as many as there are clear ones; what is left of a code is
small, and stays Gaussian.
"""

from collections.abc import Callable
from math import sqrt

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import Linear, Module, ModuleList, Sequential, SiLU

from ligeia.errors import InputError

Reals = NDArray[np.float64]

MOST_AXES = 32
EXPLAINED = 0.98
"""Part of the variance that the axes hold."""
COUPLINGS, WIDTH, STEPS, BATCH = 6, 64, 400, 128
JITTER = 0.1
"""Standard deviation of noise on what it learns from, in which the axes have 1: few items are not learned by heart."""
LARGEST_SCALE = 1.0
"""Limit of the logarithm of a coupling's scale."""
FEWEST = 4


def flow_draws(codes: Reals, deviations: Reals, normal: Callable[[int], Reals], seed: int) -> Reals:
    """Return codes drawn from a flow that has learned `codes [items, numbers]`.

    `normal(n)` gives n normal numbers for each draw, `[draws, n]`; `deviations [any, numbers]` stand for what the flow
    does not see.

    Raises:
        InputError: there are too few codes.
    """
    if len(codes) < FEWEST:
        raise InputError(f"a flow needs {FEWEST} codes to learn from, got {len(codes)}; the Gaussian needs fewer")
    centre = codes.mean(axis=0)
    left, sizes, axes = np.linalg.svd(codes - centre, full_matrices=False)
    power = np.cumsum(sizes**2) / max(float(np.sum(sizes**2)), 1e-300)
    kept = min(int(np.searchsorted(power, EXPLAINED)) + 1, MOST_AXES, len(codes) - 1)
    kept = max(kept, min(2, len(sizes)))
    white = left[:, :kept] * sqrt(len(codes))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed % 2**63)
        module = learned_flow(torch.from_numpy(white).float())
    with torch.no_grad():
        drawn = module(torch.from_numpy(normal(kept)).float()).double().numpy()
    rest = deviations - (deviations @ axes[:kept].T) @ axes[:kept]
    small = normal(len(rest)) @ rest / sqrt(len(rest))
    result: Reals = centre + (drawn * (sizes[:kept] / sqrt(len(codes)))) @ axes[:kept] + small
    return result


def learned_flow(samples: Tensor) -> "Couplings":
    """Return a flow that has learned `samples [n, axes]` by maximum likelihood: normal numbers to samples."""
    module = Couplings(samples.shape[1])
    optimiser = torch.optim.Adam(module.parameters(), lr=2e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    for _ in range(STEPS):
        chosen = samples[torch.randint(len(samples), (min(BATCH, 4 * len(samples)),))]
        loss = -module.log_likelihood(chosen + JITTER * torch.randn_like(chosen)).mean()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimiser.step()
        schedule.step()
    return module


class Couplings(Module):
    """Affine couplings of alternating halves: y_b = x_b exp(s(x_a)) + t(x_a), y_a = x_a; the first one does nothing."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.nets = ModuleList(_net(size) for _ in range(COUPLINGS))
        self.masks = [((torch.arange(size) + k) % 2).float() for k in range(COUPLINGS)]

    def parts(self, k: int, held: Tensor) -> tuple[Tensor, Tensor]:
        """Logarithm of the scale, and shift, of one coupling; 0 where `held` is."""
        scale, shift = self.nets[k](held).chunk(2, dim=1)
        free = 1 - self.masks[k]
        return LARGEST_SCALE * torch.tanh(scale) * free, shift * free

    def forward(self, samples: Tensor) -> Tensor:
        """Samples of normal numbers, both `[n, axes]`."""
        for k, mask in enumerate(self.masks):
            scale, shift = self.parts(k, samples * mask)
            samples = samples * scale.exp() + shift
        return samples

    def inverse(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        """Normal numbers of samples, and the logarithm of the determinant, `[n]`."""
        volume = samples.new_zeros(len(samples))
        for k in reversed(range(COUPLINGS)):
            scale, shift = self.parts(k, samples * self.masks[k])
            samples = (samples - shift) * (-scale).exp()
            volume = volume - scale.sum(dim=1)
        return samples, volume

    def log_likelihood(self, samples: Tensor) -> Tensor:
        """The logarithm of the density at samples, `[n]`, up to a constant."""
        normal, volume = self.inverse(samples)
        likelihood: Tensor = volume - 0.5 * normal.square().sum(dim=1)
        return likelihood


def _net(size: int) -> Module:
    net = Sequential(Linear(size, WIDTH), SiLU(), Linear(WIDTH, WIDTH), SiLU(), Linear(WIDTH, 2 * size))
    torch.nn.init.zeros_(net[-1].weight)  # type: ignore[arg-type]
    torch.nn.init.zeros_(net[-1].bias)  # type: ignore[arg-type]
    return net
