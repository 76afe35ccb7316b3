"""A sound becomes a stream: fit, quantise, code, block by block in bounded memory."""

from dataclasses import dataclass, replace
from math import isnan
from pathlib import Path
from time import monotonic

import numpy as np

from ligeia.audio.signal import Sound
from ligeia.codec.blocks import pack_block
from ligeia.codec.container import EXACT, Bits, Block, Header, write_block, write_header
from ligeia.codec.decode import decode_pieces
from ligeia.codec.presets import EncodeSettings, bits_for, bits_per_sample, recipe_for
from ligeia.codec.quantise import Arrays
from ligeia.codec.refit import StoredValues, audible_parameters, quantise_group
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
    fit_snr_db: float
    """SNR of the blocks as fitted: before cross-fading, and before quantisation unless the fit was aware of it."""
    steps: int
    seconds: float
    attempts: int = 1


def encode(
    sound: Sound,
    preset: str = "standard",
    *,
    kbps: float | None = None,
    snr_db: float | None = None,
    steps: int | None = None,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> bytes:
    """A sound as a `.lig` stream.

    `kbps` bounds the rate (1000 bit/s); `snr_db` asks for the smallest size on a ladder that reaches this SNR;
    without either, `preset` decides. `steps` overrides the preset's patience.

    Raises:
        InputError: the sound has no samples, or a setting is out of range.
        FitError: the fit diverged, or `snr_db` is out of reach.

    Example:
        >>> import ligeia
        >>> tone = ligeia.Audio([[0.0, 0.1, 0.2, 0.1] * 2000], rate=8000)
        >>> stream = encode(tone, kbps=16, steps=20)
        >>> len(stream) <= 16 * 125 * tone.seconds
        True
    """
    settings = EncodeSettings(preset=preset, kbps=kbps, snr_db=snr_db, steps=steps, seed=seed)
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
        InputError: also where a checkpoint is named together with a target SNR, which takes several fits.
    """
    if settings.snr_db is not None:
        if checkpoint is not None:
            raise InputError("a target SNR takes several fits: it cannot be kept in one checkpoint")
        return _encode_to_target(sound, settings, on_progress)
    kbps = settings.rate_for(sound)
    plan, bits = _plan(sound, settings, kbps)
    return encode_plan(sound, plan, bits, checkpoint=checkpoint, on_progress=on_progress)


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
    return stream, EncodeReport(decoded_snr(stream, sound), snr_from_energies(signal, fit_error), steps, took)


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
    return (quantisation_aware(plan, bits) if settings.quantisation_aware else plan), bits


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
            return stream, replace(report, attempts=attempt + 1)
        best = max(best, report.snr_db)
    raise FitError(
        f"{settings.snr_db:g} dB is out of reach: {MAX_ATTEMPTS} sizes up to {kbps:.0f} kbps gave {best:.1f} dB at "
        "most; give more steps, or kbps instead"
    )
