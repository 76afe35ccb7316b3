"""The payload of a member: gain, code, and pitch where the family knows it (FORMAT.md §9).

The numbers of a code are rounded in steps that are parts of the spread which each number has among the sounds that the
family has learned from, so that all of them are alike, and one table suits all. Numbers that are the same in all those
sounds have a table of their own: they are free until a sound needs them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.bytesio import Reader
from ligeia.codec.family.model import FamilyModel
from ligeia.codec.header import MAX_MAGNITUDE
from ligeia.codec.parameters.coding import GAIN_BYTES, gain_bytes, read_gain
from ligeia.codec.parameters.entropy import SymbolDecoder, SymbolEncoder
from ligeia.codec.parameters.quantise import decode_numbers, encode_numbers
from ligeia.errors import FormatError, InputError

FINEST = 40
"""The largest precision: steps of a 2^20th of the spread."""
LEAST_SPREAD = 0.01
"""Of the mean spread: a number that hardly differs among the sounds has this one."""
MIN_BITS, MAX_BITS = 2, 24
PITCH_STEPS = 256
"""Steps of a semitone."""
MAX_PITCH = 255.0
PITCH_BYTES = 2
HEAD_BYTES = GAIN_BYTES + 1
"""Gain and precision."""
GROUP_BYTES = 2
"""Bits and table of a group of numbers."""

Reals = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Member:
    """One sound of a family: the code, a gain (0: silence), and its pitch in semitones where the family knows it."""

    code: Reals
    gain: float = 1.0
    pitch: float | None = None


def centre_and_spread(model: FamilyModel) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean and the standard deviation of each number of the family's codes, `[numbers]`.

    A family that has an array `spread` says the latter itself.

    Raises:
        InputError: that array is not valid.
    """
    codes = np.asarray(model.codes, np.float64)
    spread = codes.std(axis=0)
    mean = float(spread.mean())
    spread = np.maximum(spread, LEAST_SPREAD * mean) if mean > 0 else np.ones(len(spread))
    if (own := model.others.get("spread")) is not None:
        if own.shape != spread.shape or not (own.astype(np.float64) > 0).all():
            raise InputError(f"the spread of a family must be {len(spread)} positive numbers")
        spread = own.astype(np.float64)
    return codes.mean(axis=0), spread


def groups_of(model: FamilyModel) -> list[NDArray[np.int64]]:
    """Return the places of the numbers that differ among the family's sounds, and of those that do not, if any."""
    codes = np.asarray(model.codes)
    still = codes.max(axis=0) == codes.min(axis=0)
    return [group for group in (np.flatnonzero(~still), np.flatnonzero(still)) if len(group)]


def steps_of(model: FamilyModel, precision: int) -> NDArray[np.float64]:
    """Return the quantisation step of each number: its spread, times 2^(-precision / 2)."""
    _, spread = centre_and_spread(model)
    steps: NDArray[np.float64] = spread * 2.0 ** (-precision / 2)
    return steps


def rounded(model: FamilyModel, code: Reals, precision: int) -> Reals:
    """Return a code as a decoder will have it."""
    return _restored(model, _integers(model, code, precision), precision)


def pack_member(model: FamilyModel, member: Member, precision: int) -> bytes:
    """Return the payload of a member; nothing for silence.

    Raises:
        InputError: the code, the gain or the pitch cannot be stored.
    """
    if member.gain == 0:
        return b""
    _check_precision(precision)
    head = gain_bytes(member.gain) + bytes([precision])
    pitch = b"" if member.pitch is None else _pitch_bytes(member.pitch)
    numbers = _integers(model, member.code, precision)
    tables, encoder = bytearray(), SymbolEncoder()
    for group in groups_of(model):
        bits = max(int(np.abs(numbers[group]).max()).bit_length() + 1, MIN_BITS)
        tables.append(bits)
        encode_numbers(numbers[group], bits, tables, encoder)
    return head + bytes(tables) + pitch + encoder.finish()


def unpack_member(model: FamilyModel, payload: bytes, *, pitched: bool) -> Member:
    """Return the member of a payload.

    Raises:
        FormatError: it is not valid.
    """
    reader = Reader(payload)
    gain = read_gain(reader.take(GAIN_BYTES))
    if (precision := reader.byte()) > FINEST:
        raise FormatError(f"a code has the impossible precision {precision}")
    groups = groups_of(model)
    tables = Reader(reader.take(GROUP_BYTES * len(groups)))
    pitch = int.from_bytes(reader.take(PITCH_BYTES), "little") / PITCH_STEPS if pitched else None
    if pitch is not None and pitch > MAX_PITCH:
        raise FormatError(f"a block has the impossible pitch {pitch}")
    decoder = SymbolDecoder(payload[reader.position :])
    numbers = np.zeros(model.numbers, np.int64)
    for group in groups:
        if not MIN_BITS <= (bits := tables.byte()) <= MAX_BITS:
            raise FormatError(f"a code has numbers of {bits} bits")
        numbers[group] = decode_numbers(len(group), bits, tables.byte(), decoder)
    decoder.finish()
    code = _restored(model, numbers, precision)
    if not (np.abs(code) <= MAX_MAGNITUDE).all():
        raise FormatError("a number of a code is beyond 2^40")
    return Member(code, gain, pitch)


def longest_member(numbers: int) -> int:
    """Return an upper limit of the bytes of a valid payload."""
    return HEAD_BYTES + 2 * GROUP_BYTES + PITCH_BYTES + 8 + 6 * numbers


def storable_gain(gain: float) -> float:
    """Return the largest gain of 8 bits that is no larger: what a block can store."""
    word = np.array([gain], np.float32).view(np.uint32) & np.uint32(0xFFFF0000)
    return float(word.view(np.float32)[0])


def storable_pitch(pitch: float) -> float:
    """Return the nearest pitch that a block can store."""
    return round(pitch * PITCH_STEPS) / PITCH_STEPS


def _integers(model: FamilyModel, code: Reals, precision: int) -> NDArray[np.int64]:
    centre, _ = centre_and_spread(model)
    code = np.asarray(code, np.float64)
    if code.shape != centre.shape or not np.isfinite(code).all():
        raise InputError(f"a code of this family is {len(centre)} finite numbers, got {code.shape}")
    exact = (code - centre) / steps_of(model, precision)
    if np.abs(exact).max() >= 2.0 ** (MAX_BITS - 1) - 1:
        raise InputError("a code lies too far from those that the family has learned for this precision")
    return np.rint(exact).astype(np.int64)


def _restored(model: FamilyModel, numbers: NDArray[np.int64], precision: int) -> Reals:
    centre, _ = centre_and_spread(model)
    return (centre + numbers * steps_of(model, precision)).astype(np.float32)


def _check_precision(precision: int) -> None:
    if not 0 <= precision <= FINEST:
        raise InputError(f"the precision of a code must lie between 0 and {FINEST}, got {precision}")


def _pitch_bytes(pitch: float) -> bytes:
    if not 0 <= pitch <= MAX_PITCH:
        raise InputError(f"a pitch must lie between 0 and {MAX_PITCH:g} semitones, got {pitch}")
    return round(pitch * PITCH_STEPS).to_bytes(PITCH_BYTES, "little")
