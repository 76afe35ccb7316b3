"""Streams of networks that are fitted step by step: fit, round what a decoder will see, store.

Rounding is part of the fit where the plan says so (`StoredValues`, a quantiser for `fitting.quantised`); elsewhere it
comes afterwards, and the output layer, which has a closed form, is solved once more for the rounded hidden layers.
"""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from math import isnan
from pathlib import Path
from time import monotonic

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ligeia.audio.signal import Sound, snr_from_energies
from ligeia.codec.container import write_header
from ligeia.codec.decode import decoded_snr
from ligeia.codec.header import Arrays, Header
from ligeia.codec.parameters.coarser import FittedBlock, blocks_within
from ligeia.codec.parameters.coding import ParameterCoding
from ligeia.codec.parameters.design import bits_for, recipe_for
from ligeia.codec.parameters.quantise import Bits, largest, layout, round_trip, scale_of
from ligeia.codec.parameters.quantise import Tensor as Stored
from ligeia.codec.settings import EncodeReport, EncodeSettings, bits_per_sample
from ligeia.errors import FitError, SettingsError
from ligeia.fitting.batches import Samples
from ligeia.fitting.closed_form import best_output
from ligeia.fitting.fit import fit_groups
from ligeia.fitting.plan import FittedGroup, Plan, load_group, make_plan
from ligeia.networks.spec import LinearOutput, NetworkSpec
from ligeia.progress import OnProgress

FIRST_QUALITY = 2.0
"""Size of the first attempt at a target SNR."""
GROWTH = 1.6
"""Growth in size from one attempt at a target SNR to the next."""
MAX_ATTEMPTS = 8


