"""The FiLM-conditioned sine network: pi-GAN (Chan et al. 2020) as Zuiderveld 2021 uses it for audio (§4.6.2).

h_1 = sin((omega_1 + gamma) (W_1 t + b_1) + beta), h_k = sin((omega_h + gamma) (W_k h_(k-1) + b_k) + beta), and a linear
output; gamma and beta are what the mapping network makes of the code, the same for all layers.
"""

import torch
from torch import Generator, Tensor

from ligeia.codec.family.film import FilmSettings
from ligeia.latent.decoders.decoder import LayeredDecoder
from ligeia.latent.decoders.layers import Layer, turned
from ligeia.latent.decoders.mapping import mapped, start_mapping
from ligeia.latent.decoders.start import normalised, start_layer


class FilmDecoder(LayeredDecoder):
    """Codes and coordinates to amplitudes by a sine network whose frequencies and phases depend on the code."""

    kind = "film"
    settings: FilmSettings
    mask: Tensor

    def __init__(self, settings: FilmSettings, *, samples: int, seed: int = 0) -> None:
        super().__init__(settings, samples=samples, seed=seed)
        generator = Generator().manual_seed(seed)
        self.register(start_mapping(settings.mapping_sizes(), generator) | start_function(settings, generator))
        if settings.groups:
            self.register_buffer("mask", torch.ones(settings.widths[0]), persistent=False)

    def layers(self, codes: Tensor) -> list[Layer]:
        """The chain of each code: gamma in the weights, beta in the shifts."""
        settings = self.settings
        gamma, beta = mapped(self, codes, settings.mapping_layers + 1).chunk(2, dim=1)
        chain = []
        for k, (width, activation) in enumerate(zip(settings.widths, settings.activation_names(), strict=False)):
            scale = self.omega(k) + gamma[:, :width]
            weight, bias = self.weight(k), self.get_parameter(f"bias_{k}")
            shift = scale.double() * bias if settings.omega_on_bias else bias.double()
            shift = shift + beta[:, :width]
            shift = turned(shift) if activation == "sine" else shift
            if k == 1 and settings.groups:
                weight = self.mask.unsqueeze(1) * weight
            chain.append(Layer(weight * scale.unsqueeze(1), shift.to(scale.dtype), activation))
        last = len(settings.widths)
        output = self.get_parameter(f"bias_{last}").unsqueeze(0)
        return [*chain, Layer(self.weight(last).unsqueeze(0), output, settings.activation_names()[last])]

    def weight(self, layer: int) -> Tensor:
        """The weight `[inputs, outputs]` of a layer, with its lengths where weights are normalised."""
        length = self.get_parameter(f"length_{layer}") if self.settings.weight_norm else None
        return normalised(self.get_parameter(f"weight_{layer}"), length)

    def omega(self, layer: int) -> Tensor | float:
        """The frequency factor of a layer: one number, or one for each unit."""
        return self.get_buffer("omegas") if layer == 0 and self.settings.groups else self.settings.omega(layer)

    def unmask(self, fraction: float) -> None:
        """Open the first layer's outputs group by group (§5.6): see `opened`."""
        if self.settings.groups:
            self.mask.copy_(opened(self.settings.widths[0], self.settings.groups, fraction))


def opened(width: int, groups: int, fraction: float) -> Tensor:
    """Factors `[width]` on the first layer's outputs after a fraction of a training (Zuiderveld 2021, §5.6, §A.1.3).

    The first half is divided in as many periods as there are groups. In the first half of its period a group rises
    linearly from 0 to 1; in the second half nothing changes. Units that the groups do not divide join the last one.
    """
    period = torch.arange(width).div(max(1, width // groups), rounding_mode="floor").clamp(max=groups - 1)
    return ((fraction * 2 * groups - period) * 2).clamp(0, 1)


def start_function(settings: FilmSettings, generator: Generator) -> dict[str, Tensor]:
    """Freshly drawn numbers of the function."""
    numbers: dict[str, Tensor] = {}
    last = len(settings.widths)
    for k, activation in enumerate(settings.activation_names()):
        inputs, outputs = settings.shapes()[f"weight_{k}"]
        omega = 1.0 if k == last else settings.omega(k)
        weight, bias = start_layer((inputs, outputs), activation, omega, generator, first=k == 0)
        if k < min(2, last) and settings.noise[k]:
            weight = weight + torch.randn(inputs, outputs, generator=generator) * settings.noise[k]
        numbers |= {f"weight_{k}": weight, f"bias_{k}": bias, f"length_{k}": weight.norm(dim=0)}
    numbers["omegas"] = (torch.rand(settings.widths[0], generator=generator) * settings.first_omega).sort().values
    return numbers
