"""WaveGAN's decoder (Donahue et al. 2019), as Zuiderveld 2021 compares it (§4.6.3): samples of a whole item at once.

A dense layer, then nearest upsampling by 4 and a convolution of 25 taps, five times, with ReLU between and tanh at the
end, and a learned filter of 512 taps; what is beyond the item is cut. Nearest upsampling in place of transposed
convolutions is one of the WaveGAN paper's own variants, and what the thesis's code uses.
"""

from math import sqrt

import torch
from torch import Generator, Tensor
from torch.nn.functional import conv1d, interpolate, pad

from ligeia.codec.family.wavegan import WaveGanSettings
from ligeia.errors import InputError
from ligeia.latent.decoders.decoder import Decoder
from ligeia.latent.decoders.start import uniform


class WaveGanDecoder(Decoder):
    """Codes to all samples of their items."""

    kind = "wavegan"
    whole = True
    settings: WaveGanSettings

    def __init__(self, settings: WaveGanSettings, *, samples: int, seed: int = 0) -> None:
        super().__init__(settings, samples=samples, seed=seed)
        self.register(_start(settings, samples, Generator().manual_seed(seed)))

    def forward(self, codes: Tensor, coordinates: Tensor) -> Tensor:
        """Amplitudes `[items, samples]` of `codes [items, numbers]`.

        Raises:
            InputError: the coordinates are not those of the whole item.
        """
        if coordinates.shape[-1] != self.samples:
            raise InputError(f"this decoder makes all {self.samples} samples of an item, not {coordinates.shape[-1]}")
        settings = self.settings
        dense = torch.addmm(self.get_parameter("map_bias_0"), codes, self.get_parameter("map_weight_0"))
        maps = dense.view(len(codes), settings.channels[0], settings.first)
        for k, factor in enumerate(settings.factors):
            upsampled = interpolate(maps.relu(), scale_factor=float(factor), mode="nearest")
            weight, bias = self.get_parameter(f"weight_{k}"), self.get_parameter(f"bias_{k}")
            maps = conv1d(upsampled, weight, bias, padding=settings.kernel // 2)
        return self._filtered(maps.tanh())[:, 0, : self.samples]

    def _filtered(self, waves: Tensor) -> Tensor:
        """Waves `[items, 1, n]` through the filter at the end; half of its taps look ahead."""
        taps = self.settings.filter
        if not taps:
            return waves
        padded = pad(waves, (taps // 2, taps - 1 - taps // 2))
        return conv1d(padded, self.get_parameter("filter_weight"), self.get_parameter("filter_bias"))


def _start(settings: WaveGanSettings, samples: int, generator: Generator) -> dict[str, Tensor]:
    """Kaiming-normal for the dense layer, U(±1 / sqrt(inputs taps)) for convolutions and all biases, as executed."""
    numbers = {}
    bound = settings.code**-0.5
    for name, shape in settings.shapes(samples).items():
        if name == "map_weight_0":
            numbers[name] = torch.randn(shape, generator=generator) * sqrt(2 / settings.code)
            continue
        if len(shape) == 3:
            bound = (shape[1] * shape[2]) ** -0.5  # a bias follows its weight
        numbers[name] = uniform(shape, bound, generator)
    return numbers
