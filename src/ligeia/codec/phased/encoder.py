"""The encoder of the siren: frames and phases that suit a sound, and the stream of a rate, an SNR or a quality.

For each duration of frames the phases are fitted, and the sound, in the time of its phases, is what the transform
encoder codes. Bent or not, and with which frames, is decided by trials on the middle of the sound. The transform is
orthonormal in bent time but for what lies beyond half the rate, so that errors are those of the sound, nearly; where an
SNR is the target, it is measured on what is decoded, and the rest of the way is gone by steps.
"""

from dataclasses import dataclass, replace
from math import log2
from time import monotonic

import numpy as np

from ligeia.audio.blocks import Segments
from ligeia.audio.signal import Audio, Sound
from ligeia.codec.container import Block, Stream, parse, write_block, write_header
from ligeia.codec.decode import decoded_snr
from ligeia.codec.header import Header
from ligeia.codec.phased.coding import PhasedCoding, phase_bytes
from ligeia.codec.phased.phases import bent, fitted_slopes, units_of
from ligeia.codec.transform.analysis import choose_spec
from ligeia.codec.transform.encoder import TransformEncoder, TransformReport, encode_transform
from ligeia.codec.transform.presets import SIREN, level_of, step_at
from ligeia.codec.transform.rate_control import Target
from ligeia.codec.transform.scale_factors import UNIT_SCALE_FACTOR
from ligeia.errors import InputError
from ligeia.networks.lapped import Lapped
from ligeia.networks.phase import Integers
from ligeia.networks.phased import Phased
from ligeia.progress import OnProgress, Progress, of_stage, within

TRIED_SECONDS = 6.0
"""Duration of the part of a sound on which ways to code it are tried."""
FITTING = 0.3
"""Share of the work on one stream that its phases take, about."""
CODING = 0.7
"""Share of what remains that coding takes; the rest is decoding, to measure the SNR."""
BENT = 0.9
"""Share of the work after which bending has turned out to be of no use, where it has."""
ATTEMPTS = 4
"""Streams that are written at most until an SNR is reached."""
MARGIN_DB = 0.003
"""Margin above an SNR for an attempt that follows one below it."""
DB_PER_OCTAVE = 5.3
"""Gain in SNR of speech where bytes double."""
LEAST_KBPS = 1e-3


@dataclass(frozen=True)
class Way:
    """Way to code a sound: the duration of frames, and whether time is bent."""

    frame_seconds: float
    is_bent: bool


WAYS = (Way(0.02, is_bent=False), Way(0.02, is_bent=True), Way(0.028, is_bent=True), Way(0.04, is_bent=True))


@dataclass(frozen=True)
class Written:
    """A stream, and the report of its transform, with the SNR of what is decoded."""

    stream: bytes
    report: TransformReport

    def score(self, target: Target) -> float:
        """Return a cost that ranks ways, lower is better: octaves of bytes, less those that the SNR is worth.

        Where an SNR is the target, what is above it is worth nothing.
        """
        reached = self.report.snr_db if target.snr_db is None else min(self.report.snr_db, target.snr_db)
        return log2(len(self.stream)) - reached / DB_PER_OCTAVE


def encode_phased(sound: Sound, target: Target, on_progress: OnProgress | None = None) -> tuple[bytes, TransformReport]:
    """Return a sound as a stream of the network `Phased` that reaches a target, and a report.

    Raises:
        InputError: the sound has no samples, or too large ones.
    """
    if sound.sample_count < 1:
        raise InputError("the sound has no samples")
    started = monotonic()
    if target.quality is not None:
        target = Target(step=step_at(SIREN, target.quality, level_of(sound)))
    samples = min(round(TRIED_SECONDS * sound.rate), sound.sample_count)
    first = (sound.sample_count - samples) // 2
    part = Audio(sound.read(first, first + samples), sound.rate)
    whole = sound.sample_count if samples < sound.sample_count else 0
    trials = BENT * len(WAYS) * samples / (len(WAYS) * samples + whole)
    tried = []
    for number, way in enumerate(WAYS):
        ends = (trials * (number + each) / len(WAYS) for each in (0, 1))
        tried.append(encode_way(part, way, target, within(on_progress, started, *ends)))
    best = min(range(len(WAYS)), key=lambda number: tried[number].score(target))
    if not whole:
        written, done = tried[best], trials
    else:
        done = BENT if WAYS[best].is_bent else 1.0
        written = encode_way(sound, WAYS[best], target, within(on_progress, started, trials, done))
    if not written.report.reached and WAYS[best].is_bent:  # what bending loses cannot be had back
        written = encode_way(sound, WAYS[0], target, within(on_progress, started, done, 1.0))
    if on_progress is not None:
        on_progress(Progress(done=1.0, elapsed=monotonic() - started))
    return written.stream, replace(written.report, seconds=monotonic() - started)


