"""The encoder: a causal convolutional network after SoundStream (Zeghidour et al. 2021) that shortens a waveform.

Sizes as executed in HyperSound 2023: a convolution of 7 samples; for each stride a block of three residual units
(dilations 1, 3, 9) and a convolution of twice the stride, which doubles the channels; a convolution of 3 steps.
"""

from math import ceil

import torch
from torch import Tensor
from torch.nn import ELU, Conv1d, GroupNorm, Identity, LayerNorm, Module, Sequential
from torch.nn.functional import conv2d, linear, pad

from ligeia.hypersound.config import HyperSoundConfig, Norm
from ligeia.hypersound.dense import product

DILATIONS = (1, 3, 9)


class CausalConv(Conv1d):
    """A convolution that sees no later input: `[batch, n, inputs]` to `[batch, ceil(n / stride), outputs]`.

    It is one of images with one row whose channels lie side by side in memory, which processors are fastest in.
    """

    def forward(self, hidden: Tensor) -> Tensor:
        """The convolution after zeros on the left."""
        (size,), (stride,), (dilation,) = self.kernel_size, self.stride, self.dilation
        image = pad(hidden, (0, 0, dilation * (size - 1), 0)).transpose(1, 2).unsqueeze(2)
        kernels = self.weight.unsqueeze(2).contiguous(memory_format=torch.channels_last)
        image = image.contiguous(memory_format=torch.channels_last)  # which it is but for the stride of the one row
        result = conv2d(image, kernels, self.bias, stride=(1, stride), dilation=(1, dilation))
        return result.squeeze(2).transpose(1, 2)


class Mixture(Conv1d):
    """A convolution of a single instant: `[batch, n, inputs]` to `[batch, n, outputs]`."""

    def forward(self, hidden: Tensor) -> Tensor:
        """The products of each instant's channels."""
        weight = self.weight.squeeze(2)
        assert self.bias is not None, "a mixture has a bias"
        if hidden.device.type != "cpu" or torch.is_autocast_enabled("cpu") or hidden.dtype != torch.float32:
            return linear(hidden, weight, self.bias)
        return product(hidden.flatten(0, 1), weight, self.bias).view(*hidden.shape[:2], -1)


class WholeNorm(GroupNorm):
    """Normalise `[batch, n, channels]` over channels and time, with a gain and an offset for each channel."""

    def __init__(self, channels: int) -> None:
        super().__init__(1, channels)

    def forward(self, hidden: Tensor) -> Tensor:
        """The normalised values, of the same shape."""
        return super().forward(hidden.transpose(1, 2).unsqueeze(2)).squeeze(2).transpose(1, 2)


def norm_of(kind: Norm, channels: int, length: int) -> Module:
    """The normalisation of `[batch, length, channels]`; only that of kind "layer" is bound to the length."""
    if kind == "layer":
        return LayerNorm([length, channels])
    if kind == "group":
        return WholeNorm(channels)
    return LayerNorm([channels]) if kind == "frame" else Identity()


def elu_after(kind: Norm) -> ELU:
    """The activation; in place where a norm made a tensor of its own (in a view of one it would cost two copies)."""
    return ELU(inplace=kind in ("layer", "frame"))


class ResidualUnit(Module):
    """A dilated convolution and one of a single step, each normalised, beside a shortcut."""

    def __init__(self, channels: int, dilation: int, norm: Norm, length: int) -> None:
        super().__init__()
        self.layers = Sequential(
            CausalConv(channels, channels, 7, dilation=dilation),
            norm_of(norm, channels, length),
            elu_after(norm),
            Mixture(channels, channels, 1),
            norm_of(norm, channels, length),
            elu_after(norm),
        )

    def forward(self, hidden: Tensor) -> Tensor:
        """Values of the same shape."""
        shaped: Tensor = hidden + self.layers(hidden)
        return shaped


class Encoder(Module):
    """Waveforms `[batch, samples]` to latents `[batch, latent, steps]`; without strides to `[batch, 1, samples]`."""

    def __init__(self, config: HyperSoundConfig) -> None:
        super().__init__()
        if not config.strides:
            self.layers = Sequential()
            return
        channels, length, norm = config.channels, config.samples, config.norm
        layers: list[Module] = [CausalConv(1, channels, 7), norm_of(norm, channels, length), elu_after(norm)]
        for stride in config.strides:
            layers += [ResidualUnit(channels, dilation, norm, length) for dilation in DILATIONS]
            length = ceil(length / stride)
            layers += [CausalConv(channels, 2 * channels, 2 * stride, stride=stride)]
            layers += [norm_of(norm, 2 * channels, length), elu_after(norm)]
            channels *= 2
        self.layers = Sequential(*layers, CausalConv(channels, config.latent, 3))

    def forward(self, waveforms: Tensor) -> Tensor:
        """Latents of waveforms; under the norm "layer" these must have exactly the segment's length."""
        latents: Tensor = self.layers(waveforms.unsqueeze(2))
        return latents.transpose(1, 2)


def latent_steps(samples: int, strides: tuple[int, ...]) -> int:
    """Steps that the encoder makes of so many samples."""
    for stride in strides:
        samples = ceil(samples / stride)
    return samples
