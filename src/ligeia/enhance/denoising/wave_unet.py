"""The network of the deep network prior: a U-Net on samples that turns fixed noise into a sound (torch).

Michelashvili and Wolf 2019 (arXiv 1904.07612) and their program (mosheman5/DNP), after Wave-U-Net: six levels with
60 k channels at level k; on the way down a convolution of 15 taps, then every second sample; on the way up linear
interpolation to twice as many, the level's own channels beside them, and a convolution of 5 taps. Each convolution
is followed by batch normalisation, always over the batch's own statistics, and a leaky ReLU (0.1). At the end the
input is put beside, and a single tap and tanh give the sound. 9,279,602 parameters.
"""

from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import BatchNorm1d, Conv1d, LeakyReLU, Module, ModuleList, Sequential
from torch.nn.functional import interpolate

LEVELS, CHANNELS = 6, 60
"""Levels, and channels of the first one; level k has k times as many."""
DOWN_TAPS, UP_TAPS = 15, 5
SLOPE = 0.1
"""Slope of the leaky ReLU below zero."""


class WaveUNet(Module):
    """Noise `[batch, 1, n]` to samples `[batch, 1, n]` in (-1, 1); n is a multiple of 2^levels.

    Example:
        >>> sum(value.numel() for value in WaveUNet().parameters())
        9279602
    """

    def __init__(self, levels: int = LEVELS, channels: int = CHANNELS) -> None:
        super().__init__()
        sizes = [1, *(channels * level for level in range(1, levels + 1))]
        self.down = ModuleList(_layer(few, many, DOWN_TAPS) for few, many in pairwise(sizes))
        self.middle = _layer(sizes[-1], sizes[-1], DOWN_TAPS)
        below = [*sizes[2:], sizes[-1]]  # channels that come up to each level
        self.up = ModuleList(
            _layer(under + own, own, UP_TAPS) for under, own in reversed(list(zip(below, sizes[1:], strict=True)))
        )
        self.last = Conv1d(channels + 1, 1, 1)

    def forward(self, noise: Tensor) -> Tensor:
        """The sound that the network makes of `noise`."""
        hidden, kept = noise, []
        for layer in self.down:
            hidden = layer(hidden)
            kept.append(hidden)
            hidden = hidden[:, :, ::2]
        hidden = self.middle(hidden)
        for layer in self.up:
            doubled = interpolate(hidden, scale_factor=2.0, mode="linear", align_corners=False)
            hidden = layer(torch.cat([doubled, kept.pop()], dim=1))
        return torch.tanh(self.last(torch.cat([hidden, noise], dim=1)))


def _layer(inputs: int, outputs: int, taps: int) -> Sequential:
    return Sequential(Conv1d(inputs, outputs, taps, padding=taps // 2), BatchNorm1d(outputs), LeakyReLU(SLOPE))
