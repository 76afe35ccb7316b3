"""Blocks of a fitted network made to fit a number of bytes: some of them are rounded more coarsely.

A row may have any scale (FORMAT.md §4). With one that is an eighth of an octave coarser, its numbers are an eighth of a
bit shorter. Numbers that were rounded during the fit are rounded a second time then, which costs about as much error
again however little coarser they become. So a few blocks, the quietest first, become much coarser; the others stay.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ligeia.codec.container import Block, write_block
from ligeia.codec.header import Arrays
from ligeia.codec.parameters.coding import ParameterCoding
from ligeia.codec.parameters.quantise import COARSER, coarser_trip, layout
from ligeia.networks.spec import NetworkSpec

LEVELS = (5, 10, 14)
"""Eighths of an octave, of `COARSER`: all blocks get to one level, if need be, before one gets to the next."""


@dataclass(frozen=True)
class FittedBlock:
    """An audible or silent block as it will be stored: number, gain, and parameters (none of silence)."""

    number: int
    gain: float
    parameters: Arrays


def blocks_within(
    most: float | None, blocks: Sequence[FittedBlock], coding: ParameterCoding, spec: NetworkSpec
) -> list[bytes]:
    """Return blocks as bytes, no coarser than it takes for `most` bytes together (None: as they are)."""
    written = [_written(block, 0, coding, spec) for block in blocks]
    if most is None or coding.bits.exact:
        return written
    excess = sum(map(len, written)) - most
    quietest = sorted(range(len(blocks)), key=lambda place: blocks[place].gain)
    for steps in LEVELS:
        for place in quietest:
            if excess <= 0:
                return written
            if not blocks[place].gain:
                continue
            for few in [step for step in COARSER if 0 < step <= steps]:
                smaller = _written(blocks[place], few, coding, spec)
                if len(written[place]) - len(smaller) >= excess or few == steps:
                    break
            excess -= len(written[place]) - len(smaller)
            written[place] = smaller
    return written


def _written(block: FittedBlock, steps: int, coding: ParameterCoding, spec: NetworkSpec) -> bytes:
    """Return a block whose scales are so many eighths of an octave too coarse."""
    tensors = layout(spec, coding.bits) if block.parameters and steps else []
    coarse = {tensor.name: coarser_trip(block.parameters[tensor.name], tensor, steps) for tensor in tensors}
    payload = coding.pack(block.gain, block.parameters | coarse, spec)
    return write_block(Block(block.number, payload))
