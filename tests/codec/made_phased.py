"""A stream of phased sines in whole numbers (see `made_coded`)."""

import made_coded
import numpy as np
from made_streams import integers

from ligeia.audio.blocks import Segments
from ligeia.codec.container import Block, write_block, write_header
from ligeia.codec.header import Header
from ligeia.codec.phased.coding import PhasedCoding, phase_bytes
from ligeia.networks import Lapped, Phased

SPEC = Phased(channels=2, frame_size=64, frames=6, units=9)
SAMPLES, RATE = 1000, 16000


def slopes(seed: int = 1, units: int = SPEC.units, blocks: int = 3) -> np.ndarray:
    """Slopes of blocks, the last of which is straight."""
    changes = integers(blocks * units, seed).reshape(blocks, units) % 7 - 3
    changes[-1] = 0
    return np.cumsum(changes, axis=1)


def stream(seed: int = 1) -> bytes:
    """Three blocks; the last one is not bent."""
    header = Header(SPEC, RATE, Segments(SAMPLES, SPEC.block_samples), PhasedCoding(4))
    on = Lapped(channels=SPEC.channels, frame_size=SPEC.frame_size, frames=SPEC.frames)
    coded = made_coded.made(4, on, SAMPLES, RATE, steps=280, mid_side=(1,), seed=seed)
    payloads = made_coded.pack(coded.coded, coded.layout)
    phases = [phase_bytes(row, header.coding.table) for row in slopes(seed)]
    pairs = zip(phases, payloads, strict=True)
    return write_header(header) + b"".join(write_block(Block(k, a + b)) for k, (a, b) in enumerate(pairs))
