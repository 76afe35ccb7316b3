"""`embed` for families: a recording becomes members of a family, and the stream of their codes.

The recording is brought to the family's rate and one channel, and cut in pieces as long as the family's sounds, which
share what their blocks share; each is brought to the level of the learned sounds, the code nearest to it is found, and
the best gain follows. A family that knows durations takes a recording as one sound.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from math import inf, log10
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.resample import Resampled
from ligeia.audio.signal import Sound, check_sound
from ligeia.codec.decode import decode, decode_pieces
from ligeia.codec.family.codes import FINEST, Member, storable_gain, stored_numbers
from ligeia.codec.family.encode import Layout, member_inr, member_stream, one_member_layout, precision_for
from ligeia.codec.family.members import kind_of, layout_of, pieces_layout, samples_of, start_of
from ligeia.codec.family.model import FamilyModel
from ligeia.codec.settings import EncodeReport
from ligeia.errors import InputError, SettingsError, needs_extra
from ligeia.inr import INR
from ligeia.metrics.waveform import si_sdr
from ligeia.progress import OnProgress, Reporter

SILENCE = 1e-4
"""A piece whose peak is below this is silent."""
TYPICAL = 8
"""Learned sounds whose level is taken as that of all."""
AT_ONCE = 64
"""Pieces whose codes are found together."""
LONGEST_NOTE = 30.0
"""Seconds of a recording that is one sound, at most."""
ROUNDING_MARGIN_DB = 16.0
"""The error of rounding lies so far below that of the code: the SNR falls by a tenth of a dB."""
LEAST_DB, MOST_DB = 20.0, 60.0
"""Range of the SNR between a member and its rounded code."""
MEASURED = 3
"""Pieces by which the precision is chosen: the loudest."""

Reals = NDArray[np.float32]

OF_WHOLE_SOUNDS: dict[str, str] = {"partials": "partials.embedding:embed_note"}
"""Kinds with an embedding of their own: "module:function", (model, samples) -> something with a `member`."""


@dataclass(frozen=True)
class Embedded:
    """A recording as a stream of codes."""

    stream: bytes
    report: EncodeReport
    si_snr_db: float
    """SI-SDR of the decoded stream (Le Roux et al. 2019), against the recording at the family's rate in one channel."""
    numbers: int
    """Numbers that the stream says: of codes, gains and pitches."""
    precision: int

    def facts(self, model: FamilyModel, seconds: float) -> dict[str, Any]:
        """Return what there is to report, beside the report itself."""
        return {
            "family": str(model.id),
            "kind": model.kind,
            "si_snr_db": self.si_snr_db,
            "numbers": self.numbers,
            "numbers_per_second": self.numbers / seconds,
            "precision": self.precision,
            "model_bytes": model.size,
        }


def embed_family(
    sound: Sound, model: FamilyModel, *, seed: int = 0, steps: int | None = None, on_progress: OnProgress | None = None
) -> Embedded:
    """Return the stream of a recording as members of a family.

    `steps` is a limit for families whose codes are found step by step.

    Raises:
        InputError: the sound is silent or has no samples, or a family of single sounds is given more than 30 s.
        MissingExtra: the codes of this kind are found with torch, which is not installed.
    """
    check_sound(sound)
    if sound.sample_count < 1:
        raise InputError("the sound has no samples")
    started, notes = monotonic(), _notes(sound, model)
    adapted = sound if sound.rate == model.rate else Resampled(sound, model.rate)
    report = Reporter(on_progress)
    report.stage("searching codes", 0.0, 0.9)
    find = _whole if model.kind in OF_WHOLE_SOUNDS else _pieces
    members, layout = find(adapted, model, _Search(seed, steps), report)
    report.stage("rounding", 0.9, 1.0)
    precision = _precision(adapted, model, members, layout)
    stream = member_stream(model, members, layout, precision)
    reference = _mono(adapted, 0, adapted.sample_count)
    estimate = np.concatenate(list(decode_pieces(stream)), axis=1)[0]
    audible = [member for member in members if member.gain]
    numbers = sum(stored_numbers(model, one.code, precision) + 1 + (one.pitch is not None) for one in audible)
    nearness = si_sdr(reference=reference, estimate=estimate, rate=model.rate) if estimate.any() else -inf
    if nearness < 0:
        notes = (*notes, f"{model.name} has nothing near to this sound: the SI-SNR is {nearness:.1f} dB")
    report.finish()
    encoded = EncodeReport(_snr_db(reference, estimate), monotonic() - started, notes=notes)
    return Embedded(stream, encoded, nearness, numbers, precision)


