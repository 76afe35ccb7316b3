"""A sound becomes a stream: transform or fit, quantise, code."""

from dataclasses import dataclass, replace
from math import isnan
from pathlib import Path
from time import monotonic

import numpy as np

from ligeia.audio.signal import Sound
from ligeia.codec.blocks import pack_block
from ligeia.codec.container import EXACT, Bits, Block, Header, write_block, write_header
from ligeia.codec.decode import decode_pieces
from ligeia.codec.design import bits_for, recipe_for
from ligeia.codec.lapped.encoder import LappedReport, encode_lapped
from ligeia.codec.lapped.presets import DEFAULT_QUALITY, step_at
from ligeia.codec.presets import bits_per_sample
from ligeia.codec.quantise import Arrays
from ligeia.codec.refit import StoredValues, audible_parameters, quantise_group
from ligeia.codec.settings import EncodeSettings
from ligeia.errors import FitError, InputError
from ligeia.fitting.fit import fit_groups
from ligeia.fitting.group import FittedGroup, snr_from_energies
from ligeia.fitting.plan import Plan, load_group, make_plan
from ligeia.fitting.progress import OnProgress
from ligeia.inr import INR

FIRST_QUALITY = 2.0
"""Size of the first attempt at a target SNR."""
GROWTH = 1.6
"""How much larger each attempt at a target SNR is than the one before."""
MAX_ATTEMPTS = 8


@dataclass(frozen=True)
class EncodeReport:
    """What encoding did."""

    snr_db: float
    """SNR of the decoded stream."""
    seconds: float
    fit_snr_db: float | None = None
    """Siren: SNR of the blocks as fitted: before cross-fading, and before quantisation unless the fit knew it."""
    steps: int | None = None
    """Siren: optimiser steps of the slowest group of blocks."""
    attempts: int = 1
    """Siren: how many sizes were tried for a target SNR."""
    step: int | None = None
    """Lapped network: exponent of the (finest) quantisation steps, in sixteenths of an octave."""
    preset: str | None = None
    """The preset that was taken, where one was."""
    notes: tuple[str, ...] = ()
    """What the one who asked should know."""


def encode(
    sound: Sound,
    preset: str | None = None,
    *,
    kbps: float | None = None,
    snr_db: float | None = None,
    quality: float | None = None,
    settings: EncodeSettings | None = None,
    on_progress: OnProgress | None = None,
) -> bytes:
    """A sound as a `.lig` stream.

    `preset` says what matters: "speech", "music" or "waveform" (None: what the sound probably is). `kbps` is a rate
    (1000 bit/s), `snr_db` a signal-to-noise ratio to reach, `quality` goes from 0 to 10; without any of them the
    quality is 6. `settings` says all of this and more, such as another network (see `EncodeSettings`).

    Raises:
        InputError: the sound has no samples, or a setting is out of range or contradicts another.
        FitError: `snr_db` is out of reach, or the fit of a siren diverged.

    Example:
        >>> import ligeia
        >>> tone = ligeia.Audio([[0.0, 0.1, 0.2, 0.1] * 20000], rate=8000)
        >>> stream = encode(tone, kbps=16)
        >>> len(stream) <= 1.02 * 16 * 125 * tone.seconds
        True
    """
    if settings is None:
        settings = EncodeSettings(preset=preset, kbps=kbps, snr_db=snr_db, quality=quality)
    elif (preset, kbps, snr_db, quality) != (None, None, None, None):
        raise InputError("give settings, or preset, kbps, snr_db and quality, not both")
    return encode_with_report(sound, settings, on_progress=on_progress)[0]


def encode_with_report(
    sound: Sound,
    settings: EncodeSettings,
    *,
    checkpoint: Path | str | None = None,
    on_progress: OnProgress | None = None,
) -> tuple[bytes, EncodeReport]:
    """The stream, and what encoding did; see `encode`.

    `checkpoint` names a folder from which the same call goes on after a crash.

    Raises:
        InputError: also where a checkpoint is named together with the lapped network, which needs none, or with a
            target SNR, which takes several fits.
    """
    if settings.chosen_network == "lapped":
        if checkpoint is not None:
            raise InputError("the lapped network is solved in one go: a checkpoint is for the siren (network siren)")
        return _encode_lapped(sound, settings)
    if settings.snr_db is not None:
        if checkpoint is not None:
            raise InputError("a target SNR takes several fits: it cannot be kept in one checkpoint")
        return _encode_to_target(sound, settings, on_progress)
    plan, bits = _plan(sound, settings, settings.siren_rate(sound))
    stream, report = encode_plan(sound, plan, bits, checkpoint=checkpoint, on_progress=on_progress)
    return stream, replace(report, preset=settings.siren_preset.name)


def _encode_lapped(sound: Sound, settings: EncodeSettings) -> tuple[bytes, EncodeReport]:
    """The stream of the lapped network for a rate, an SNR or a quality."""
    preset = settings.lapped_preset(sound)
    step = None
    if settings.kbps is None and settings.snr_db is None:
        step = step_at(preset, DEFAULT_QUALITY if settings.quality is None else settings.quality)
    stream, found = encode_lapped(
        sound, preset.profile, frame_seconds=preset.frame_seconds, dead=preset.dead,
        kbps=settings.kbps, snr_db=settings.snr_db, step=step,
    )  # fmt: skip
    snr = decoded_snr(stream, sound)
    notes = () if found.reached else _missed(sound, settings, found, len(stream), snr)
    return stream, EncodeReport(snr, found.seconds, step=found.step, preset=preset.name, notes=notes)


