"""Training of the synthesis: `ligeia train synthesis CONFIG.toml` (torch)."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ligeia.codec.synthesis.features import HOP, RATE, SIZE, facts_at, silent_facts
from ligeia.codec.synthesis.loss import Difference, Weights
from ligeia.codec.synthesis.material import PCM, Pair, Pairs, SynthesisTask, read_pairs
from ligeia.codec.synthesis.network import BANDS, REACH, shapes
from ligeia.codec.synthesis.trainable import Synthesis
from ligeia.progress import OnProgress, of_stage, within
from ligeia.training.config import TrainingConfig, read_settings
from ligeia.training.objective import Objective, Step
from ligeia.training.runs import LearnedNetwork, train

BEFORE, AFTER = REACH + 3, REACH + 2
"""Hops before and after a stretch that its new samples depend on."""
QUANTISING = 0.1
"""Share of the work, for its progress."""
LEAST_LEVEL = 1e-4
"""RMS below which a recording is not brought to the level of speech."""
Batch = tuple[Tensor, Tensor, Tensor, Tensor]
"""Decoded samples, facts, clean samples, and the factors that bring these to the level of speech."""


class Restoration(Objective):
    """Clean speech from what the codec leaves of it."""

    name = "learning the synthesis"
    memory = "batch or crop_seconds"
    judge = "loss"

    def __init__(self, device: torch.device, task: SynthesisTask, pairs: Pairs) -> None:
        self.task, self.pairs, self.device = task, pairs, device
        self.module: Synthesis = Synthesis(task.width).to(device)
        weights = Weights(task.disturbance, task.levels, task.magnitude, task.complex)
        self.difference = Difference(RATE, weights).to(device)
        self.hops = round(task.crop_seconds * RATE) // HOP
        seconds = np.array([len(pair.clean) for pair in pairs.learned], np.float64)
        self._chances = seconds / seconds.sum()
        if pairs.judged:
            self._judged = [self._middle(pair) for pair in pairs.judged]

    def batch(self, step: Step) -> Batch:
        """Draw stretches of the recordings, each as probable as its duration."""
        random, count = step.random(), max(self.task.batch // step.processes.count, 1)
        examples = []
        for number in random.choice(len(self._chances), count, p=self._chances):
            pair = self.pairs.learned[number]
            last = max(len(pair.clean) // HOP - self.hops, 0)
            examples.append(stretch(pair, int(random.integers(0, last + 1)), self.hops))
        return self._stacked(examples)

    def loss(self, batch: Batch) -> Tensor:
        """Return the loss of a batch."""
        return self._measured(batch)[0]

    def _measured(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        decoded, facts, clean, factors = batch
        written = self.module(decoded, facts).float()
        loss, parts = self.difference(clean * factors, written * factors)
        return loss, parts

    @torch.no_grad()
    def evaluate(self) -> Mapping[str, float]:
        """Return the loss and its parts on the middles of the recordings kept for it; on ones learned from if none."""
        judged = getattr(self, "_judged", None) or [self._middle(pair) for pair in self.pairs.learned[:32]]
        totals: dict[str, float] = {}
        size = self.task.batch
        for first in range(0, len(judged), size):
            examples = judged[first : first + size]
            loss, parts = self._measured(self._stacked(examples))
            for name, value in {"loss": loss, **parts}.items():
                totals[name] = totals.get(name, 0.0) + float(value) * len(examples) / len(judged)
        return {f"judged_{name}" if name != "loss" else name: value for name, value in totals.items()}

    def _middle(self, pair: Pair) -> tuple[NDArray[np.float32], ...]:
        return stretch(pair, max((len(pair.clean) // HOP - self.hops) // 2, 0), self.hops)

    def _stacked(self, examples: list[tuple[NDArray[np.float32], ...]]) -> Batch:
        decoded, facts, clean, factors = (
            torch.from_numpy(np.stack(values)).to(self.device) for values in zip(*examples, strict=True)
        )
        return decoded, facts, clean, factors

    def identity(self) -> str:
        """Return a digest of the material, with the settings that are not the loop's."""
        digest = hashlib.sha256(repr(replace(self.task, data=None)).encode())
        for pair in [*self.pairs.learned, *self.pairs.judged]:
            digest.update(pair.decoded.data)
        return f"synthesis {digest.hexdigest()}"


def stretch(pair: Pair, first: int, hops: int) -> tuple[NDArray[np.float32], ...]:
    """Return a stretch of `hops` from the hop `first` on: decoded samples and facts with all that it depends on, clean
    samples, and the factor `[1]` that brings these to the level of speech.
    """
    decoded = cut(pair.decoded, (first - BEFORE) * HOP, (first + hops + AFTER) * HOP) / np.float32(PCM)
    clean = cut(pair.clean, first * HOP, (first + hops) * HOP) / np.float32(PCM)
    facts = facts_around(pair.facts, range(first - BEFORE, first + hops + AFTER - SIZE // HOP + 1))
    return decoded, facts, clean, np.array([1 / max(pair.level, LEAST_LEVEL)], np.float32)


def cut(samples: NDArray[Any], start: int, stop: int) -> NDArray[np.float32]:
    """Return samples from `start` to `stop`, with zeros before the first and after the last."""
    inside = np.asarray(samples[max(start, 0) : max(stop, 0)], np.float32)
    before = min(max(-start, 0), stop - start)
    return np.pad(inside, (before, stop - start - before - len(inside)))


def facts_around(facts: NDArray[np.float16], frames: range) -> NDArray[np.float32]:
    """Return the facts of short-time spectra, silent outside the sound, `[len(frames), FACTS, BANDS]`."""
    low, high = frames.start // 2 - 1, frames.stop // 2 + 2
    around = np.repeat(silent_facts(BANDS)[None], high - low, axis=0)
    inside = range(max(low, 0), min(high, len(facts)))
    if inside:
        around[inside.start - low : inside.stop - low] = facts[inside.start : inside.stop]
    return np.asarray(facts_at(around, low, frames), np.float32)


def read_synthesis_config(path: Path) -> tuple[SynthesisTask, TrainingConfig]:
    """Read the tables `[synthesis]` and `[training]` of a configuration.

    Raises:
        InputError: it cannot be read, or a setting is unknown or out of range.
    """
    settings = read_settings(path, synthesis=SynthesisTask, training=TrainingConfig)
    return settings["synthesis"], settings["training"]


def learn_synthesis(
    task: SynthesisTask,
    training: TrainingConfig,
    *,
    folder: Path | None = None,
    resume: bool = False,
    on_progress: OnProgress | None = None,
) -> LearnedNetwork:
    """Train the network of the synthesis.

    With a `folder` state and curve are kept in it; with `resume` the same call after a crash goes on from there.

    Raises:
        InputError: there are no recordings, one cannot be read, or the folder holds another run.
        FitError: the training diverged.
    """
    started = monotonic()
    quantising = of_stage(within(on_progress, started, 0.0, QUANTISING), "quantising recordings")
    pairs = read_pairs(task, training.seed, quantising)
    trained = train(
        lambda device: Restoration(device, task, pairs),
        training,
        folder=folder,
        resume=resume,
        on_progress=within(on_progress, started, QUANTISING, 1.0),
    )
    arrays = {name: trained.weights[name].cpu().numpy().astype(np.float16) for name in shapes(task.width)}
    return LearnedNetwork(arrays, trained, len(pairs.learned), unreadable=pairs.unreadable)
