"""The stacked phased network: the stacked lapped one at the instants of the phase, differentiable in both."""

from math import pi

import torch
from torch import Tensor
from torch.nn import Parameter

from ligeia.networks.lapped_net import START, LappedNet
from ligeia.networks.phase import MOST_SLOPE
from ligeia.networks.phased import Phased


class PhasedNet(LappedNet):
    """`blocks` phased networks: coordinates `[blocks, n]` or `[1, n]` to amplitudes `[blocks, n, channels]`.

    What `networks.phase` and `networks.phased_sines` do in numpy.
    """

    spec: Phased

    def __init__(self, spec: Phased, *, blocks: int, seed: int) -> None:
        super().__init__(spec, blocks=blocks, seed=seed)
        generator = torch.Generator().manual_seed(seed + 1)
        self.phase = Parameter(START * torch.randn(blocks, spec.units, generator=generator))

    def forward(self, coordinates: Tensor, dtype: torch.dtype | None = None) -> Tensor:
        """Amplitudes; see `LappedNet.forward`."""
        half = self.spec.block_samples / 2
        places = ((coordinates + 1) * half + 0.5).expand(self.phase.shape[0], -1)
        phases, slopes = self.bent(places)
        values = super().forward((phases - 0.5) / half - 1, dtype)
        return values * slopes.sqrt().to(values.dtype).unsqueeze(-1)

    def bent(self, places: Tensor) -> tuple[Tensor, Tensor]:
        """Return the phase and its slope at `places [blocks, n]`, counted in samples from half a sample before 0."""
        spec, units = self.spec, self.spec.units
        slopes = self.phase.to(places.dtype).clamp(-MOST_SLOPE, MOST_SLOPE).exp()
        bends = torch.nn.functional.pad(slopes / slopes.mean(1, keepdim=True) - 1, (1, 1))
        sums = torch.nn.functional.pad(torch.cumsum((bends[:, 1:] + bends[:, :-1]) / 2, 1), (1, 0))
        spacing = (spec.block_samples - 2 * spec.edge) / (units + 1)
        way = ((places - spec.edge) / spacing).clamp(0, units + 1)
        unit = way.detach().long().clamp(max=units)
        part = way - unit
        low, high = bends.gather(1, unit), bends.gather(1, unit + 1)
        wave = part / 2 - torch.sin(pi * part) / (2 * pi)
        phases = places + spacing * (sums.gather(1, unit) + low * part + (high - low) * wave)
        return phases, 1 + low + (high - low) * (0.5 - torch.cos(pi * part) / 2)
