"""The encoder: a causal convolutional network after SoundStream (Zeghidour et al. 2021) that shortens a waveform.

Sizes as executed in HyperSound 2023: a convolution of 7 samples; for each stride a block of three residual units
(dilations 1, 3, 9) and a convolution of twice the stride, which doubles the channels; a convolution of 3 steps.
"""

from math import ceil

from torch import Tensor
from torch.nn import ELU, Conv1d, GroupNorm, Identity, LayerNorm, Module, Sequential
from torch.nn.functional import pad

from ligeia.hypersound.config import HyperSoundConfig, Norm

DILATIONS = (1, 3, 9)


class CausalConv(Conv1d):
    """A convolution that sees no later input: `[batch, inputs, n]` to `[batch, outputs, ceil(n / stride)]`."""

    def forward(self, hidden: Tensor) -> Tensor:
        """The convolution after zeros on the left."""
        return super().forward(pad(hidden, (self.dilation[0] * (self.kernel_size[0] - 1), 0)))


class FrameNorm(LayerNorm):
    """Normalise each instant over its channels: `[batch, channels, n]`."""

    def forward(self, hidden: Tensor) -> Tensor:
        """The normalised values, of the same shape."""
        return super().forward(hidden.transpose(1, 2)).transpose(1, 2)


def norm_of(kind: Norm, channels: int, length: int) -> Module:
    """The normalisation of `[batch, channels, length]`; only that of kind "layer" is bound to the length."""
    if kind == "layer":
        return LayerNorm([channels, length])
    if kind == "group":
        return GroupNorm(1, channels)
    return FrameNorm(channels) if kind == "frame" else Identity()


class ResidualUnit(Module):
    """A dilated convolution and one of a single step, each normalised, beside a shortcut."""

    def __init__(self, channels: int, dilation: int, norm: Norm, length: int) -> None:
        super().__init__()
        self.layers = Sequential(
            CausalConv(channels, channels, 7, dilation=dilation),
            norm_of(norm, channels, length),
            ELU(),
            Conv1d(channels, channels, 1),
            norm_of(norm, channels, length),
            ELU(),
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
        layers: list[Module] = [CausalConv(1, channels, 7), norm_of(norm, channels, length), ELU()]
        for stride in config.strides:
            layers += [ResidualUnit(channels, dilation, norm, length) for dilation in DILATIONS]
            length = ceil(length / stride)
            layers += [CausalConv(channels, 2 * channels, 2 * stride, stride=stride)]
            layers += [norm_of(norm, 2 * channels, length), ELU()]
            channels *= 2
        self.layers = Sequential(*layers, CausalConv(channels, config.latent, 3))

    def forward(self, waveforms: Tensor) -> Tensor:
        """Latents of waveforms; under the norm "layer" these must have exactly the segment's length."""
        latents: Tensor = self.layers(waveforms.unsqueeze(1))
        return latents


def latent_steps(samples: int, strides: tuple[int, ...]) -> int:
    """Steps that the encoder makes of so many samples."""
    for stride in strides:
        samples = ceil(samples / stride)
    return samples
