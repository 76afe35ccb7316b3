"""The coding of fitted networks: a gain, and every parameter, quantised or exact (FORMAT.md §3, §4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.header import MAX_GAIN, PARAMETERS_PER_BYTE, Arrays, Coding, Header, ModelId, payload_sizes
from ligeia.codec.parameters.quantise import Bits, pack_parameters, unpack_parameters
from ligeia.errors import FormatError, InputError
from ligeia.networks.spec import NetworkSpec

GAIN_BYTES = 2
SINE_WORK, SPARSE_WORK = 2**8, 2**10
"""Multiply-adds that take as long as a sine, and as a sample of a network whose samples come by a fast transform."""
_OTHERS = 0x8000
"""The bit of the coding word that no word of this coding has."""


@dataclass(frozen=True)
class ParameterCoding(Coding):
    """The parameters of every block as they are, or quantised to `bits` and entropy-coded."""

    name: ClassVar[str] = "parameters"
    work_per_byte: ClassVar[float] = 2.0**27  # a siren for 16 kbit/s takes 2^19, for 200 bit/s at 192 kHz 2^26

    bits: Bits

    @classmethod
    def claims(cls, word: int) -> bool:
        """Return whether the top bit of a word is 0."""
        return not word & _OTHERS

    @classmethod
    def read(cls, word: int, model: ModelId | None, spec: NetworkSpec) -> "ParameterCoding":
        """Return the coding of a word; a `FormatError` where its bits are not valid."""
        try:
            return cls(Bits.unpacked(word))
        except InputError as error:
            raise FormatError(f"impossible header: {error}") from error

    @property
    def word(self) -> int:
        """The coding word of the header: the three numbers of bits."""
        return self.bits.packed

    @property
    def parameters_per_byte(self) -> int:
        """Parameters to a byte of payload at most."""
        return PARAMETERS_PER_BYTE

    def pack(self, gain: float, parameters: Arrays, spec: NetworkSpec) -> bytes:
        """The payload of a block: empty for silence (gain 0).

        Raises:
            InputError: the gain is not a bfloat16 between 0 and 2^32, or the parameters cannot be stored.
        """
        if gain == 0:
            return b""
        payload = gain_bytes(gain) + pack_parameters(parameters, spec, self.bits)
        if len(payload) * PARAMETERS_PER_BYTE < spec.parameters:
            # Repeating the lowest symbol costs nothing at the end of ANS-coded data, so that a last layer of equal
            # numbers can shrink below what decoders accept. No fit gives one.
            raise InputError("these parameters are all alike and only fit in a stream of exact numbers (32 bits)")
        return payload

    def unpack_block(self, payload: bytes, spec: NetworkSpec) -> tuple[float, Arrays]:
        """Gain and parameters of an audible block.

        Raises:
            FormatError: the payload is not what the header promises.
        """
        if len(payload) < GAIN_BYTES:
            raise FormatError("a block is too short to hold its gain")
        return read_gain(payload[:GAIN_BYTES]), unpack_parameters(payload[GAIN_BYTES:], spec, self.bits)

    def unpack(
        self, payloads: list[bytes], numbers: list[int], header: Header
    ) -> list[tuple[float, Arrays] | FormatError]:
        """Gains and parameters of blocks, or what is wrong with each."""
        blocks: list[tuple[float, Arrays] | FormatError] = []
        for payload in payloads:
            try:
                blocks.append(self.unpack_block(payload, header.spec))
            except FormatError as error:
                blocks.append(error)
        return blocks

    def work(self, header: Header, density: float) -> float:
        """Multiply-adds of evaluating the network at all samples of a block; a sine takes as long as many of them."""
        shapes = header.spec.shapes().values()
        units = sum(shape[0] for shape in shapes)  # inputs of every layer, and biases
        each = SPARSE_WORK if header.spec.sparse else header.spec.parameters + SINE_WORK * units
        return header.segments.length * density * each

    def bytes_by_part(self, sizes: list[int]) -> dict[str, int]:
        """Bytes of gains and of parameters."""
        gains = GAIN_BYTES * len(sizes)
        return {"gains": gains, "parameters": sum(sizes) - gains}

    def counts(self, payloads: Mapping[int, bytes], header: Header, *, reading: bool) -> dict[str, int]:
        """Parameters of audible blocks; those of a sparse network have to be unpacked to count them.

        Raises:
            FormatError: a payload is not valid.
        """
        if not header.spec.sparse:
            return {"parameters": sum(map(bool, payload_sizes(payloads))) * header.spec.parameters}
        if not reading:
            return {}
        totals: dict[str, int] = {}
        for payload in filter(None, payloads.values()):
            gain, arrays = self.unpack_block(payload, header.spec)
            counts = header.spec.counted({name: value[None] for name, value in arrays.items()}, [gain])
            totals = {name: totals.get(name, 0) + count for name, count in counts.items()}
        return totals

    def facts(self) -> dict[str, Any]:
        """Bits per number of the first, hidden and output layers."""
        return {"bits": (self.bits.first, self.bits.hidden, self.bits.output)}


def gain_bytes(gain: float) -> bytes:
    """A gain as bfloat16: the upper half of its float32."""
    word: NDArray[np.uint32] = np.array([gain], dtype=np.float32).view(np.uint32)
    if not 0 < gain <= MAX_GAIN or word[0] & 0xFFFF:
        raise InputError(f"the gain of a block must be a bfloat16 between 0 and 2^32, got {gain}")
    return int(word[0] >> 16).to_bytes(GAIN_BYTES, "little")


def read_gain(data: bytes) -> float:
    """Return the gain of two bytes; a `FormatError` where it is not valid."""
    gain = float(np.array([int.from_bytes(data, "little") << 16], dtype=np.uint32).view(np.float32)[0])
    if not 0 < gain <= MAX_GAIN:
        raise FormatError(f"a block has the impossible gain {gain}")
    return gain
