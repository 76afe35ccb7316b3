"""One block's payload: its gain and its parameters (FORMAT.md §3)."""

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.container import MAX_GAIN, Header, plausible
from ligeia.codec.quantise import Arrays, pack_parameters, unpack_parameters
from ligeia.errors import FormatError, InputError

GAIN_BYTES = 2


def pack_block(gain: float, parameters: Arrays, header: Header) -> bytes:
    """The payload of a block: empty for silence (gain 0).

    Raises:
        InputError: the gain is no bfloat16 between 0 and 2^32, or the parameters cannot be stored.
    """
    if gain == 0:
        return b""
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
