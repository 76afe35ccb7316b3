"""Streams of networks that are fitted step by step, and of INRs that are there already."""

from dataclasses import replace
from math import isnan
from pathlib import Path
from time import monotonic

from ligeia.audio.signal import Sound, snr_from_energies
from ligeia.codec.blocks import pack_block
from ligeia.codec.container import EXACT, Bits, Block, Header, write_block, write_header
from ligeia.codec.parameters.design import bits_for, recipe_for
from ligeia.codec.parameters.presets import bits_per_sample
from ligeia.codec.parameters.quantise import Arrays
from ligeia.codec.parameters.refit import StoredValues, audible_parameters, quantise_group
from ligeia.codec.report import EncodeReport, decoded_snr
from ligeia.codec.settings import EncodeSettings
from ligeia.errors import FitError, InputError
from ligeia.fitting.fit import fit_groups
from ligeia.fitting.group import FittedGroup
from ligeia.fitting.plan import Plan, load_group, make_plan
from ligeia.inr import INR
from ligeia.progress import OnProgress

FIRST_QUALITY = 2.0
"""Size of the first attempt at a target SNR."""
GROWTH = 1.6
"""How much larger each attempt at a target SNR is than the one before."""
MAX_ATTEMPTS = 8


def encode_siren(
    sound: Sound,
    settings: EncodeSettings,
    *,
    checkpoint: Path | str | None = None,
    on_progress: OnProgress | None = None,
) -> tuple[bytes, EncodeReport]:
    """The stream of the siren for a rate, a quality or an SNR; see `encode.encode_with_report`."""
    if settings.snr_db is not None:
        if checkpoint is not None:
            raise InputError("a target SNR takes several fits: it cannot be kept in one checkpoint")
        return _encode_to_target(sound, settings, on_progress)
    plan, bits = _plan(sound, settings, settings.siren_rate(sound))
    stream, report = encode_plan(sound, plan, bits, checkpoint=checkpoint, on_progress=on_progress)
    return stream, replace(report, preset=settings.siren_preset.name)


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
        arrays = {name: value[number] for name, value in inr.parameters.items()}
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
