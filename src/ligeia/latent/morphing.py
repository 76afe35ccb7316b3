"""Paths between two sounds of a family: steps along them, and one long glide.

A path is a line between two codes, or an arc around the centre of the family's codes, on which the distance to the
centre changes evenly (spherical interpolation, Shoemake 1985): Gaussian codes of many numbers lie near a sphere, and
a line leads through its inside, where no sound is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, pi, sin
from pathlib import Path as FilePath
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ligeia.arguments import check_fields, checks_types
from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio, Sound
from ligeia.codec.family.codes import Member
from ligeia.codec.family.encode import member_inr, one_member_layout
from ligeia.codec.family.members import glide_of, kind_of
from ligeia.codec.family.model import FamilyModel
from ligeia.codec.family.numbers import code_numbers
from ligeia.errors import SettingsError
from ligeia.inr import INR
from ligeia.latent.ends import end_member
from ligeia.latent.sampling import check_pitch, open_family
from ligeia.progress import OnProgress, Reporter

MOST_STEPS = 1000
INSTANTS_PER_SECOND = 40
"""Codes of a glide within one sound, for each second."""
FADE_SECONDS = 0.05
"""Longest cross-fade between sounds in a row."""
SOFT_SECONDS = 0.005

Path = Literal["spherical", "linear"]
Form = Literal["within", "row"]


@dataclass(frozen=True, kw_only=True)
class MorphSettings:
    """Settings of a path between two sounds.

    Raises:
        TypeError: a setting is of another type.
        SettingsError: a setting is out of range.
    """

    steps: int = 9
    """Sounds on the path, both ends included."""
    path: Path = "spherical"
    """The arc around the centre of the codes, or the straight line."""
    pitch: float | None = None
    """Semitones of all sounds, for families that know pitches; None: from that of one to that of the other."""
    seconds: float | None = None
    """Duration of each sound, or of the glide within one sound, for families that know durations."""
    form: Form | None = None
    """A glide is one sound whose code moves ("within"), or the steps in a row, cross-faded ("row"). None: "within"
    for families that know durations."""

    def __post_init__(self) -> None:
        check_fields(self)
        if not 2 <= self.steps <= MOST_STEPS:
            raise SettingsError(f"steps must lie between 2 and {MOST_STEPS}, got {self.steps:,}")
        if self.path not in ("spherical", "linear"):
            raise SettingsError(f"a path is spherical or linear, got {self.path!r}")
        if self.form not in (None, "within", "row"):
            raise SettingsError(f"a glide is within one sound, or a row of them, got {self.form!r}")


@checks_types
def morph(
    model: FamilyModel | FilePath | str,
    first: Member | Sound | FilePath | str,
    last: Member | Sound | FilePath | str,
    settings: MorphSettings | None = None,
) -> list[INR]:
    """Return the sounds on a path from one sound of a family to another, each as a function of time.

    `model` is a file, or the name of a family that comes with the package; the ends are files, names of items, or
    sounds. `morph_glide` makes one long sound of them.

    Raises:
        InputError: there is no such model, file or item, or a setting does not suit the family.

    Example:
        >>> steps = morph("notes", "bearsax", "ocarina", MorphSettings(steps=3, pitch=60, seconds=0.5))
        >>> [step.render(rate=48000).seconds for step in steps]
        [0.5, 0.5, 0.5]
    """
    family = open_family(model)
    return morph_steps(family, (end_member(family, first), end_member(family, last)), settings or MorphSettings())


def path_members(
    family: FamilyModel, ends: tuple[Member, Member], shares: NDArray[np.float64], settings: MorphSettings
) -> list[Member]:
    """Return the members at `shares [n]`, 0 to 1, of the path from one to the other.

    Raises:
        InputError: a pitch is set that the family does not know.
    """
    first, last = ends
    check_pitch(family, settings.pitch)
    plain = np.stack([without_amounts(family, end.code) for end in ends])
    codes = (spherical if settings.path == "spherical" else linear)(family, plain[0], plain[1], shares)
    codes = codes + fading_amounts(family, ends, shares)
    gains = first.gain ** (1 - shares) * last.gain**shares if first.gain and last.gain else np.ones(len(shares))
    pitched = kind_of(family).pitched
    return [
        Member(code, float(gain), _pitch(ends, float(share), settings) if pitched else None)
        for code, gain, share in zip(codes, gains, shares, strict=True)
    ]


def without_amounts(family: FamilyModel, code: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a code whose whole numbers, and the amounts of what they choose, are 0."""
    known = code_numbers(family)
    plain = np.array(code, np.float32)
    plain[known.whole] = plain[known.owned] = 0
    return plain