@dataclass(frozen=True)
class StoredValues:
    """Parameters by name, `[blocks, ...]`, to what a decoder will have of them: a quantiser for `fitting.quantised`.

    The same rounding as `round_trip`, to the last bit, of all blocks at once and on the device where they are; but what
    has been rounded already may move to a neighbouring scale, where `round_trip` would leave it alone.
    """

    spec: NetworkSpec
    bits: Bits

    @property
    def name(self) -> str:
        """A name of the rounding, for checkpoints."""
        return repr(self.bits)

    @torch.no_grad()
    def __call__(self, parameters: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return `parameters` (all or some) rounded: same names, shapes, types and devices."""
        return {name: _rounded(value, self._stored[name]) for name, value in parameters.items()}

    @cached_property
    def _stored(self) -> dict[str, Stored]:
        return {stored.name: stored for stored in layout(self.spec, self.bits)}


def _rounded(value: Tensor, stored: Stored) -> Tensor:
    """Return `value [blocks, ...]` as stored, by the formulas of `quantise_rows`, in double precision."""
    along = (1,) if stored.rows > 1 else tuple(range(1, value.dim()))
    scales, limit = _scales(stored.bits, value.device), largest(stored.bits)
    peak = value.abs().amax(along, keepdim=True).double()
    scale = scales[torch.searchsorted(scales, peak / limit).clamp_(max=len(scales) - 1)]
    return ((value / scale).round_().clamp_(-limit, limit) * scale).to(value.dtype)


@lru_cache(maxsize=64)
def _scales(bits: int, device: torch.device) -> Tensor:
    """Return every scale but 0, ascending, float64 `[255]`."""
    return torch.tensor([scale_of(code, bits) for code in range(1, 256)], dtype=torch.float64, device=device)


def encode_dense(
    sound: Sound,
    settings: EncodeSettings,
    *,
    checkpoint: Path | str | None = None,
    on_progress: OnProgress | None = None,
) -> tuple[bytes, EncodeReport]:
    """Return the stream of a dense SIREN for a rate, a quality or an SNR; see `encode.encode_with_report`."""
    if settings.snr_db is not None:
        if checkpoint is not None:
            raise SettingsError("a target SNR takes several fits: it cannot be kept in one checkpoint")
        return _encode_to_target(sound, settings, on_progress)
    kbps = settings.dense_rate(sound)
    plan, bits = _plan(sound, settings, kbps)
    most = kbps * 125 * sound.sample_count / sound.rate if settings.width is None else None
    stream, report = encode_plan(sound, plan, bits, most=most, checkpoint=checkpoint, on_progress=on_progress)
    notes = missed_rate(sound, settings.kbps, len(stream))
    return stream, replace(report, preset=settings.dense_preset.name, notes=notes)


def encode_plan(
    sound: Sound,
    plan: Plan,
    bits: Bits,
    *,
    most: float | None = None,
    checkpoint: Path | str | None = None,
    on_progress: OnProgress | None = None,
) -> tuple[bytes, EncodeReport]:
    """Fit and store by a plan; only the running group and the stream are in memory.

    The stream has at most `most` bytes, as far as coarser numbers reach (see `coarser`). A plan that
    `quantisation_aware` has made of another is fitted to its bits; any other one is rounded afterwards.
    """
    values = StoredValues(plan.spec, bits)
    started = monotonic()
    parts = [write_header(Header(plan.spec, plan.rate, plan.segments, ParameterCoding(bits)))]
    signal = fit_error = 0.0
    steps, count = 0, plan.segments.count
    for group in fit_groups(plan, sound, checkpoint=checkpoint, on_progress=on_progress):
        done = group.blocks[-1] + 1
        left = None if most is None else len(parts[0]) + (most - len(parts[0])) * done / count - sum(map(len, parts))
        parts += encode_group(group, values, _stored_parameters(group, values, plan, sound), left)
        signal, fit_error = signal + group.signal, fit_error + group.error
        steps = max(steps, group.steps)
    stream, took = b"".join(parts), monotonic() - started
    report = EncodeReport(
        decoded_snr(stream, sound), took, fit_snr_db=snr_from_energies(signal, fit_error), steps=steps
    )
    return stream, report


def quantisation_aware(plan: Plan, bits: Bits) -> Plan:
    """Return `plan` with a fit that knows how its parameters will be quantised; itself where that changes nothing."""
    if bits.exact or plan.solve is not None:
        return plan
    return replace(plan, quantiser=StoredValues(plan.spec, bits))


def encode_group(
    group: FittedGroup, values: StoredValues, parameters: Arrays, most: float | None = None
) -> list[bytes]:
    """Return the blocks of a group as bytes, `most` together if that can be (see `coarser`).

    `parameters [audible blocks, ...]` are those of its audible blocks.
    """
    audible = [row for row, gain in enumerate(group.gains.tolist()) if gain != 0]
    rows = {row: k for k, row in enumerate(audible)}
    blocks = []
    for row, number in enumerate(group.blocks):
        arrays = {name: value[rows[row]] for name, value in parameters.items()} if row in rows else {}
        blocks.append(FittedBlock(number, float(group.gains[row]), arrays))
    return blocks_within(most, blocks, ParameterCoding(values.bits), values.spec)


def missed_rate(sound: Sound, kbps: float | None, size: int) -> tuple[str, ...]:
    """Return a note where a stream of `size` bytes misses a rate by more than 2 %."""
    found = size * 8 * sound.rate / sound.sample_count / 1000
    if kbps is None or abs(found - kbps) <= 0.02 * kbps:
        return ()
    why = "no smaller network is stored" if found > kbps else "silent blocks and whole units leave no other size"
    return (f"{kbps:g} kbps was missed: the stream has {found:.3g} kbps ({why})",)


def _plan(sound: Sound, settings: EncodeSettings, kbps: float) -> tuple[Plan, Bits]:
    """Return the plan and the bits for a rate."""
    plan, bits = make_plan(sound, recipe_for(settings, sound, kbps)), bits_for(sound, kbps)
    return (plan if settings.quantisation_aware is False else quantisation_aware(plan, bits)), bits


def _stored_parameters(group: FittedGroup, values: StoredValues, plan: Plan, sound: Sound) -> Arrays:
    """Return the parameters of the audible blocks of a group as a decoder will see them; none where all are silent."""
    if not group.gains.any():
        return {}
    if plan.quantiser is not None:  # they have been kept as such, and the output layer been solved for them
        return audible_parameters(group)
    return quantise_group(group, values, *load_group(plan, sound, group.blocks))


def _encode_to_target(
    sound: Sound, settings: EncodeSettings, on_progress: OnProgress | None
) -> tuple[bytes, EncodeReport]:
    """Fit larger and larger networks until one reaches the target SNR."""
    assert settings.snr_db is not None
    best = float("-inf")
    for attempt in range(MAX_ATTEMPTS):
        kbps = bits_per_sample(FIRST_QUALITY) * GROWTH**attempt * sound.rate * sound.channels / 1000
        plan, bits = _plan(sound, settings, kbps)
        stream, report = encode_plan(sound, plan, bits, on_progress=on_progress)
        if report.snr_db >= settings.snr_db or isnan(report.snr_db):
            return stream, replace(report, attempts=attempt + 1, preset=settings.dense_preset.name)
        best = max(best, report.snr_db)
    raise FitError(
        f"{settings.snr_db:g} dB is out of reach: {MAX_ATTEMPTS} sizes up to {kbps:.0f} kbps gave {best:.1f} dB at "
        "most; give more steps, or kbps instead"
    )


# --- what a decoder will see -------------------------------------------------------------------------


def audible_parameters(group: FittedGroup) -> Arrays:
    """Return parameters `[blocks, ...]` of the audible blocks of a group, as they were fitted."""
    audible = np.flatnonzero(group.gains)
    return {name: value[audible] for name, value in group.parameters.items()}


def quantise_group(
    group: FittedGroup, values: StoredValues, data: NDArray[np.float32], valid: NDArray[np.bool_]
) -> Arrays:
    """Return parameters `[blocks, ...]` of the audible blocks of a group, as a decoder will see them.

    `data [blocks, length, channels]` and `valid [blocks, length]` are the sound itself. The output layer is solved
    once more for the quantised hidden layers, in closed form: it then undoes the part of their rounding error that
    it can.
    """
    audible = np.flatnonzero(group.gains)
    parameters = audible_parameters(group)
    if values.bits.exact:
        return parameters
    tensors = layout(values.spec, values.bits)
    for tensor in tensors:
        parameters[tensor.name] = np.stack([round_trip(value, tensor) for value in parameters[tensor.name]])
    gains = group.gains[audible]
    samples = Samples(
        torch.from_numpy(data[audible] / gains[:, None, None]),
        torch.from_numpy(valid[audible]),
        closed=values.spec.closed_grid,
    )
    solved = _solve_output(parameters, samples, values.spec)
    for tensor in tensors:
        if tensor.name in solved:
            parameters[tensor.name] = np.stack([round_trip(value, tensor) for value in solved[tensor.name]])
    return parameters


@torch.no_grad()
def _solve_output(parameters: Arrays, samples: Samples, spec: NetworkSpec) -> Arrays:
    """Return the best output layer for these hidden layers; nothing where the output is not linear."""
    module = spec.build(blocks=samples.targets.shape[0])
    if not isinstance(module, LinearOutput):
        return {}
    for name, value in module.named_parameters():
        value.copy_(torch.from_numpy(parameters[name]))
    return {name: value.numpy() for name, value in best_output(module, samples, spec).items()}
