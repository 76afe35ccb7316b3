"""Members of a family become a function, and a stream: one of them, or as many blocks as a recording takes."""

from collections.abc import Callable, Sequence
from math import inf, log10

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.blocks import Segments
from ligeia.codec.container import Block, write_block, write_header
from ligeia.codec.family.codes import FINEST, Member, rounded, storable_gain, storable_pitch
from ligeia.codec.family.coding import FamilyCoding
from ligeia.codec.family.finding import remember
from ligeia.codec.family.members import kind_of, layout_of, parameters_of
from ligeia.codec.family.model import FamilyModel
from ligeia.codec.header import MAX_MAGNITUDE, Header
from ligeia.errors import InputError, SettingsError
from ligeia.inr import INR
from ligeia.networks.spec import NetworkSpec

ROUNDING_DB = 40.0
"""SNR between a member and what its rounded code makes, where nothing else says how fine it should be."""

Layout = tuple[NetworkSpec, Segments]


def member_inr(model: FamilyModel, members: Sequence[Member], layout: Layout) -> INR:
    """Return the function of members, one for each block of a layout (`layout_of`); exact codes, not rounded ones.

    Raises:
        InputError: there is not one for each block, or the family knows no pitch where one is given, or needs one.
    """
    spec, segments = layout
    _check_members(model, members, segments)
    pitched = kind_of(model).pitched
    arrays = parameters_of(
        model,
        np.stack([np.asarray(member.code, np.float32) for member in members]),
        np.array([member.pitch for member in members], np.float32) if pitched else None,
        spec=spec,
        segments=segments,
        numbers=list(range(segments.count)),
    )
    if not all((np.abs(value) <= MAX_MAGNITUDE).all() for value in arrays.values()):  # false for NaN too
        raise InputError(f"the family {model.name} makes no finite sound of this code: is its file damaged?")
    gains = np.array([member.gain for member in members], np.float32)
    return INR(spec, arrays, model.rate, segments, gains, {"family": model.name})


def member_stream(model: FamilyModel, members: Sequence[Member], layout: Layout, precision: int) -> bytes:
    """Return the stream of members, one for each block of a layout, with rounded codes.

    Gains are cut to 8 bits and pitches rounded to a 256th of a semitone.

    Raises:
        InputError: as `member_inr`; or a number is out of range.
    """
    spec, segments = layout
    _check_members(model, members, segments)
    coding = FamilyCoding.of(remember(model), spec)
    parts = [write_header(Header(spec, model.rate, segments, coding))]
    for number, member in enumerate(members):
        parts.append(write_block(Block(number, coding.pack(storable(member), precision))))
    return b"".join(parts)


def storable(member: Member) -> Member:
    """Return a member with the gain and the pitch that a block can store."""
    pitch = None if member.pitch is None else storable_pitch(member.pitch)
    return Member(member.code, storable_gain(member.gain), pitch)


def precision_for(
    model: FamilyModel,
    members: Sequence[Member],
    layout: Layout,
    *,
    rounding_db: float = ROUNDING_DB,
    render: Callable[[INR], NDArray[np.float32]] | None = None,
) -> int:
    """Return the coarsest precision whose members differ from the exact ones by `rounding_db` of SNR, or the finest.

    `render` makes samples of a function (default: at its own rate). Found by bisection: the error grows with the step.
    """
    render = render or (lambda inr: inr.render().samples)
    exact = render(member_inr(model, members, layout))

    def snr(precision: int) -> float:
        coarse = [Member(rounded(model, one.code, precision), one.gain, one.pitch) for one in members]
        error = exact - render(member_inr(model, coarse, layout))
        noise, signal = float(np.square(error, dtype=np.float64).sum()), float(np.square(exact, dtype=np.float64).sum())
        return inf if noise == 0 or signal == 0 else 10 * log10(signal / noise)

    low, high = 0, FINEST
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if snr(middle) >= rounding_db else (middle + 1, high)
    return low


def one_member_layout(model: FamilyModel, seconds: float | None = None) -> Layout:
    """Return the layout of a single member, of `seconds` where the family knows durations.

    Raises:
        InputError: the duration is out of range, or one is given and the family knows none.
    """
    if seconds is None:
        return layout_of(model, model.samples)
    if not kind_of(model).timed:
        raise InputError(f"the family {model.name} knows no durations: its sounds have {model.seconds:g} s")
    if not 1 / model.rate <= seconds <= 3600:
        raise SettingsError(f"seconds must lie between one sample and an hour, got {seconds:g}")
    return layout_of(model, max(round(seconds * model.rate), 1))


def _check_members(model: FamilyModel, members: Sequence[Member], segments: Segments) -> None:
    if len(members) != segments.count:
        raise InputError(f"{segments.count} blocks need as many members, got {len(members)}")
    pitched = kind_of(model).pitched
    for member in members:
        if np.shape(member.code) != (model.numbers,):
            raise InputError(
                f"a code of the family {model.name} has {model.numbers} numbers, got {np.shape(member.code)}"
            )
        if (member.pitch is not None) != pitched:
            raise InputError(f"members of the family {model.name} have {'a' if pitched else 'no'} pitch")
