"""Payloads of blocks of the transform codec: a head with step and mid/side, then coded symbols (FORMAT.md §8.1)."""

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform.context_model import Model, shipped_model
from ligeia.codec.transform.entropy import Reader, Writer
from ligeia.codec.transform.quantiser import CodedBlocks, reconstruct, to_mid_side
from ligeia.codec.transform.scale_factors import MAX_STEP, MIN_STEP, BlockFormat, Integers
from ligeia.codec.transform.syntax import code_spectra

HEAD_BYTES = 2
MID_SIDE = 1 << 15


def model_of(layout: BlockFormat) -> Model:
    """Return the model that the blocks of a profile are coded with."""
    return shipped_model(layout.profile.name)


def pack(blocks: CodedBlocks, layout: BlockFormat) -> list[bytes]:
    """Return the payloads of blocks."""
    writer = Writer(len(blocks.steps))
    code_spectra(writer, layout, blocks.steps, model_of(layout), blocks.spectra)
    return payloads_of(blocks, writer)


def payloads_of(blocks: CodedBlocks, writer: Writer) -> list[bytes]:
    """Return the payloads of blocks whose spectra have been written."""
    heads = (blocks.steps - MIN_STEP) | np.where(blocks.mid_side, MID_SIDE, 0)
    bodies = writer.finish()
    return [int(head).to_bytes(HEAD_BYTES, "little") + body for head, body in zip(heads, bodies, strict=True)]


def unpack(payloads: list[bytes], layout: BlockFormat) -> tuple[CodedBlocks, NDArray[np.bool_]]:
    """Return the blocks of payloads (none of them empty), and which of them are valid `[blocks]`."""
    heads, valid = _heads(payloads, layout)
    reader = Reader([payload[HEAD_BYTES:] for payload in payloads])
    steps = np.minimum((heads & ~MID_SIDE) + MIN_STEP, MAX_STEP)
    spectra = code_spectra(reader, layout, steps, model_of(layout), None)
    return CodedBlocks(steps, (heads & MID_SIDE) != 0, spectra), valid & reader.finish()


def _heads(payloads: list[bytes], layout: BlockFormat) -> tuple[Integers, NDArray[np.bool_]]:
    heads = np.array(
        [int.from_bytes(payload[:HEAD_BYTES].ljust(HEAD_BYTES, b"\xff"), "little") for payload in payloads]
    )
    mid_side = (heads & MID_SIDE) != 0
    return heads, ((heads & ~MID_SIDE) <= MAX_STEP - MIN_STEP) & ~(mid_side & (layout.channels != 2))


def parameters_of(
    blocks: CodedBlocks, layout: BlockFormat, numbers: Integers, count: int
) -> dict[str, NDArray[np.float32]]:
    """Return the parameters of the network `Lapped` for blocks with the `numbers [blocks]`, of `count` in the sound."""
    coefficients = to_mid_side(reconstruct(blocks, layout, numbers), blocks.mid_side)
    edges = np.stack([numbers > 0, numbers < count - 1], axis=1)
    return {
        "switching": blocks.spectra.switching.astype(np.float32),
        "edges": edges.astype(np.float32),
        "weight": np.ascontiguousarray(np.swapaxes(coefficients, 2, 3), dtype=np.float32),
    }
