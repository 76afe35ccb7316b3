"""A sine network that sees the code beside its inputs (Zuiderveld 2021, equations 4.2 to 4.4, §5.3.1).

A joined code only shifts the phases of a layer, so that all sounds share its weights.
"""

from math import sqrt

import torch
from torch import Generator, Tensor

from ligeia.codec.family.concatenation import ConcatenationSettings
from ligeia.latent.decoders.decoder import LayeredDecoder
from ligeia.latent.decoders.layers import Layer, turned
from ligeia.latent.decoders.mapping import mapped, start_mapping
from ligeia.latent.decoders.start import normalised, start_layer, uniform


class ConcatenationDecoder(LayeredDecoder):
    """Codes and coordinates to amplitudes by a sine network whose phases depend on the code."""

    kind = "concatenation"
    settings: ConcatenationSettings

    def __init__(self, settings: ConcatenationSettings, *, samples: int, seed: int = 0) -> None:
        super().__init__(settings, samples=samples, seed=seed)
        generator = Generator().manual_seed(seed)
        # As executed, the last mapping layer starts as large as the others here, unlike pi-GAN's.
        numbers = start_mapping(settings.mapping_sizes(), generator, last=1.0)
        for k in range(len(settings.widths) + 1):
            numbers |= _start(settings, k, generator)
        self.register(numbers)

    def layers(self, codes: Tensor) -> list[Layer]:
        """The chain of each code: shared weights, own shifts."""
        settings = self.settings
        chain: list[Layer] = []
        conditions = mapped(self, codes, settings.mapping_layers + 1)
        last = len(settings.widths)
        for k in range(last + 1):
            length = self.get_parameter(f"length_{k}") if settings.weight_norm else None
            weight = normalised(self.get_parameter(f"weight_{k}"), length)
            bias = self.get_parameter(f"bias_{k}").unsqueeze(0)
            if k == last:
                return [*chain, Layer(weight.unsqueeze(0), bias, "none")]
            weight, bias = weight * settings.omega(k), bias.double() * settings.omega(k)
            coordinate = None
            if settings.joined(k):
                weight, shifts, coordinate = split_rows(weight, settings.code, first=k == 0)
                bias = bias + conditions @ shifts
            chain.append(Layer(weight.unsqueeze(0), turned(bias).to(weight.dtype), "sine", coordinate))
        return chain


def split_rows(weight: Tensor, codes: int, *, first: bool) -> tuple[Tensor, Tensor, Tensor | None]:
    """The rows of a joined layer for its own inputs, for `codes` numbers, and for the time, `[1, outputs]`.

    The first layer's own input is the time.
    """
    if first:
        return weight[:1], weight[1:], None
    return weight[: -codes - 1], weight[-codes - 1 : -1], weight[-1:]


def _start(settings: ConcatenationSettings, layer: int, generator: Generator) -> dict[str, Tensor]:
    """Freshly drawn numbers of a layer."""
    last = len(settings.widths)
    shape = settings.shapes()[f"weight_{layer}"]
    if layer == last:
        weight, bias = start_layer((shape[0], shape[1]), "none", 1.0, generator)
    elif settings.apart and settings.joined(layer):
        weight, bias = _start_apart(settings, layer, generator)
    else:
        omega = settings.omega(layer)
        weight, bias = start_layer((shape[0], shape[1]), "sine", omega, generator, first=layer == 0)
    return {f"weight_{layer}": weight, f"bias_{layer}": bias, f"length_{layer}": weight.norm(dim=0)}


def _start_apart(settings: ConcatenationSettings, layer: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """A joined layer whose parts start as if each were alone; mapped codes have a variance of about 1."""
    inputs, outputs = (1, *settings.widths)[layer : layer + 2]
    omega = settings.omega(layer)
    own, bias = start_layer((inputs, outputs), "sine", omega, generator, first=layer == 0)
    shifts = uniform((settings.code, outputs), sqrt(3 / settings.code) / omega, generator)
    if layer == 0:
        return torch.cat([own, shifts]), bias
    return torch.cat([own, shifts, torch.zeros(1, outputs)]), bias
