"""The windowed-sine decoder: codes to the coefficients of an MDCT, tile by tile, and from them to sound.

Conditional networks of sines of sines add noise to whatever they learn (Zuiderveld 2021, §6.1). Here the function is
one sum of windowed sines whose frequencies and windows are given, and the code conditions nothing but their weights. As
the transform is orthonormal, an error in the weights is the same error in the samples (Parseval), so that the least
squares of a whole family are a small problem of linear algebra for each tile (`latent.closed_form`).
"""

from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor
from torch.func import functional_call
from torch.nn import Parameter

from ligeia.codec.family.lapped import NUMBERS_PER_DETAIL, LappedSettings, noise_of
from ligeia.dsp.mdct import inverse_dct4_frames, window_slope
from ligeia.latent.closed_form import closed_codes, solve
from ligeia.latent.decoders.decoder import Decoder
from ligeia.latent.decoders.mapping import mapped, start_mapping
from ligeia.networks.lapped_net import LappedNet

ROUNDINGS = 4
"""A coordinate counts as the instant of a sample if it lies beside it by so many roundings of 1 at most."""


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
            numbers |= start_mapping((settings.dense, *hidden, settings.weights), generator)
        for name, shape in settings.shapes(samples).items():
            drawn = torch.zeros(shape) if name == "fill" else torch.randn(shape, generator=generator) * shape[0] ** -0.5
            drawn = numbers.get(name, drawn)
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
        said = self.said(codes)
        if not self.settings.fill:
            return said
        levels, noise = self.get_parameter("fill"), torch.from_numpy(noise_of(self.settings, self.samples)).to(said)
        level = torch.zeros_like(noise)
        for tile, value in zip(self.settings.all_tiles(self.samples), levels, strict=True):
            level[tile.frames, tile.bins] = value
        return said + said.square().mean((1, 2), keepdim=True).sqrt() * (level * noise)

    def said(self, codes: Tensor) -> Tensor:
        """The same without the noise that fills it up."""
        settings = self.settings
        weights = codes[:, : settings.dense]
        weights = mapped(self, weights, settings.mapping_layers) if settings.mapping_layers else weights
        plane = weights.new_zeros(len(codes), self.spec.frames, self.spec.frame_size)
        parts = torch.split(weights, [tile.rank for tile in self.tiles], dim=1)
        for tile, part in zip(self.tiles, parts, strict=True):
            tensor = part @ self.get_parameter(tile.name).flatten(1)
            plane[:, tile.frames, tile.bins] = tensor.view(len(codes), *tile.shape[1:])
        return plane + self.details(codes) if settings.details else plane

    def details(self, codes: Tensor) -> Tensor:
        """The coefficients of the details alone; the same places as `codec.family.lapped.atoms_of` says."""
        settings, (frames, bins) = self.settings, (self.spec.frames, self.spec.frame_size)
        height, width = settings.shape_frames, settings.shape_bins
        places, kinds, values = codes[:, settings.dense :].view(len(codes), -1, NUMBERS_PER_DETAIL).unbind(-1)
        corners = places.detach().round().long().clamp(0, (frames + height - 1) * (bins + width - 1) - 1)
        rows, columns = corners // (bins + width - 1), corners % (bins + width - 1)
        shapes = self.get_parameter("shapes")[kinds.detach().round().long().clamp(0, settings.dictionary - 1)]
        within = torch.arange(height, device=codes.device)
        odd = ((columns - (width - 1)) % 2).unsqueeze(-1) * (within % 2)
        elements = shapes * (1 - 2 * odd).unsqueeze(-1) * values[..., None, None]
        wide = bins + 2 * (width - 1)
        at = (
            (rows[..., None, None] + within[:, None]) * wide + columns[..., None, None] + torch.arange(width).to(within)
        )
        whole = elements.new_zeros(len(codes), (frames + 2 * (height - 1)) * wide)
        whole = whole.scatter_add(1, at.flatten(1), elements.flatten(1)).view(len(codes), -1, wide)
        inside: Tensor = whole[:, height - 1 : height - 1 + frames, width - 1 : width - 1 + bins]
        return inside

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

    def solve(self, waveforms: Tensor) -> Tensor:
        """Set all numbers of the function by closed forms to represent `waveforms [items, samples]`; return codes."""
        return solve(self, waveforms)

    def closed_codes(self, waveforms: Tensor) -> Tensor | None:
        """Return codes of any `waveforms [items, samples]` in closed form; None where a mapping forbids it."""
        return closed_codes(self, waveforms)

    def extra_repr(self) -> Any:
        """Frames, coefficients and tiles."""
        return f"{self.spec.frames} frames of {self.spec.frame_size}, {len(self.tiles)} tiles"
