"""Weight-only quantisation of the parameters of a block, and back (FORMAT.md §4).

Rows of hidden and output weights (all weights into one unit) have a scale each; the first layer and all biases
have one scale a tensor. The first layer gets more bits: its weights are frequencies, and an error in one turns
into a phase error that grows towards the ends of the block.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import ldexp, prod

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.bytesio import Reader
from ligeia.codec.header import MAX_MAGNITUDE, Arrays
from ligeia.codec.parameters.entropy import DIRECT_BITS, SymbolDecoder, SymbolEncoder, best_table
from ligeia.errors import FormatError, InputError
from ligeia.networks.spec import NetworkSpec

STEPS_PER_OCTAVE = 8
CODE_BITS = 8
MIDDLE = 128
MANTISSAS = (
    1.0, 1.0905077326652577, 1.189207115002721, 1.2968395546510096,
    1.4142135623730951, 1.5422108254079407, 1.681792830507429, 1.8340080864093424,
)  # fmt: skip
"""2^(k/8): scales are these times powers of two, so that every machine finds the same ones."""
COARSER = (0, 1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14)
"""Eighths of an octave by which scales may be coarser than they have to be.

Near a whole octave, numbers that are all even would be taken for twice as many of the finer scale.
"""
COARSER_BITS = 12
"""Bits of numbers whose scales may be so: numbers of more bits fit many scales by chance."""
BIAS_EXTRA = 2
"""Bits that biases have beyond the hidden weights of their layer: they are phases, and few."""


@dataclass(frozen=True)
class Bits:
    """Bits per number of the first layer, the hidden layers and the output layer: 2 to 24, or 32 for float32.

    32 in the hidden layers means that everything is stored as it is.
    """

    first: int = 18
    hidden: int = 8
    output: int = 12

    def __post_init__(self) -> None:
        for bits in (self.first, self.hidden, self.output):
            if not (2 <= bits <= 24 or bits == 32):
                raise InputError(f"bits must lie between 2 and 24, or be 32, got {bits}")
        if 32 in (self.first, self.hidden, self.output) and not self.exact:
            raise InputError("32 bits (exact) must be given for all layers or for none")

    @property
    def exact(self) -> bool:
        """True where parameters are stored as float32, unchanged."""
        return self.first == self.hidden == self.output == 32

    @property
    def packed(self) -> int:
        """The three in 15 bits; 32 becomes 0."""
        return (self.first % 32) << 10 | (self.hidden % 32) << 5 | self.output % 32

    @classmethod
    def unpacked(cls, word: int) -> "Bits":
        """Inverse of `packed`."""
        return cls(*((word >> shift & 31) or 32 for shift in (10, 5, 0)))


EXACT = Bits(32, 32, 32)
"""Every parameter as it is."""


@dataclass(frozen=True)
class Tensor:
    """The storage of one parameter: its name, shape, rows (scales), and bits."""

    name: str
    shape: tuple[int, ...]
    rows: int
    bits: int

    @property
    def tables(self) -> int:
        """Number of entropy tables: one for its numbers, and one for its scales if there are several."""
        return 2 if self.rows > 1 else 1


def layout(spec: NetworkSpec, bits: Bits) -> list[Tensor]:
    """Return how the parameters of a block are stored, in stream order."""
    tensors = []
    for name, shape in spec.shapes().items():
        part = spec.part(name)
        is_weight = len(shape) == 2
        rows = shape[1] if is_weight and part != "first" else 1
        width = {"first": bits.first, "hidden": bits.hidden, "output": bits.output}[part]
        extra = 0 if is_weight or part == "first" else BIAS_EXTRA
        tensors.append(Tensor(name, shape, rows, min(width + extra, 24)))
    return tensors


def scale_of(code: int, bits: int) -> float:
    """Return 2^((code - 128) / 8 + 8 - bits) for codes 1 to 255; 0 for code 0.

    A code thus stands for the same largest value whatever the bits: 2^-9 to 2^23.
    """
    octave, step = divmod(code - MIDDLE, STEPS_PER_OCTAVE)
    return ldexp(MANTISSAS[step], octave + 8 - bits) if code else 0.0


@lru_cache(maxsize=32)
def _scales(bits: int) -> NDArray[np.float64]:
    return np.array([scale_of(code, bits) for code in range(256)])


def largest(bits: int) -> int:
    """Largest magnitude of a quantised number of `bits` bits."""
    return int(2 ** (bits - 1) - 1)


def quantise_rows(rows: NDArray[np.float32], bits: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return integers `[rows, n]` and scale codes `[rows]`: the smallest scale in which each row fits.

    A row that has been quantised before keeps its values: rounding may have moved its largest one across the border to
    the next scale, and the scale may have been coarser than it had to be (`coarser_trip`).
    """
    fitting = codes = _fitting_codes(rows, bits)
    for shift in (*(range(2, COARSER[-1] + 2) if bits <= COARSER_BITS else ()), 1, -1, 0):
        near = np.where(fitting > 0, (fitting + shift).clip(1, 255), 0)
        unchanged = dequantise_rows(_nearest(rows, near, bits), near, bits) == rows
        codes = np.where(unchanged.all(axis=1), near, codes)
    numbers = _nearest(rows, codes, bits)
    return numbers, np.where(numbers.any(axis=1), codes, 0)


