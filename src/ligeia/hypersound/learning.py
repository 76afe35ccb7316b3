"""Training of HyperSound: `ligeia train hypersound CONFIG.toml` (torch).

The objective of `ligeia.training`: a batch of crops, the loss of their reconstructions, and an evaluation on clips of
speakers that are not learned from, by the metrics of `ligeia.metrics`.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ligeia.audio.signal import Audio
from ligeia.hypersound.configuration import Configuration
from ligeia.hypersound.hypernetwork import HyperSound
from ligeia.hypersound.losses import ReconstructionLoss, sum_of
from ligeia.hypersound.material import Material, Waveforms, read_material
from ligeia.hypersound.weights import load_weights
from ligeia.metrics.score import score
from ligeia.progress import OnProgress
from ligeia.records.journal import Row
from ligeia.training.objective import Objective, Step
from ligeia.training.processes import Processes, pick_device, thread_count
from ligeia.training.runs import train

JUDGE = "validation_loss"
"""The scalar by which the best weights are chosen, with the frequency weighting at its full strength."""


@dataclass(frozen=True)
class Batch:
    """The crops of a step."""

    inputs: Tensor
    """Inputs of the model, `[clips, n]`."""
    targets: Tensor
    """Targets of its functions, `[clips, n]`: the same, or without the noise."""
    blend: float
    """Share of the frequency weighting."""
    processes: Processes


class Reconstruction(Objective):
    """The loss of the reconstructions that a model's functions give of crops of recordings."""

    name, memory, judge = "training HyperSound", "batch in [data], or samples in [model]", JUDGE

    def __init__(self, config: Configuration, material: Material, device: torch.device) -> None:
        self.config, self.material, self.device = config, material, device
        self.module: HyperSound = HyperSound(config.model, seed=config.training.seed).to(device)
        self.reconstruction_loss = ReconstructionLoss(config.loss, config.model.rate, config.model.samples, device)
        seen = material.validation if material.noisy_validation is None else material.noisy_validation
        self.validation = torch.from_numpy(material.validation).to(device)
        self.validation_inputs = torch.from_numpy(seen).to(device)

    def batch(self, step: Step) -> Batch:
        """Cut and augment the crops of a step."""
        pairs = self.material.pairs(step.number, step.seed, step.processes)
        epoch = step.number * self.config.data.batch // self.config.data.samples_per_epoch
        inputs, targets = (torch.from_numpy(waveforms).to(self.device) for waveforms in pairs)
        return Batch(inputs, targets, self.config.loss.blend(epoch), step.processes)

    def backward(self, step: Step) -> float:
        """Add up the gradients of a step; what is written, and the loss, are of single precision in any case."""
        batch, module = self.batch(step), self.module
        with step.autocast():
            code = module.code(batch.inputs)
        written = module.parameters_of(code.float())
        with step.autocast():
            estimate = module.evaluate(written, module.coordinates(device=self.device))
        loss = self.reconstruction_loss(estimate.float(), batch.targets, blend=batch.blend, processes=batch.processes)
        step.backward(loss)
        return float(loss.detach())

    def evaluate(self) -> Mapping[str, float]:
        """Return the validation loss, its terms, and the metrics of every evaluation."""
        return self.measured(self.config.evaluation.metrics)

    def identity(self) -> str:
        """Return a digest of settings and material."""
        config = self.config
        tables = (config.model, config.loss, config.augmentation, config.noise, config.evaluation)
        settings = repr((*tables, config.data.identity()))
        return hashlib.sha256(f"{settings} {self.material.identity()}".encode()).hexdigest()

    @torch.no_grad()
    def measured(self, metrics: Sequence[str]) -> dict[str, float]:
        """Return the validation loss and its terms, and the mean of metrics over the clips that validate."""
        estimates, losses = [], []
        batches = torch.split(self.validation, self.config.data.batch)
        for seen, clips in zip(torch.split(self.validation_inputs, self.config.data.batch), batches, strict=True):
            estimate = self.module(seen).float()
            terms = self.reconstruction_loss.terms(estimate, clips)
            losses.append({"loss": float(sum_of(terms)), **{name: float(value) for name, value in terms.items()}})
            estimates.append(estimate.cpu())
        sizes = [len(clips) for clips in batches]
        means = {
            f"validation_{name}": float(np.average([row[name] for row in losses], weights=sizes)) for name in losses[0]
        }
        found = torch.cat(estimates).numpy()
        return means | mean_metrics(metrics, self.material.validation, found, self.config.model.rate)