def embed_inr(sound: Sound, model: FamilyModel, *, seed: int = 0, on_progress: OnProgress | None = None) -> INR:
    """Return the function of `embed_family`'s stream."""
    return decode(embed_family(sound, model, seed=seed, on_progress=on_progress).stream)


def nearest_member(sound: Sound, model: FamilyModel, *, seed: int = 0, on_progress: OnProgress | None = None) -> Member:
    """Return the one member that is nearest to a recording, or to its beginning where it is longer than the family's.

    Raises:
        InputError: as `embed_family`.
    """
    check_sound(sound)
    adapted = sound if sound.rate == model.rate else Resampled(sound, model.rate)
    report = Reporter(on_progress)
    report.stage("searching codes", 0.0, 1.0)
    find = _whole if model.kind in OF_WHOLE_SOUNDS else _pieces
    if model.kind not in OF_WHOLE_SOUNDS:
        adapted = _Beginning(adapted, min(adapted.sample_count, model.samples))
    members, _ = find(adapted, model, _Search(seed, None), report)
    report.finish()
    if not members[0].gain:
        raise InputError("there is no sound to find a code for: it is silent")
    return members[0]


# --- codes --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Search:
    seed: int
    steps: int | None


@dataclass(frozen=True)
class _Beginning:
    """The beginning of a sound."""

    sound: Sound
    sample_count: int

    @property
    def rate(self) -> int:
        return self.sound.rate

    @property
    def channels(self) -> int:
        return self.sound.channels

    def read(self, start: int, stop: int) -> Reals:
        return self.sound.read(start, min(stop, self.sample_count))


def _whole(sound: Sound, model: FamilyModel, search: _Search, report: Reporter) -> tuple[list[Member], Layout]:
    """Take a recording as one sound."""
    if sound.sample_count > LONGEST_NOTE * sound.rate:
        raise InputError(
            f"a family of the kind {model.kind} takes a recording as one sound, of {LONGEST_NOTE:g} s at most; "
            f"this one has {sound.sample_count / sound.rate:.1f} s"
        )
    if search.steps is not None:
        raise SettingsError(f"codes of the kind {model.kind} are found in closed form: there are no steps to limit")
    module, _, name = OF_WHOLE_SOUNDS[model.kind].partition(":")
    embed: Callable[..., Any] = getattr(import_module(f"ligeia.latent.{module}"), name)
    member: Member = embed(model, _mono(sound, 0, sound.sample_count)).member
    report(1.0)
    return [member], layout_of(model, sound.sample_count)


def _pieces(sound: Sound, model: FamilyModel, search: _Search, report: Reporter) -> tuple[list[Member], Layout]:
    """Find a code for each piece."""
    with needs_extra("torch", "torch"):
        from ligeia.latent.inference import InferenceSettings, infer_codes

    settings = InferenceSettings(seed=search.seed)
    settings = settings if search.steps is None else replace(settings, steps=search.steps)
    layout = pieces_layout(model, sound.sample_count)
    segments, start = layout[1], start_of(*layout)
    level = _typical_level(model)
    members: list[Member] = []
    for first in range(0, segments.count, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, segments.count))
        pieces = np.stack([_mono(sound, number * segments.hop + start, model.samples) for number in numbers])
        audible = np.flatnonzero(np.abs(pieces).max(axis=1) >= SILENCE)
        found = [Member(np.zeros(model.numbers, np.float32), 0.0) for _ in numbers]
        if len(audible):
            gains = np.sqrt(np.square(pieces[audible], dtype=np.float64).mean(axis=1)) / level
            wanted = (pieces[audible] / gains[:, None]).astype(np.float32)
            codes = infer_codes(model, wanted, settings).codes
            for k, code, gain, piece in zip(audible.tolist(), codes, gains.tolist(), wanted, strict=True):
                found[k] = Member(code, storable_gain(gain * _best_gain(model, code, piece)))
        members += found
        report(len(members) / segments.count)
    if not any(member.gain for member in members):
        raise InputError("there is no sound to embed: it is silent")
    return members, layout


