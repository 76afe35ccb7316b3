"""The windowed-sine decoder: codes to the coefficients of an MDCT, tile by tile, and from them to sound.

Conditional networks of sines of sines add noise to whatever they learn (Zuiderveld 2021, §6.1). Here the function is
one sum of windowed sines whose frequencies and windows are given, and the code conditions nothing but their weights. As
the transform is orthonormal, an error in the weights is the same error in the samples (Parseval), so that the least
squares of a whole family are a small problem of linear algebra for each tile: `solve`.
"""

from functools import cached_property
from math import sqrt
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor
from torch.func import functional_call
from torch.nn import Parameter

from ligeia.codec.family.lapped import LappedSettings, plane_of
from ligeia.dsp.mdct import inverse_dct4_frames, window_slope
from ligeia.latent.decoders.decoder import Decoder
from ligeia.latent.decoders.mapping import mapped, start_mapping
from ligeia.networks.lapped_net import LappedNet

ROUNDINGS = 4
"""A coordinate counts as the instant of a sample if it lies beside it by so many roundings of 1 at most."""
SMALLEST = 1e-9
"""Energy of a direction of codes, as a part of the largest, below which nothing is known of it."""


class LappedDecoder(Decoder):
    """Codes and coordinates to amplitudes by windowed sines, whose weights are linear in those that a code maps to."""

    kind = "lapped"
    settings: LappedSettings

    def __init__(self, settings: LappedSettings, *, samples: int, seed: int = 0) -> None:
        super().__init__(settings, samples=samples, seed=seed)
        generator = Generator().manual_seed(seed)
        self.spec, self.tiles = settings.spec(samples), settings.tiles(samples)
        numbers: dict[str, Tensor] = {}
        if settings.mapping_layers:
            hidden = (settings.mapping_width,) * (settings.mapping_layers - 1)
            numbers |= start_mapping((settings.code, *hidden, settings.weights), generator)
        for name, shape in settings.shapes(samples).items():
            if name == "shapes":
                self.register_buffer(name, torch.zeros(shape))
            else:
                drawn = numbers[name] if name in numbers else torch.randn(shape, generator=generator) * shape[0] ** -0.5
                self.register_parameter(name, Parameter(drawn))

    def forward(self, codes: Tensor, coordinates: Tensor) -> Tensor:
        """Amplitudes `[items, n]`: by the fast transform at instants of samples, else sine by sine."""
        plane = self.plane(codes)
        points = (coordinates + 1) * (self.samples / 2)
        if not coordinates.requires_grad:
            whole = points.round()
            slack = ROUNDINGS * torch.finfo(coordinates.dtype).eps * self.samples
            if (whole - points).abs().max() <= slack:
                at = whole.long().clamp(0, self.samples - 1).expand(len(codes), -1)
                return self.sound(plane).gather(1, at)
        inside = points * (2 / self.spec.block_samples) - 1
        net = LappedNet(self.spec, blocks=1, seed=0)
        tensors = {
            "weight": plane.unsqueeze(-1),
            "switching": plane.new_zeros(len(codes), self.spec.frames),
            "edges": plane.new_zeros(len(codes), 2),
        }
        amplitudes: Tensor = functional_call(net, tensors, (inside.expand(len(codes), -1),))
        return amplitudes.squeeze(-1)

    def plane(self, codes: Tensor) -> Tensor:
        """The coefficients `[items, frames, frame_size]` of codes."""
        settings = self.settings
        weights = mapped(self, codes, settings.mapping_layers) if settings.mapping_layers else codes
        plane = weights.new_zeros(len(codes), self.spec.frames, self.spec.frame_size)
        parts = torch.split(weights, [tile.rank for tile in self.tiles], dim=1)
        for tile, part in zip(self.tiles, parts, strict=True):
            tensor = part @ self.get_parameter(tile.name).flatten(1)
            plane[:, tile.frames, tile.bins] = tensor.view(len(codes), *tile.shape[1:])
        return plane

    def sound(self, plane: Tensor) -> Tensor:
        """The samples `[items, samples]` of coefficients: the inverse MDCT as one product and one butterfly."""
        rows, direct, mirror = (table.to(plane) for table in self._tables)
        folded = plane @ rows
        half = self.spec.frame_size // 2
        left, right = folded[:, :-1, half:].flip(-1), folded[:, 1:, :half]
        before = (direct * left - mirror * right).flip(-1)
        after = direct * right + mirror * left
        first, last = folded[:, :1, :half], folded[:, -1:, half:]
        starts, ends = torch.cat([first, after], dim=1), torch.cat([before, last], dim=1)
        return torch.cat([starts, ends], dim=2).flatten(1)[:, : self.samples]

    @cached_property
    def _tables(self) -> tuple[Tensor, Tensor, Tensor]:
        """Samples of each coefficient before borders are unfolded, and both slopes of the window after a border."""
        size = self.spec.frame_size
        rows = inverse_dct4_frames(np.eye(size)[None], np.zeros(size, np.int64), sine=True)[0]
        place = torch.arange(0.5, size // 2, dtype=torch.float64) / size
        direct, mirror = (window_slope(0.5 + sign * place, torch.sin, sine=True) for sign in (1, -1))
        return torch.from_numpy(rows), direct, mirror

    @torch.no_grad()
    def solve(self, waveforms: Tensor) -> Tensor | None:
        """Set the numbers of the function to those of least squared error for `waveforms [items, samples]`.

        Returns their codes `[items, numbers]`, of mean square 1; None where a mapping network with hidden units leaves
        no closed form. Tile by tile it is the truncated singular value decomposition (Eckart & Young 1936), and one
        linear layer of mapping is that of all weights together.
        """
        if self.settings.mapping_layers > 1:
            return None
        plane = torch.from_numpy(plane_of(self.settings, waveforms.detach().float().cpu().numpy()))
        scores = []
        for tile in self.tiles:
            part = plane[:, tile.frames, tile.bins].flatten(1)
            left, atoms = truncated(part, tile.rank)
            self.get_parameter(tile.name).copy_(atoms.view(tile.shape))
            scores.append(left)
        weights = torch.cat(scores, dim=1)
        if self.settings.mapping_layers:
            weights, matrix = self._solve_mapping(weights)
            self.get_parameter("map_weight_0").copy_(matrix)
            self.get_parameter("map_bias_0").zero_()
        return weights.to(waveforms)

    def _solve_mapping(self, weights: Tensor) -> tuple[Tensor, Tensor]:
        """Codes, and the matrix that makes `weights` of them with the least squared error of the sounds."""
        norms = torch.cat([self.get_parameter(tile.name).flatten(1).norm(dim=1) for tile in self.tiles]).clamp_min(
            1e-12
        )
        codes, matrix = truncated(weights * norms.to(weights), self.settings.code)
        return codes, matrix / norms.to(weights)

    @torch.no_grad()
    def closed_codes(self, waveforms: Tensor) -> Tensor | None:
        """The codes `[items, numbers]` of least squared error of any `waveforms`; None where a mapping forbids it."""
        if self.settings.mapping_layers > 1:
            return None
        origin = self.sound(self.plane(waveforms.new_zeros(1, self.settings.code))).double()
        basis = self.sound(self.plane(torch.eye(self.settings.code).to(waveforms))).double() - origin
        products = (waveforms.double() - origin) @ basis.T
        inverse = torch.linalg.pinv(basis @ basis.T, rtol=SMALLEST, hermitian=True)
        found: Tensor = products @ inverse
        return found.to(waveforms)

    def extra_repr(self) -> Any:
        """Frames, coefficients and tiles."""
        return f"{self.spec.frames} frames of {self.spec.frame_size}, {len(self.tiles)} tiles"


def truncated(matrix: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    """Return codes `[items, rank]` and rows `[rank, columns]` whose product is nearest to `matrix [items, columns]`.

    Codes have mean square 1. Ranks beyond that of the matrix have codes 0 and rows 0.
    """
    left, values, right = torch.linalg.svd(matrix.double(), full_matrices=False)
    kept = min(rank, len(values))
    codes = matrix.new_zeros(len(matrix), rank)
    rows = matrix.new_zeros(rank, matrix.shape[1])
    scale = sqrt(len(matrix))
    used = values[:kept] > 1e-9 * values[0].clamp_min(1e-30)
    codes[:, :kept] = (left[:, :kept] * scale * used).to(matrix)
    rows[:kept] = (right[:kept] * (values[:kept, None] / scale) * used[:, None]).to(matrix)
    return codes, rows
