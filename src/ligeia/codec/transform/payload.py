"""The payloads of lapped networks' blocks: exponent of the steps, mid and side, coded numbers (FORMAT.md §8.1)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform.analysis import turned
from ligeia.codec.transform.context_model import Model, shipped
from ligeia.codec.transform.entropy import Reader, Writer
from ligeia.codec.transform.quantiser import restored
from ligeia.codec.transform.scale_factors import MAX_STEP, MIN_STEP
from ligeia.codec.transform.syntax import Grid, Numbers, traverse

Whole = NDArray[np.integer]
Arrays = dict[str, NDArray[np.float32]]

HEAD_BYTES = 2
ROTATED = 1 << 15


@dataclass
class Coded:
    """Blocks in whole numbers: `steps [blocks]`, `rotated [blocks]`, and their `numbers`."""

    steps: Whole
    rotated: NDArray[np.bool_]
    numbers: Numbers


def model_of(grid: Grid) -> Model:
    """The networks that the streams of a profile are coded with."""
    return shipped(grid.profile.name)


def pack(coded: Coded, grid: Grid) -> list[bytes]:
    """The payloads of blocks."""
    writer = Writer(len(coded.steps))
    traverse(writer, grid, coded.steps, model_of(grid), coded.numbers)
    heads = (coded.steps - MIN_STEP) | np.where(coded.rotated, ROTATED, 0)
    return [int(head).to_bytes(HEAD_BYTES, "little") + body for head, body in zip(heads, writer.finish(), strict=True)]


def unpack(payloads: list[bytes], grid: Grid) -> tuple[Coded, NDArray[np.bool_]]:
    """Blocks from payloads (none of them empty), and which of them are valid `[blocks]`."""
    heads, valid = _heads(payloads, grid)
    reader = Reader([payload[HEAD_BYTES:] for payload in payloads])
    steps = np.minimum((heads & ~ROTATED) + MIN_STEP, MAX_STEP)
    numbers = traverse(reader, grid, steps, model_of(grid), None)
    return Coded(steps, (heads & ROTATED) != 0, numbers), valid & reader.finish()


def _heads(payloads: list[bytes], grid: Grid) -> tuple[Whole, NDArray[np.bool_]]:
    heads = np.array(
        [int.from_bytes(payload[:HEAD_BYTES].ljust(HEAD_BYTES, b"\xff"), "little") for payload in payloads]
    )
    rotated = (heads & ROTATED) != 0
    return heads, ((heads & ~ROTATED) <= MAX_STEP - MIN_STEP) & ~(rotated & (grid.channels != 2))


def parameters_of(coded: Coded, grid: Grid, places: Whole, count: int) -> Arrays:
    """The parameters of blocks with the numbers `places`, of `count` in the sound: what `networks.lapped` takes."""
    weights = turned(restored(coded.numbers, grid, coded.steps, places), coded.rotated)
    edges = np.stack([places > 0, places < count - 1], axis=1)
    return {
        "splits": coded.numbers.splits.astype(np.float32),
        "edges": edges.astype(np.float32),
        "weight": np.ascontiguousarray(np.swapaxes(weights, 2, 3), dtype=np.float32),
    }