def mean_metrics(names: Sequence[str], references: Waveforms, estimates: Waveforms, rate: int) -> dict[str, float]:
    """Return the mean of each metric over clips `[clips, n]` at `rate` Hz.

    Clips of which a metric is undefined or infinite (silence) do not count; a metric that has no value at all, for
    instance because its package is not installed, is left out.

    Raises:
        InputError: there is no such metric.
    """
    values: dict[str, list[float]] = {name: [] for name in names}
    for reference, estimate in zip(references, estimates, strict=True) if names else ():
        pair = Audio(reference[None], rate), Audio(estimate[None], rate)
        scores = score(reference=pair[0], estimate=pair[1], metrics=names, align=False)
        for name in names:
            if isfinite(scores[name]):
                values[name].append(scores[name])
    return {name: float(np.mean(defined)) for name, defined in values.items() if defined}


# --- a whole training ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class LearnedModel:
    """A finished training."""

    model: HyperSound
    """The model with the best weights."""
    scores: dict[str, float]
    """Results on the clips that validate: loss, terms, metrics of the evaluations and of the end."""
    curve: list[Row]
    """Rows of the curve (`training.runs.Trained`)."""
    material: Material
    steps: int
    seconds: float
    """Time of all steps, evaluations included."""

    def facts(self) -> dict[str, object]:
        """Return what there is to report."""
        best = min((row for row in self.curve if JUDGE in row), key=lambda row: row[JUDGE], default={})
        facts = {"steps": self.steps, "seconds": self.seconds, "best_step": best.get("step"), "scores": self.scores}
        return {**facts, **self.material.facts()}

    def lines(self) -> list[tuple[str, str]]:
        """Return the same for people: name and value."""
        material = self.material
        lines = [(name.replace("_", " "), f"{value:.4g}") for name, value in self.scores.items()]
        lines.append(("learned from", f"{len(material.crops):,} segments, {len(material.validation):,} validate"))
        if material.unreadable:
            lines.append(("unreadable", f"{len(material.unreadable)} recordings: {_few(material.unreadable)}"))
        if material.too_short:
            lines.append(("too short", f"{len(material.too_short)} recordings: {_few(material.too_short)}"))
        return lines + [("note", note) for note in material.notes()]


def _few(paths: Collection[Path], most: int = 5) -> str:
    names = [path.name for path in list(paths)[:most]]
    return ", ".join(names) + (", …" if len(paths) > most else "")


def learn(
    config: Configuration, *, folder: Path | None = None, resume: bool = False, on_progress: OnProgress | None = None
) -> LearnedModel:
    """Train a model.

    With a `folder` its states and curve are kept there; with `resume` the same call after a crash goes on from there,
    to the same bytes. Under `torchrun` all processes train together. The callback may raise `Cancelled` to stop.

    Raises:
        InputError: there are no recordings, or the folder holds another run.
        FitError: the training diverged, or memory was short.
    """
    material = read_material(
        config.data,
        config.augmentation,
        rate=config.model.rate,
        samples=config.model.samples,
        seed=config.training.seed,
        noise=config.noise,
        on_progress=on_progress,
    )
    trained = train(
        lambda device: Reconstruction(config, material, device),
        config.training,
        folder=folder,
        resume=resume,
        on_progress=on_progress,
    )
    finished = Reconstruction(config, material, pick_device(config.training.device))
    model = finished.module.eval()
    load_weights(model, {name: trained.weights[name] for name in model.state_dict()}, "the best state")
    with thread_count(config.training.threads):
        scores = finished.measured((*config.evaluation.metrics, *config.evaluation.final_metrics))
    return LearnedModel(model.cpu(), scores, trained.curve, material, trained.steps, trained.seconds)
