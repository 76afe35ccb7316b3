"""The order of the symbols of a block, and the contexts of each: one routine for both directions (FORMAT.md §8.1).

A `SymbolCoder` is asked for symbols one run after the other. The encoder's is given them and writes them down; the
decoder's reads them. Contexts are made of the symbols that come out, so that both sides cannot drift apart. Blocks
stand side by side, and every step is done for all of them at once.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform.context_model import (
    ABSENT,
    BAND_FACTS,
    BEFORE,
    EARLIER,
    MEAN,
    MIDDLE,
    OTHER,
    PAD,
    PASSES,
    SELF,
    SOURCES,
    Contexts,
    CountTable,
    Model,
    Neighbourhood,
    coefficient_contexts,
    magnitudes,
    moving_average,
    scale_factor_contexts,
)  # fmt: skip
from ligeia.codec.transform.quantiser import Spectra
from ligeia.codec.transform.scale_factors import SCALE_FACTORS, BlockFormat, Integers, log2_16, step_exponents

START_SCALE_FACTOR = 16
"""Scale factors before the first frame of a block are taken to be this."""


class SymbolCoder(Protocol):
    """Encodes or decodes the symbols of all blocks."""

    def code(self, given: Integers | None, model: CountTable, contexts: Contexts) -> Integers:
        """Code symbols `[blocks, n]` by what `model` says of `contexts [inputs, n, blocks]`, and return them.

        An encoder is `given` them.
        """
        ...

    def code_coefficients(self, given: NDArray[Any] | None, model: CountTable, contexts: Contexts) -> Integers:
        """Code coefficients `[blocks, n]` in steps: symbols, and what these leave open; return them as integers.

        An encoder is `given` them, as real numbers where it is to round them.
        """
        ...


def code_spectra(
    coder: SymbolCoder,
    layout: BlockFormat,
    steps: Integers,
    model: Model,
    given: Spectra | None,
    on_share: Callable[[float], None] | None = None,
) -> Spectra:
    """Code everything in the blocks whose steps have the exponents `steps [blocks]`; an encoder is `given` it.

    `on_share` is called with the share of the work that is done.
    """
    spectra = Spectra.zeros(layout, len(steps))
    _code_switching(coder, spectra, model, given)
    if layout.profile.has_scale_factors:
        _code_scale_factors(coder, spectra, model, given)
    frames = _FrameContexts(layout, steps, spectra)
    for frame in range(layout.frames):
        for channel in range(layout.channels):
            chosen = None if given is None else given.coefficients[:, frame, channel]
            around = frames.neighbourhood(frame, channel)
            spectra.coefficients[:, frame, channel] = _code_frame(coder, around, model, chosen)
        if on_share is not None:
            on_share((frame + 1) / layout.frames)
    return spectra


def _code_switching(coder: SymbolCoder, spectra: Spectra, model: Model, given: Spectra | None) -> None:
    before: Integers = np.zeros(len(spectra.switching), np.int64)
    for frame in range(spectra.switching.shape[1]):
        chosen = None if given is None else given.switching[:, frame : frame + 1]
        contexts = before[None, None].astype(np.float32)
        spectra.switching[:, frame] = before = coder.code(chosen, model.switching, contexts)[:, 0]


def _code_scale_factors(coder: SymbolCoder, spectra: Spectra, model: Model, given: Spectra | None) -> None:
    """Code the scale factors of all frames: in each those of the even bands first."""
    blocks, frames, channels, bands = spectra.scale_factors.shape
    start = np.full((bands, blocks), START_SCALE_FACTOR)
    past = [(start, start)] * channels
    for frame in range(frames):
        for channel in range(channels):
            current = np.zeros_like(start)
            for odd in range(min(2, bands)):
                contexts, predicted = scale_factor_contexts(current, *past[channel], bool(odd))
                predicted = np.minimum(np.maximum(predicted, 0), SCALE_FACTORS - 1).T
                offset = SCALE_FACTORS // 2 - predicted
                chosen = None if given is None else given.scale_factors[:, frame, channel, odd::2] + offset
                symbols = None if chosen is None else chosen % SCALE_FACTORS
                coded = coder.code(symbols, model.scale_factors[odd], contexts)
                current[odd::2] = ((coded - offset) % SCALE_FACTORS).T
            spectra.scale_factors[:, frame, channel] = current.T
            past[channel] = (current, past[channel][0])


class _FrameContexts:
    """What is known of the frames of blocks while their coefficients are coded, one frame after the other."""

    def __init__(self, layout: BlockFormat, steps: Integers, spectra: Spectra) -> None:
        self._layout, self._spectra = layout, spectra
        exponents = step_exponents(layout, steps, spectra.scale_factors)
        facts = _band_facts(layout, exponents, spectra.scale_factors)
        self._band_facts = np.ascontiguousarray(np.moveaxis(facts, 1, -1))
        # [frames, channels, bands, blocks]
        self._exponents = np.ascontiguousarray(np.moveaxis(exponents, 0, -1)).astype(np.int16)
        self._pitches = pitches(layout.frame_size, layout.rate)
        shape = (SOURCES, layout.frame_size + 2 * PAD, len(steps))
        self._magnitudes = [np.full(shape, ABSENT, np.int16) for _ in range(layout.channels)]

    def neighbourhood(self, frame: int, channel: int) -> Neighbourhood:
        """Move on to a frame of a channel; its own magnitudes are to be filled in as its coefficients are coded."""
        known, band_of = self._magnitudes[channel], self._layout.band_of
        known[EARLIER] = known[BEFORE]
        known[BEFORE] = known[SELF]
        known[MEAN] = moving_average(known[BEFORE])
        known[SELF] = ABSENT
        if channel:
            known[OTHER] = self._magnitudes[channel - 1][SELF]
        facts = _frame_facts(self._layout, self._spectra.switching, frame, channel)
        exponents = self._exponents[frame, channel][band_of]
        return Neighbourhood(known, exponents, self._band_facts[:, frame, channel], facts, self._pitches, band_of)


def _code_frame(coder: SymbolCoder, around: Neighbourhood, model: Model, given: NDArray[Any] | None) -> Integers:
    """Code the coefficients of a frame, `[blocks, frame_size]`, and fill in their magnitudes."""
    frame_size, blocks = around.exponents.shape
    coefficients = np.zeros((blocks, frame_size), np.int64)
    inner = around.magnitudes[SELF, PAD : PAD + frame_size]
    for number, chosen in enumerate(PASSES):
        contexts = coefficient_contexts(around, number)
        coded = coder.code_coefficients(None if given is None else given[:, chosen], model.coefficients, contexts)
        coefficients[:, chosen] = coded
        inner[chosen] = magnitudes(coded.T, around.exponents[chosen])
    return coefficients


def _band_facts(layout: BlockFormat, exponents: Integers, scale_factors: Integers) -> Integers:
    """What the coefficients of a band share, `[facts, blocks, frames, channels, bands]`: the scale factors around it.

    They are relative to its step.
    """
    if not layout.profile.has_scale_factors:
        return np.full((BAND_FACTS, *scale_factors.shape), MIDDLE, np.int16)
    facts = np.stack(
        [
            scale_factors,
            np.concatenate([scale_factors[..., :1], scale_factors[..., :-1]], axis=-1),
            np.concatenate([scale_factors[..., 1:], scale_factors[..., -1:]], axis=-1),
            np.concatenate([scale_factors[:, :1], scale_factors[:, :-1]], axis=1),
            np.concatenate([scale_factors[:, 1:], scale_factors[:, -1:]], axis=1),
        ]
    )
    return np.clip(16 * facts - exponents + MIDDLE, 0, 127).astype(np.int16)


def _frame_facts(layout: BlockFormat, switching: Integers, frame: int, channel: int) -> Integers:
    """What all coefficients of a frame share, `[facts, blocks]`."""
    current = switching[:, frame]
    changed = current != switching[:, max(frame - 1, 0)]
    first, later = np.full(len(current), frame == 0), np.full(len(current), channel > 0)
    length = np.full(len(current), duration(layout.frame_size, layout.rate))
    flags = (current == 0, current == 1, current >= 2, changed, first, later)
    return np.stack([*(MIDDLE * flag for flag in flags), length])


def duration(frame_size: int, rate: int) -> int:
    """Return the duration of a frame as 16 log2(milliseconds), from 0 to 127."""
    return min(max(log2_16(1000 * frame_size) - log2_16(rate), 0), 127)


@lru_cache(maxsize=64)
def pitches(frame_size: int, rate: int) -> Integers:
    """Return the frequency of each coefficient as 16 log2(frequency / 62.5 Hz), from 0 to 127, `[frame_size]`."""
    scaled = (2 * np.arange(frame_size) + 1) * rate  # 4 * frame_size * frequency
    return np.array([min(max(log2_16(int(value)) - log2_16(250 * frame_size), 0), 127) for value in scaled])
