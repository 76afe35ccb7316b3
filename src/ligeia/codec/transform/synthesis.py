"""The sound of coded blocks at its own rate: the inverse transform, without the function in between."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.header import Header, Unpacked, unpack_blocks
from ligeia.dsp.mdct import inverse_mdct, to_switching, window_sequence
from ligeia.errors import FormatError
from ligeia.networks.lapped import Lapped

WEIGHTS_AT_ONCE = 2**19
"""Weights of blocks that are unpacked together: it bounds the memory."""

Pair = tuple[NDArray[np.float32], NDArray[np.int64]]
"""Weights `[blocks, frames, frame, channels]` and splits `[blocks, frames]`."""


def sound_of(
    payloads: Mapping[int, bytes], some: range, header: Header, *, salvage: bool = False
) -> Iterator[NDArray[np.float32]]:
    """The samples of the blocks `some`, a few blocks at a time, float32 `[channels, n]`.

    Blocks without payload are silent, and with `salvage` those that are not valid, too. Each is unpacked once; one more
    on either side is, since neighbours share samples.

    Raises:
        FormatError: a block is not valid.
    """
    spec, count = header.spec, header.segments.count
    assert isinstance(spec, Lapped)
    size = max(WEIGHTS_AT_ONCE // spec.parameters, 1)
    around = range(max(some.start - 1, 0), min(some.stop + 1, count))
    known: Pair | None = None
    begin, done = around.start, some.start  # the first block of what is known, and that of what is not out yet
    for first in range(around.start, around.stop, size):
        numbers = range(first, min(first + size, around.stop))
        fresh = _pair(unpack_blocks(payloads, numbers, header), salvage)
        known = fresh if known is None else _joined(known, fresh)
        # The last block needs the next one, unless there is none.
        ready = min(numbers.stop - (numbers.stop < count), some.stop)
        if ready > done:
            yield _synthesised(known, spec, range(done - begin, ready - begin))
            done = ready
        kept = min(len(known[0]), 2)  # the last block is not out yet, and needs the one before it
        known, begin = (known[0][-kept:], known[1][-kept:]), numbers.stop - kept


def _pair(unpacked: Unpacked, salvage: bool) -> Pair:
    if unpacked.invalid and not salvage:
        raise FormatError(next(iter(unpacked.invalid.values())))
    return unpacked.parameters["weight"], to_switching(unpacked.parameters["switching"])


def _joined(one: Pair, other: Pair) -> Pair:
    return np.concatenate([one[0], other[0]]), np.concatenate([one[1], other[1]])


def _synthesised(known: Pair, spec: Lapped, wanted: range) -> NDArray[np.float32]:
    weights, splits = known
    rows = np.moveaxis(weights, -1, 0).reshape(spec.channels, -1, spec.frame_size)
    samples = inverse_mdct(rows, window_sequence(spec, splits)).reshape(spec.channels, -1)
    return samples[:, wanted.start * spec.block_samples : wanted.stop * spec.block_samples]