def encode_way(sound: Sound, way: Way, target: Target, on_progress: OnProgress | None = None) -> Written:
    """Return the stream of a way, whose SNR is that of the target where it has one and it is within reach."""
    started, spec = monotonic(), _spec(sound, way)
    slopes = _slopes(sound, way, spec, target, within(on_progress, started, 0.0, FITTING))
    if target.snr_db is None:
        return _encoded(sound, way, slopes, target, within(on_progress, started, FITTING, 1.0))
    aim, done = target.snr_db, (FITTING + 1) / 2  # each attempt takes half of what is left
    written = _encoded(sound, way, slopes, target, within(on_progress, started, FITTING, done))
    for _ in range(ATTEMPTS - 1):
        missing = target.snr_db - written.report.snr_db
        if not missing > 0 or not written.report.reached:
            break
        aim += missing + MARGIN_DB
        begin, done = done, (done + 1) / 2
        written = _encoded(sound, way, slopes, Target(snr_db=aim), within(on_progress, started, begin, done))
    return replace(written, report=replace(written.report, reached=not written.report.snr_db < target.snr_db))


def _spec(sound: Sound, way: Way) -> Lapped:
    """The second layer's frames and blocks."""
    return choose_spec(
        sound.rate,
        sound.channels,
        sound.sample_count,
        frame_seconds=way.frame_seconds,
        block_seconds=SIREN.block_seconds,
    )


def _slopes(sound: Sound, way: Way, spec: Lapped, target: Target, on_progress: OnProgress | None) -> Integers:
    """The slopes of the phases of all blocks, `[blocks, units]`."""
    if not way.is_bent:
        return np.zeros((-(-sound.sample_count // spec.block_samples), units_of(spec, sound.rate)), np.int64)
    step = TransformEncoder(sound, SIREN, way.frame_seconds).rough_step(target)
    return fitted_slopes(sound, spec, 2.0 ** (step / 16 - UNIT_SCALE_FACTOR), of_stage(on_progress, "fitting phases"))


def _encoded(sound: Sound, way: Way, slopes: Integers, target: Target, on_progress: OnProgress | None) -> Written:
    """Return the stream of phases and a target, and what became of it."""
    started, spec = monotonic(), _spec(sound, way)
    coding = PhasedCoding(SIREN.profile.wire_id)
    phases = [phase_bytes(row, coding.table) for row in slopes]
    network = Phased(channels=spec.channels, frame_size=spec.frame_size, frames=spec.frames, units=slopes.shape[1])
    segments = Segments(sound.sample_count, hop=spec.block_samples)
    header = write_header(Header(network, sound.rate, segments, coding))
    seconds = len(slopes) * spec.block_samples / sound.rate
    if target.kbps is not None:
        spare = target.kbps * 125 * sound.sample_count / sound.rate - len(header) - sum(map(len, phases))
        plain = TransformEncoder(sound, SIREN, way.frame_seconds).header
        target = Target(kbps=max((spare + len(write_header(plain))) / (125 * seconds), LEAST_KBPS))
    preset = replace(SIREN, frame_seconds=(way.frame_seconds,))
    coded, report = encode_transform(
        bent(sound, spec, slopes), preset, target, within(on_progress, started, 0.0, CODING)
    )
    stream = header + b"".join(_blocks(parse(coded), phases))
    measuring = of_stage(within(on_progress, started, CODING, 1.0), "measuring")
    return Written(stream, replace(report, snr_db=decoded_snr(stream, sound, measuring)))


def _blocks(coded: Stream, phases: list[bytes]) -> list[bytes]:
    """The blocks of a coded sound with the phases before their symbols; silence stays silence."""
    payloads = coded.payloads
    return [
        write_block(Block(number, phase + payloads[number] if payloads[number] else b""))
        for number, phase in enumerate(phases)
    ]
