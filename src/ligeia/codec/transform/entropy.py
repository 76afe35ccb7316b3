"""Coders for `traverse`: the one that writes, the one that reads, and the one that only counts bits."""

from typing import Any

import constriction
import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform.context_model import PRECISION, SYMBOLS, Expectation
from ligeia.codec.transform.contexts import Contexts
from ligeia.codec.transform.syntax import Known

Whole = NDArray[np.integer]
_FAMILY = constriction.stream.model.Categorical(perfect=False)
_BITS = [constriction.stream.model.Uniform(1 << bits) for bits in range(1, 21)]
MAX_EXTRA = 20
"""A weight beyond the largest symbol has at most this many further bits."""


class Writer:
    """Collects what `traverse` is told; `finish` gives the bytes of each block."""

    def __init__(self, blocks: int) -> None:
        self._runs: list[list[tuple[Any, ...]]] = [[] for _ in range(blocks)]

    def take(self, known: Whole | None, network: Expectation, contexts: Contexts) -> Whole:
        """Write down symbols."""
        assert known is not None
        likely = network.likely[network.rows(contexts).T]
        for runs, symbols, each in zip(self._runs, known, likely, strict=True):
            runs.append((symbols.astype(np.int32), _FAMILY, each))
        return known

    def take_weights(self, known: Known | None, network: Expectation, contexts: Contexts) -> Whole:
        """Write down symbols, and what they leave open."""
        assert known is not None
        self.take(symbols_of(known), network, contexts)
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

    def take(self, known: Whole | None, network: Expectation, contexts: Contexts) -> Whole:
        """Read symbols."""
        likely = network.likely[network.rows(contexts).T]
        taken = [coder.decode(_FAMILY, each) for coder, each in zip(self._coders, likely, strict=True)]
        return np.stack(taken).astype(np.int64)

    def take_weights(self, known: Known | None, network: Expectation, contexts: Contexts) -> Whole:
        """Read symbols, and what they leave open."""
        found = self.take(None, network, contexts)
        large, counts = found == SYMBOLS - 1, np.count_nonzero(found, axis=1).tolist()
        if large.any():
            for block, place in zip(*np.nonzero(large), strict=True):
                found[block, place] = self._large(block)
        signs = [coder.decode(_BITS[0], n) for coder, n in zip(self._coders, counts, strict=True) if n]
        if signs:
            found[found != 0] *= 1 - 2 * np.concatenate(signs).astype(np.int64)
        return found

    def _large(self, block: int) -> int:
        """A size beyond the symbols."""
        coder = self._coders[block]
        bits = int(coder.decode(constriction.stream.model.Uniform(MAX_EXTRA), 1)[0])
        return SYMBOLS - 2 + (1 << bits) + (int(coder.decode(_BITS[bits - 1], 1)[0]) if bits else 0)

    def finish(self) -> NDArray[np.bool_]:
        """Which blocks were coded symbols to the end."""
        empty = np.array([coder.is_empty() for coder in self._coders], dtype=bool)
        return np.asarray(self._valid & empty)


class Meter:
    """Adds up what `traverse` would cost, in bits for each block."""

    def __init__(self, blocks: int) -> None:
        self.bits = np.zeros(blocks)

    def take(self, known: Whole | None, network: Expectation, contexts: Contexts) -> Whole:
        """Count symbols."""
        assert known is not None
        chosen = network.table[network.rows(contexts).T, known]
        self.bits += (PRECISION - np.log2(chosen)).sum(axis=1)
        return known

    def take_weights(self, known: Known | None, network: Expectation, contexts: Contexts) -> Whole:
        """Count symbols, signs and large numbers."""
        assert known is not None
        self.take(symbols_of(known), network, contexts)
        sizes = np.abs(known)
        self.bits += np.count_nonzero(known, axis=1)
        large = sizes >= SYMBOLS - 1
        if large.any():
            extra = np.log2(MAX_EXTRA) + np.floor(np.log2(np.maximum(sizes - (SYMBOLS - 2), 1)))
            self.bits += (large * extra).sum(axis=1)
        return known


class Chooser(Meter):
    """Rounds weights so that error and bits together are least, and adds up the bits.

    It is told parts of steps. Of the nearest whole number and the one before it, on the way to 0, it takes the one with
    the smaller squared error, in steps, plus `price` for each bit.
    """

    def __init__(self, blocks: int, price: float) -> None:
        super().__init__(blocks)
        self.price = price

    def take_weights(self, known: Known | None, network: Expectation, contexts: Contexts) -> Whole:
        """Choose weights, and count what they take."""
        assert known is not None
        exact = np.abs(known)
        nearest = np.rint(exact).astype(np.int64)
        less = np.maximum(nearest - 1, 0)
        costs = self._costs(network)[network.rows(contexts).T]
        saved = _picked(costs, nearest) - _picked(costs, less)
        worse = np.square(exact - less) - np.square(exact - nearest)
        chosen = np.where((worse < self.price * saved) & (nearest < SYMBOLS - 1), less, nearest)
        return super().take_weights(chosen * np.sign(known).astype(np.int64), network, contexts)

    def _costs(self, network: Expectation) -> NDArray[np.float64]:
        """Bits of each symbol in each row, with its sign."""
        return np.asarray(PRECISION - np.log2(network.table) + (np.arange(network.table.shape[1]) > 0))


def symbols_of(weights: Whole) -> Whole:
    """The symbols of weights: their sizes, or the last symbol."""
    return np.minimum(np.abs(weights), SYMBOLS - 1)


def _picked(costs: NDArray[np.float64], symbols: Whole) -> NDArray[np.float64]:
    return np.take_along_axis(costs, np.minimum(symbols, SYMBOLS - 1)[..., None], axis=-1)[..., 0]