def _fitting_codes(rows: NDArray[np.float32], bits: int) -> NDArray[np.int64]:
    peak = np.abs(rows).max(axis=1).astype(np.float64)
    codes = np.searchsorted(_scales(bits)[1:], peak / largest(bits)) + 1
    return np.where(peak == 0, 0, np.minimum(codes, 255))


def _nearest(rows: NDArray[np.float32], codes: NDArray[np.int64], bits: int) -> NDArray[np.int64]:
    scales = np.where(codes > 0, _scales(bits)[codes], 1.0)
    numbers = np.rint(rows / scales[:, None]).clip(-largest(bits), largest(bits))
    return numbers.astype(np.int64)


def dequantise_rows(numbers: NDArray[np.int64], codes: NDArray[np.int64], bits: int) -> NDArray[np.float32]:
    """Invert `quantise_rows`, up to its rounding."""
    values: NDArray[np.float32] = (numbers * _scales(bits)[codes][:, None]).astype(np.float32)
    return values


def _to_rows(value: NDArray[np.float32], tensor: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(value.T) if tensor.rows > 1 else value.reshape(1, -1)


def _from_rows(rows: NDArray[np.float32], tensor: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(rows.T) if tensor.rows > 1 else rows.reshape(tensor.shape)


def round_trip(value: NDArray[np.float32], tensor: Tensor) -> NDArray[np.float32]:
    """Return `value` as a decoder will see it."""
    return _from_rows(dequantise_rows(*quantise_rows(_to_rows(value, tensor), tensor.bits), tensor.bits), tensor)


def coarser_trip(value: NDArray[np.float32], tensor: Tensor, steps: int) -> NDArray[np.float32]:
    """Return `value` as a decoder will see it with scales `steps` eighths of an octave (of `COARSER`) too coarse.

    Numbers of more than `COARSER_BITS` stay as they are.
    """
    if tensor.bits > COARSER_BITS:
        return value
    rows = _to_rows(value, tensor)
    codes = _fitting_codes(rows, tensor.bits)
    coarse = np.where(codes > 0, np.minimum(codes + steps, 255), 0)
    return _from_rows(dequantise_rows(_nearest(rows, coarse, tensor.bits), coarse, tensor.bits), tensor)


def pack_parameters(parameters: Arrays, spec: NetworkSpec, bits: Bits) -> bytes:
    """Return the parameters of one block as bytes.

    Raises:
        InputError: a parameter is not finite, or beyond 2^40.
    """
    if not all((np.abs(parameters[name]) <= MAX_MAGNITUDE).all() for name in spec.shapes()):
        raise InputError("a parameter is NaN, or beyond 2^40: it cannot be stored")
    if bits.exact:
        return b"".join(np.asarray(parameters[name], dtype="<f4").tobytes() for name in spec.shapes())
    tables, encoder = bytearray(), SymbolEncoder()
    for tensor in layout(spec, bits):
        numbers, codes = quantise_rows(_to_rows(parameters[tensor.name], tensor), tensor.bits)
        _encode_codes(codes, tables, encoder)
        encode_numbers(numbers.ravel(), tensor.bits, tables, encoder)
    return bytes(tables) + encoder.finish()


def unpack_parameters(payload: bytes, spec: NetworkSpec, bits: Bits) -> Arrays:
    """Invert `pack_parameters`.

    Raises:
        FormatError: the payload is not what the header promises.
    """
    if bits.exact:
        return _unpack_exact(payload, spec)
    tensors = layout(spec, bits)
    size = sum(tensor.tables for tensor in tensors)
    tables, decoder = Reader(payload[:size]), SymbolDecoder(payload[size:])
    arrays: Arrays = {}
    for tensor in tensors:
        codes = _decode_codes(tensor.rows, tables, decoder)
        numbers = decode_numbers(prod(tensor.shape), tensor.bits, tables.byte(), decoder)
        numbers = numbers.reshape(tensor.rows, -1)
        if numbers[codes == 0].any():
            raise FormatError(f"{tensor.name} has numbers without a scale")
        rows = dequantise_rows(numbers, codes, tensor.bits)
        arrays[tensor.name] = _from_rows(rows, tensor)
    decoder.finish()
    return arrays


def _unpack_exact(payload: bytes, spec: NetworkSpec) -> Arrays:
    if len(payload) != 4 * spec.parameters:
        raise FormatError(f"{len(payload)} bytes are not {spec.parameters} float32 numbers")
    values = np.frombuffer(payload, dtype="<f4").astype(np.float32)
    if not (np.abs(values) <= MAX_MAGNITUDE).all():
        raise FormatError("a parameter is NaN, or beyond 2^40")
    arrays, first = {}, 0
    for name, shape in spec.shapes().items():
        arrays[name] = values[first : first + prod(shape)].reshape(shape)
        first += prod(shape)
    return arrays


def _encode_symbols(symbols: NDArray[np.int64], half: int, tables: bytearray, encoder: SymbolEncoder) -> None:
    table = best_table(symbols, half)
    tables.append(table)
    encoder.encode(symbols, table, half)


def _encode_codes(codes: NDArray[np.int64], tables: bytearray, encoder: SymbolEncoder) -> None:
    encoder.encode_bits(codes[:1], CODE_BITS)
    if len(codes) > 1:
        _encode_symbols(np.diff(codes), 255, tables, encoder)


def _decode_codes(rows: int, tables: Reader, decoder: SymbolDecoder) -> NDArray[np.int64]:
    codes = decoder.decode_bits(1, CODE_BITS)
    if rows > 1:
        codes = np.cumsum(np.concatenate([codes, decoder.decode(rows - 1, tables.byte(), 255)]))
    if codes.min() < 0 or codes.max() > 255:
        raise FormatError("a scale is out of range")
    return codes


def encode_numbers(numbers: NDArray[np.int64], bits: int, tables: bytearray, encoder: SymbolEncoder) -> None:
    """Append numbers of at most `bits` bits, and the table that suits them best."""
    low = max(bits - DIRECT_BITS, 0)
    _encode_symbols(numbers >> low, _upper_half(bits), tables, encoder)
    if low:
        encoder.encode_bits(numbers & ((1 << low) - 1), low)


def decode_numbers(count: int, bits: int, table: int, decoder: SymbolDecoder) -> NDArray[np.int64]:
    """Invert `encode_numbers`; a `FormatError` where a number has more bits."""
    low = max(bits - DIRECT_BITS, 0)
    numbers = decoder.decode(count, table, _upper_half(bits))
    if not low:
        return numbers
    numbers = (numbers << low) + decoder.decode_bits(count, low)
    if np.abs(numbers).max() > largest(bits):
        raise FormatError(f"a number is beyond {bits} bits")
    return numbers


def _upper_half(bits: int) -> int:
    """Half range of the symbols that go through a table."""
    return 1 << (DIRECT_BITS - 1) if bits > DIRECT_BITS else largest(bits)
