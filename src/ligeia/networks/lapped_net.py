"""The stacked lapped network, evaluated unit by unit: exact at any instant, and differentiable."""

from dataclasses import dataclass
from math import pi, sqrt

import torch
from torch import Tensor
from torch.nn import Module, Parameter

from ligeia.dsp.mdct import MAX_SWITCHING, border_overlaps, to_switching, window_slope
from ligeia.networks.lapped import Lapped

SLACK = 1e-6
"""Samples by which a sample's own instant may be off: it must fall on its own side of a border all the same."""
START = 0.05
"""Standard deviation of the weights at the start."""


@dataclass(frozen=True)
class Hops:
    """One hop for each point, all `[blocks, n]`: its frame, which hop of it, and that frame's window switching."""

    frame: Tensor
    hop: Tensor
    switching: Tensor


class LappedNet(Module):
    """`blocks` lapped networks: coordinates `[blocks, n]` or `[1, n]` to amplitudes `[blocks, n, channels]`.

    Coordinates from -1 to 1 are the block itself, what lies beyond is where it reaches into its neighbours. A point is
    in one hop, and in the shared part of one other at most, so that it sees 2 `frame` units at most.
    """

    def __init__(self, spec: Lapped, *, blocks: int, seed: int) -> None:
        super().__init__()
        self.spec = spec
        generator = torch.Generator().manual_seed(seed)
        shape = (blocks, *spec.shapes()["weight"])
        self.switching = Parameter(torch.zeros(blocks, spec.frames), requires_grad=False)
        self.edges = Parameter(torch.ones(blocks, 2), requires_grad=False)
        self.weight = Parameter(START * torch.randn(shape, generator=generator))

    def forward(self, coordinates: Tensor, dtype: torch.dtype | None = None) -> Tensor:
        """Amplitudes; `dtype` (default: that of the coordinates) is that of the products, single precision at least.

        Positions and phases are computed in the precision of the coordinates.
        """
        kind = torch.promote_types(dtype or coordinates.dtype, torch.float32)
        # Windows are symmetric about half a sample before a border: counted from there, borders are whole numbers.
        points = ((coordinates + 1) * (self.spec.block_samples / 2) + 0.5).expand(self.weight.shape[0], -1)
        switching, borders = self._layout(points.device)
        own = self._own(points.detach(), switching)
        neighbour, there = self._neighbour(points.detach(), own, switching)
        values = self._said(points, own, torch.ones_like(there), borders, kind)
        return values + self._said(points, neighbour, there, borders, kind)

    def _layout(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """Window switching `[blocks, frames]` and what is shared at the borders, `[blocks, frames + 1]`."""
        switching = to_switching(self.switching.detach().cpu().numpy())
        borders = border_overlaps(self.spec, switching, self.edges.detach().cpu().numpy())
        return torch.from_numpy(switching).to(device), torch.from_numpy(borders).to(device)

    def _own(self, points: Tensor, switching: Tensor) -> Hops:
        """The hop that each point lies in; the nearest one for points beyond the block."""
        frame = (points / self.spec.frame_size).floor().long().clamp(0, self.spec.frames - 1)
        split = switching.gather(1, frame)
        length = self.spec.frame_size >> split
        hop = ((points - frame * self.spec.frame_size) / length).floor().long()
        return Hops(frame, hop.clamp(min=0).minimum((1 << split) - 1), split)

    def _neighbour(self, points: Tensor, own: Hops, switching: Tensor) -> tuple[Hops, Tensor]:
        """The hop behind the border nearest to each point, and whether there is one."""
        before = self._from_start(points, own) < (self.spec.frame_size >> own.switching) / 2
        hop = own.hop + torch.where(before, -1, 1)
        frame = own.frame + (hop >> own.switching)  # -1, 0 or 1: into the neighbouring frame or not
        there = (frame >= 0) & (frame < self.spec.frames)
        frame = torch.where(there, frame, own.frame)
        split = switching.gather(1, frame)
        inside = torch.where(before, (1 << split) - 1, 0)
        return Hops(frame, torch.where(frame == own.frame, hop, inside), split), there

    def _from_start(self, points: Tensor, at: Hops) -> Tensor:
        """Samples from the start of the hop."""
        return points - (at.frame * self.spec.frame_size + at.hop * (self.spec.frame_size >> at.switching))

    def _said(self, points: Tensor, at: Hops, there: Tensor, borders: Tensor, kind: torch.dtype) -> Tensor:
        """What the units of one hop for each point say, `[blocks, n, channels]`; 0 where it is not there."""
        channels = self.spec.channels
        local = self._from_start(points, at)
        seen = (
            there
            & (local > -(self.spec.frame_size >> at.switching))
            & (local < 2 * (self.spec.frame_size >> at.switching))
        )
        values = torch.zeros(points.numel(), channels, dtype=kind, device=points.device)
        for split in range(MAX_SWITCHING + 1):
            block, point = torch.nonzero(seen & (at.switching == split), as_tuple=True)
            if len(block):
                units = self._units(local[block, point], split, kind)
                weight = self._weights(block, at.frame[block, point], at.hop[block, point], split).to(kind)
                values = values.index_add(0, block * points.shape[1] + point, (units.unsqueeze(1) @ weight).squeeze(1))
        return values.view(*points.shape, channels) * self._window(local, at, borders).to(kind).unsqueeze(-1)

    def _units(self, local: Tensor, split: int, kind: torch.dtype) -> Tensor:
        """The sines of a hop without their window, `[n, hop's length]`, at `local [n]`."""
        length = self.spec.frame_size >> split
        turns = (torch.arange(length, dtype=local.dtype, device=local.device) + 0.5) * (pi / length)
        return sqrt(2 / length) * torch.cos((local + length).unsqueeze(1) * turns).to(kind)

    def _weights(self, block: Tensor, frame: Tensor, hop: Tensor, split: int) -> Tensor:
        """The output weights of hops, `[n, hop's length, channels]`."""
        rows = self.weight.view(-1, self.spec.frames, self.spec.frame_size >> split, 1 << split, self.spec.channels)
        chosen: Tensor = rows[block, frame, :, hop]
        return chosen

    def _window(self, local: Tensor, at: Hops, borders: Tensor) -> Tensor:
        length = self.spec.frame_size >> at.switching
        first, last = at.hop == 0, at.hop == (1 << at.switching) - 1
        before = torch.where(first, borders.gather(1, at.frame), length)
        after = torch.where(last, borders.gather(1, at.frame + 1), length)
        return window(local, length, before, after, sine=self.spec.sine, kind=local.dtype)


def window(
    local: Tensor, length: Tensor | int, before: Tensor, after: Tensor, *, sine: bool, kind: torch.dtype
) -> Tensor:
    """Windows of hops of `length` samples, `local` samples from their start; `before` and `after` are shared.

    Where nothing is, the hop is heard from its first sample on, and up to the first of the next one. The window's own
    sines are computed in `kind`.
    """
    to_end = length - local
    # At most half of the hop is shared on either side: the nearer border alone shapes a point.
    inside = torch.minimum(local, to_end)
    shared = torch.where(local < to_end, before, after)
    part = (inside / shared.clamp(min=1) + 0.5).clamp(0, 1).to(kind)
    heard = (local > 0.5 - SLACK) & (local < length + 0.5 - SLACK)
    return torch.where(shared > 0, window_slope(part, torch.sin, sine=sine), heard.to(kind))