def _missed(sound: Sound, settings: EncodeSettings, found: LappedReport, size: int, snr_db: float) -> tuple[str, ...]:
    """What is said where a target was out of reach, as an error where that is not what was asked for at all."""
    if settings.snr_db is not None:
        if snr_db >= settings.snr_db or isnan(snr_db):
            return ()
        raise FitError(f"{settings.snr_db:g} dB is out of reach: the finest steps give {snr_db:.1f} dB")
    if settings.kbps is not None:
        kbps = size * 8 * sound.rate / sound.frames / 1000
        return (f"{settings.kbps:g} kbps is out of reach for this sound and preset; the nearest is {kbps:.3g} kbps",)
    return (f"steps of exponent {found.step} are the finest in which this sound can be stored",)


def encode_plan(
    sound: Sound,
    plan: Plan,
    bits: Bits,
    *,
    checkpoint: Path | str | None = None,
    on_progress: OnProgress | None = None,
) -> tuple[bytes, EncodeReport]:
    """Fit and store what `plan` says; only the running group and the stream are in memory.

    A plan that `quantisation_aware` has made of another is fitted to its bits; any other one is rounded afterwards.
    """
    header = Header(plan.spec, plan.rate, plan.segments, bits)
    started = monotonic()
    parts = [write_header(header)]
    signal = fit_error = 0.0
    steps = 0
    for group in fit_groups(plan, sound, checkpoint=checkpoint, on_progress=on_progress):
        parts += encode_group(group, header, _values(group, header, plan, sound))
        signal, fit_error = signal + group.signal, fit_error + group.error
        steps = max(steps, group.steps)
    stream, took = b"".join(parts), monotonic() - started
    report = EncodeReport(
        decoded_snr(stream, sound), took, fit_snr_db=snr_from_energies(signal, fit_error), steps=steps
    )
    return stream, report


def decoded_snr(stream: bytes, sound: Sound) -> float:
    """SNR in dB of what `stream` decodes to against the sound it was made from, sample by sample."""
    signal = error = 0.0
    start = 0
    for piece in decode_pieces(stream):
        original = sound.read(start, start + piece.shape[1])
        signal += float(np.square(original, dtype=np.float64).sum())
        error += float(np.square(original - piece, dtype=np.float64).sum())
        start += piece.shape[1]
    return snr_from_energies(signal, error)


def quantisation_aware(plan: Plan, bits: Bits) -> Plan:
    """`plan` with a fit that allows for parameters being stored with these bits; itself where nothing is to be done."""
    if bits.exact or plan.solve is not None:
        return plan
    return replace(plan, quantiser=StoredValues(plan.spec, bits))


def encode_group(group: FittedGroup, header: Header, parameters: Arrays) -> list[bytes]:
    """The blocks of a group as bytes; `parameters [audible blocks, ...]` are those of its audible blocks."""
    audible = [row for row, gain in enumerate(group.gains.tolist()) if gain != 0]
    rows = {row: k for k, row in enumerate(audible)}
    blocks = []
    for row, number in enumerate(group.blocks):
        gain = float(group.gains[row])
        arrays = {name: value[rows[row]] for name, value in parameters.items()} if row in rows else {}
        blocks.append(write_block(Block(number, pack_block(gain, arrays, header))))
    return blocks


def encode_inr(inr: INR, bits: Bits = EXACT) -> bytes:
    """An INR as a stream; by default every parameter is stored as it is (float32)."""
    header = Header(inr.spec, inr.rate, inr.segments, bits)
    parts = [write_header(header)]
    for number in range(inr.segments.count):
        arrays = {name: value[number].numpy() for name, value in inr.parameters.items()}
        parts.append(write_block(Block(number, pack_block(float(inr.gains[number]), arrays, header))))
    return b"".join(parts)


def _plan(sound: Sound, settings: EncodeSettings, kbps: float) -> tuple[Plan, Bits]:
    """What to fit, and how to store it, at this rate."""
    plan, bits = make_plan(sound, recipe_for(settings, sound, kbps)), bits_for(sound, kbps)
    return (plan if settings.quantisation_aware is False else quantisation_aware(plan, bits)), bits


def _values(group: FittedGroup, header: Header, plan: Plan, sound: Sound) -> Arrays:
    """The parameters of a group's audible blocks as a decoder will see them; none where all is silent."""
    if not group.gains.any():
        return {}
    if plan.quantiser is not None:  # they have been kept as such, and the output layer been solved for them
        return audible_parameters(group)
    return quantise_group(group, header, *load_group(plan, sound, group.blocks))


def _encode_to_target(
    sound: Sound, settings: EncodeSettings, on_progress: OnProgress | None
) -> tuple[bytes, EncodeReport]:
    """Larger and larger networks until one reaches the target, starting with a small one."""
    assert settings.snr_db is not None
    best = float("-inf")
    for attempt in range(MAX_ATTEMPTS):
        kbps = bits_per_sample(FIRST_QUALITY) * GROWTH**attempt * sound.rate * sound.channels / 1000
        plan, bits = _plan(sound, settings, kbps)
        stream, report = encode_plan(sound, plan, bits, on_progress=on_progress)
        if report.snr_db >= settings.snr_db or isnan(report.snr_db):
            return stream, replace(report, attempts=attempt + 1, preset=settings.siren_preset.name)
        best = max(best, report.snr_db)
    raise FitError(
        f"{settings.snr_db:g} dB is out of reach: {MAX_ATTEMPTS} sizes up to {kbps:.0f} kbps gave {best:.1f} dB at "
        "most; give more steps, or kbps instead"
    )
