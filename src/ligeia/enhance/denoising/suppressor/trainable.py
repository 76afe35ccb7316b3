"""The network of the suppressor as a torch module, with its spectra and inputs: what `network` and `features` do."""

import torch
from torch import Tensor, nn

from ligeia.enhance.denoising.suppressor import features
from ligeia.enhance.denoising.suppressor.features import BINS, HOP, INPUTS, PHASE_BINS, QUIETEST, SIZE
from ligeia.enhance.denoising.suppressor.network import (
    CLEAR_BINS,
    CLEAR_DB,
    CLEAR_FLOOR,
    CLEAR_FRAMES,
    CLEAREST_DB,
    DILATIONS,
    OPEN,
    OUTPUTS,
    TAPS,
)


class Suppressor(nn.Module):
    """The trainable form of `network.Network`: the same arrays under the same names."""

    window: Tensor
    advance: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.enter = nn.Linear(INPUTS, width)
        self.blocks = nn.ModuleList(
            nn.Conv1d(width, width, 3, dilation=dilation, padding=dilation) for dilation in DILATIONS
        )
        self.leave = nn.Linear(width, OUTPUTS)
        self.register_buffer("window", torch.from_numpy(features.window()), persistent=False)
        self.register_buffer("advance", torch.from_numpy(features.advance()), persistent=False)
        with torch.no_grad():
            self.leave.weight.mul_(0.05)
            self.leave.bias.zero_()
            for block in self.blocks:
                block.weight.mul_(0.5)  # type: ignore[operator] # twelve residuals add up

    def forward(self, samples: Tensor) -> Tensor:
        """Return the speech in samples `[n, time]`, without the first and last `SIZE - HOP` of them."""
        spectrum = torch.fft.rfft(samples.unfold(-1, SIZE, HOP) * self.window)
        return self._overlap_add(self.speech(spectrum))

    def speech(self, spectrum: Tensor) -> Tensor:
        """Return the spectra of the speech in spectra `[n, frames, BINS]`."""
        low = spectrum[..., :PHASE_BINS]
        before = nn.functional.pad(low[:, :-1] * self.advance.conj(), (0, 0, 1, 0))
        after = nn.functional.pad(low[:, 1:] * self.advance, (0, 0, 0, 1))
        values = self.enter(_inputs(spectrum, before)).float().transpose(1, 2).contiguous()
        for block in self.blocks:
            values = values + block(torch.relu(values))
        out = self.leave(values.transpose(1, 2)).float()
        gains = torch.sigmoid(out[..., :BINS] + OPEN)
        real, imaginary = out[..., BINS:].unflatten(-1, (2, TAPS, PHASE_BINS)).unbind(2)
        added = torch.stack([before, low, after], 2) * torch.complex(real, imaginary)
        speech = spectrum * gains + nn.functional.pad(added.sum(2), (0, BINS - PHASE_BINS))
        taken = spectrum - speech
        return speech + _clearness(_power(taken), _power(speech)) * taken

    def _overlap_add(self, spectrum: Tensor) -> Tensor:
        parts = torch.fft.irfft(spectrum, SIZE) * self.window
        hops = parts.unflatten(-1, (SIZE // HOP, HOP))
        later = SIZE // HOP - 1
        whole = sum(hops[:, later - k : hops.shape[1] - k, k] for k in range(later + 1))
        assert isinstance(whole, Tensor)
        return whole.flatten(1)


def _power(spectrum: Tensor) -> Tensor:
    return spectrum.real.square() + spectrum.imag.square()


def _clearness(before: Tensor, after: Tensor) -> Tensor:
    size, edge = (CLEAR_FRAMES, CLEAR_BINS), (CLEAR_FRAMES // 2, CLEAR_BINS // 2)
    taken, kept = (nn.functional.avg_pool2d(power, size, 1, edge) + CLEAR_FLOOR for power in (before, after))
    return ((10 * torch.log10(kept / taken) - CLEAR_DB) / (CLEAREST_DB - CLEAR_DB)).clamp(0, 1)


def _inputs(spectrum: Tensor, before: Tensor) -> Tensor:
    magnitude = torch.log(spectrum.abs() + QUIETEST) * features.LOG_SCALE + 1
    turned = spectrum[..., :PHASE_BINS] * before.conj()
    turned = turned / (turned.abs() + QUIETEST**2)
    return torch.cat([magnitude, turned.real, turned.imag], dim=-1)
