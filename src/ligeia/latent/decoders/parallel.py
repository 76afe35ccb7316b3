"""Narrow FiLM-conditioned sine networks in parallel, whose outputs are summed.

Zuiderveld 2021 (§7.2, future work; no numbers) expects that errors of parallel networks partly cancel and that sums of
them are kind to optimisers. A wide layer of K w units costs K times the products of K layers of w. That each begins in
a band of frequencies of its own is ours.
"""

from math import pi, sqrt

import torch
from torch import Generator, Tensor

from ligeia.codec.family.parallel import ParallelSettings
from ligeia.latent.decoders.decoder import LayeredDecoder
from ligeia.latent.decoders.layers import Layer, evaluate, evaluate_with_slopes, turned
from ligeia.latent.decoders.mapping import mapped, start_mapping
from ligeia.latent.decoders.start import OUTPUT_DIVISOR, uniform


class ParallelDecoder(LayeredDecoder):
    """Codes and coordinates to amplitudes: a sum of sine networks whose frequencies and phases depend on the code."""

    kind = "parallel"
    settings: ParallelSettings

    def __init__(self, settings: ParallelSettings, *, samples: int, seed: int = 0) -> None:
        super().__init__(settings, samples=samples, seed=seed)
        generator = Generator().manual_seed(seed)
        self.register(start_mapping(settings.mapping_sizes(), generator) | _start(settings, generator))

    def forward(self, codes: Tensor, coordinates: Tensor) -> Tensor:
        """Amplitudes `[items, n]`; they have first derivatives."""
        return self._summed(evaluate(self.chains(codes), self.times(coordinates)))

    def with_slopes(self, codes: Tensor, coordinates: Tensor) -> tuple[Tensor, Tensor]:
        """Amplitudes and their derivatives with respect to the coordinate, `[items, n]`, in forward mode."""
        amplitudes, slopes = evaluate_with_slopes(self.chains(codes), self.times(coordinates))
        return self._summed(amplitudes), self._summed(slopes) - self.get_parameter("output_bias")

    def layers(self, codes: Tensor) -> list[Layer]:
        """The chains of all networks of the first code, then of the second, and so on; without the output's bias."""
        settings = self.settings
        count, width = settings.networks, settings.width
        conditions = mapped(self, codes, settings.mapping_layers + 1).view(len(codes), 2, count, width)
        gamma, beta = conditions[:, 0], conditions[:, 1]
        chain = []
        for k in range(settings.depth):
            weight, bias = self.get_parameter(f"weight_{k}"), self.get_parameter(f"bias_{k}")
            scale = gamma + gamma.new_tensor(settings.omegas(k)).unsqueeze(1)
            own = (weight * scale.unsqueeze(2)).flatten(0, 1)
            chain.append(Layer(own, turned(beta.double() + bias).to(own.dtype).flatten(0, 1), "sine"))
        output = self.get_parameter("output_weight").repeat(len(codes), 1, 1)
        return [*chain, Layer(output, output.new_zeros(len(output), 1), "none")]

    def times(self, coordinates: Tensor) -> Tensor:
        """Coordinates `[items networks or 1, n]` of every chain."""
        return coordinates if len(coordinates) == 1 else coordinates.repeat_interleave(self.settings.networks, 0)

    def _summed(self, each: Tensor) -> Tensor:
        """Sums `[items, n]` of what the networks give, and the output's bias."""
        return each.view(-1, self.settings.networks, each.shape[1]).sum(1) + self.get_parameter("output_bias")


def _start(settings: ParallelSettings, generator: Generator) -> dict[str, Tensor]:
    """First weights one in each of equal steps of a network's band, phases anywhere; then as SIREN starts."""
    count, width = settings.networks, settings.width
    omegas = torch.tensor(settings.omegas(0)).view(count, 1, 1)
    steps = (torch.arange(width) + torch.rand((count, 1, width), generator=generator)) / width
    below = settings.first_omega / count * torch.arange(count).view(count, 1, 1)
    numbers = {"weight_0": (below + steps * settings.first_omega / count) / omegas}
    for k in range(settings.depth):
        if k:
            bound = sqrt(6 / width) / settings.hidden_omega
            numbers[f"weight_{k}"] = uniform((count, width, width), bound, generator)
        numbers[f"bias_{k}"] = uniform((count, width), pi, generator)
    numbers["output_weight"] = uniform((count, width, 1), sqrt(6 / (count * width)) / OUTPUT_DIVISOR, generator)
    return numbers | {"output_bias": torch.zeros(1)}