def _typical_level(model: FamilyModel) -> float:
    """Return the root mean square of learned sounds, as the family makes them."""
    chosen = np.unique(np.linspace(0, model.items - 1, min(model.items, TYPICAL)).round().astype(int))
    levels = [float(np.sqrt(np.square(made_samples(model, model.codes[item])).mean())) for item in chosen]
    return max(float(np.median(levels)), 1e-6)


def _best_gain(model: FamilyModel, code: Reals, wanted: Reals) -> float:
    """Return the factor on a member that leaves the least error; 1 where that would turn it around."""
    made = made_samples(model, code).astype(np.float64)
    gain = float(made @ wanted) / max(float(made @ made), 1e-20)
    return gain if gain > 0 else 1.0


def made_samples(model: FamilyModel, code: NDArray[np.floating]) -> Reals:
    """Return the samples `[model.samples]` of one member."""
    code = np.asarray(code, np.float32)
    if kind_of(model).whole:
        samples: Reals = samples_of(model, code[None], None, model.samples)[0]
        return samples
    rendered: Reals = member_inr(model, [Member(code)], one_member_layout(model)).render().samples[0]
    return rendered


# --- precision and quality -----------------------------------------------------------------------------


def _precision(sound: Sound, model: FamilyModel, members: list[Member], layout: Layout) -> int:
    """Return the precision of codes whose rounding does not count beside their error, by the loudest pieces."""
    segments, start = layout[1], start_of(*layout)
    loudest = sorted((member for member in members if member.gain), key=lambda member: -member.gain)[:MEASURED]
    chosen = 0
    for member in loudest:
        number = next(k for k, other in enumerate(members) if other is member)
        alone = layout if segments.count == 1 else one_member_layout(model)
        piece = _mono(sound, number * segments.hop + start, alone[1].sample_count)
        made = member_inr(model, [member], alone).render().samples[0]
        wanted_db = min(max(_snr_db(piece, made) + ROUNDING_MARGIN_DB, LEAST_DB), MOST_DB)
        chosen = max(chosen, precision_for(model, [member], alone, rounding_db=wanted_db))
    return min(chosen, FINEST)


def _snr_db(reference: Reals, estimate: Reals) -> float:
    signal = float(np.square(reference, dtype=np.float64).sum())
    error = float(np.square(reference.astype(np.float64) - estimate).sum())
    return 10 * log10(max(signal, 1e-30) / max(error, 1e-30))


def _mono(sound: Sound, start: int, count: int) -> Reals:
    """Return `count` samples of a sound from `start` on, channels averaged, zeros outside of it."""
    samples = np.zeros(count, np.float32)
    first, last = max(start, 0), min(start + count, sound.sample_count)
    if last > first:
        samples[first - start : last - start] = sound.read(first, last).mean(axis=0)
    return samples


def _notes(sound: Sound, model: FamilyModel) -> tuple[str, ...]:
    notes = []
    if sound.rate > model.rate:
        half = f"what lies above {model.rate / 2:g} Hz is not in them"
        notes.append(f"{model.name} has sounds at {model.rate} Hz: {half}")
    if sound.channels > 1:
        notes.append(f"{model.name} has sounds of one channel: the {sound.channels} channels were averaged")
    return tuple(notes)
