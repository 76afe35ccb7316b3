"""The FiLM-conditioned sine network: pi-GAN (Chan et al. 2020) as Zuiderveld 2021 uses it for audio (§4.6.2).

h_1 = sin((omega_1 + gamma) (W_1 t + b_1) + beta), h_k = sin((omega_h + gamma) (W_k h_(k-1) + b_k) + beta), and a linear
output; gamma and beta are what the mapping network makes of the code, the same for all layers.
"""

from math import pi, sqrt

import torch
from torch import Generator, Tensor
from torch.nn import Parameter
from torch.nn.functional import leaky_relu

from ligeia.codec.family.film import FilmSettings
from ligeia.latent.decoders.decoder import Decoder
from ligeia.latent.decoders.mapping import mapped, start_mapping

RELU_SLOPE = 0.02
"""Of what the thesis calls ReLU in the function."""
OUTPUT_DIVISOR = 30.0


class FilmDecoder(Decoder):
    """Codes and coordinates to amplitudes by a sine network whose frequencies and phases depend on the code."""

    kind = "film"
    settings: FilmSettings

    def __init__(self, settings: FilmSettings, *, samples: int, seed: int = 0) -> None:
        super().__init__(settings, samples=samples, seed=seed)
        generator = Generator().manual_seed(seed)
        hidden = (settings.mapping_width,) * settings.mapping_layers
        numbers = start_mapping((settings.code, *hidden, 2 * max(settings.widths)), generator)
        numbers |= start_function(settings, generator)
        for name in settings.shapes(samples):
            if name == "omegas":
                self.register_buffer(name, numbers[name])
            else:
                self.register_parameter(name, Parameter(numbers[name]))
        self.open_units = settings.widths[0]

    def forward(self, codes: Tensor, coordinates: Tensor) -> Tensor:
        """Amplitudes `[items, n]`."""
        settings = self.settings
        gamma, beta = mapped(self, codes, settings.mapping_layers + 1).chunk(2, dim=1)
        hidden = coordinates.expand(len(codes), -1).unsqueeze(-1)
        for k, (width, sine) in enumerate(zip(settings.widths, settings.sines(), strict=True)):
            scale = (self.omega(k) + gamma[:, :width]).unsqueeze(1)
            weight, bias = self.weight(k), getattr(self, f"bias_{k}")
            product = hidden @ weight
            phases = scale * (product + bias) if settings.omega_on_bias else scale * product + bias
            phases = phases + beta[:, :width].unsqueeze(1)
            hidden = phases.sin() if sine else leaky_relu(phases, RELU_SLOPE)
        last = len(settings.widths)
        bias = self.get_parameter(f"bias_{last}")
        return torch.addmv(bias, hidden.flatten(0, 1), self.weight(last)[:, 0]).view(len(codes), -1)

    def weight(self, layer: int) -> Tensor:
        """The weight of a layer, with its length where weights are normalised."""
        weight: Tensor = getattr(self, f"weight_{layer}")
        if not self.settings.weight_norm:
            return weight
        factors: Tensor = self.get_parameter(f"length_{layer}") / weight.norm(dim=0)
        return weight * factors

    def omega(self, layer: int) -> Tensor | float:
        """The frequency factor of a layer, a number or one for each unit."""
        if layer or not self.settings.groups:
            return self.settings.omega(layer)
        omegas: Tensor = self.get_buffer("omegas")
        return omegas * (torch.arange(len(omegas), device=omegas.device) < self.open_units)

    def unmask(self, fraction: float) -> None:
        """Open the first layer's units group by group, all of them once the fraction is 1."""
        if self.settings.groups:
            width, groups = self.settings.widths[0], self.settings.groups
            self.open_units = width * min(groups, 1 + int(fraction * groups)) // groups


def start_function(settings: FilmSettings, generator: Generator) -> dict[str, Tensor]:
    """Freshly drawn numbers of the function."""
    numbers: dict[str, Tensor] = {}
    sines = (*settings.sines(), False)
    last = len(settings.widths)
    for k in range(last + 1):
        inputs, outputs = settings.shapes()[f"weight_{k}"]
        omega = settings.omega(k)
        if k == last:
            weight = _uniform((inputs, outputs), sqrt(6 / inputs) / OUTPUT_DIVISOR, generator)
        elif not sines[k]:
            weight = torch.randn(inputs, outputs, generator=generator) * (
                sqrt(2 / (1 + RELU_SLOPE**2) / inputs) / omega
            )
        else:
            bound = 1 / inputs if k == 0 else sqrt(6 / inputs) / omega
            weight = _uniform((inputs, outputs), bound, generator)
        if k < min(2, last) and settings.noise[k]:
            weight = weight + torch.randn(inputs, outputs, generator=generator) * settings.noise[k]
        numbers[f"weight_{k}"] = weight
        bias = torch.rand(outputs, generator=generator)
        numbers[f"bias_{k}"] = (bias * 2 - 1) * inputs**-0.5 if k == last else bias * (2 * pi)
        numbers[f"length_{k}"] = weight.norm(dim=0)
    numbers["omegas"] = (torch.rand(settings.widths[0], generator=generator) * settings.first_omega).sort().values
    return numbers


def _uniform(shape: tuple[int, ...], bound: float, generator: Generator) -> Tensor:
    return (torch.rand(shape, generator=generator) * 2 - 1) * bound
