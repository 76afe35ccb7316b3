"""Training of the networks of sizes and signs: `ligeia train contexts` for a profile with dependent quantisation.

Levels are chosen by what they cost, and what they cost is learned from levels. So there are rounds: the first levels
are chosen with a model that knows nothing, those of each other round with what was learned from the one before.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ligeia.codec.transform.context_model import SYMBOLS
from ligeia.codec.transform.dependent.blocks import all_frames
from ligeia.codec.transform.dependent.choosing import Rule, choose_levels
from ligeia.codec.transform.dependent.model import SWITCHING, DependentModel
from ligeia.codec.transform.dependent.signs import sign_contexts
from ligeia.codec.transform.dependent.surroundings import PASSES, Surroundings, size_contexts
from ligeia.codec.transform.dependent.trainable import SIGNS, SIZES, RowNetwork, first_model, network_of
from ligeia.codec.transform.dependent.trellis import BIAS, half_steps
from ligeia.codec.transform.dependent.weighted import WeightedExamples, WeightedPrediction
from ligeia.codec.transform.encoder import TransformEncoder
from ligeia.codec.transform.material import ContextsConfig, sounds_of
from ligeia.codec.transform.prediction import LearnedContexts
from ligeia.codec.transform.presets import LEARNED_FROM
from ligeia.codec.transform.quantiser import in_steps
from ligeia.codec.transform.rate_control import Target
from ligeia.codec.transform.scale_factors import BlockFormat
from ligeia.codec.transform.trainable import Examples, Kind, bits_per_symbol, switching_counts
from ligeia.progress import OnProgress, Progress, within
from ligeia.training.runs import train

Integers = NDArray[np.integer]
Weights = dict[str, Tensor]

ROUNDS = (0.25, 0.75)
"""Parts of the steps that the rounds of training take."""
KINDS = (*SIZES, *SIGNS)
ANALYSING = 0.1
"""Share of the work, for its progress."""
SNR_DB = (12.0, 30.0)
"""Each recording is quantised for an SNR between these."""
LAGRANGIAN = 0.1
"""Squared steps that a bit is worth."""
KEPT = 0.6
"""Part of the coefficients that are learned from: they are many, and alike."""
CERTAIN, STANDS_FOR = 0.97, 8
"""Of those that are 0 with this probability, one in so many is kept, and counts for all."""


@dataclass(frozen=True)
class Sound:
    """What is to be quantised of a recording."""

    layout: BlockFormat
    exact: NDArray[np.float32]
    """Coefficients in steps, `[blocks, frames, frame_size]`."""
    switching: Integers


def sounds_in_steps(config: ContextsConfig) -> Iterator[tuple[float, Sound]]:
    """Yield all recordings in steps for an SNR of their own, each after the share of recordings that lies behind it."""
    preset = LEARNED_FROM[config.task.preset]
    random = np.random.default_rng(config.training.seed)
    for share, audio in sounds_of(config):
        encoder = TransformEncoder(audio, preset, preset.frame_seconds[0])
        step = encoder.rough_step(Target(snr_db=random.uniform(*SNR_DB)))
        analysis = encoder.analyse(step)
        steps, every = np.full(encoder.segments.count, step), slice(None)
        exact = in_steps(analysis.coefficients(every), encoder.layout, steps, analysis.scale_factors.astype(np.int64))
        yield share, Sound(encoder.layout, exact[:, :, 0].astype(np.float32), analysis.switching.astype(np.int64))


def examples_of(
    sounds: list[Sound], model: DependentModel, lagrangian: float, seed: int
) -> dict[str, WeightedExamples]:
    """Return contexts and symbols of the levels that a model makes of sounds, by the names of networks."""
    random, found = np.random.default_rng(seed), {kind.name: list[WeightedExamples]() for kind in KINDS}
    for sound in sounds:
        rule = Rule(lagrangian, BIAS)
        levels = np.moveaxis(choose_levels(sound.exact, sound.switching, sound.layout, model, rule), 1, 0)
        around, values = all_frames(sound.layout, sound.switching, levels)
        by_unit = np.moveaxis(levels, -1, 0).reshape(around.quantisers.shape)
        for number, chosen in enumerate(PASSES):
            sizes = np.abs(by_unit[chosen])
            weights = _weights(model, around, number)
            kept = random.random(sizes.shape) * weights < KEPT
            contexts = size_contexts(around, number)[:, kept].T.astype(np.int8)
            symbols = np.minimum(sizes[kept], SYMBOLS - 1).astype(np.uint8)
            found[SIZES[number].name].append(WeightedExamples(contexts, symbols, weights[kept]))
            known = sign_contexts(values, number, half_steps(sizes, around.quantisers[chosen]))
            negative = (by_unit[chosen][known.places] * known.turned < 0).astype(np.uint8)
            alike = np.ones(len(negative), np.float32)
            found[SIGNS[number].name].append(WeightedExamples(known.contexts.T.astype(np.int8), negative, alike))
    return {name: WeightedExamples.joined(parts) for name, parts in found.items()}


def _weights(model: DependentModel, around: Surroundings, number: int) -> NDArray[np.float32]:
    """Return how many coefficients each one of a pass that is learned from stands for, `[coefficients, n]`."""
    surely_0 = model.size_tables[number].bits[:, 0] < -np.log2(CERTAIN)
    weights = np.where(surely_0, STANDS_FOR, 1).astype(np.float32)
    return np.asarray(weights[model.size_rows(around, number)])


def learn_dependent(
    config: ContextsConfig, *, folder: Path | None = None, resume: bool = False, on_progress: OnProgress | None = None
) -> LearnedContexts:
    """Train the networks of a preset; see `learning.learn_contexts`."""
    started, sounds = monotonic(), list[Sound]()
    for share, sound in sounds_in_steps(config):
        sounds.append(sound)
        if on_progress is not None:
            on_progress(Progress(done=share * ANALYSING, elapsed=monotonic() - started, stage="analysing recordings"))
    arrays, weights = first_model(config.task.hidden), dict[str, Weights]()
    arrays[SWITCHING] = switching_counts(switching_examples(sounds))
    bits, symbols, begin = dict[str, float](), dict[str, int](), ANALYSING
    for number, part in enumerate(ROUNDS):
        examples = examples_of(sounds, DependentModel.from_arrays(arrays), LAGRANGIAN, config.training.seed + number)
        for kind in KINDS:
            each = (1 - ANALYSING) * part * kind.share / sum(kind.share for kind in KINDS)
            place = None if folder is None else folder / f"round_{number + 1}" / kind.name
            report = within(on_progress, started, begin, begin + each)
            run = Run(config, part, place, resume)
            network = _learned(kind, examples[kind.name], weights.get(kind.name), run, report)
            weights[kind.name] = network.state_dict()
            arrays |= network.arrays()
            bits[kind.name] = bits_per_symbol(arrays, kind.name, *examples[kind.name])
            symbols[kind.name] = examples[kind.name].stands_for
            begin += each
    if on_progress is not None:
        on_progress(Progress(done=1.0, elapsed=monotonic() - started))
    return LearnedContexts(arrays, bits, symbols, {kind.name: kind.title for kind in KINDS})


def switching_examples(sounds: list[Sound]) -> Examples:
    """Return window switching by the one before."""
    before = [np.pad(sound.switching[:, :-1], ((0, 0), (1, 0))).ravel() for sound in sounds]
    return np.concatenate(before)[:, None], np.concatenate([sound.switching.ravel() for sound in sounds])


@dataclass(frozen=True)
class Run:
    """How a network is trained in a round."""

    config: ContextsConfig
    part: float
    """Of the steps."""
    folder: Path | None
    resume: bool


def _learned(
    kind: Kind, examples: WeightedExamples, before: Weights | None, run: Run, on_progress: OnProgress | None
) -> RowNetwork:
    """Train one network, from what the round before has learned."""
    task, training = run.config.task, run.config.training

    def network() -> RowNetwork:
        made = network_of(kind, task.hidden)
        if before is not None:
            made.load_state_dict(before)
        return made

    trained = train(
        lambda device: WeightedPrediction(device, network(), task, examples),
        replace(training, steps=max(round(kind.share * run.part * training.steps), 1)),
        folder=run.folder,
        resume=run.resume,
        on_progress=on_progress,
    )
    learned = network()
    learned.load_state_dict(trained.weights)
    return learned
