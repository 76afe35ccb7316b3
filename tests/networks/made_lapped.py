"""Lapped networks with any window switching, and the same function said in numpy, unit by unit."""

from itertools import pairwise

import numpy as np

from ligeia.audio.blocks import Segments
from ligeia.dsp.mdct import to_switching
from ligeia.inr import INR
from ligeia.networks.lapped import Lapped


def make(spec, frames, *, rate=8000, seed=0, switching=None):
    """An INR with random weights, and random window switching where none is given."""
    rng = np.random.default_rng(seed)
    cut = Segments(frames, spec.block_samples)
    shape = (cut.count, spec.frames)
    chosen = to_switching(rng.integers(0, 5, shape).astype(float)) if switching is None else np.full(shape, switching)
    edges = np.ones((cut.count, 2), np.float32)
    edges[0, 0] = edges[-1, 1] = 0
    weight = rng.normal(0, 0.1, (cut.count, *spec.shapes()["weight"])).astype(np.float32)
    parameters = {"switching": chosen.astype(np.float32), "edges": edges, "weight": weight}
    return INR(spec, parameters, rate, cut, np.linspace(0.5, 1.5, cut.count, dtype=np.float32))


def plain(inr, positions):
    """Float64 `[channels, n]` at `positions` in samples: the formulas of the docstring, one unit after the other."""
    return sum(
        float(gain) * block_said(inr, block, positions - block * inr.spec.block_samples)
        for block, gain in enumerate(inr.gains)
    )


def block_said(inr, block, p):
    spec = inr.spec
    switching = inr.parameters["switching"][block].astype(int)
    hops = [(f, h, spec.frame_size >> j, j) for f, j in enumerate(switching) for h in range(1 << j)]
    lengths = [length for _, _, length, _ in hops]
    ends = [spec.overlap if edge else 0 for edge in inr.parameters["edges"][block].tolist()]
    shared = [ends[0], *(min(pair) for pair in pairwise(lengths)), ends[1]]
    total, start = np.zeros((spec.channels, len(p))), 0
    for n, (frame, hop, length, split) in enumerate(hops):
        y = p + 0.5 - start
        before = rise(y / shared[n] + 0.5, spec) if shared[n] else y >= 0.5
        after = rise((length - y) / shared[n + 1] + 0.5, spec) if shared[n + 1] else y < length + 0.5
        for k in range(length):
            unit = np.sqrt(2 / length) * np.cos(np.pi / length * (k + 0.5) * (y + length)) * before * after
            weight = inr.parameters["weight"][block, frame, (k << split) + hop].astype(np.float64)
            total += weight[:, None] * unit
        start += length
    return total


def rise(u, spec):
    first = np.sin(np.pi / 2 * np.clip(u, 0, 1))
    return first if spec.sine else np.sin(np.pi / 2 * first**2)


SMALL = Lapped(frame_size=32, frames=3, channels=2)
