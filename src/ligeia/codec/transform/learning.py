"""Training of the context networks: `ligeia train contexts CONFIG.toml` (torch).

Recordings are quantised as the encoder quantises them, and every symbol that it codes is kept with its
contexts. The networks learn to predict these symbols with weights and activations that are rounded as those of
`context_model` are, so that nothing is lost when they become integers.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Audio
from ligeia.codec.phased.changes import TABLE as PHASES
from ligeia.codec.phased.changes import code_slopes
from ligeia.codec.phased.phases import bent, fitted_slopes
from ligeia.codec.transform.context_model import Contexts, CountTable, Model
from ligeia.codec.transform.dependent.learning import learn_dependent
from ligeia.codec.transform.encoder import TransformEncoder
from ligeia.codec.transform.entropy import symbols_of
from ligeia.codec.transform.material import ContextsConfig, sounds_of
from ligeia.codec.transform.prediction import LearnedContexts, Prediction
from ligeia.codec.transform.presets import LEARNED_FROM, SIREN, TransformPreset, step_at
from ligeia.codec.transform.quantiser import Spectra
from ligeia.codec.transform.scale_factors import UNIT_SCALE_FACTOR, BlockFormat
from ligeia.codec.transform.syntax import code_spectra
from ligeia.codec.transform.trainable import (
    KINDS,
    SWITCHING,
    Arrays,
    Examples,
    Integers,
    Kind,
    RoundedNetwork,
    bits_per_symbol,
    phase_counts,
    switching_counts,
    uniform_model,
    uniform_network,
)
from ligeia.progress import OnProgress, Progress, within
from ligeia.training.runs import train

Quantised = tuple[BlockFormat, Integers, Spectra, Integers | None]
"""Format of the blocks, exponents of their steps, their spectra in steps, and of the siren the slopes of phases."""

QUANTISING, LEARNING = 0.2, (0.5, 0.15, 0.15)
"""Shares of the work, for its progress."""


def quantise(audio: Audio, preset: TransformPreset, frame_seconds: float, quality: float) -> Quantised:
    """Quantise a sound as the encoder does, but without rate-distortion optimisation: bits cost nothing yet."""
    plain = replace(preset, rounding=replace(preset.rounding, lagrangian=0.0))
    encoder, step = TransformEncoder(audio, plain, frame_seconds), step_at(plain, quality)
    slopes = None
    if preset is SIREN:
        slopes = fitted_slopes(audio, encoder.spec, 2.0 ** (step / 16 - UNIT_SCALE_FACTOR))
        encoder = TransformEncoder(bent(audio, encoder.spec, slopes), plain, frame_seconds)
    coded = encoder.quantised(encoder.analyse(step), np.full(encoder.segments.count, step))
    return encoder.layout, coded.steps, coded.spectra, slopes


def quantised_sounds(config: ContextsConfig) -> Iterator[tuple[float, Quantised]]:
    """Yield all sounds as the codec quantises them, each after the share of recordings that lies behind it.

    Each has one of the preset's durations of frames, mostly the first, and a quality of its own.
    """
    preset = LEARNED_FROM[config.task.preset]
    random = np.random.default_rng(config.training.seed)
    for share, audio in sounds_of(config):
        seconds = preset.frame_seconds[min(random.geometric(0.5) - 1, len(preset.frame_seconds) - 1)]
        yield share, quantise(audio, preset, seconds, random.uniform(*config.task.qualities))


class Recorder:
    """A coder for `code_spectra` that records symbols and their contexts, for each table of a model."""

    def __init__(self, model: Model) -> None:
        names = (KINDS[0].name, KINDS[1].name, KINDS[2].name, SWITCHING, PHASES)
        self.phases = CountTable(phase_counts(None))
        tables: tuple[CountTable, ...] = (model.coefficients, *model.scale_factors, model.switching, self.phases)
        self._names = {id(table): name for name, table in zip(names, tables, strict=True)}
        self._runs: dict[str, list[Examples]] = {name: [] for name in names}

    def code(self, symbols: Integers | None, model: CountTable, contexts: Contexts) -> Integers:
        """Keep symbols."""
        assert symbols is not None
        flat = contexts.reshape(len(contexts), -1).T.astype(np.uint8)
        self._runs[self._names[id(model)]].append((flat, symbols.T.reshape(-1).astype(np.uint8)))
        return symbols

    def code_coefficients(self, coefficients: NDArray[Any] | None, model: CountTable, contexts: Contexts) -> Integers:
        """Keep the symbols of coefficients."""
        assert coefficients is not None
        self.code(symbols_of(coefficients), model, contexts)
        return coefficients

    def examples(self, name: str) -> Examples | None:
        """Return contexts uint8 `[n, inputs]` and symbols uint8 `[n]` of a table; None where there were none."""
        if not self._runs[name]:
            return None
        contexts, symbols = zip(*self._runs.pop(name), strict=True)
        return np.concatenate(contexts), np.concatenate(symbols)


def recorded_examples(config: ContextsConfig, on_progress: OnProgress | None) -> Recorder:
    """Quantise all recordings and record their symbols."""
    model = Model.from_arrays(uniform_model(config.task.hidden))
    recorder = Recorder(model)
    for share, (layout, steps, spectra, slopes) in quantised_sounds(config):
        if on_progress is not None:
            on_progress(Progress(done=share, elapsed=0.0, stage="quantising recordings"))
        code_spectra(recorder, layout, steps, model, spectra)
        if slopes is not None:
            code_slopes(recorder, recorder.phases, slopes.shape, slopes.astype(np.int64))
    return recorder


# --- learning ---------------------------------------------------------------------------------------


def learn_contexts(
    config: ContextsConfig, *, folder: Path | None = None, resume: bool = False, on_progress: OnProgress | None = None
) -> LearnedContexts:
    """Train the networks of a preset, one after the other.

    With a `folder` the state and the curve of each network are kept in it; with `resume` the same call after a crash
    goes on from there, to the same bytes. The callback may raise `Cancelled` to stop.

    Raises:
        InputError: there are no recordings, one cannot be read, or the folder holds another run.
        FitError: the training diverged.
    """
    if LEARNED_FROM[config.task.preset].profile.dependent:
        return learn_dependent(config, folder=folder, resume=resume, on_progress=on_progress)
    started = monotonic()
    recorder = recorded_examples(config, within(on_progress, started, 0.0, QUANTISING))
    arrays: Arrays = {SWITCHING: switching_counts(recorder.examples(SWITCHING))}
    changes = recorder.examples(PHASES)
    if changes is not None:
        arrays[PHASES] = phase_counts(changes)
    bits, symbols, begin = {}, {}, QUANTISING
    for kind, share in zip(KINDS, LEARNING, strict=True):
        examples = recorder.examples(kind.name)
        if examples is None:
            arrays |= uniform_network(kind, config.task.hidden)
            continue
        place = None if folder is None else folder / kind.name
        report = within(on_progress, started, begin, begin + share)
        network = _learned(kind, config, examples, place, resume=resume, on_progress=report)
        arrays |= network.arrays()
        bits[kind.name] = bits_per_symbol(arrays, kind.name, *examples)
        symbols[kind.name] = len(examples[1])
        begin += share
    if on_progress is not None:
        on_progress(Progress(done=1.0, elapsed=monotonic() - started))
    return LearnedContexts(arrays, bits, symbols, {kind.name: kind.title for kind in KINDS})


def _learned(
    kind: Kind,
    config: ContextsConfig,
    examples: Examples,
    folder: Path | None,
    *,
    resume: bool,
    on_progress: OnProgress | None,
) -> RoundedNetwork:
    """Train one network."""
    training = replace(config.training, steps=max(round(kind.share * config.training.steps), 1))
    trained = train(
        lambda device: Prediction(device, RoundedNetwork(kind, config.task.hidden), config.task, examples),
        training,
        folder=folder,
        resume=resume,
        on_progress=on_progress,
    )
    network = RoundedNetwork(kind, config.task.hidden)
    network.load_state_dict(trained.weights)
    return network
