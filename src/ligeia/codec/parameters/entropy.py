"""Entropy coding of integers with integer tables (FORMAT.md §5): no float decides a bit.

A table is a discretised Gaussian whose counts follow from integer constants by integer arithmetic; the coder is
constriction's ANS coder. It takes "probabilities" as floats, but what it makes of counts that sum to 2^24, each
reduced by one, is exactly those counts (every product and sum is a whole number below 2^24); the tests hold it
against a decoder of a few lines.
"""

from functools import lru_cache
from typing import Any

import constriction
import numpy as np
from numpy.typing import NDArray

from ligeia.errors import FormatError

PRECISION = 24
TABLES = 64
FLAT = 63
"""The table in which all symbols have the same count."""
DIRECT_BITS = 12
"""Numbers of more bits are split: the upper 12 go through a table, the rest are bypass bits."""
_Q = 48

# exp(-1 / (2 s^2)) * 2^48 for s = 2^(i/4 - 1), i = 0..62, rounded; written out because the format depends on them.
RATIOS: tuple[int, ...] = (
    38093495697156, 68431277162841, 103548857136061, 138786498427229, 170723203316912, 197648492057384,
    219212932277264, 235866709602581, 248400795102225, 257663688928428, 264421269977109, 269306295582392,
    272814902101423, 275323415780582, 277111111677821, 278382204971398, 279284521063697, 279924319524019,
    280377609773054, 280698577336561, 280925757418325, 281086508958582, 281200232977760, 281280675772077,
    281337571306155, 281377809469942, 281406265621845, 281426388896719, 281440619069355, 281450681755202,
    281457797365749, 281462828970796, 281466386907135, 281468902775192, 281470681776128, 281471939726540,
    281472829235200, 281473458214502, 281473902970880, 281474217461555, 281474439840256, 281474597085850,
    281474708275328, 281474786898189, 281474842492960, 281474881804406, 281474909601800, 281474929257527,
    281474943156226, 281474952984091, 281474959933440, 281474964847373, 281474968322048, 281474970779014,
    281474972516352, 281474973744835, 281474974613504, 281474975227746, 281474975662080, 281474975969201,
    281474976186368, 281474976339928, 281474976448512,
)  # fmt: skip


@lru_cache(maxsize=256)
def counts(table: int, half: int) -> tuple[int, ...]:
    """Return the counts of the symbols -half..half in `table`; they sum to 2^24 and each is at least 1."""
    size = 2 * half + 1
    if table == FLAT:
        weights = [1] * (half + 1)
    else:
        ratio = RATIOS[table]
        step = ratio * ratio >> _Q
        weights = [1 << _Q]
        for _ in range(half):
            weights.append(weights[-1] * ratio >> _Q)
            ratio = ratio * step >> _Q
    total = weights[0] + 2 * sum(weights[1:])
    free = (1 << PRECISION) - size
    side = [weight * free // total + 1 for weight in weights[1:]]
    centre = (1 << PRECISION) - 2 * sum(side)
    return (*reversed(side), centre, *side)


@lru_cache(maxsize=256)
def _model(table: int, half: int) -> Any:
    weights = np.array(counts(table, half), dtype=np.float64) - 1
    return constriction.stream.model.Categorical(weights, perfect=False)


@lru_cache(maxsize=DIRECT_BITS)
def _flat_model(bits: int) -> Any:
    """The model of bypass bits: each number of `bits` bits has the count 2^(24 - bits)."""
    return constriction.stream.model.Uniform(1 << bits)


@lru_cache(maxsize=64)
def _costs(half: int) -> NDArray[np.float64]:
    """Return the bits of each symbol in each table, `[tables, symbols]`."""
    return np.stack([PRECISION - np.log2(np.array(counts(table, half), dtype=np.float64)) for table in range(TABLES)])


def best_table(symbols: NDArray[np.int64], half: int) -> int:
    """Return the table in which `symbols` (all within -half..half) take the fewest bits."""
    histogram = np.bincount(symbols + half, minlength=2 * half + 1)
    return int(np.argmin(_costs(half) @ histogram))


class SymbolEncoder:
    """Collects symbols; `finish` returns them as bytes, to be decoded in the same order."""

    def __init__(self) -> None:
        self._runs: list[tuple[NDArray[np.int32], Any]] = []

    def encode(self, symbols: NDArray[np.int64], table: int, half: int) -> None:
        """Append symbols within -half..half, coded with `table`."""
        self._runs.append(((symbols + half).astype(np.int32), _model(table, half)))

    def encode_bits(self, numbers: NDArray[np.int64], bits: int) -> None:
        """Append unsigned numbers as `bits` bypass bits each (at most 12)."""
        self._runs.append((numbers.astype(np.int32), _flat_model(bits)))

    def finish(self) -> bytes:
        """Return all symbols as bytes."""
        coder = constriction.stream.stack.AnsCoder()
        for symbols, model in reversed(self._runs):  # a stack: the last one in is the first one out
            coder.encode_reverse(symbols, model)
        return np.asarray(coder.get_compressed(), dtype="<u4").tobytes()


class SymbolDecoder:
    """Decodes what `SymbolEncoder` wrote.

    Raises:
        FormatError: the bytes are not coded symbols, or do not end where the last symbol does.
    """

    def __init__(self, data: bytes) -> None:
        if len(data) % 4:
            raise FormatError(f"coded numbers come in words of 4 bytes, got {len(data)} bytes")
        words = np.frombuffer(data, dtype="<u4").astype(np.uint32)
        if len(words) and words[-1] == 0:
            raise FormatError("coded numbers end in an empty word")
        self._coder = constriction.stream.stack.AnsCoder(words)

    def decode(self, count: int, table: int, half: int) -> NDArray[np.int64]:
        """Return the next `count` symbols, int64, within -half..half."""
        if not 0 <= table < TABLES:
            raise FormatError(f"{table} is not a valid table")
        symbols = np.asarray(self._coder.decode(_model(table, half), count), dtype=np.int64)
        return symbols - half

    def decode_bits(self, count: int, bits: int) -> NDArray[np.int64]:
        """Return the next `count` unsigned numbers of `bits` bits."""
        return np.asarray(self._coder.decode(_flat_model(bits), count), dtype=np.int64)

    def finish(self) -> None:
        """Check that everything has been decoded."""
        if not self._coder.is_empty():
            raise FormatError("coded numbers continue after the last one")