def fading_amounts(
    family: FamilyModel, ends: tuple[Member, Member], shares: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return what `without_amounts` takes away, `[n, numbers]`: it fades out by the middle, and in from there.

    Whole numbers have nothing in between.
    """
    codes = np.zeros((len(shares), family.numbers), np.float32)
    known = code_numbers(family)
    if len(known.whole):
        own = [np.asarray(end.code) - without_amounts(family, end.code) for end in ends]
        second = shares > 0.5
        codes[~second], codes[second] = own[0], own[1]
        codes[:, known.owned] *= np.abs(1 - 2 * shares)[:, None].astype(np.float32)
    return codes


def linear(
    family: FamilyModel, first: NDArray[np.float32], last: NDArray[np.float32], shares: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return codes `[n, numbers]` on the line between two codes."""
    codes: NDArray[np.float32] = (np.outer(1 - shares, first) + np.outer(shares, last)).astype(np.float32)
    return codes


def spherical(
    family: FamilyModel, first: NDArray[np.float32], last: NDArray[np.float32], shares: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return codes `[n, numbers]` on the arc between two codes around the centre, in parts of the spread.

    Codes on opposite sides, or one at the centre itself, have no arc between them: the line stands for it.
    """
    known = code_numbers(family)
    centre, spread = known.centre, known.spread
    one, other = (first - centre) / spread, (last - centre) / spread
    sizes = np.linalg.norm(one), np.linalg.norm(other)
    if min(sizes) < 1e-9:
        return linear(family, first, last, shares)
    cosine = float(np.clip(one @ other / (sizes[0] * sizes[1]), -1, 1))
    angle = float(np.arccos(cosine))
    if angle < 1e-4 or angle > pi - 1e-3:
        return linear(family, first, last, shares)
    sines = np.sin(np.outer([1, 1], shares) * angle)
    sines[0] = np.sin((1 - shares) * angle)
    directions = (np.outer(sines[0], one / sizes[0]) + np.outer(sines[1], other / sizes[1])) / sin(angle)
    lengths = (1 - shares) * sizes[0] + shares * sizes[1]
    codes: NDArray[np.float32] = (centre + spread * lengths[:, None] * directions).astype(np.float32)
    return codes


def morph_steps(family: FamilyModel, ends: tuple[Member, Member], settings: MorphSettings) -> list[INR]:
    """Return the sounds on the path, each as a function of time.

    Raises:
        InputError: a setting does not suit the family.
    """
    layout = one_member_layout(family, settings.seconds)
    shares = np.linspace(0, 1, settings.steps)
    return [member_inr(family, [member], layout) for member in path_members(family, ends, shares, settings)]


def morph_glide(
    family: FamilyModel,
    ends: tuple[Member, Member],
    settings: MorphSettings,
    *,
    rate: int | None = None,
    on_progress: OnProgress | None = None,
) -> Audio:
    """Return one long glide from one sound to the other, at `rate` Hz (default: the family's).

    Raises:
        InputError: a setting does not suit the family.
    """
    rate = family.rate if rate is None else rate
    report = Reporter(on_progress)
    report.stage("gliding", 0.0, 1.0)
    form = settings.form or ("within" if kind_of(family).timed else "row")
    make = _within if form == "within" else _row
    glide = make(family, ends, settings, rate, report)
    report.finish()
    return glide


def _within(
    family: FamilyModel, ends: tuple[Member, Member], settings: MorphSettings, rate: int, report: Reporter
) -> Audio:
    """One sound whose code moves: by the kind's own way, or by members that each sound for a moment.

    At the instant t_k every member is heard alone, and between two of them they are cross-faded evenly.
    """
    layout = one_member_layout(family, settings.seconds)
    count = layout[1].sample_count
    instants = max(ceil(count / family.rate * INSTANTS_PER_SECOND), 2) + 1
    members = path_members(family, ends, np.linspace(0, 1, instants), settings)
    pitches = np.array([member.pitch for member in members], np.float32) if kind_of(family).pitched else None
    whole = glide_of(family, np.stack([member.code for member in members]), pitches, count)
    if whole is not None:
        gains = np.interp(np.linspace(0, 1, count), np.linspace(0, 1, instants), [one.gain for one in members])
        return _resampled(Audio((whole * gains)[None].astype(np.float32), family.rate), rate)
    same = [Member(member.code, member.gain, members[0].pitch) for member in members]  # other pitches would beat
    total = np.zeros((1, ceil(count * rate / family.rate)), np.float32)
    edges = np.linspace(0, total.shape[1], instants)
    places = np.arange(total.shape[1])
    for k, member in enumerate(same):
        low, high = ceil(edges[max(k - 1, 0)]), ceil(edges[min(k + 1, instants - 1)])
        part = member_inr(family, [member], layout).render(rate, start=low / rate, stop=None).samples[:, : high - low]
        weight = np.interp(places[low : low + part.shape[1]], edges, np.arange(instants) == k)
        total[:, low : low + part.shape[1]] += part * weight.astype(np.float32)
        report((k + 1) / instants)
    return Audio(total, rate)


def _row(
    family: FamilyModel, ends: tuple[Member, Member], settings: MorphSettings, rate: int, report: Reporter
) -> Audio:
    """The steps one after the other, each faded into the next."""
    inrs = morph_steps(family, ends, settings)
    sounds = []
    for k, inr in enumerate(inrs):
        sounds.append(inr.render(rate).samples)
        report((k + 1) / len(inrs))
    return Audio(in_a_row(sounds, rate), rate)


def in_a_row(sounds: Sequence[NDArray[np.float32]], rate: int) -> NDArray[np.float32]:
    """Return sounds `[1, n]` one after the other, cross-faded over 50 ms or a quarter of the shortest of them."""
    fade = max(min(round(FADE_SECONDS * rate), min(sound.shape[1] for sound in sounds) // 4), 1)
    rise = _rise(fade)
    total = np.zeros((1, sum(sound.shape[1] for sound in sounds) - fade * (len(sounds) - 1)), np.float32)
    start = 0
    for k, sound in enumerate(sounds):
        shaped = sound.astype(np.float32, copy=True)
        if k > 0:
            shaped[:, :fade] *= rise
        if k < len(sounds) - 1:
            shaped[:, -fade:] *= rise[::-1]
        total[:, start : start + sound.shape[1]] += shaped
        start += sound.shape[1] - fade
    return total


def softened(sound: Audio) -> Audio:
    """Return a sound that rises from 0 and falls to 0 within 5 ms, or a quarter of it: no click beside silence."""
    fade = max(min(round(SOFT_SECONDS * sound.rate), sound.sample_count // 4), 1)
    samples, rise = sound.samples.copy(), _rise(fade)
    samples[:, :fade] *= rise
    samples[:, -fade:] *= rise[::-1]
    return Audio(samples, sound.rate)


def _rise(count: int) -> NDArray[np.float32]:
    rise: NDArray[np.float32] = (np.sin(pi / 2 * (np.arange(count) + 0.5) / count) ** 2).astype(np.float32)
    return rise


def _resampled(sound: Audio, rate: int) -> Audio:
    return sound if rate == sound.rate else resample(sound, rate)


def _pitch(ends: tuple[Member, Member], share: float, settings: MorphSettings) -> float | None:
    if settings.pitch is not None:
        return settings.pitch
    first, last = ends
    if first.pitch is None or last.pitch is None:
        return first.pitch if last.pitch is None else last.pitch
    return (1 - share) * first.pitch + share * last.pitch
