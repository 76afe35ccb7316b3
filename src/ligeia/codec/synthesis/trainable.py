"""The network of the synthesis as a torch module with its spectra and inputs: what `network` and `features` compute."""

import torch
from torch import Tensor, nn

from ligeia.codec.synthesis import features
from ligeia.codec.synthesis.features import BINS, HOP, PHASE_BINS, QUIETEST, SIZE, SIZE_OF_LEVEL
from ligeia.codec.synthesis.network import DILATIONS, GAIN_LIMIT, INPUTS, OUTPUTS, REACH, SILENT, band_weights


class Synthesis(nn.Module):
    """The trainable form of `network.Network`: the same arrays under the same names."""

    band_weights: Tensor
    window: Tensor
    advance: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.enter = nn.Linear(INPUTS, width)
        self.blocks = nn.ModuleList(nn.Conv1d(width, width, 3, dilation=dilation) for dilation in DILATIONS)
        self.leave = nn.Linear(width, OUTPUTS)
        self.register_buffer("band_weights", torch.from_numpy(band_weights()), persistent=False)
        self.register_buffer("window", torch.from_numpy(features.window()), persistent=False)
        self.register_buffer("advance", torch.from_numpy(features.advance()), persistent=False)
        with torch.no_grad():
            self.leave.weight.mul_(0.05)  # what comes out at first is nearly what comes in
            self.leave.bias.zero_()

    def forward(self, samples: Tensor, facts: Tensor) -> Tensor:
        """Return new samples of `samples [n, time]` with `facts [n, frames, FACTS, BANDS]`.

        Frames begin every `HOP` samples; `REACH` + 1 of them at the start, and `REACH` at the end, and of the others
        all but the samples that every window covers, are lost: `REACH` + 3 hops and `REACH` + 2 are cut off.
        """
        spectrum = torch.fft.rfft(samples.unfold(-1, SIZE, HOP) * self.window)
        return self._overlap_add(self.new_spectrum(spectrum, facts))

    def new_spectrum(self, spectrum: Tensor, facts: Tensor) -> Tensor:
        """Return the new spectra `[n, frames - 2 REACH - 1, BINS]` of `spectrum [n, frames, BINS]`."""
        values = _gelu(self.enter(self._inputs(spectrum[:, 1:], spectrum[:, :-1], facts[:, 1:]))).transpose(1, 2)
        for block, dilation in zip(self.blocks, DILATIONS, strict=True):
            values = values[..., dilation:-dilation] + _gelu(block(values))
        out = self.leave(values.transpose(1, 2)).float()
        chosen = slice(1 + REACH, spectrum.shape[1] - REACH)
        gain = torch.exp(GAIN_LIMIT * torch.tanh(out[..., :BINS]))
        size = torch.exp2(facts[:, chosen, 0] @ self.band_weights) * SIZE_OF_LEVEL
        old = spectrum[:, chosen]
        direction = old / (old.abs() + SILENT)
        return old * gain + torch.complex(out[..., BINS : 2 * BINS], out[..., 2 * BINS :]) * size * direction

    def _inputs(self, spectrum: Tensor, before: Tensor, facts: Tensor) -> Tensor:
        magnitude = torch.log(spectrum.abs() + QUIETEST) * features.LOG_SCALE + 1
        turned = spectrum[..., :PHASE_BINS] * before[..., :PHASE_BINS].conj() * self.advance
        turned = turned / (turned.abs() + QUIETEST**2)
        level = (facts[..., 0, :] - features.MIDDLE_LEVEL) * features.LEVEL_SCALE
        ratio = (facts[..., 0, :] - facts[..., 1, :]) * features.RATIO_SCALE
        return torch.cat([magnitude, turned.real, turned.imag, level, ratio, facts[..., 2, :]], dim=-1)

    def _overlap_add(self, spectrum: Tensor) -> Tensor:
        parts = torch.fft.irfft(spectrum, SIZE) * self.window
        hops = parts.unflatten(-1, (SIZE // HOP, HOP))
        later = SIZE // HOP - 1
        whole = sum(hops[:, later - k : hops.shape[1] - k, k] for k in range(later + 1))
        assert isinstance(whole, Tensor)
        return whole.flatten(1)


def _gelu(values: Tensor) -> Tensor:
    return nn.functional.gelu(values, approximate="tanh")
