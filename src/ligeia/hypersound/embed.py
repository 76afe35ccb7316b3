"""`embed`: a sound of any length, rate and number of channels becomes an INR in one pass through a model.

The sound is resampled to the model's rate and cut into overlapping segments; each is divided by its peak, the model
writes a function for it, and an INR cross-fades them. Gradient steps may refine what was written. Only a group of
segments is in memory at a time, besides the functions themselves.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ligeia.audio.blocks import Segments
from ligeia.audio.resample import Resampled
from ligeia.audio.signal import Sound, check_sound, snr_from_energies
from ligeia.codec.container import write_header
from ligeia.codec.decode import decoded_snr
from ligeia.codec.header import MAX_GAIN, Header
from ligeia.codec.parameters.coding import ParameterCoding
from ligeia.codec.parameters.encode import StoredValues, audible_parameters, encode_group
from ligeia.codec.parameters.quantise import EXACT, Bits
from ligeia.codec.settings import EncodeReport
from ligeia.errors import InputError, SettingsError
from ligeia.fitting.batches import Samples, make_samples
from ligeia.fitting.closed_form import block_errors
from ligeia.fitting.fit import assemble
from ligeia.fitting.plan import SILENCE, FittedGroup, Plan, load_group, scan_peak, to_bfloat16
from ligeia.fitting.quantised import load
from ligeia.hypersound.atoms import RATIO, write_atoms
from ligeia.hypersound.channels import joined, side_by_side
from ligeia.hypersound.dictionary import is_dictionary, load_dictionary
from ligeia.hypersound.hypernetwork import HyperSound
from ligeia.hypersound.refine import refined, settings, watched
from ligeia.hypersound.shipped import find_model
from ligeia.hypersound.weights import load_model
from ligeia.inr import INR
from ligeia.progress import OnProgress, Progress, Reporter
from ligeia.training.config import require
from ligeia.training.processes import pick_device, torch_errors

OVERLAP = 1 / 8
"""Part of a segment that it shares with the next one."""
GROUP = 256
"""Segments that are written together, all channels counted."""


@dataclass(frozen=True)
class Writer:
    """A model that is ready to write, with what its functions are made of."""

    model: HyperSound
    name: str
    digest: str
    """The first 16 digits of the SHA-256 of its file."""

    @classmethod
    def open(cls, model: Path | str) -> "Writer":
        """Read a model: a file, or the name of one that comes with the package.

        Raises:
            InputError: there is none, or its file is damaged or of another kind.
        """
        path = find_model(model)
        loaded, _ = load_model(path)
        return cls(loaded, str(model), hashlib.sha256(path.read_bytes()).hexdigest()[:16])

    def plan(self, sound: Sound, *, refine: int, seed: int, device: str) -> Plan:
        """Return the network for each segment of `sound`, which has the model's rate, and the groups to write.

        Raises:
            InputError: the network cannot say so many channels, or a setting is out of range.
        """
        length = self.model.config.samples
        overlap = int(length * OVERLAP)
        segments = Segments(sound.sample_count, hop=length - overlap, overlap=overlap)
        spec = side_by_side(self.model.spec, sound.channels)
        config = replace(settings(max(refine, 1), seed=seed, device=device), group=max(GROUP // sound.channels, 1))
        return Plan(spec, segments, config, sound.rate, None, recipe="embed")

    @torch.no_grad()
    def write(self, samples: NDArray[np.float32], gains: NDArray[np.float32], plan: Plan) -> dict[str, Tensor]:
        """Return parameters `[blocks, ...]` for audible segments `samples [blocks, length, channels]`.

        Each channel is written at its own level, and scaled to the one gain of its segment.
        """
        device = next(self.model.parameters()).device
        peaks = np.abs(samples).max(axis=1)
        levels = torch.from_numpy(np.where(peaks > SILENCE, peaks, 1.0)).to(device)
        waveforms = torch.from_numpy(samples).to(device) / levels.unsqueeze(1)
        ratios = torch.from_numpy(np.where(peaks > SILENCE, peaks, 0.0) / gains[:, None]).to(device)
        numbers = []
        for channel in range(samples.shape[2]):
            written = self.model.write(waveforms[:, :, channel].contiguous())
            numbers.append(_scaled(self.model, written, ratios[:, channel]))
        return joined(self.model.spec, plan.spec, numbers)


def _scaled(model: HyperSound, written: dict[str, Tensor], ratios: Tensor) -> dict[str, Tensor]:
    """Return what was written with the output layer times `ratios [blocks]`: the network is linear in it."""
    return {
        name: value * ratios.view(-1, *[1] * (value.ndim - 1)) if model.spec.part(name) == "output" else value
        for name, value in written.items()
    }


# --- sounds ------------------------------------------------------------------------------------------


def embed(
    sound: Sound,
    model: Path | str = "hypersound",
    *,
    refine: int = 0,
    ratio: float | None = None,
    seed: int = 0,
    device: str = "auto",
    on_progress: OnProgress | None = None,
) -> INR:
    """Return the INR that a model writes for a sound, in one pass.

    `model` is a file or the name of a model that comes with the package. The INR has the duration of the sound and the
    model's rate: it renders at any rate, but what lies above half the model's rate is not in it. `refine` is a number
    of gradient steps on what was written. The INR's `report` says what was done, its SNR included, against the sound at
    the model's rate.

    Where the model is a dictionary of atoms, such as "atoms", the INR is one of few numbers: one for `ratio` samples
    (16 unless stated; see `hypersound.atoms`). Nothing else has a use for a ratio, nor atoms for steps.

    Raises:
        InputError: the sound has no samples, there is no such model, its file is damaged or of another kind, or a
            setting does not suit the model.
        FitError: torch failed.

    Example:
        `ligeia.embed(ligeia.read_audio("speech.wav")).render(rate=48000)`
    """
    if is_dictionary(find_model(model)):
        require(refine == 0, "the values of atoms are optimal as they are: refine must be 0")
        ratio = RATIO if ratio is None else ratio
        return write_atoms(sound, load_dictionary(model), ratio=ratio, on_progress=on_progress).inr()
    require(ratio is None, f"a ratio is for dictionaries of atoms, and {model} is a model of another kind")
    started = monotonic()
    writer, plan, adapted = _prepared(sound, model, refine=refine, seed=seed, device=device)
    groups = list(written_groups(writer, plan, adapted, refine=refine, on_progress=on_progress))
    signal, error = sum(group.signal for group in groups), sum(group.error for group in groups)
    report = {**_facts(writer, plan), "steps": refine, "seed": seed, "seconds": monotonic() - started}
    return assemble(plan, groups, report | {"snr_db": snr_from_energies(signal, error)})


def embed_stream(
    sound: Sound,
    model: Path | str | Writer = "hypersound",
    *,
    refine: int = 0,
    bits: int | None = None,
    seed: int = 0,
    device: str = "auto",
    on_progress: OnProgress | None = None,
) -> tuple[bytes, EncodeReport]:
    """Return the stream of what `embed` gives, and what was done.

    Parameters are stored as they are (float32), or in `bits` bits (2 to 22; `stored_bits`), entropy-coded. The SNR of
    the report is that of the stream as it decodes. A `Writer` that is open serves for many sounds.

    Raises:
        InputError: as `embed`; also where a sample is beyond what a stream can hold.
    """
    started = monotonic()
    writer, plan, adapted = _prepared(sound, model, refine=refine, seed=seed, device=device)
    values = StoredValues(plan.spec, stored_bits(bits))
    parts = [write_header(Header(plan.spec, plan.rate, plan.segments, ParameterCoding(values.bits)))]
    for group in written_groups(writer, plan, adapted, refine=refine, on_progress=on_progress):
        parts += encode_group(group, values, audible_parameters(group))
    stream, took = b"".join(parts), monotonic() - started
    parts.clear()  # a long sound's functions should not lie in memory twice
    return stream, EncodeReport(decoded_snr(stream, adapted), took, steps=refine or None, notes=notes(sound, writer))


def stored_bits(bits: int | None) -> Bits:
    """Return the bits of every part of a network for so many in its hidden layers; None: float32 everywhere.

    Frequencies have 18, as wherever fitted networks are stored, and the output layer 2 more than hidden layers.

    Raises:
        InputError: a part cannot have so many.
    """
    return EXACT if bits is None else Bits(first=18, hidden=bits, output=bits + 2)


def notes(sound: Sound, writer: Writer) -> tuple[str, ...]:
    """Return what a user should know about a sound that a model has written."""
    rate = writer.model.config.rate
    if sound.rate <= rate:
        return ()
    return (f"{writer.name} writes functions of sound at {rate} Hz: what lies above {rate / 2:g} Hz is not in them",)


def written_groups(
    writer: Writer, plan: Plan, sound: Sound, *, refine: int, on_progress: OnProgress | None
) -> Iterator[FittedGroup]:
    """Yield the functions of `sound`, which has the model's rate, a group of segments at a time."""
    report, now = Reporter(on_progress), Progress(done=0.0, elapsed=0.0, stage="writing", groups=len(plan.groups))
    report.stage("writing", 0.0, 1.0)
    started = monotonic()
    for number, blocks in enumerate(plan.groups):
        now = replace(now, done=number / len(plan.groups), elapsed=monotonic() - started, group=number)
        watch = watched(on_progress, replace(now, stage="refining"))
        with torch_errors("embed", "the length of the model's segments"):
            yield _written(writer, plan, (sound, blocks), refine, watch)
        report((number + 1) / len(plan.groups))
    report.finish()


