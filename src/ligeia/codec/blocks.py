"""One block's payload: its gain and its parameters (FORMAT.md §3)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.container import MAX_GAIN, Bits, Coding, Header, plausible
from ligeia.codec.parameters.quantise import Arrays, pack_parameters, unpack_parameters
from ligeia.codec.transform.payload import parameters_of, unpack
from ligeia.codec.transform.scale_factors import BlockFormat, profile_of
from ligeia.errors import FormatError, InputError
from ligeia.networks.lapped import Lapped

GAIN_BYTES = 2
CODED_AT_ONCE = 2**20
"""Parameters of coded blocks that are unpacked together."""
UNITS_AT_ONCE = 2**17
"""Units of one superframe in each of them: what they are expected to be takes some hundred bytes each."""
_WRONG = "the coded numbers of a block do not end where they should"


@dataclass(frozen=True)
class Unpacked:
    """Blocks of a stream: gains float32 `[blocks]` (0: silence), parameters `[blocks, ...]`, and the invalid ones."""

    gains: NDArray[np.float32]
    parameters: Arrays
    invalid: dict[int, str]
    """Why."""


def unpack_blocks(payloads: Mapping[int, bytes], numbers: range, header: Header) -> Unpacked:
    """The blocks `numbers` of a stream; those that have no payload are silent, and so are invalid ones."""
    # numpy's zeros take no memory until they are written: those of silent blocks never are.
    shapes = header.spec.shapes()
    parameters = {name: np.zeros((len(numbers), *shape), np.float32) for name, shape in shapes.items()}
    gains = np.zeros(len(numbers), np.float32)
    invalid: dict[int, str] = {}
    audible = [number for number in numbers if payloads.get(number)]
    for some in _batches(audible, header):
        for number, found in zip(some, _unpacked([payloads[number] for number in some], some, header), strict=True):
            if isinstance(found, FormatError):
                invalid[number] = str(found)
                continue
            gains[number - numbers.start] = found[0]
            for name, value in found[1].items():
                parameters[name][number - numbers.start] = value
    return Unpacked(gains, parameters, invalid)


def _batches(numbers: list[int], header: Header) -> list[list[int]]:
    size = 1
    if isinstance(header.bits, Coding):
        assert isinstance(header.spec, Lapped)
        size = max(min(CODED_AT_ONCE // header.spec.parameters, UNITS_AT_ONCE // header.spec.frame_size), 1)
    return [numbers[k : k + size] for k in range(0, len(numbers), size)]


def _unpacked(payloads: list[bytes], numbers: list[int], header: Header) -> list[tuple[float, Arrays] | FormatError]:
    """Gain and parameters of some blocks, or what is not valid about them."""
    if isinstance(header.bits, Coding):
        grid = grid_of(header)
        coded, valid = unpack(payloads, grid)
        arrays = parameters_of(coded, grid, np.array(numbers), header.segments.count)
        rows = [{name: value[k] for name, value in arrays.items()} for k in range(len(numbers))]
        return [(1.0, row) if good else FormatError(_WRONG) for row, good in zip(rows, valid, strict=True)]
    try:
        return [unpack_block(payloads[0], header)]
    except FormatError as error:
        return [error]


def coded_units(payloads: Mapping[int, bytes], header: Header) -> int:
    """How many weights other than 0 coded blocks hold (what stands in place of zeros is not counted).

    Raises:
        FormatError: a payload is not valid.
    """
    units, grid = 0, grid_of(header)
    for some in _batches([number for number, payload in payloads.items() if payload], header):
        coded, valid = unpack([payloads[number] for number in some], grid)
        if not valid.all():
            raise FormatError(_WRONG)
        units += int(np.count_nonzero(coded.spectra.coefficients))
    return units


def grid_of(header: Header) -> BlockFormat:
    """What the coder of a lapped network needs to know."""
    assert isinstance(header.spec, Lapped)
    assert isinstance(header.bits, Coding)
    spec = header.spec
    return BlockFormat(spec.frame_size, spec.frames, spec.channels, header.rate, profile_of(header.bits.profile))


def pack_block(gain: float, parameters: Arrays, header: Header) -> bytes:
    """The payload of a block: empty for silence (gain 0).

    Raises:
        InputError: the gain is no bfloat16 between 0 and 2^32, or the parameters cannot be stored.
    """
    if gain == 0:
        return b""
    assert isinstance(header.bits, Bits)
    payload = _gain_bytes(gain) + pack_parameters(parameters, header.spec, header.bits)
    if not plausible(header, payload):
        # Repeating the lowest symbol costs nothing at the end of ANS-coded data, so that a last layer of equal
        # numbers can shrink below what decoders accept. No fit gives one.
        raise InputError("these parameters are all alike and only fit in a stream of exact numbers (32 bits)")
    return payload


def unpack_block(payload: bytes, header: Header) -> tuple[float, Arrays]:
    """Gain and parameters of a block; those of silence are zeros.

    Raises:
        FormatError: the payload is not what the header promises.
    """
    assert isinstance(header.bits, Bits)
    if not payload:
        return 0.0, {name: np.zeros(shape, np.float32) for name, shape in header.spec.shapes().items()}
    if len(payload) < GAIN_BYTES:
        raise FormatError("a block is too short to hold its gain")
    return _read_gain(payload[:GAIN_BYTES]), unpack_parameters(payload[GAIN_BYTES:], header.spec, header.bits)


def _gain_bytes(gain: float) -> bytes:
    """A gain as bfloat16: the upper half of its float32."""
    word: NDArray[np.uint32] = np.array([gain], dtype=np.float32).view(np.uint32)
    if not 0 < gain <= MAX_GAIN or word[0] & 0xFFFF:
        raise InputError(f"the gain of a block must be a bfloat16 between 0 and 2^32, got {gain}")
    return int(word[0] >> 16).to_bytes(GAIN_BYTES, "little")


def _read_gain(data: bytes) -> float:
    gain = float(np.array([int.from_bytes(data, "little") << 16], dtype=np.uint32).view(np.float32)[0])
    if not 0 < gain <= MAX_GAIN:
        raise FormatError(f"a block has the impossible gain {gain}")
    return gain
