"""Lapped networks on grids of equal steps: quick, and as exact as unit by unit.

At the rate of the sound every point is a whole sample, and the inverse transform gives them all. At other rates
the sines of a hop, whose frequencies are equally spaced too, are summed by the chirp-z transform (Rabiner,
Schafer & Rader 1969; Bluestein 1970): k n = (k^2 + n^2 - (k - n)^2) / 2 makes the sum a convolution.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import next_fast_len
from torch import Tensor

from ligeia.dsp.mdct import MAX_SWITCHING, Integers, border_overlaps, fold_borders, inverse_dct4_frames, to_switching
from ligeia.networks.lapped import Lapped
from ligeia.networks.lapped_net import window

WHOLE = 1e-6
"""How far, in samples, a point may lie from a whole one and still mean it: times in seconds are rounded."""
_NUMBERS_AT_ONCE = 2**16
"""Complex numbers of a batch of hops: what fits the cache is quicker."""


def on_grid(spec: Lapped, numbers: Mapping[str, Tensor], first: Tensor, step: float, count: int) -> Tensor:
    """Amplitudes `[blocks, count, channels]`, float32, at the coordinates `first [blocks]` + n `step`.

    `numbers` are the parameters of the blocks. Nothing is differentiated here.
    """
    starts = (first.double().cpu().numpy() + 1) * (spec.block_samples / 2)
    pace = step * spec.block_samples / 2
    splits = to_switching(numbers["splits"].cpu().numpy())
    borders = border_overlaps(spec, splits, numbers["edges"].cpu().numpy())
    weight = numbers["weight"].detach()
    off = np.abs(starts - np.rint(starts)).max() + abs(pace - 1) * count
    if off < WHOLE:
        values = _whole(spec, weight.cpu().numpy(), splits, borders, (np.rint(starts).astype(np.int64), count))
        return torch.from_numpy(values)
    return _between(spec, weight, (splits, borders), Grid(torch.from_numpy(starts), pace, count))


def _whole(
    spec: Lapped, weight: NDArray[np.float32], splits: Integers, borders: Integers, points: tuple[Integers, int]
) -> NDArray[np.float32]:
    """Values `[blocks, count, channels]` at whole samples from `points[0] [blocks]` on."""
    starts, count = points
    blocks = len(starts)
    # One superframe more than is asked for on both sides, as its window reaches in; then an empty one for the ends.
    low = int(np.clip(starts.min() // spec.frame_size - 1, 0, spec.frames - 1))
    high = int(np.clip((starts.max() + count - 1) // spec.frame_size + 2, low + 1, spec.frames))
    chosen = np.moveaxis(weight[:, low:high], -1, 0)
    rows = inverse_dct4_frames(
        chosen.reshape(spec.channels, -1, spec.frame_size), splits[:, low:high].ravel(), sine=spec.sine
    )
    padded = np.zeros((spec.channels, blocks, high - low + 2, spec.frame_size), rows.dtype)
    padded[:, :, 1:-1] = rows.reshape(*chosen.shape)
    shared = np.concatenate([borders[:, low : high + 1], np.zeros((blocks, 1), np.int64)], axis=1)
    flat = fold_borders(
        padded.reshape(spec.channels, -1, spec.frame_size), shared.ravel()[:-1], sine=spec.sine, inverse=True
    )
    return _picked(flat.reshape(spec.channels, blocks, -1), starts - (low - 1) * spec.frame_size, count)


def _picked(sound: NDArray[np.float32], starts: Integers, count: int) -> NDArray[np.float32]:
    """`count` samples of each block of `[channels, blocks, n]`, zeros beyond: `[blocks, count, channels]`."""
    values = np.zeros((sound.shape[1], count, sound.shape[0]), np.float32)
    for block, start in enumerate(starts):
        first, last = max(-start, 0), min(sound.shape[2] - start, count)
        if last > first:
            values[block, first:last] = sound[:, block, start + first : start + last].T
    return values


@dataclass(frozen=True)
class Grid:
    """Points at `starts [blocks]` + n `pace`, n from 0 to `count` - 1, in samples from the start of each block."""

    starts: Tensor
    pace: float
    count: int

    def seen(self, length: int) -> int:
        """How many points a hop of `length` samples sees at most."""
        return min(int(2 * length / self.pace) + 2, self.count)


@dataclass(frozen=True)
class Batch:
    """Some hops of one length."""

    weight: Tensor
    """`[hops, channels, hop's length]`."""
    block: Tensor
    """`[hops]`, as all that follows."""
    start: Tensor
    """Half a sample before the first sample of the hop, in samples from the start of the block."""
    before: Tensor
    """Samples shared with the hop before."""
    after: Tensor
    """Samples shared with the hop after."""

    @property
    def length(self) -> int:
        """Samples in a hop."""
        return self.weight.shape[2]


def _between(spec: Lapped, weight: Tensor, layout: tuple[Integers, Integers], grid: Grid) -> Tensor:
    """Values at any grid, hop by hop."""
    blocks, channels = weight.shape[0], spec.channels
    room = grid.count + grid.seen(spec.frame_size)  # the last hops go on beyond the grid
    values = torch.zeros(blocks * room, channels, dtype=torch.float64)
    for batch in _batches(spec, weight, layout, grid):
        origin = grid.starts[batch.block]
        lowest = torch.ceil((batch.start - batch.before / 2 - origin) / grid.pace).clamp(min=0)
        many = grid.seen(batch.length)
        steps = torch.arange(many, dtype=torch.float64) * grid.pace
        local = (origin + lowest * grid.pace - batch.start).unsqueeze(1) + steps
        sums = chirp_sums(batch.weight, local[:, 0] + batch.length, grid.pace, many)
        shared = batch.before.unsqueeze(1), batch.after.unsqueeze(1)
        shape = window(local, batch.length, *shared, sine=spec.sine, kind=torch.float32)
        said = (sums * shape.unsqueeze(1)).transpose(1, 2).reshape(-1, channels)
        at = (batch.block * room + lowest.long()).unsqueeze(1) + torch.arange(many)
        values.index_add_(0, at.flatten(), said)
    return values.view(blocks, room, channels)[:, : grid.count].float()


def _batches(spec: Lapped, weight: Tensor, layout: tuple[Integers, Integers], grid: Grid) -> Iterator[Batch]:
    """The hops that the grid touches, those of one length together."""
    splits, borders = layout
    starts = grid.starts.numpy()
    for split in range(MAX_SWITCHING + 1):
        length, hops = spec.frame_size >> split, 1 << split
        block, frame = np.nonzero(splits == split)
        block, frame = (np.repeat(index, hops) for index in (block, frame))
        hop = np.tile(np.arange(hops), len(block) // hops)
        before = np.where(hop == 0, borders[block, frame], length)
        after = np.where(hop == hops - 1, borders[block, frame + 1], length)
        start = frame * spec.frame_size + hop * length - 0.5
        low, high = start - before / 2, start + length + np.maximum(after, 1) / 2  # an open end goes on
        touched = (high >= starts[block]) & (low <= starts[block] + (grid.count - 1) * grid.pace)
        rows = weight.view(-1, spec.frames, length, hops, spec.channels)
        size = max(_NUMBERS_AT_ONCE // (spec.channels * (length + grid.seen(length))), 1)
        chosen = np.flatnonzero(touched)
        for at in (chosen[k : k + size] for k in range(0, len(chosen), size)):
            there = (torch.from_numpy(index[at]) for index in (block, start, before, after))
            some = rows[torch.from_numpy(block[at]), torch.from_numpy(frame[at]), :, torch.from_numpy(hop[at])]
            if some.any():  # long stretches of a sparse network may be silent
                yield Batch(some.transpose(1, 2).double(), *there)


def chirp_sums(weight: Tensor, first: Tensor, pace: float, count: int) -> Tensor:
    """sqrt(2 / M) sum over k of weight[k] cos(pi / M (k + 1/2) (first + n pace)), n from 0 to `count` - 1.

    `weight [hops, channels, M]` and `first [hops]` are float64; the sums are `[hops, channels, count]`.
    """
    length = weight.shape[2]
    turn = pi / length
    size = next_fast_len(length + count - 1)
    longest = torch.arange(max(length, count), dtype=torch.float64)
    chirp = turn * pace / 2 * longest.square()
    kernel = torch.zeros(size, dtype=torch.complex128)
    kernel[:count] = _turned(-chirp[:count])
    kernel[size - length + 1 :] = _turned(-chirp[1:length].flip(0))
    phases = (turn * first).unsqueeze(1) * (longest[:length] + 0.5) + chirp[:length]
    spectrum = torch.fft.fft(weight * _turned(phases).unsqueeze(1), n=size)
    sums = torch.fft.ifft(spectrum * torch.fft.fft(kernel))[..., :count]
    values: Tensor = (sums * (sqrt(2 / length) * _turned(turn / 2 * pace * longest[:count] + chirp[:count]))).real
    return values


def _turned(angle: Tensor) -> Tensor:
    return torch.complex(torch.cos(angle), torch.sin(angle))
