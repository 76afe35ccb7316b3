"""Training of the suppressor: `ligeia train denoise CONFIG.toml` (torch)."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from time import monotonic

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ligeia.codec.synthesis.loss import Weights
from ligeia.codec.synthesis.material import telephone_level
from ligeia.enhance.denoising.suppressor.features import HOP, OVERLAP, RATE
from ligeia.enhance.denoising.suppressor.loss import Distance
from ligeia.enhance.denoising.suppressor.material import Sounds, SuppressorTask, read_sounds
from ligeia.enhance.denoising.suppressor.mixing import rms
from ligeia.enhance.denoising.suppressor.network import shapes
from ligeia.enhance.denoising.suppressor.trainable import Suppressor
from ligeia.errors import InputError
from ligeia.progress import OnProgress, of_stage, within
from ligeia.training.config import TrainingConfig, read_settings
from ligeia.training.objective import Objective, Step
from ligeia.training.runs import LearnedNetwork, train

EDGE = OVERLAP * HOP
"""Samples at either end of an example that not all windows cover, and that are not compared."""
READING = 0.05
"""Share of the work, for its progress."""
LEAST_SHARE = 0.2
"""Share of the RMS of an example that is taken for its level of speech where there is little speech in it."""
Batch = tuple[Tensor, Tensor, Tensor]
"""Noisy samples, clean samples, and the factors that bring these to the level of speech."""
Example = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]


class Suppression(Objective):
    """Speech from speech in noise."""

    name = "learning to denoise"
    memory = "batch or crop_seconds"
    judge = "loss"

    def __init__(self, device: torch.device, task: SuppressorTask, sounds: Sounds, start: Path | None = None) -> None:
        self.task, self.device = task, device
        self.recordings = sounds.learned
        self.module: Suppressor = Suppressor(task.width).to(device)
        if start is not None:
            self.module.load_state_dict(started_from(start, task.width))
        weights = Weights(task.disturbance, task.levels, task.magnitude, task.complex)
        self.distance = Distance(weights, task.segmental, task.whole).to(device)
        self.count = round(task.crop_seconds * RATE) // HOP * HOP
        self.mixer = task.mixer(sounds.speech, sounds.noise)
        judged = task.mixer(sounds.judged_speech or sounds.speech, sounds.judged_noise or sounds.noise)
        random = np.random.default_rng(0)
        self._judged = [example_of(*judged.example(random, self.count)) for _ in range(task.judged)]

    def batch(self, step: Step) -> Batch:
        """Mix the examples of a step."""
        random, count = step.random(), max(self.task.batch // step.processes.count, 1)
        return self._stacked([example_of(*self.mixer.example(random, self.count)) for _ in range(count)])

    def loss(self, batch: Batch) -> Tensor:
        """Return the loss of a batch."""
        return self._measured(batch)[0]

    def _measured(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        noisy, clean, factors = batch
        loss, parts = self.distance(clean * factors, self.module(noisy).float() * factors)
        return loss, parts

    @torch.no_grad()
    def evaluate(self) -> Mapping[str, float]:
        """Return the loss and its parts on the mixtures kept for it, always the same."""
        totals: dict[str, float] = {}
        size = self.task.batch
        for first in range(0, len(self._judged), size):
            examples = self._judged[first : first + size]
            loss, parts = self._measured(self._stacked(examples))
            for name, value in {"loss": loss, **parts}.items():
                totals[name] = totals.get(name, 0.0) + float(value) * len(examples) / len(self._judged)
        return {f"judged_{name}" if name != "loss" else name: value for name, value in totals.items()}

    def _stacked(self, examples: list[Example]) -> Batch:
        noisy, clean, factors = (
            torch.from_numpy(np.stack(values)).to(self.device) for values in zip(*examples, strict=True)
        )
        return noisy, clean, factors

    def identity(self) -> str:
        """Return a digest of the recordings, with the settings that are not the loop's."""
        digest = hashlib.sha256(repr(replace(self.task, data=None, start=None)).encode())
        digest.update("\n".join(self.recordings).encode())
        return f"suppressor {digest.hexdigest()}"


def example_of(noisy: NDArray[np.float32], clean: NDArray[np.float32]) -> Example:
    """Return noisy samples, the clean ones that are compared, and the factor `[1]` that brings these to the level of
    speech; where hardly anything is spoken, to that of the noise.
    """
    level = max(telephone_level(clean), LEAST_SHARE * rms(clean))
    if level < 1e-5:
        level = rms(noisy)
    return noisy, clean[EDGE : len(clean) - EDGE], np.array([1 / max(level, 1e-5)], np.float32)


def started_from(path: Path, width: int) -> dict[str, Tensor]:
    """Return the weights of a network that training goes on from.

    Raises:
        InputError: the file cannot be read, or holds another network.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        arrays = load_file(path)
    except (OSError, SafetensorError) as error:
        raise InputError(f"the network to start from cannot be read: {path}: {error}") from error
    if {name: tuple(value.shape) for name, value in arrays.items()} != shapes(width):
        raise InputError(f"{path} is not a valid network of the suppressor with a width of {width}")
    return {name: value.float() for name, value in arrays.items()}


def read_suppressor_config(path: Path) -> tuple[SuppressorTask, TrainingConfig]:
    """Read the tables `[suppressor]` and `[training]` of a configuration.

    Raises:
        InputError: it cannot be read, or a setting is unknown or out of range.
    """
    settings = read_settings(path, suppressor=SuppressorTask, training=TrainingConfig)
    return settings["suppressor"], settings["training"]


def learn_suppressor(
    task: SuppressorTask,
    training: TrainingConfig,
    *,
    folder: Path | None = None,
    resume: bool = False,
    on_progress: OnProgress | None = None,
) -> LearnedNetwork:
    """Train the network of the suppressor.

    With a `folder` state and curve are kept in it; with `resume` the same call after a crash goes on from there.

    Raises:
        InputError: there are no recordings, or the folder holds another run.
        FitError: the training diverged.
    """
    started = monotonic()
    reading = of_stage(within(on_progress, started, 0.0, READING), "reading recordings")
    sounds = read_sounds(task, reading)
    trained = train(
        lambda device: Suppression(device, task, sounds, task.start),
        training,
        folder=folder,
        resume=resume,
        on_progress=within(on_progress, started, READING, 1.0),
    )
    arrays = {name: trained.weights[name].cpu().numpy().astype(np.float16) for name in shapes(task.width)}
    return LearnedNetwork(arrays, trained, len(sounds.learned), sounds.learned, unreadable=sounds.unreadable)
