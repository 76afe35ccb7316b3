"""A sound on its way into a stream of the lapped network: analysed once, quantised as often as one likes."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import ceil, log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.blocks import Segments
from ligeia.audio.signal import Sound, snr_from_energies
from ligeia.codec.container import Block, write_block, write_header
from ligeia.codec.header import TRANSFORM_PARAMETERS_PER_BYTE, Header
from ligeia.codec.transform.analysis import Analysis, analyse_for_coding, lapped_spec
from ligeia.codec.transform.coding import TransformCoding
from ligeia.codec.transform.entropy import Meter
from ligeia.codec.transform.payload import HEAD_BYTES, model_of, pack
from ligeia.codec.transform.quantiser import (
    MAX_SIZE,
    CodedBlocks,
    Rounding,
    Spectra,
    in_steps,
    quantise,
    reconstruct,
    step_sizes,
)
from ligeia.codec.transform.scale_factors import MIN_STEP, UNIT_SCALE_FACTOR, BlockFormat, Profile, scale_factors_of
from ligeia.codec.transform.syntax import code_spectra
from ligeia.errors import InputError

Whole = NDArray[np.integer]
Reals = NDArray[np.floating]

FRAME_BYTES = 9
"""Marker, number, length and checksum of a block, most often."""
WORD_BYTES = 4
"""What coded symbols waste at both ends of a block, on average: they come in words of 4 bytes, and begin with 3."""
TYPICAL_LEVEL = 16
"""Where the level of a band often lies, 2^-8: from it the step for which splits are chosen."""
AT_ONCE = 2**20
"""Weights of blocks that are coded together: it bounds the memory."""


class LappedEncoder:
    """A sound on its way into a stream: analysed once, quantised as often as the target asks for.

    `start` is the exponent of steps for which splits are chosen at first, and where a search for steps begins.

    Raises:
        InputError: the sound has no samples.
    """

    def __init__(self, sound: Sound, profile: Profile, *, frame_seconds: float, rounding: Rounding, start: int) -> None:
        if sound.frames < 1:
            raise InputError("the sound has no samples")
        self.sound, self.rounding = sound, rounding
        self.spec = lapped_spec(sound.rate, sound.channels, sound.frames, frame_seconds=frame_seconds)
        self.layout = BlockFormat(self.spec.frame_size, self.spec.frames, sound.channels, sound.rate, profile)
        self.segments = Segments(sound.frames, hop=self.spec.block_samples)
        self.header = Header(self.spec, sound.rate, self.segments, TransformCoding(profile.wire_id))
        self.start = start
        self.refine(start)

    def _analysed(self, step: int) -> Analysis:
        profile = self.layout.profile
        exponent = step + (profile.slope + profile.loud) * TYPICAL_LEVEL
        return analyse_for_coding(self.sound, self.spec, step=2.0 ** (exponent / 16 - UNIT_SCALE_FACTOR))

    def _least(self) -> int:
        """The least exponent in whose steps every weight can be stored."""
        largest = 0.0
        for some in self.groups():
            weights = self.analysis.coefficients[some]
            finest = np.zeros(len(weights), np.int64)
            sizes = np.abs(weights) / step_sizes(self.layout, finest, self._scale_factors[some])
            largest = max(largest, float(sizes.max()))
        return max(ceil(16 * log2(max(largest, 1e-30) / MAX_SIZE)), MIN_STEP)

    def groups(self) -> Iterator[slice]:
        """All blocks, a few at a time."""
        size = max(AT_ONCE // self.spec.parameters, 1)
        return (slice(first, first + size) for first in range(0, self.segments.count, size))

    def coded(self, steps: int | Whole, some: slice, *, choosing: bool = True) -> CodedBlocks:
        """Some blocks in steps of the exponent `steps` (or `steps [blocks]`, each in its own).

        Without `choosing` bits have no price (see `Rounding`), which is quicker.
        """
        return self._measured(steps, some)[0] if choosing and self.rounding.lagrangian else self._rounded(steps, some)

    def _rounded(self, steps: int | Whole, some: slice) -> CodedBlocks:
        weights = self.analysis.coefficients[some]
        own = np.broadcast_to(steps, self.segments.count)[some]
        levels = self._scale_factors[some].astype(np.int64)
        integers = quantise(weights, self.layout, own, levels, dead_zone=self.rounding.dead_zone)
        return CodedBlocks(own, self.analysis.mid_side[some], Spectra(self.analysis.switching[some], levels, integers))

    def _measured(self, steps: int | Whole, some: slice) -> tuple[CodedBlocks, Reals]:
        """Some blocks, and how many bits each takes."""
        coded = self._rounded(steps, some)
        meter, spectra = Meter(len(coded.steps), self.rounding.lagrangian), coded.spectra
        if spectra.silent.all():
            return coded, meter.bits
        if self.rounding.lagrangian:
            exact = in_steps(self.analysis.coefficients[some], self.layout, coded.steps, spectra.scale_factors)
            spectra = replace(spectra, coefficients=exact)
        spectra = code_spectra(meter, self.layout, coded.steps, model_of(self.layout), spectra)
        return replace(coded, spectra=spectra), meter.bits

    def block_bytes(self, step: int) -> Reals:
        """How long blocks will be, about, `[blocks]`."""
        return self._remembered(
            ("bytes", step), lambda: [self._bytes(*self._measured(step, some)) for some in self.groups()]
        )

    def _remembered(self, key: tuple[Any, ...], parts: Callable[[], list[Reals]]) -> Reals:
        """What was found before, or is found now, of all groups of blocks, until the next `refine`."""
        if key not in self._known:
            self._known[key] = np.concatenate(parts())
        return self._known[key]

    def _bytes(self, coded: CodedBlocks, bits: Reals) -> Reals:
        sizes = np.maximum(bits / 8 + HEAD_BYTES + WORD_BYTES, self.shortest)
        return np.where(coded.spectra.silent, 0, sizes) + FRAME_BYTES

    @property
    def shortest(self) -> int:
        """Bytes of a payload at least."""
        return -(-self.spec.parameters // TRANSFORM_PARAMETERS_PER_BYTE)

    def block_errors(self, step: int, *, choosing: bool = True) -> Reals:
        """Energy of what is lost, `[blocks]`: the transform is orthonormal, so that of weights is that of samples."""
        choosing = choosing and self.rounding.lagrangian > 0
        return self._remembered(
            ("errors", step, choosing), lambda: [self._errors(step, some, choosing) for some in self.groups()]
        )

    def _errors(self, step: int, some: slice, choosing: bool) -> Reals:
        coded = self.coded(step, some, choosing=choosing)
        places = np.arange(self.segments.count)[some]
        difference = reconstruct(coded, self.layout, places) - self.analysis.coefficients[some]
        return np.asarray(np.square(difference, dtype=np.float64).sum(axis=(1, 2, 3)))

    def energy(self) -> float:
        """Of the sound, in its weights."""
        return sum(float(np.square(self.analysis.coefficients[some], dtype=np.float64).sum()) for some in self.groups())

    def refine(self, step: int) -> None:
        """Choose the splits again, for steps as they will be."""
        self.analysis = self._analysed(step)
        levels = [scale_factors_of(self.analysis.coefficients[some], self.layout) for some in self.groups()]
        self._scale_factors = np.concatenate(levels).astype(np.int16)
        self.least = self._least()
        self._known: dict[tuple[Any, ...], Reals] = {}

    def stream(self, steps: Whole) -> tuple[bytes, int]:
        """The stream in steps of the exponents `steps [blocks]`, and its weights other than 0."""
        parts, units = [write_header(self.header)], 0
        for some in self.groups():
            coded = self.coded(steps, some)
            empty = coded.spectra.silent
            units += int(np.count_nonzero(coded.spectra.coefficients))
            payloads = [b""] * len(empty) if empty.all() else pack(coded, self.layout)
            for k, payload in enumerate(payloads):
                padded = payload + bytes(max(-(-(self.shortest - len(payload)) // 4) * 4, 0))
                parts.append(write_block(Block(some.start + k, b"" if empty[k] else padded)))
        return b"".join(parts), units

    def snr_of(self, steps: Whole) -> float:
        """SNR in dB after decoding."""
        errors = [np.where(steps == step, self.block_errors(step), 0).sum() for step in np.unique(steps).tolist()]
        return snr_from_energies(self.energy(), float(np.sum(errors)))
