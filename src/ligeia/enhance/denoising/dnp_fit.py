"""The fit of the deep network prior, and what it accumulates on the way (torch); `dnp` tells what it is for."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import Module

from ligeia.enhance.denoising.dnp_masks import FIRST, HOP, PERCENTILES, SIZE, Reals
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.denoising.wave_unet import WaveUNet
from ligeia.training.config import TrainingConfig
from ligeia.training.loop import Trainer
from ligeia.training.objective import Objective, Step
from ligeia.training.processes import pick_device, thread_count

TRAINING = TrainingConfig(schedule="constant", learning_rates=(1e-3,), evaluations=0)
"""Settings of the loop: those of the program."""


class Accumulation(Objective):
    """The mean squared error of the network's output from `target [n]`, and the changes of its magnitudes.

    The length is a multiple of 64.
    """

    name, memory = "the deep network prior", "the length of the pieces"

    def __init__(self, network: Module, target: Tensor, noise: Tensor) -> None:
        self.module, self.target, self.noise = network, target, noise
        self.window = torch.hann_window(SIZE, device=target.device)
        self.output = torch.zeros_like(target)
        self.before: Reals | None = None
        self.changes: Reals | None = None

    def loss(self, batch: None) -> Tensor:
        """Evaluate the network, and keep what it gives."""
        output: Tensor = self.module(self.noise)[0, 0].float()
        self.output = output.detach()
        return (output - self.target).square().mean()

    def backward(self, step: Step) -> float:
        """Add up the gradients, and account for the change since the step before."""
        loss = super().backward(step)
        self.accumulate(step.number)
        return loss

    def accumulate(self, number: int) -> None:
        """Add the relative changes of this step's magnitudes, and limit the sums to their percentiles."""
        found = self.magnitudes()
        if self.before is None or self.changes is None:
            self.changes = np.zeros_like(found)
        elif number >= FIRST:
            self.changes += np.abs(found - self.before) / (found + np.finfo(np.float64).eps)
            np.maximum(self.changes, np.percentile(self.changes, PERCENTILES[0]), out=self.changes)
            np.minimum(self.changes, np.percentile(self.changes, PERCENTILES[1]), out=self.changes)
        self.before = found

    def magnitudes(self) -> Reals:
        """Magnitudes of the latest output, `[bins, frames]`."""
        spectra = torch.stft(self.output, SIZE, HOP, window=self.window, center=False, return_complex=True)
        return spectra.abs().cpu().double().numpy()


def accumulated(
    target: Reals,
    *,
    steps: int,
    settings: DenoiseSettings,
    network: Module | None = None,
    config: TrainingConfig | None = None,
) -> tuple[Reals, Reals, float]:
    """Fit a network to `target [n]`; return changes `[bins, frames]`, the last output `[n]`, and seconds."""
    device = pick_device(settings.device)
    config = replace(config or TRAINING, steps=steps, seed=settings.seed, device=settings.device)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        module = (WaveUNet() if network is None else network).to(device)
        noise = (torch.rand(1, 1, len(target)) * 2 - 1).to(device)
    objective = Accumulation(module, torch.from_numpy(target).float().to(device), noise)
    trainer = Trainer(objective, config, keep_best=False)
    with thread_count(config.threads):
        trainer.run()
    assert objective.changes is not None
    return objective.changes, objective.output.cpu().double().numpy(), trainer.seconds
