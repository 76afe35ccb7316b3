"""A network that writes all numbers of a sine network.

The thesis found no start from which such a pair learns (§4.3, "initialization difficulties"). Here the last bias is a
freshly started SIREN, so that every code begins as that function, and the last weights are small in the only unit that
matters to a sine: each row's deviation is such that a code of unit variance turns the phases of its layer by `spread`
radians, however large the layer's omega is. This is the hyperfan-in argument (Chang et al. 2019: give the written
weights the variance that the written network needs) around an offset, as HyperSound 2023 (§3.6) starts SIRENs.
"""

from math import prod, sqrt

import torch
from torch import Generator, Tensor

from ligeia.codec.family.hypernetwork import HypernetworkSettings
from ligeia.latent.decoders.decoder import LayeredDecoder
from ligeia.latent.decoders.layers import Layer, turned
from ligeia.latent.decoders.mapping import SLOPE, mapped, start_mapping
from ligeia.latent.decoders.start import start_layer


class HypernetworkDecoder(LayeredDecoder):
    """Codes and coordinates to amplitudes by a sine network that is written for each code."""

    kind = "hypernetwork"
    settings: HypernetworkSettings

    def __init__(self, settings: HypernetworkSettings, *, samples: int, seed: int = 0) -> None:
        super().__init__(settings, samples=samples, seed=seed)
        generator = Generator().manual_seed(seed)
        numbers = start_mapping(settings.mapping_sizes(), generator)
        numbers |= _start_head(settings, generator)
        self.register(numbers)

    def layers(self, codes: Tensor) -> list[Layer]:
        """The chain that is written for each code."""
        settings, chain = self.settings, []
        numbers = mapped(self, codes, settings.mapping_layers + 1)
        shapes = settings.written()
        parts = dict(zip(shapes, torch.split(numbers, [prod(shape) for shape in shapes.values()], dim=1), strict=True))
        for k in range(len(settings.widths) + 1):
            weight, shift = parts[f"weight_{k}"].reshape(-1, *shapes[f"weight_{k}"]), parts[f"bias_{k}"]
            if k < len(settings.widths):
                omega = settings.omega(k)
                chain.append(Layer(weight * omega, turned(shift.double() * omega).to(weight.dtype), "sine"))
            else:
                chain.append(Layer(weight, shift, "none"))
        return chain


def _start_head(settings: HypernetworkSettings, generator: Generator) -> dict[str, Tensor]:
    """The last layer of the network that writes: offsets that are a SIREN, and rows that turn phases a little."""
    last, inputs = settings.mapping_layers, settings.mapping_sizes()[-2]
    # Hidden units of the mapping keep their inputs' mean square (Kaiming), and codes have 1.
    unit = sqrt((1 + SLOPE**2) / 2 if last else 1.0)
    offsets, deviations = [], []
    for k in range(len(settings.widths) + 1):
        rows, units = settings.written()[f"weight_{k}"]
        output = k == len(settings.widths)
        omega = settings.omega(k)
        weight, bias = start_layer((rows, units), "none" if output else "sine", omega, generator, first=k == 0)
        turn = settings.spread * (float(weight.std()) * sqrt(rows / 2) if output else 1 / omega)
        entries = rows if k == 0 else rows / 2  # mean squares of what enters: the time, or sines
        offsets += [weight.flatten(), bias]
        deviations += [torch.full((rows * units,), turn / sqrt(entries)), torch.full((units,), turn)]
    deviation = torch.cat(deviations) / (sqrt(inputs) * unit)
    drawn = torch.randn(inputs, len(deviation), generator=generator) * deviation
    return {f"map_weight_{last}": drawn, f"map_bias_{last}": torch.cat(offsets)}
