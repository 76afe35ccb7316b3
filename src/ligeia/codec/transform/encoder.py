"""The transform encoder: a sound becomes a stream of a rate, an SNR or a quality.

The passes over a sound are: window switching for a rough step, found on all of it or, of a long sound, on excerpts;
measuring bytes or errors in a few steps (`rate_control`); writing. Of each pass only small numbers for each block are
kept, so that memory does not grow with the sound beyond what `analysis.KEPT_COEFFICIENTS` allows.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from time import monotonic
from typing import TypeVar

import numpy as np

from ligeia.audio.blocks import Segments
from ligeia.audio.signal import Audio, Sound, snr_from_energies
from ligeia.codec.container import Block, write_block, write_header
from ligeia.codec.header import TRANSFORM_PARAMETERS_PER_BYTE, Header
from ligeia.codec.transform.analysis import KEPT_COEFFICIENTS, Analysis, OnShare, analyse, batches, choose_spec
from ligeia.codec.transform.block_coding import Encoding, measure_spectra, write_spectra
from ligeia.codec.transform.coding import HEAD_BYTES, Spectrum, TransformCoding, payloads_of, synthesise
from ligeia.codec.transform.presets import TransformPreset, level_of, step_at
from ligeia.codec.transform.quantiser import CodedBlocks, Spectra, in_steps, quantise, reconstruct, to_mid_side
from ligeia.codec.transform.rate_control import RateSearch, Target, choose_steps, rough_step
from ligeia.codec.transform.rate_curve import SCALE_FACTOR_BITS, USUAL_BITS, RateCurve, counts_of
from ligeia.codec.transform.scale_factors import BlockFormat, Integers, Reals
from ligeia.codec.transform.snr_control import nearest_above
from ligeia.codec.transform.stages import TRIED_SECONDS, stages_of
from ligeia.errors import InputError
from ligeia.progress import OnProgress, Reporter

FRAMING_BYTES = 9
"""Marker, number, length and checksum of a block, most often."""
WORD_BYTES = 4
"""Average overhead of the entropy coder for a block: its symbols come in words of 4 bytes, and begin with 3."""
COEFFICIENTS_AT_ONCE = 2**20
"""Coefficients of blocks that are coded together: it bounds the memory."""
USUAL_QUALITY = 5.0
"""Quality with whose steps a search begins."""
EXCERPTS = 16
"""Number of excerpts on which the rough step of a long sound is found."""


@dataclass(frozen=True)
class TransformReport:
    """Results of encoding."""

    snr_db: float
    """SNR of the decoded stream."""
    step: int
    """Exponent of the steps, in sixteenths of an octave; where blocks differ, of the finest."""
    seconds: float
    coefficients: int
    """Coefficients other than 0."""
    reached: bool = True
    """True if the target was within reach."""


def encode_transform(
    sound: Sound, preset: TransformPreset, target: Target, on_progress: OnProgress | None = None
) -> tuple[bytes, TransformReport]:
    """Return a sound as a stream that reaches a target, and a report.

    Raises:
        InputError: the sound has no samples, or too large ones.
    """
    if sound.sample_count < 1:
        raise InputError("the sound has no samples")
    started, report = monotonic(), Reporter(on_progress)
    stages = stages_of(sound, preset, target)
    report.stage("frame size", *stages[0])
    target = _with_step(sound, preset, target, report)
    tried = try_frames(sound, preset, target, report)
    encoder = TransformEncoder(sound, preset, tried.frame_seconds, tried.bits_each)
    report.stage("analysis", *stages[1])
    step = encoder.rough_step(target, report)
    report.stage("analysis", *stages[2])
    analysis = encoder.analyse(step, report)
    report.stage("rate control", *stages[3])
    trials = Trials(encoder, analysis, report)

    def write(exponents: Integers) -> Written:
        report.stage("writing", *stages[4])
        return encoder.write(analysis, exponents, report)

    if target.kbps is None:
        steps = choose_steps(trials, target, step)
        written = write(steps.exponents)
        if target.snr_db is not None and steps.reached and preset.profile.dependent:
            written = nearest_above(
                target.snr_db, written, lambda factor: encoder.with_lagrangian(factor).write(analysis, steps.exponents)
            )
    else:
        steps, written = RateSearch(trials, target.kbps).written(step, write)
    report.finish()
    finest = int(steps.exponents.min())
    seconds = monotonic() - started
    return written.stream, TransformReport(written.snr_db, finest, seconds, written.coefficients, steps.reached)


def _with_step(sound: Sound, preset: TransformPreset, target: Target, on_share: OnShare) -> Target:
    """The target with the step of its quality, where it has one."""
    if target.quality is None:
        return target
    return Target(step=step_at(preset, target.quality, level_of(sound, on_share)))


@dataclass(frozen=True)
class Tried:
    """Findings about a whole sound, from trials on its middle."""

    frame_seconds: float
    """The duration of frames that suits it."""
    bits_each: float = USUAL_BITS
    """Bits of a coefficient that is not 0 (see `rate_curve`)."""


def try_frames(sound: Sound, preset: TransformPreset, target: Target, on_share: OnShare = None) -> Tried:
    """Return the duration of frames that suits the middle of a sound: the first, or one of fewer bits in equal steps.

    The steps are those with which the first of the preset's durations reaches the target there.
    """
    if len(preset.frame_seconds) == 1:
        return Tried(preset.frame_seconds[0])
    samples = min(round(TRIED_SECONDS * sound.rate), sound.sample_count)
    first = (sound.sample_count - samples) // 2
    middle = Audio(sound.read(first, first + samples), sound.rate)
    encoder, each = TransformEncoder(middle, preset, preset.frame_seconds[0]), 1 / (len(preset.frame_seconds) + 1)
    step = _step_for_middle(encoder, target, _within(on_share, 0.0, each))
    best, least = Tried(preset.frame_seconds[0]), float("inf")
    for number, seconds in enumerate(preset.frame_seconds, start=1):
        share = _within(on_share, number * each, (number + 1) * each)
        encoder = TransformEncoder(middle, preset, seconds)
        analysis = encoder.analyse(step, _within(share, 0.0, 0.5))
        trial, curve = max(step, analysis.finest_step), encoder.rate_curve(analysis)
        sizes = encoder.block_bytes(analysis, trial, _within(share, 0.5, 1.0))
        if sizes.sum() < least * (1 - preset.longer_must_save):
            curve.learn(trial, sizes)
            best, least = Tried(seconds, curve.bits_each), float(sizes.sum())
    return best


def _step_for_middle(encoder: "TransformEncoder", target: Target, on_share: OnShare) -> int:
    """The exponent of the steps that reach a target, nearly, with long blocks alone."""
    step = encoder.rough_step(target, _within(on_share, 0.0, 0.4))
    if target.kbps is None:
        return step
    trials = Trials(encoder, encoder.analyse(None), _within(on_share, 0.4, 1.0))
    curve = trials.rate_curve()
    curve.learn(step, trials.block_bytes(step))
    return curve.step_for(trials.target_bytes(target.kbps), trials.finest_step)


@dataclass(frozen=True)
class Written:
    """A stream, its coefficients other than 0, the SNR of what it decodes to, and where its bytes are."""

    stream: bytes
    coefficients: int
    snr_db: float
    sizes: Reals
    """Bytes of each block, its framing included."""


class TransformEncoder:
    """Analyses, measures and writes one sound with frames of one size. Nothing in it changes."""

    def __init__(
        self, sound: Sound, preset: TransformPreset, frame_seconds: float, bits_each: float = USUAL_BITS
    ) -> None:
        self.sound, self.preset, self._frame_seconds, self._bits_each = sound, preset, frame_seconds, bits_each
        self.spec = choose_spec(
            sound.rate,
            sound.channels,
            sound.sample_count,
            frame_seconds=frame_seconds,
            block_seconds=preset.block_seconds,
        )
        spec = self.spec
        self.layout = BlockFormat(spec.frame_size, spec.frames, sound.channels, sound.rate, preset.profile)
        self.segments = Segments(sound.sample_count, hop=spec.block_samples)
        self.header = Header(spec, sound.rate, self.segments, TransformCoding(preset.profile.wire_id))

    def with_lagrangian(self, factor: float) -> "TransformEncoder":
        """Return an encoder for which bits are worth so many times as much."""
        rounding = replace(self.preset.rounding, lagrangian=factor * self.preset.rounding.lagrangian)
        return TransformEncoder(
            self.sound, replace(self.preset, rounding=rounding), self._frame_seconds, self._bits_each
        )

    def rough_step(self, target: Target, on_share: OnShare = None) -> int:
        """Return one exponent for all blocks, near the target, for which window switching is chosen."""
        if target.step is not None:
            return target.step
        encoder, start = self._for_rough_step(), step_at(self.preset, USUAL_QUALITY)
        analysis = encoder.analyse(None, _within(on_share, 0.0, 0.5))
        return rough_step(Trials(encoder, analysis, _within(on_share, 0.5, 1.0)), target, start)

    def _for_rough_step(self) -> "TransformEncoder":
        """The encoder itself, or one for excerpts that are spread evenly over a long sound."""
        sound, samples = self.sound, KEPT_COEFFICIENTS // (2 * EXCERPTS * self.sound.channels)
        if self.segments.count * self.spec.parameters <= KEPT_COEFFICIENTS:
            return self
        starts = np.linspace(0, sound.sample_count - samples, EXCERPTS).astype(int).tolist()
        excerpts = np.concatenate([sound.read(start, start + samples) for start in starts], axis=1)
        return TransformEncoder(Audio(excerpts, sound.rate), self.preset, self._frame_seconds, self._bits_each)

    def analyse(self, step: int | None, on_share: OnShare = None) -> Analysis:
        """Return the analysis that suits steps of an exponent; None: with long blocks alone, which is soon done."""
        return analyse(self.sound, self.spec, self.layout, step, on_share, rule=self.preset.scale_factor_rule)

    def rate_curve(self, analysis: Analysis, on_share: OnShare = None) -> RateCurve:
        """Return how bytes depend on the steps, as far as no trial tells."""
        runs = (run for run, _ in self._runs(on_share))
        counts = counts_of(((analysis.coefficients(run), analysis.scale_factors[run]) for run in runs), self.layout)
        scale_factors = analysis.scale_factors[0].size if self.layout.profile.has_scale_factors else 0
        overhead = FRAMING_BYTES + HEAD_BYTES + WORD_BYTES + scale_factors * SCALE_FACTOR_BITS / 8
        return RateCurve(counts, overhead, self._bits_each)

    def block_bytes(self, analysis: Analysis, step: int, on_share: OnShare = None) -> Reals:
        """Return the approximate bytes of blocks in steps of an exponent, `[blocks]`."""
        parts = []
        for run, share in self._runs(on_share):
            coded, bits = self._code(measure_spectra, analysis, self._every(step)[run], run, share)
            sizes = np.maximum((0.0 if bits is None else bits) / 8 + HEAD_BYTES + WORD_BYTES, self.shortest)
            parts.append(np.where(coded.spectra.silent, 0, sizes) + FRAMING_BYTES)
        return np.concatenate(parts)

    def block_errors(self, analysis: Analysis, step: int, *, optimised: bool = True, on_share: OnShare = None) -> Reals:
        """Return the energy of the error of each block in steps of an exponent, `[blocks]`.

        The transform is orthonormal, so that it is that of the coefficients, less what lies beyond the sound's end.
        """
        optimised = optimised and self.preset.rounding.lagrangian > 0
        layout = self.layout if optimised else self._plain_layout()
        parts = []
        for run, share in self._runs(on_share):
            steps = self._every(step)[run]
            coded = (
                self._code(measure_spectra, analysis, steps, run, share)[0]
                if optimised
                else self._round(analysis, steps, run)
            )
            error = reconstruct(coded, layout, _numbers(run)) - analysis.coefficients(run)
            parts.append(np.square(error, dtype=np.float64).sum(axis=(1, 2, 3)))
        parts[-1][-1] = max(parts[-1][-1] - self._unheard_energy(error, coded), 0.0)
        return np.concatenate(parts)

    def _plain_layout(self) -> BlockFormat:
        """The layout where coefficients are rounded one by one, each to whole steps."""
        return replace(self.layout, profile=replace(self.layout.profile, dependent=False))

    def _unheard_energy(self, error: Reals, coded: CodedBlocks) -> float:
        """The energy of an error in the last blocks beyond the end of the sound."""
        unheard = self.segments.count * self.spec.block_samples - self.sound.sample_count
        if not unheard:
            return 0.0
        last = to_mid_side(error[-2:], coded.mid_side[-2:]), coded.spectra.switching[-2:].astype(np.int64)
        *_, samples = synthesise([last], self.spec, range(len(last[0])))
        return float(np.square(samples[:, -unheard:], dtype=np.float64).sum())

    def quantised(self, analysis: Analysis, steps: Integers) -> CodedBlocks:
        """Return all blocks in steps of the exponents `steps [blocks]`, rounded with a dead zone."""
        return self._round(analysis, steps, slice(0, len(steps)))

    def write(self, analysis: Analysis, steps: Integers, on_share: OnShare = None) -> Written:
        """Return the stream in steps of the exponents `steps [blocks]`.

        The blocks are decoded along the way, all but their symbols: the SNR is exact.
        """
        counts, signal, error, start = [0], 0.0, 0.0, 0
        written: list[bytes] = []
        blocks = self._write_blocks(analysis, steps, written, counts, on_share)
        for samples in synthesise(blocks, self.spec, range(self.segments.count)):
            original = self.sound.read(start, min(start + samples.shape[1], self.sound.sample_count))
            signal += float(np.square(original, dtype=np.float64).sum())
            error += float(np.square(original - samples[:, : original.shape[1]], dtype=np.float64).sum())
            start += samples.shape[1]
        stream, sizes = write_header(self.header) + b"".join(written), np.array([len(block) for block in written])
        return Written(stream, sum(counts), snr_from_energies(signal, error), sizes.astype(np.float64))

    def _write_blocks(
        self, analysis: Analysis, steps: Integers, written: list[bytes], counts: list[int], on_share: OnShare
    ) -> Iterator[Spectrum]:
        """Add blocks to `written`, a few at a time, and return what they decode to; add coefficients to `counts`."""
        for run, share in self._runs(on_share):
            coded, bodies = self._code(write_spectra, analysis, steps[run], run, share)
            silent, numbers = coded.spectra.silent, _numbers(run)
            payloads = [b""] * len(silent) if bodies is None else payloads_of(coded, bodies)
            for number, payload, empty in zip(numbers.tolist(), payloads, silent.tolist(), strict=True):
                padding = bytes(max(-(-(self.shortest - len(payload)) // 4) * 4, 0))
                written.append(write_block(Block(number, b"" if empty else payload + padding)))
            counts.append(int(np.count_nonzero(coded.spectra.coefficients)))
            coefficients = to_mid_side(reconstruct(coded, self.layout, numbers), coded.mid_side)
            yield np.asarray(coefficients, np.float32), coded.spectra.switching.astype(np.int64)

    @property
    def shortest(self) -> int:
        """Bytes of a payload at least."""
        return -(-self.spec.parameters // TRANSFORM_PARAMETERS_PER_BYTE)

    def _every(self, step: int) -> Integers:
        return np.full(self.segments.count, step)

    def _runs(self, on_share: OnShare) -> Iterator[tuple[slice, OnShare]]:
        """All blocks, a few at a time, and a callback for each run."""
        count = self.segments.count
        for run in batches(count, COEFFICIENTS_AT_ONCE // self.spec.parameters):
            if on_share is not None:
                on_share(run.start / count)
            yield slice(run.start, run.stop), _within(on_share, run.start / count, run.stop / count)

    def _round(self, analysis: Analysis, steps: Integers, run: slice) -> CodedBlocks:
        """Round some blocks with a dead zone."""
        scale_factors = analysis.scale_factors[run].astype(np.int64)
        dead_zone = self.preset.rounding.dead_zone
        integers = quantise(analysis.coefficients(run), self.layout, steps, scale_factors, dead_zone=dead_zone)
        spectra = Spectra(analysis.switching[run].astype(np.int64), scale_factors, integers)
        return CodedBlocks(steps, analysis.mid_side[run], spectra)

    def _code(
        self, code: "Code[Result]", analysis: Analysis, steps: Integers, run: slice, on_share: OnShare
    ) -> "tuple[CodedBlocks, Result | None]":
        """Code some blocks, and round them as the preset says; None beside blocks that are all silent."""
        coded, lagrangian = self._round(analysis, steps, run), self.preset.rounding.lagrangian
        spectra = coded.spectra
        if spectra.silent.all():
            return coded, None
        if lagrangian:
            exact = in_steps(analysis.coefficients(run), self.layout, steps, spectra.scale_factors)
            spectra = replace(spectra, coefficients=exact)
        spectra, result = code(spectra, self.layout, steps, Encoding(lagrangian, on_share))
        return replace(coded, spectra=spectra), result


Result = TypeVar("Result")
Code = Callable[[Spectra, BlockFormat, Integers, Encoding], tuple[Spectra, Result]]


class Trials:
    """Measurements for rate control: bytes and errors by step, each made once for one search.

    A search tries some ten exponents, and each takes one number for each block.
    """

    def __init__(self, encoder: TransformEncoder, analysis: Analysis, on_share: OnShare = None) -> None:
        self._encoder, self._analysis, self._on_share = encoder, analysis, on_share
        self._bytes: dict[int, Reals] = {}
        self._errors: dict[tuple[int, bool], Reals] = {}
        self.blocks, self.finest_step, self.energy = len(analysis.switching), analysis.finest_step, analysis.energy

    def target_bytes(self, kbps: float) -> float:
        """Return the bytes of all blocks at a rate."""
        sound = self._encoder.sound
        return max(kbps * 125 * sound.sample_count / sound.rate - len(write_header(self._encoder.header)), 1e-3)

    def rate_curve(self) -> RateCurve:
        """Return `TransformEncoder.rate_curve`."""
        return self._encoder.rate_curve(self._analysis, _within(self._on_share, 0.0, 0.05))

    def block_bytes(self, step: int) -> Reals:
        """Return `TransformEncoder.block_bytes`."""
        if step not in self._bytes:
            self._bytes[step] = self._encoder.block_bytes(self._analysis, step, self._share())
        return self._bytes[step]

    def block_errors(self, step: int, *, optimised: bool = True) -> Reals:
        """Return `TransformEncoder.block_errors`."""
        key = (step, optimised and self._encoder.preset.rounding.lagrangian > 0)
        if key not in self._errors:
            self._errors[key] = self._encoder.block_errors(
                self._analysis, step, optimised=key[1], on_share=self._share()
            )
        return self._errors[key]

    def _share(self) -> OnShare:
        """A callback for the next measurement: each is taken to be a part of what is left, a larger one for a rate."""
        errors, sizes = len(self._errors), len(self._bytes)
        left, part = 0.75**errors * 0.3**sizes, 0.75 if errors else 0.3
        return _within(self._on_share, 1 - left, 1 - part * left)


def _within(on_share: OnShare, begin: float, end: float) -> OnShare:
    """A callback whose shares are those of a part of the work."""
    if on_share is None:
        return None
    call: Callable[[float], None] = on_share
    return lambda share: call(begin + share * (end - begin))


def _numbers(run: slice) -> Integers:
    return np.arange(run.start, run.stop)
