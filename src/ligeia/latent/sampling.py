"""New sounds of a family: codes drawn from a prior, with a pitch and a duration where the family knows them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ligeia.arguments import check_fields, checks_types
from ligeia.codec.family.codes import Member
from ligeia.codec.family.encode import member_inr, one_member_layout
from ligeia.codec.family.finding import find_family
from ligeia.codec.family.members import kind_of
from ligeia.codec.family.model import FamilyModel
from ligeia.codec.family.numbers import code_numbers
from ligeia.errors import SettingsError
from ligeia.inr import INR
from ligeia.latent.priors import ITEM, PRIORS, Draw, check_prior, item_named, items_like, population

MOST = 10_000
"""Sounds that are drawn at a time, at most."""
MIDDLE_PITCH = 60.0
"""Pitch of a family that knows pitches, where nothing else decides it."""


@dataclass(frozen=True, kw_only=True)
class SampleSettings:
    """Settings of drawing sounds.

    Raises:
        TypeError: a setting is of another type.
        SettingsError: a setting is out of range, or two exclude each other.
    """

    prior: str | None = None
    """"gaussian" (None), "kde", "flow", or "item": the sounds themselves that the family has learned from."""
    item: str | None = None
    """Name of the one item that is meant."""
    like: str | None = None
    """Only like the items of this label, or near this pitch in semitones."""
    pitch: float | None = None
    """Semitones, A4 = 69, for families that know pitches; None: that of an item."""
    seconds: float | None = None
    """Duration, for families that know durations; None: that of what the family has learned from."""
    draw: Draw = Draw()  # noqa: RUF009 - frozen
    """Seed, temperature and truncation."""

    def __post_init__(self) -> None:
        check_fields(self)
        check_prior(self.prior or "gaussian")
        if self.item is not None and self.prior not in (ITEM, None):
            raise SettingsError(f"an item is what it is: the prior {self.prior!r} has no use for one")
        if self.item is not None and self.like is not None:
            raise SettingsError("name an item, or what others should be like, but not both")


@dataclass(frozen=True, eq=False)
class Drawn:
    """A sound that was drawn: its code and pitch, and the items that it is, where it is one."""

    member: Member
    item: int | None = None


@checks_types
def sample(model: FamilyModel | Path | str, count: int = 1, settings: SampleSettings | None = None) -> list[INR]:
    """Return new sounds of a family, each as a function of time.

    `model` is a file, or the name of a family that comes with the package.

    Raises:
        InputError: there is no such model, or a setting does not suit it.
        MissingExtra: the prior is a flow, and torch is not installed.

    Example:
        >>> notes = sample("notes", 2, SampleSettings(like="guitar", pitch=60, seconds=0.5))
        >>> [note.render(rate=48000).seconds for note in notes]
        [0.5, 0.5]
    """
    settings = settings or SampleSettings()
    family = open_family(model)
    layout = one_member_layout(family, settings.seconds)
    return [member_inr(family, [drawn.member], layout) for drawn in draw_members(family, count, settings)]


def open_family(model: FamilyModel | Path | str) -> FamilyModel:
    """Return a family that is given as such, by file or by name."""
    return model if isinstance(model, FamilyModel) else find_family(model)


def draw_members(family: FamilyModel, count: int, settings: SampleSettings) -> list[Drawn]:
    """Return the codes and pitches of `count` new sounds.

    Raises:
        InputError: `count` is out of range, or a setting does not suit the family.
    """
    if not 1 <= count <= MOST:
        raise SettingsError(f"the number of sounds must lie between 1 and {MOST:,}, got {count:,}")
    check_pitch(family, settings.pitch)
    random = np.random.default_rng((settings.draw.seed, 1))
    if settings.item is not None:
        chosen = np.full(count, item_named(family, settings.item))
    else:
        pool = np.arange(family.items) if settings.like is None else items_like(family, settings.like)
        chosen = np.concatenate([random.permutation(pool) for _ in range(-(-count // len(pool)))])[:count]
    if settings.item is not None or settings.prior == ITEM:
        return [Drawn(_member(family, family.codes[item], settings, item), item) for item in chosen.tolist()]
    codes = PRIORS[settings.prior or "gaussian"](population(family, settings.like), count, settings.draw)
    known = code_numbers(family)
    codes[:, known.whole] = codes[:, known.owned] = 0  # what whole numbers choose belongs to one sound alone
    return [Drawn(_member(family, code, settings, item)) for code, item in zip(codes, chosen.tolist(), strict=True)]


def check_pitch(family: FamilyModel, pitch: float | None) -> None:
    """Refuse a pitch where the family knows none, or that is out of range.

    Raises:
        InputError: it is so.
    """
    if pitch is None:
        return
    if not kind_of(family).pitched:
        hint = "; `like` takes a pitch too, where its sounds have some" if family.pitches else ""
        raise SettingsError(f"the family {family.name} knows no pitch: it is part of the code{hint}")
    if not 0 <= pitch <= 127:
        raise SettingsError(f"a pitch must lie between 0 and 127 semitones (A4 = 69), got {pitch:g}")


def item_pitch(family: FamilyModel, item: int) -> float | None:
    """Return the pitch of an item; None of a family that knows none."""
    if not kind_of(family).pitched:
        return None
    return family.pitches[item] if family.pitches else MIDDLE_PITCH


def _member(family: FamilyModel, code: NDArray[np.floating], settings: SampleSettings, item: int) -> Member:
    """Return a member; `item` is the one whose pitch it takes, where the family knows pitches and none is set."""
    pitch = item_pitch(family, item) if settings.pitch is None else settings.pitch
    return Member(np.asarray(code, np.float32), 1.0, pitch)
