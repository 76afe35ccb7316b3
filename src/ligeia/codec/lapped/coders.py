"""Coders for `traverse`: the one that writes, the one that reads, and the one that only counts bits."""

from typing import Any

import constriction
import numpy as np
from numpy.typing import NDArray

from ligeia.codec.lapped.model import SYMBOLS
from ligeia.codec.lapped.probability import PRECISION, Expectation

Whole = NDArray[np.integer]
_FAMILY = constriction.stream.model.Categorical(perfect=False)
_BITS = [constriction.stream.model.Uniform(1 << bits) for bits in range(1, 21)]
MAX_EXTRA = 20
"""A weight beyond the largest symbol has at most this many further bits."""


class Writer:
    """Collects what `traverse` is told; `finish` gives the bytes of each block."""

    def __init__(self, blocks: int) -> None:
        self._runs: list[list[tuple[Any, ...]]] = [[] for _ in range(blocks)]

    def take(self, known: Whole | None, network: Expectation, contexts: Whole) -> Whole:
        """Write down symbols."""
        assert known is not None
        likely = network.likely[network.rows(contexts)]
        for runs, symbols, each in zip(self._runs, known, likely, strict=True):
            runs.append((symbols.astype(np.int32), _FAMILY, each))
        return known

    def take_amounts(self, known: Whole | None, symbols: Whole) -> Whole:
        """Write down what symbols do not say."""
        assert known is not None
        for runs, row in zip(self._runs, known, strict=True):
            for number in np.abs(row[np.abs(row) >= SYMBOLS - 1]) - (SYMBOLS - 2):
                bits = int(number).bit_length()  # 1 or more
                runs.append((np.array([bits - 1], np.int32), constriction.stream.model.Uniform(MAX_EXTRA)))
                if bits > 1:
                    runs.append((np.array([number - (1 << bits - 1)], np.int32), _BITS[bits - 2]))
            signs = row[row != 0] < 0
            if len(signs):
                runs.append((signs.astype(np.int32), _BITS[0]))
        return known

    def finish(self) -> list[bytes]:
        """The bytes of each block."""
        return [_coded(runs) for runs in self._runs]


def _coded(runs: list[tuple[Any, ...]]) -> bytes:
    coder = constriction.stream.stack.AnsCoder()
    for run in reversed(runs):  # a stack: the last one in is the first one out
        coder.encode_reverse(*run)
    return np.asarray(coder.get_compressed(), dtype="<u4").tobytes()


class Reader:
    """Reads what `Writer` wrote.

    Blocks whose bytes are no coded symbols give some numbers or other; `finish` says which.
    """

    def __init__(self, blocks: list[bytes]) -> None:
        self._coders, self._valid = [], np.ones(len(blocks), bool)
        for k, data in enumerate(blocks):
            words = np.frombuffer(data[: len(data) // 4 * 4], dtype="<u4").astype(np.uint32)
            self._valid[k] = len(data) % 4 == 0
            # Words that are 0 at the end are padding.
            self._coders.append(
                constriction.stream.stack.AnsCoder(words[: np.max(np.flatnonzero(words), initial=-1) + 1])
            )

    def take(self, known: Whole | None, network: Expectation, contexts: Whole) -> Whole:
        """Read symbols."""
        likely = network.likely[network.rows(contexts)]
        taken = [coder.decode(_FAMILY, each) for coder, each in zip(self._coders, likely, strict=True)]
        return np.stack(taken).astype(np.int64)

    def take_amounts(self, known: Whole | None, symbols: Whole) -> Whole:
        """Read what symbols do not say."""
        found = symbols.astype(np.int64)
        for coder, row in zip(self._coders, found, strict=True):
            for place in np.flatnonzero(row == SYMBOLS - 1):
                bits = int(coder.decode(constriction.stream.model.Uniform(MAX_EXTRA), 1)[0])
                row[place] = SYMBOLS - 2 + (1 << bits) + (int(coder.decode(_BITS[bits - 1], 1)[0]) if bits else 0)
            places = np.flatnonzero(row)
            if len(places):
                row[places] *= 1 - 2 * coder.decode(_BITS[0], len(places)).astype(np.int64)
        return found

    def finish(self) -> NDArray[np.bool_]:
        """Which blocks were coded symbols to the end."""
        empty = np.array([coder.is_empty() for coder in self._coders], dtype=bool)
        return np.asarray(self._valid & empty)


class Meter:
    """Adds up what `traverse` would cost, in bits for each block."""

    def __init__(self, blocks: int) -> None:
        self.bits = np.zeros(blocks)

    def take(self, known: Whole | None, network: Expectation, contexts: Whole) -> Whole:
        """Count symbols."""
        assert known is not None
        chosen = network.table[network.rows(contexts), known]
        self.bits += (PRECISION - np.log2(chosen)).sum(axis=1)
        return known

    def take_amounts(self, known: Whole | None, symbols: Whole) -> Whole:
        """Count signs and large numbers."""
        assert known is not None
        sizes = np.abs(known)
        self.bits += (known != 0).sum(axis=1)
        more = np.maximum(sizes - (SYMBOLS - 2), 1)
        extra = np.where(sizes >= SYMBOLS - 1, np.log2(MAX_EXTRA) + np.floor(np.log2(more)), 0)
        self.bits += extra.sum(axis=1)
        return known
