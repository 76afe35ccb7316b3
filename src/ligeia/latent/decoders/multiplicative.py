"""A multiplicative filter network (Fathony et al. 2021) whose linear parts, or filters, depend on the code.

Noise is the known fault of FiLM-conditioned sines (Zuiderveld 2021, §6.1). A sine of sines makes overtones of
overtones: where the phases of its hidden layers are not small, some lie far above all that was learned, and no loss on
samples sees them where they alias. A product of filters is one sum of sines, whose frequencies are sums and differences
of the filters': above those there is nothing.

Start: filters at any phase; linear weights with variance 2 / inputs, since a filter's mean square is 1/2, so that every
z_k has a mean square of 1/2 too, whatever the depth (the authors' U(±1 / sqrt(inputs)) lets it fall sixfold a layer).
"""

from math import pi, sqrt

import torch
from torch import Generator, Tensor

from ligeia.codec.family.multiplicative import MultiplicativeSettings
from ligeia.latent.decoders.decoder import Decoder, exactly
from ligeia.latent.decoders.layers import activated, activated_with_rates, affine, multiplied
from ligeia.latent.decoders.mapping import mapped, start_mapping
from ligeia.latent.decoders.start import OUTPUT_DIVISOR, uniform

Affine = tuple[Tensor, Tensor]


class MultiplicativeDecoder(Decoder):
    """Codes and coordinates to amplitudes by products of sines of time."""

    kind = "multiplicative"
    settings: MultiplicativeSettings

    def __init__(self, settings: MultiplicativeSettings, *, samples: int, seed: int = 0) -> None:
        super().__init__(settings, samples=samples, seed=seed)
        generator = Generator().manual_seed(seed)
        self.register(start_mapping(settings.mapping_sizes(), generator) | _start(settings, generator))

    def forward(self, codes: Tensor, coordinates: Tensor) -> Tensor:
        """Amplitudes `[items, n]`; they have first derivatives."""
        linear, filters = self.conditioned(codes)
        times, output = coordinates.unsqueeze(-1), self._output()
        hidden = _filter(filters[0], times)
        for (weight, shift), one in zip(linear, filters[1:], strict=True):
            hidden = affine(hidden, weight, shift) * _filter(one, times)
        with exactly(hidden):
            amplitudes = affine(hidden.to(output[0].dtype), *output).squeeze(-1)
        return amplitudes.expand(len(codes), -1)

    def with_slopes(self, codes: Tensor, coordinates: Tensor) -> tuple[Tensor, Tensor]:
        """Amplitudes and their derivatives with respect to the coordinate, `[items, n]`, by the rule of products."""
        linear, filters = self.conditioned(codes)
        times, output = coordinates.unsqueeze(-1), self._output()
        hidden, rates = _filter_with_rate(filters[0], times)
        for (weight, shift), one in zip(linear, filters[1:], strict=True):
            wave, rate = _filter_with_rate(one, times)
            mixed = affine(hidden, weight, shift)
            rates = torch.addcmul(mixed * rate, multiplied(rates, weight), wave)
            hidden = mixed * wave
        with exactly(hidden):
            amplitudes = affine(hidden.to(output[0].dtype), *output)
            slopes = multiplied(rates.to(output[0].dtype), output[0])
        return amplitudes.squeeze(-1).expand(len(codes), -1), slopes.squeeze(-1).expand(len(codes), -1)

    def conditioned(self, codes: Tensor) -> tuple[list[Affine], list[Affine]]:
        """Weights and shifts of the linear parts, and frequencies and phases `[items or 1, width]` of the filters.

        What the code does not change has one row, and is computed once for all sounds.
        """
        settings = self.settings
        with exactly(codes):
            conditions = mapped(self, codes.to(self.get_parameter("output_bias").dtype), settings.mapping_layers + 1)
        pairs = [pair.chunk(2, dim=1) for pair in conditions.split(2 * settings.width, dim=1)]  # type: ignore[no-untyped-call]
        linear: list[Affine] = []
        for k in range(1, settings.depth):
            weight, bias = self.get_parameter(f"weight_{k}").unsqueeze(0), self.get_parameter(f"bias_{k}").unsqueeze(0)
            if settings.conditioned != "filters":
                scale = 1 + pairs[k - 1][0]
                weight, bias = weight * scale.unsqueeze(1), bias * scale + pairs[k - 1][1]
            linear.append((weight, bias))
        filters: list[Affine] = []
        for k in range(settings.depth):
            frequency = self.get_parameter(f"frequency_{k}").unsqueeze(0)
            phase = self.get_parameter(f"phase_{k}").unsqueeze(0)
            if settings.conditioned != "linear":
                gamma, beta = pairs[k - settings.depth]
                frequency, phase = frequency + gamma, phase + beta
            filters.append((frequency, phase))
        return linear, filters

    def _output(self) -> Affine:
        return self.get_parameter("output_weight").unsqueeze(0), self.get_parameter("output_bias").unsqueeze(0)


def _filter(one: Affine, times: Tensor) -> Tensor:
    """sin(omega t + phi), `[items or 1, n, width]`."""
    return activated(torch.addcmul(one[1].unsqueeze(1), times, one[0].unsqueeze(1)), "sine")


def _filter_with_rate(one: Affine, times: Tensor) -> tuple[Tensor, Tensor]:
    phases = torch.addcmul(one[1].unsqueeze(1), times, one[0].unsqueeze(1))
    return activated_with_rates(phases, one[0].unsqueeze(1), "sine")


def _start(settings: MultiplicativeSettings, generator: Generator) -> dict[str, Tensor]:
    """Freshly drawn filters, linear layers and output."""
    width = settings.width
    numbers = {"output_weight": uniform((width, 1), sqrt(6 / width) / OUTPUT_DIVISOR, generator)}
    numbers["output_bias"] = torch.zeros(1)
    for k in range(settings.depth):
        drawn = uniform((width,), 1.0, generator)
        numbers[f"frequency_{k}"] = drawn.sign() * drawn.abs() ** settings.slant * (settings.reach / settings.depth)
        numbers[f"phase_{k}"] = uniform((width,), pi, generator)
        numbers[f"weight_{k}"] = uniform((width, width), sqrt(6 / width), generator)
        numbers[f"bias_{k}"] = uniform((width,), width**-0.5, generator)
    return numbers
