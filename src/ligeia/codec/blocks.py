"""One block's payload: its gain and its parameters (FORMAT.md §3)."""

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.container import Header
from ligeia.codec.quantise import Arrays, pack_parameters, unpack_parameters
from ligeia.errors import FormatError

GAIN_BYTES = 2


def pack_block(gain: float, parameters: Arrays, header: Header) -> bytes:
    """The payload of a block: empty for silence (gain 0)."""
    if gain == 0:
        return b""
    return _gain_bytes(gain) + pack_parameters(parameters, header.spec, header.bits)


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
    assert word[0] & 0xFFFF == 0, "gains are rounded to bfloat16 before fitting"
    return int(word[0] >> 16).to_bytes(GAIN_BYTES, "little")


def _read_gain(data: bytes) -> float:
    gain = float(np.array([int.from_bytes(data, "little") << 16], dtype=np.uint32).view(np.float32)[0])
    if not np.isfinite(gain) or gain <= 0:
        raise FormatError(f"a block has the impossible gain {gain}")
    return gain
