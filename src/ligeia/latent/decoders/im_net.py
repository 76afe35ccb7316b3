"""IM-NET (Chen and Zhang 2019) as Zuiderveld 2021 uses it (§4.6.1): ReLU layers that all see the code and the time."""

import torch
from torch import Generator, Tensor

from ligeia.codec.family.concatenation import ImNetSettings
from ligeia.latent.decoders.concatenation import split_rows
from ligeia.latent.decoders.decoder import LayeredDecoder
from ligeia.latent.decoders.layers import Layer


class ImNetDecoder(LayeredDecoder):
    """Codes and coordinates to amplitudes between -1 and 1."""

    kind = "im_net"
    settings: ImNetSettings

    def __init__(self, settings: ImNetSettings, *, samples: int, seed: int = 0) -> None:
        super().__init__(settings, samples=samples, seed=seed)
        generator, numbers = Generator().manual_seed(seed), {}
        for name, shape in settings.shapes(samples).items():
            drawn = name.startswith("weight")
            numbers[name] = (
                torch.randn(shape, generator=generator) * settings.deviation if drawn else torch.zeros(shape)
            )
        self.register(numbers)

    @property
    def pace(self) -> float:
        """The coordinate multiplier."""
        return self.settings.coordinate_scale

    def layers(self, codes: Tensor) -> list[Layer]:
        """The chain of each code: shared weights, own shifts."""
        last, chain = len(self.settings.widths), []
        for k in range(last + 1):
            weight, bias = self.get_parameter(f"weight_{k}"), self.get_parameter(f"bias_{k}").unsqueeze(0)
            if k == last:
                chain.append(Layer(weight.unsqueeze(0), bias, "tanh"))
                break
            own, shifts, coordinate = split_rows(weight, self.settings.code, first=k == 0)
            chain.append(Layer(own.unsqueeze(0), bias + codes @ shifts, "relu", coordinate))
        return chain