def _prepared(
    sound: Sound, model: Path | str | Writer, *, refine: int, seed: int, device: str
) -> tuple[Writer, Plan, Sound]:
    """Return the model on its device, the plan, and the sound at the model's rate."""
    check_sound(sound)
    if sound.sample_count < 1:
        raise InputError("the sound has no samples")
    if refine < 0:
        raise SettingsError(f"the number of steps to refine must be at least 0, got {refine}")
    writer = model if isinstance(model, Writer) else Writer.open(model)
    writer.model.to(pick_device(device))
    adapted = sound if sound.rate == writer.model.config.rate else Resampled(sound, writer.model.config.rate)
    plan = writer.plan(adapted, refine=refine, seed=seed, device=device)
    peak = scan_peak(adapted)  # reads everything once: damage shows before the work
    require(peak <= MAX_GAIN, f"samples beyond {MAX_GAIN:g} cannot be stored, one is {peak:g}: scale the sound down")
    return writer, plan, adapted


def _facts(writer: Writer, plan: Plan) -> dict[str, Any]:
    config = writer.model.config
    return {
        "recipe": "embed",
        "model": writer.name,
        "digest": writer.digest,
        "network": plan.spec.name,
        "numbers_per_sample": plan.spec.parameters / plan.segments.hop / plan.spec.channels,
        "blocks": plan.segments.count,
        "rate": config.rate,
        "torch": torch.__version__,
    }


