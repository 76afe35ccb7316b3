"""A sound as a stream of the lapped network, as large as was asked for, or as good."""

from dataclasses import dataclass
from time import monotonic

from ligeia.audio.signal import Audio, Sound
from ligeia.codec.transform.encoder import LappedEncoder
from ligeia.codec.transform.presets import LappedPreset, step_at
from ligeia.codec.transform.rate_control import Target, rough_step, steps_for

USUAL_QUALITY = 5.0
"""Whose steps a search begins with."""
TRIED_SECONDS = 3.0
"""How much of a sound durations of superframes are tried on."""


@dataclass(frozen=True)
class LappedReport:
    """What encoding did."""

    snr_db: float
    """SNR of the decoded stream."""
    step: int
    """Exponent of the steps, in sixteenths of an octave; where blocks differ, of the finest."""
    seconds: float
    units: int
    """Weights other than 0."""
    reached: bool = True
    """Whether the target was within reach."""


def encode_lapped(sound: Sound, preset: LappedPreset, target: Target) -> tuple[bytes, LappedReport]:
    """A sound as a stream that reaches a target.

    Raises:
        InputError: the sound has no samples.
    """
    started = monotonic()
    encoder = encoder_for(sound, preset, best_frame(sound, preset, target))
    encoder.refine(rough_step(encoder, target))  # the splits suited other steps
    steps, reached = steps_for(encoder, target)
    stream, units = encoder.stream(steps)
    return stream, LappedReport(encoder.snr_of(steps), int(steps.min()), monotonic() - started, units, reached)


def encoder_for(sound: Sound, preset: LappedPreset, frame_seconds: float) -> LappedEncoder:
    """An encoder with one of the preset's durations of superframes."""
    start = step_at(preset, USUAL_QUALITY)
    return LappedEncoder(sound, preset.profile, frame_seconds=frame_seconds, rounding=preset.rounding, start=start)


def best_frame(sound: Sound, preset: LappedPreset, target: Target) -> float:
    """The duration of superframes that suits the middle of a sound: the first, or one with fewer bits in equal steps.

    The steps are those with which the first of the preset's durations reaches the target there.
    """
    if len(preset.frame_seconds) == 1:
        return preset.frame_seconds[0]
    part = _middle(sound)
    first = encoder_for(part, preset, preset.frame_seconds[0])
    step = rough_step(first, target)
    best, least = 0.0, float("inf")
    for seconds in preset.frame_seconds:
        encoder = encoder_for(part, preset, seconds)
        size = _size(encoder, step)
        if size < least * (1 - preset.patience):
            best, least = seconds, size
    return best


def _size(encoder: LappedEncoder, step: int) -> float:
    """Bytes in steps of an exponent, or in the finest that there are."""
    step = max(step, encoder.least)
    encoder.refine(step)
    return float(encoder.block_bytes(max(step, encoder.least)).sum())


def _middle(sound: Sound) -> Sound:
    frames = min(round(TRIED_SECONDS * sound.rate), sound.frames)
    first = (sound.frames - frames) // 2
    return Audio(sound.read(first, first + frames), sound.rate)
