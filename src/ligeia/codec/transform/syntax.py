"""The order of the symbols of a block, and the contexts of each: one routine for both directions (FORMAT.md §8.1).

A `SymbolCoder` codes one run of symbols after the other: the encoder's writes the symbols that it gets, the decoder's
reads them. Contexts are made of the symbols that it returns, so that both sides cannot drift apart. Every step is done
for all blocks at once.
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
"""Value assumed for scale factors before the first frame of a block."""


class SymbolCoder(Protocol):
    """Encodes or decodes the symbols of all blocks."""

    def code(self, symbols: Integers | None, model: CountTable, contexts: Contexts) -> Integers:
        """Code symbols `[blocks, n]` by their probabilities in `contexts [inputs, n, blocks]`, and return them.

        A decoder gets None and returns the symbols that it has read.
        """
        ...

    def code_coefficients(self, coefficients: NDArray[Any] | None, model: CountTable, contexts: Contexts) -> Integers:
        """Code coefficients `[blocks, n]` in steps: symbols, signs, and the rest of large sizes; return integers.

        An encoder may get real numbers, which it rounds; a decoder gets None.
        """
        ...


def code_spectra(
    coder: SymbolCoder,
    layout: BlockFormat,
    steps: Integers,
    model: Model,
    source: Spectra | None,
    on_share: Callable[[float], None] | None = None,
) -> Spectra:
    """Code everything in the blocks whose steps have the exponents `steps [blocks]`, and return it.

    `source` holds what an encoder writes; for a decoder it is None. `on_share` is called with the share of the work
    that is done.
    """
    spectra = Spectra.zeros(layout, len(steps))
    _code_switching(coder, spectra, model, source)
    if layout.profile.has_scale_factors:
        _code_scale_factors(coder, spectra, model, source)
    frames = _FrameContexts(layout, steps, spectra)
    for frame in range(layout.frames):
        for channel in range(layout.channels):
            target = None if source is None else source.coefficients[:, frame, channel]
            around = frames.neighbourhood(frame, channel)
            spectra.coefficients[:, frame, channel] = _code_frame(coder, around, model, target)
        if on_share is not None:
            on_share((frame + 1) / layout.frames)
    return spectra


def _code_switching(coder: SymbolCoder, spectra: Spectra, model: Model, source: Spectra | None) -> None:
    before: Integers = np.zeros(len(spectra.switching), np.int64)
    for frame in range(spectra.switching.shape[1]):
        target = None if source is None else source.switching[:, frame : frame + 1]
        contexts = before[None, None].astype(np.float32)
        spectra.switching[:, frame] = before = coder.code(target, model.switching, contexts)[:, 0]


def _code_scale_factors(coder: SymbolCoder, spectra: Spectra, model: Model, source: Spectra | None) -> None:
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
                target = None if source is None else source.scale_factors[:, frame, channel, odd::2] + offset
                symbols = None if target is None else target % SCALE_FACTORS
                coded = coder.code(symbols, model.scale_factors[odd], contexts)
                current[odd::2] = ((coded - offset) % SCALE_FACTORS).T
            spectra.scale_factors[:, frame, channel] = current.T
            past[channel] = (current, past[channel][0])


class _FrameContexts:
    """Contexts from the frames coded so far, of all blocks, moved from frame to frame."""

    def __init__(self, layout: BlockFormat, steps: Integers, spectra: Spectra) -> None:
        self._layout, self._spectra = layout, spectra
        exponents = step_exponents(layout, steps, spectra.scale_factors)
        facts = band_facts(layout, exponents, spectra.scale_factors)
        self._band_facts = np.ascontiguousarray(np.moveaxis(facts, 1, -1))
        # [frames, channels, bands, blocks]
        self._exponents = np.ascontiguousarray(np.moveaxis(exponents, 0, -1)).astype(np.int16)
        self._pitches = pitches(layout.frame_size, layout.rate)
        shape = (SOURCES, layout.frame_size + 2 * PAD, len(steps))
        self._magnitudes = [np.full(shape, ABSENT, np.int16) for _ in range(layout.channels)]

    def neighbourhood(self, frame: int, channel: int) -> Neighbourhood:
        """Move on to a frame of a channel; its own magnitudes are to be filled in as its coefficients are coded."""
        rows, band_of = self._magnitudes[channel], self._layout.band_of
        rows[EARLIER] = rows[BEFORE]
        rows[BEFORE] = rows[SELF]
        rows[MEAN] = moving_average(rows[BEFORE])
        rows[SELF] = ABSENT
        if channel:
            rows[OTHER] = self._magnitudes[channel - 1][SELF]
        facts = _frame_facts(self._layout, self._spectra.switching, frame, channel)
        exponents = self._exponents[frame, channel][band_of]
        return Neighbourhood(rows, exponents, self._band_facts[:, frame, channel], facts, self._pitches, band_of)


def _code_frame(coder: SymbolCoder, around: Neighbourhood, model: Model, target: NDArray[Any] | None) -> Integers:
    """Code the coefficients of a frame, `[blocks, frame_size]`, and fill in their magnitudes."""
    frame_size, blocks = around.exponents.shape
    coefficients = np.zeros((blocks, frame_size), np.int64)
    inner = around.magnitudes[SELF, PAD : PAD + frame_size]
    for number, chosen in enumerate(PASSES):
        contexts = coefficient_contexts(around, number)
        coded = coder.code_coefficients(None if target is None else target[:, chosen], model.coefficients, contexts)
        coefficients[:, chosen] = coded
        inner[chosen] = magnitudes(coded.T, around.exponents[chosen])
    return coefficients


def band_facts(layout: BlockFormat, exponents: Integers, scale_factors: Integers) -> Integers:
    """Return the contexts that the coefficients of a band share, `[facts, blocks, frames, channels, bands]`.

    They are the scale factors around it, relative to its step.
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
    """Return the contexts that all coefficients of a frame share, `[facts, blocks]`."""
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
