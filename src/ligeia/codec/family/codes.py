"""The payload of a member: gain, code, and pitch where the family knows it (FORMAT.md §9)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.bytesio import Reader
from ligeia.codec.family.model import FamilyModel
from ligeia.codec.family.numbers import CodeNumbers, Places, code_numbers
from ligeia.codec.header import MAX_MAGNITUDE
from ligeia.codec.parameters.coding import GAIN_BYTES, gain_bytes, read_gain
from ligeia.codec.parameters.entropy import SymbolDecoder, SymbolEncoder
from ligeia.codec.parameters.quantise import decode_numbers, encode_numbers
from ligeia.errors import FormatError, InputError, SettingsError

FINEST = 40
"""The largest precision: steps of a 2^20th of the spread."""
MIN_BITS, MAX_BITS = 2, 24
PITCH_STEPS = 256
"""Steps of a semitone."""
MAX_PITCH = 255.0
PITCH_BYTES = 2
HEAD_BYTES = GAIN_BYTES + 1
"""Gain and precision."""
GROUP_BYTES = 2
"""Bits and table of a group of numbers."""
PLAIN_BITS = 12
"""Whole numbers are stored in parts of so many bits."""

Reals = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Member:
    """One sound of a family: the code, a gain (0: silence), and its pitch in semitones where the family knows it."""

    code: Reals
    gain: float = 1.0
    pitch: float | None = None


def rounded(model: FamilyModel, code: Reals, precision: int) -> Reals:
    """Return a code as a decoder will have it."""
    return _restored(code_numbers(model), _integers(model, code, precision), precision)


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
    known, numbers = code_numbers(model), _integers(model, member.code, precision)
    tables, encoder = bytearray(), SymbolEncoder()
    for group in known.groups:
        bits = max(int(np.abs(numbers[group]).max()).bit_length() + 1, MIN_BITS)
        tables.append(bits)
        encode_numbers(numbers[group], bits, tables, encoder)
    for place in _stored(known, numbers):
        for low, bits in _parts(int(known.limits[place])):
            encoder.encode_bits(numbers[place : place + 1] >> low & ((1 << bits) - 1), bits)
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
    known = code_numbers(model)
    tables = Reader(reader.take(GROUP_BYTES * len(known.groups)))
    pitch = int.from_bytes(reader.take(PITCH_BYTES), "little") / PITCH_STEPS if pitched else None
    if pitch is not None and pitch > MAX_PITCH:
        raise FormatError(f"a block has the impossible pitch {pitch}")
    code = _restored(known, _read_numbers(known, tables, payload[reader.position :]), precision)
    if not (np.abs(code) <= MAX_MAGNITUDE).all():
        raise FormatError("a number of a code is beyond 2^40")
    return Member(code, gain, pitch)


def _read_numbers(known: CodeNumbers, tables: Reader, data: bytes) -> NDArray[np.int64]:
    numbers, decoder = np.zeros(len(known.centre), np.int64), SymbolDecoder(data)
    for group in known.groups:
        if not MIN_BITS <= (bits := tables.byte()) <= MAX_BITS:
            raise FormatError(f"a code has numbers of {bits} bits")
        numbers[group] = decode_numbers(len(group), bits, tables.byte(), decoder)
    for place in _stored(known, numbers):
        for low, bits in _parts(int(known.limits[place])):
            numbers[place] |= int(decoder.decode_bits(1, bits)[0]) << low
    decoder.finish()
    if (numbers[known.whole] >= known.limits[known.whole]).any():
        raise FormatError("a whole number of a code is out of range")
    return numbers


def _stored(known: CodeNumbers, numbers: NDArray[np.int64]) -> Places:
    """Return the places of the whole numbers that are stored: those whose amounts are not 0."""
    whole = known.whole
    stored: Places = whole[numbers[known.amounts[whole]] != 0]
    return stored


def _parts(limit: int) -> list[tuple[int, int]]:
    """Return lowest bit and number of bits of the parts in which a whole number below `limit` is stored."""
    bits = (limit - 1).bit_length()
    return [(low, min(PLAIN_BITS, bits - low)) for low in range(0, bits, PLAIN_BITS)]


def stored_numbers(model: FamilyModel, code: Reals, precision: int) -> int:
    """Return how many numbers of a code a block really says: those that differ from what is known without it."""
    known, numbers = code_numbers(model), _integers(model, code, precision)
    differing = known.groups[0] if len(known.groups[0]) else known.groups[-1]
    always = np.setdiff1d(differing, known.owned)
    others = np.setdiff1d(np.flatnonzero(known.limits == 0), always)
    return len(always) + int(np.count_nonzero(numbers[others])) + len(_stored(known, numbers))


def longest_member(numbers: int) -> int:
    """Return an upper limit of the bytes of a valid payload."""
    return HEAD_BYTES + 2 * GROUP_BYTES + PITCH_BYTES + 8 + 6 * numbers


def storable_gain(gain: float) -> float:
    """Return the nearest gain that a block can store: a float32 whose lower half is 0."""
    word = (np.array([gain], np.float32).view(np.uint32) + np.uint32(0x8000)) & np.uint32(0xFFFF0000)
    return float(word.view(np.float32)[0])


def storable_pitch(pitch: float) -> float:
    """Return the nearest pitch that a block can store."""
    return round(pitch * PITCH_STEPS) / PITCH_STEPS


def _integers(model: FamilyModel, code: Reals, precision: int) -> NDArray[np.int64]:
    known = code_numbers(model)
    code = np.asarray(code, np.float64)
    if code.shape != known.centre.shape or not np.isfinite(code).all():
        raise InputError(f"a code of this family is {len(known.centre)} finite numbers, got {code.shape}")
    exact = (code - known.centre) / known.steps(precision)
    if np.abs(exact).max() >= 2.0 ** (MAX_BITS - 1) - 1:
        raise InputError("a code lies too far from those that the family has learned for this precision")
    numbers = np.rint(exact).astype(np.int64)
    whole = known.whole
    numbers[whole] = numbers[whole].clip(0, known.limits[whole] - 1)
    numbers[np.setdiff1d(whole, _stored(known, numbers))] = 0
    return numbers


def _restored(known: CodeNumbers, numbers: NDArray[np.int64], precision: int) -> Reals:
    return (known.centre + numbers * known.steps(precision)).astype(np.float32)


def _check_precision(precision: int) -> None:
    if not 0 <= precision <= FINEST:
        raise SettingsError(f"the precision of a code must lie between 0 and {FINEST}, got {precision}")


def _pitch_bytes(pitch: float) -> bytes:
    if not 0 <= pitch <= MAX_PITCH:
        raise InputError(f"a pitch must lie between 0 and {MAX_PITCH:g} semitones, got {pitch}")
    return round(pitch * PITCH_STEPS).to_bytes(PITCH_BYTES, "little")