# --- a group -----------------------------------------------------------------------------------------


def _written(
    writer: Writer, plan: Plan, part: tuple[Sound, range], refine: int, watch: Callable[[Any], None] | None
) -> FittedGroup:
    """Write the audible segments of a group; silent ones get gain 0 and parameters 0."""
    (sound, blocks), started = part, monotonic()
    data, valid = load_group(plan, sound, blocks)
    gains = _peak_gains(data)
    audible = np.flatnonzero(gains)
    parameters = {name: np.zeros((len(blocks), *shape), np.float32) for name, shape in plan.spec.shapes().items()}
    signal = float(np.square(data[audible], dtype=np.float64).sum())
    if len(audible) == 0:
        return FittedGroup(blocks, parameters, gains, signal, signal, 0, 0.0, [])
    written = writer.write(data[audible], gains[audible], plan)
    device = next(writer.model.parameters()).device
    samples = make_samples(plan, data[audible], valid[audible], gains[audible], device)
    levels = torch.from_numpy(gains[audible]).to(device)
    if refine:
        written = refined(plan.spec, written, samples, levels, plan.config, watch)
    for name, value in written.items():
        parameters[name][audible] = value.detach().cpu().numpy()
    error = _error(plan, written, samples, levels)
    return FittedGroup(blocks, parameters, gains, signal, error, refine, monotonic() - started, [])


def _peak_gains(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Gain of each segment of `[blocks, length, channels]`: its largest sample as a bfloat16, 0 for silence."""
    peaks = np.abs(samples).max(axis=(1, 2))
    rounded = np.array([to_bfloat16(float(peak)) for peak in peaks], np.float32)
    return np.where(peaks < SILENCE, np.float32(0), rounded)


def _error(plan: Plan, parameters: dict[str, Tensor], samples: Samples, levels: Tensor) -> float:
    """Energy of the error of functions, before cross-fading."""
    module = plan.spec.build(blocks=len(levels)).to(levels.device)
    load(module, parameters)
    return float((block_errors(module, samples, plan.spec) * levels.double() ** 2).sum())
