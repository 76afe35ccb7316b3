"""Training loss of the suppressor: how different its speech is to a listener, and to a meter.

The greater part is the loss of the codec's synthesis (`codec.synthesis.loss`): a perceptual disturbance after PESQ,
levels of bands, compressed magnitudes, compressed complex spectra. Added is what that part forgives, the waveform: the
ratio of speech and error in dB, frame by frame, as the segmental SNR counts it, and of the whole, up to a limit beyond
which a clean recording is left alone well enough.
"""

import torch
from torch import Tensor, nn

from ligeia.codec.synthesis.loss import Difference, Weights
from ligeia.enhance.denoising.suppressor.features import HOP, RATE, SIZE

SOFTEST = 1e-4
"""Power, where speech has 1, that is added to those of a frame: 40 dB below speech the error no longer counts."""
CLEAN = 1e-4
"""Share of the power of speech that is added to the error's: a limit of 40 dB."""


class Distance(nn.Module):
    """The loss of `estimate` against `reference`, `[n, time]` at `RATE`, where speech has an RMS of 1."""

    def __init__(self, weights: Weights, segmental: float, whole: float) -> None:
        super().__init__()
        self.difference = Difference(RATE, weights)
        self.segmental, self.whole = segmental, whole

    def forward(self, reference: Tensor, estimate: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss, and its parts by name; `segmental` and `whole` are in dB, of the error above speech."""
        loss, parts = self.difference(reference, estimate)
        error = (reference - estimate).square()
        reference = reference.square()
        powers = [each.unfold(-1, SIZE, HOP).mean(-1) + SOFTEST for each in (error, reference)]
        parts["segmental"] = 10 * torch.log10(powers[0] / powers[1]).mean()
        speech = reference.mean(-1) + SOFTEST
        parts["whole"] = 10 * torch.log10((error.mean(-1) + CLEAN * speech) / speech).mean()
        return loss + self.segmental * parts["segmental"] + self.whole * parts["whole"], parts
