"""Weight-only quantisation of one block's parameters, and back (FORMAT.md §4).

Rows of hidden and output weights (all weights into one unit) have a scale each; the first layer and all biases
have one scale a tensor. The first layer gets more bits: its weights are frequencies, and an error in one turns
into a phase error that grows towards the ends of the block.
"""

from dataclasses import dataclass
from math import ldexp, prod

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.container import Bits
from ligeia.codec.entropy import DIRECT_BITS, FLAT, SymbolReader, SymbolWriter, best_table
from ligeia.errors import FormatError
from ligeia.networks.spec import NetworkSpec

Arrays = dict[str, NDArray[np.float32]]

STEPS_PER_OCTAVE = 8
MIDDLE = 128
MANTISSAS = (
    1.0,
    1.0905077326652577,
    1.189207115002721,
    1.2968395546510096,
    1.4142135623730951,
    1.5422108254079407,
    1.681792830507429,
    1.8340080864093424,
)
"""2^(k/8): scales are these times powers of two, so that every machine finds the same ones."""
BIAS_EXTRA = 2
"""Bits that biases have beyond the hidden weights of their layer: they are phases, and few."""


@dataclass(frozen=True)
class Tensor:
    """How one parameter is stored: its name, shape, rows (scales), and bits."""

    name: str
    shape: tuple[int, ...]
    rows: int
    bits: int


def layout(spec: NetworkSpec, bits: Bits) -> list[Tensor]:
    """The parameters of a block in stream order."""
    tensors = []
    for name, shape in spec.shapes().items():
        part = spec.part(name)
        is_weight = len(shape) == 2
        rows = shape[1] if is_weight and part != "first" else 1
        width = {"first": bits.first, "hidden": bits.hidden, "output": bits.output}[part]
        extra = 0 if is_weight or part == "first" else BIAS_EXTRA
        tensors.append(Tensor(name, shape, rows, min(width + extra, 24)))
    return tensors


def scale_of(code: int) -> float:
    """2^((code - 128) / 8) for codes 1 to 255; 0 for code 0."""
    octave, step = divmod(code - MIDDLE, STEPS_PER_OCTAVE)
    return ldexp(MANTISSAS[step], octave) if code else 0.0


_SCALES = np.array([scale_of(code) for code in range(256)])


def largest(bits: int) -> int:
    """Largest magnitude of a quantised number of `bits` bits."""
    return int(2 ** (bits - 1) - 1)


def quantise_rows(rows: NDArray[np.float32], bits: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Whole numbers `[rows, n]` and scale codes `[rows]`: the smallest scale in which each row fits."""
    peak = np.abs(rows).max(axis=1).astype(np.float64) if rows.size else np.zeros(len(rows))
    codes = np.searchsorted(_SCALES[1:], peak / largest(bits)) + 1
    codes = np.where(peak == 0, 0, np.minimum(codes, 255))
    scales = np.where(codes > 0, _SCALES[codes], 1.0)
    numbers = np.rint(rows / scales[:, None]).clip(-largest(bits), largest(bits))
    return numbers.astype(np.int64), codes


def dequantise_rows(numbers: NDArray[np.int64], codes: NDArray[np.int64]) -> NDArray[np.float32]:
    """Inverse of `quantise_rows`, up to the rounding."""
    values: NDArray[np.float32] = (numbers * _SCALES[codes][:, None]).astype(np.float32)
    return values


def _to_rows(value: NDArray[np.float32], tensor: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(value.T) if tensor.rows > 1 else value.reshape(1, -1)


def _from_rows(rows: NDArray[np.float32], tensor: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(rows.T) if tensor.rows > 1 else rows.reshape(tensor.shape)


def round_trip(value: NDArray[np.float32], tensor: Tensor) -> NDArray[np.float32]:
    """`value` as a decoder will see it."""
    return _from_rows(dequantise_rows(*quantise_rows(_to_rows(value, tensor), tensor.bits)), tensor)


def pack_parameters(parameters: Arrays, spec: NetworkSpec, bits: Bits) -> bytes:
    """The parameters of one block as bytes."""
    if bits.exact:
        return b"".join(np.asarray(parameters[name], dtype="<f4").tobytes() for name in spec.shapes())
    tables, writer = bytearray(), SymbolWriter()
    for tensor in layout(spec, bits):
        numbers, codes = quantise_rows(_to_rows(parameters[tensor.name], tensor), tensor.bits)
        _put(np.diff(codes, prepend=MIDDLE), 255, tables, writer)
        _put_numbers(numbers.ravel(), tensor.bits, tables, writer)
    return bytes(tables) + writer.finish()


def unpack_parameters(payload: bytes, spec: NetworkSpec, bits: Bits) -> Arrays:
    """Inverse of `pack_parameters`.

    Raises:
        FormatError: the payload is not what the header promises.
    """
    if bits.exact:
        return _unpack_exact(payload, spec)
    tensors = layout(spec, bits)
    if len(payload) < 2 * len(tensors):
        raise FormatError(f"a payload of {len(payload)} bytes cannot hold {2 * len(tensors)} table numbers")
    tables, reader = payload[: 2 * len(tensors)], SymbolReader(payload[2 * len(tensors) :])
    arrays: Arrays = {}
    for position, tensor in enumerate(tensors):
        codes = MIDDLE + np.cumsum(reader.take(tensor.rows, tables[2 * position], 255))
        if codes.min() < 0 or codes.max() > 255:
            raise FormatError(f"{tensor.name} has a scale out of range")
        numbers = _take_numbers(prod(tensor.shape), tensor.bits, tables[2 * position + 1], reader)
        arrays[tensor.name] = _from_rows(dequantise_rows(numbers.reshape(tensor.rows, -1), codes), tensor)
    reader.finish()
    return arrays


def _unpack_exact(payload: bytes, spec: NetworkSpec) -> Arrays:
    if len(payload) != 4 * spec.parameters:
        raise FormatError(f"{len(payload)} bytes are not {spec.parameters} float32 numbers")
    values = np.frombuffer(payload, dtype="<f4").astype(np.float32)
    if not np.isfinite(values).all():
        raise FormatError("a parameter is NaN or infinite")
    arrays, first = {}, 0
    for name, shape in spec.shapes().items():
        arrays[name] = values[first : first + prod(shape)].reshape(shape)
        first += prod(shape)
    return arrays


def _put(symbols: NDArray[np.int64], half: int, tables: bytearray, writer: SymbolWriter) -> None:
    table = best_table(symbols, half)
    tables.append(table)
    writer.put(symbols, table, half)


def _split(bits: int) -> tuple[int, int, int]:
    """For numbers of `bits` bits: lower bits coded flat, and half ranges of the upper and the lower symbols."""
    low = max(bits - DIRECT_BITS, 0)
    return low, (1 << (DIRECT_BITS - 1) if low else largest(bits)), 1 << max(low - 1, 0)


def _put_numbers(numbers: NDArray[np.int64], bits: int, tables: bytearray, writer: SymbolWriter) -> None:
    low, upper_half, lower_half = _split(bits)
    _put(numbers >> low, upper_half, tables, writer)
    if low:
        writer.put((numbers & ((1 << low) - 1)) - lower_half, FLAT, lower_half)


def _take_numbers(count: int, bits: int, table: int, reader: SymbolReader) -> NDArray[np.int64]:
    low, upper_half, lower_half = _split(bits)
    numbers = reader.take(count, table, upper_half)
    if not low:
        return numbers
    lower = reader.take(count, FLAT, lower_half) + lower_half
    return (numbers << low) + lower
