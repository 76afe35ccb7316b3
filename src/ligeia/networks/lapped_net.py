"""The stacked lapped network, evaluated unit by unit: exact at any instant, and differentiable."""

from dataclasses import dataclass
from math import pi, sqrt

import torch
from torch import Tensor
from torch.nn import Module, Parameter

from ligeia.dsp.mdct import MAX_SWITCHING, border_overlaps, to_switching, window_slope
from ligeia.networks.lapped import Lapped

SLACK = 1e-6
"""Samples by which a sample's instant may be off: it must fall on its side of a border all the same."""
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
        here = self._hops_at(points.detach(), switching)
        neighbour, exists = self._neighbour(points.detach(), here, switching)
        values = self._sums(points, here, torch.ones_like(exists), borders, kind)
        return values + self._sums(points, neighbour, exists, borders, kind)

    def _layout(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """Window switching `[blocks, frames]` and what is shared at the borders, `[blocks, frames + 1]`."""
        switching = to_switching(self.switching.detach().cpu().numpy())
        borders = border_overlaps(self.spec, switching, self.edges.detach().cpu().numpy())
        return torch.from_numpy(switching).to(device), torch.from_numpy(borders).to(device)

    def _hops_at(self, points: Tensor, switching: Tensor) -> Hops:
        """The hop that each point lies in; the nearest one for points beyond the block."""
        frame = (points / self.spec.frame_size).floor().long().clamp(0, self.spec.frames - 1)
        exponent = switching.gather(1, frame)
        length = self.spec.frame_size >> exponent
        hop = ((points - frame * self.spec.frame_size) / length).floor().long()
        return Hops(frame, hop.clamp(min=0).minimum((1 << exponent) - 1), exponent)

    def _neighbour(self, points: Tensor, here: Hops, switching: Tensor) -> tuple[Hops, Tensor]:
        """The hop behind the border nearest to each point, and whether there is one."""
        before = self._from_start(points, here) < (self.spec.frame_size >> here.switching) / 2
        hop = here.hop + torch.where(before, -1, 1)
        frame = here.frame + (hop >> here.switching)  # -1, 0 or 1: into the neighbouring frame or not
        exists = (frame >= 0) & (frame < self.spec.frames)
        frame = torch.where(exists, frame, here.frame)
        exponent = switching.gather(1, frame)
        inside = torch.where(before, (1 << exponent) - 1, 0)
        return Hops(frame, torch.where(frame == here.frame, hop, inside), exponent), exists

    def _from_start(self, points: Tensor, at: Hops) -> Tensor:
        """Samples from the start of the hop."""
        return points - (at.frame * self.spec.frame_size + at.hop * (self.spec.frame_size >> at.switching))

    def _sums(self, points: Tensor, at: Hops, exists: Tensor, borders: Tensor, kind: torch.dtype) -> Tensor:
        """Sums of the units of one hop for each point, `[blocks, n, channels]`; 0 where there is none."""
        channels = self.spec.channels
        local = self._from_start(points, at)
        length = self.spec.frame_size >> at.switching
        covered = exists & (local > -length) & (local < 2 * length)
        values = torch.zeros(points.numel(), channels, dtype=kind, device=points.device)
        for exponent in range(MAX_SWITCHING + 1):
            block, point = torch.nonzero(covered & (at.switching == exponent), as_tuple=True)
            if len(block):
                units = self._units(local[block, point], exponent, kind)
                weight = self._weights(block, at.frame[block, point], at.hop[block, point], exponent).to(kind)
                values = values.index_add(
                    0, block * points.shape[1] + point, (units.unsqueeze(1) @ weight).squeeze(1).to(kind)
                )
        return values.view(*points.shape, channels) * self._window(local, at, borders).to(kind).unsqueeze(-1)

    def _units(self, local: Tensor, exponent: int, kind: torch.dtype) -> Tensor:
        """The sines of a hop without their window, `[n, hop's length]`, at `local [n]`."""
        length = self.spec.frame_size >> exponent
        turns = (torch.arange(length, dtype=local.dtype, device=local.device) + 0.5) * (pi / length)
        return sqrt(2 / length) * torch.cos((local + length).unsqueeze(1) * turns).to(kind)

    def _weights(self, block: Tensor, frame: Tensor, hop: Tensor, exponent: int) -> Tensor:
        """The output weights of hops, `[n, hop's length, channels]`."""
        rows = self.weight.view(
            -1, self.spec.frames, self.spec.frame_size >> exponent, 1 << exponent, self.spec.channels
        )
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

    Where nothing is, the hop is heard from its first sample on, and up to the first of the next one. The window's
    sines are computed in `kind`.
    """
    to_end = length - local
    # At most half of the hop is shared on either side: the nearer border alone shapes a point.
    inside = torch.minimum(local, to_end)
    shared = torch.where(local < to_end, before, after)
    part = (inside / shared.clamp(min=1) + 0.5).clamp(0, 1).to(kind)
    heard = (local > 0.5 - SLACK) & (local < length + 0.5 - SLACK)
    return torch.where(shared > 0, window_slope(part, torch.sin, sine=sine), heard.to(kind))
