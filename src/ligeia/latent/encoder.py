"""The convolutional encoder of the thesis's autoencoders (Zuiderveld 2021, §A.3.3): a waveform in, its code out."""

from dataclasses import dataclass
from itertools import pairwise
from math import prod

import torch
from torch import Generator, Tensor
from torch.nn import Module, Parameter
from torch.nn.functional import conv1d, max_pool1d

from ligeia.codec.family.settings import require_range
from ligeia.errors import InputError
from ligeia.latent.decoders.start import uniform

KERNEL = 3
"""Taps of all convolutions but the first."""


@dataclass(frozen=True, kw_only=True)
class EncoderSettings:
    """Settings of the encoder. The defaults have 713 984 numbers with codes of 256 ("714k").

    Raises:
        InputError: a setting is out of range.
    """

    channels: tuple[int, ...] = (128, 128, 256, 512)
    """Channels after each convolution."""
    kernel: int = 320
    """Taps of the first convolution: 20 ms at 16 kHz."""
    stride: int = 4
    """Step of the first convolution."""
    pool: int = 4
    """Values of which max-pooling after each convolution keeps one."""

    def __post_init__(self) -> None:
        require_range("the number of channels", len(self.channels), 1, 16)
        for channels in self.channels:
            require_range("channels", channels, 1, 4096)
        require_range("kernel", self.kernel, 1, 2**16)
        require_range("stride", self.stride, 1, 2**16)
        require_range("pool", self.pool, 1, 256)

    def shapes(self, code: int) -> dict[str, tuple[int, ...]]:
        """`weight_k [outputs, inputs, taps]` and `bias_k` of the convolutions; `code_weight`, `code_bias`."""
        shapes: dict[str, tuple[int, ...]] = {}
        for k, (inputs, outputs) in enumerate(pairwise((1, *self.channels))):
            shapes[f"weight_{k}"] = (outputs, inputs, KERNEL if k else self.kernel)
            shapes[f"bias_{k}"] = (outputs,)
        return shapes | {"code_weight": (self.channels[-1], code), "code_bias": (code,)}

    def numbers(self, code: int) -> int:
        """Numbers in all tensors."""
        return sum(prod(shape) for shape in self.shapes(code).values())

    def steps(self, samples: int) -> int:
        """Steps that are averaged at the end: 14 for 16 000 samples, where the thesis has a pool of just that size."""
        steps = (samples - self.kernel) // self.stride + 1
        for k in range(len(self.channels)):
            steps = (steps - (KERNEL - 1 if k else 0)) // self.pool
        return steps


class Encoder(Module):
    """Waveforms to codes: convolutions with ReLU and max-pooling, the mean over time, and a linear layer."""

    def __init__(self, settings: EncoderSettings, *, code: int, samples: int, seed: int = 0) -> None:
        super().__init__()
        if settings.steps(samples) < 1:
            raise InputError(f"items of {samples} samples are too short for the encoder; lower kernel, stride or pool")
        self.settings, self.samples = settings, samples
        generator = Generator().manual_seed(seed)
        bound = 1.0
        for name, shape in settings.shapes(code).items():
            if len(shape) > 1:
                bound = (prod(shape[1:]) if len(shape) == 3 else shape[0]) ** -0.5  # a bias follows its weight
            self.register_parameter(name, Parameter(uniform(shape, bound, generator)))

    def forward(self, waveforms: Tensor) -> Tensor:
        """Codes `[items, numbers]` of `waveforms [items, samples]`.

        Raises:
            InputError: the waveforms have another length.
        """
        if waveforms.ndim != 2 or waveforms.shape[1] != self.samples:
            raise InputError(f"waveforms must be [items, {self.samples}], got {list(waveforms.shape)}")
        maps = waveforms.unsqueeze(1)
        for k in range(len(self.settings.channels)):
            stride = self.settings.stride if k == 0 else 1
            maps = conv1d(maps, self.get_parameter(f"weight_{k}"), self.get_parameter(f"bias_{k}"), stride=stride)
            maps = max_pool1d(maps.relu(), self.settings.pool)
        return torch.addmm(self.get_parameter("code_bias"), maps.mean(2), self.get_parameter("code_weight"))
