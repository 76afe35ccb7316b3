"""Training loss of the synthesis: how different two sounds are to a listener, and to a spectrogram.

The greater part follows the perceptual model of PESQ (ITU-T P.862, and P.862.2 for wide-band), made differentiable as
in PMSQE (Martín-Doñas et al. 2018): loudness in bands of the Bark scale by Zwicker's law, the disturbance in frames of
32 ms, once as it is and once weighted by how much was added rather than lost, and their norms over bands and time. What
PESQ does with whole recordings (delay, intervals of bad alignment) is left out, and bands, thresholds and exponents
come from formulas, so that values are near those of PESQ and not equal to them. Left out on purpose is its indulgence
towards frequency responses and changes of gain: a network that may be softer for nothing becomes softer, since what is
added counts more than what is lost. (With it, speech came out 12 dB too soft, and ViSQOL fell from 3.0 to 1.7.)

The other part keeps the network honest where that model hears nothing: levels in the same bands, soft ones too, since
PESQ forgives a network that silences what is soft; compressed magnitudes at two resolutions; and compressed complex
spectra.
"""

from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor, nn

SIZE = 512
"""Samples of a window; frames overlap by half."""
BARK_BANDS = 49
POWER_UNIT = 6.9e-4
"""Power of a windowed sine's largest bin, from samples in the steps of 16 bits, to units in which 40 dB is 10^4."""
SPEECH_RMS = 3162.0
"""RMS between 350 and 3250 Hz, in the steps of 16 bits, to which PESQ brings speech: a mean power of 10^7."""
LOUDNESS = 0.187
"""Zwicker's constant, such that 40 dB at 1 kHz are one sone."""
SYMMETRIC, ASYMMETRIC = 0.1, 0.0309
"""Weights of the two disturbances in the opinion score (P.862 §10.2.13)."""
LONG_FRAMES = 20
"""Frames of a stretch of 320 ms, over which disturbances have the norm L6."""
QUIET = 10.0
"""Power that is added before the logarithm of a level: 10 dB."""
POWER_FLOOR = 1e-4
"""Added to powers before they are compressed, where speech has a mean power of 1."""


def bark(hertz: np.ndarray) -> np.ndarray:
    """Return the critical-band rate in Bark (Schroeder et al. 1979)."""
    return np.asarray(7 * np.arcsinh(np.asarray(hertz) / 650))


def hearing_threshold(hertz: np.ndarray) -> np.ndarray:
    """Return the power of the threshold in quiet, in dB (Terhardt 1979)."""
    kilo = np.maximum(hertz, 50) / 1000
    return np.asarray(3.64 * kilo**-0.8 - 6.5 * np.exp(-0.6 * (kilo - 3.3) ** 2) + 1e-3 * kilo**4)


@dataclass(frozen=True)
class Weights:
    """Weights of the parts of the loss."""

    disturbance: float = 1.0
    levels: float = 1.0
    magnitude: float = 1.0
    complex: float = 1.0


class Difference(nn.Module):
    """The loss of `estimate` against `reference`, `[n, time]` at `rate` Hz, where speech has an RMS of 1."""

    window: Tensor
    filters: Tensor
    threshold: Tensor
    exponent: Tensor

    def __init__(self, rate: int, weights: Weights) -> None:
        super().__init__()
        self.weights = weights
        edges = np.linspace(0, bark(np.array(rate / 2)), BARK_BANDS + 1)
        centres = (edges[1:] + edges[:-1]) / 2
        self.width = float(edges[1])
        decibels = hearing_threshold(650 * np.sinh(centres / 7))
        steeper = np.where(centres < 4, np.minimum(6 / (centres + 2), 2) ** 0.15, 1)  # as P.862 §10.2.9 says
        self._keep("window", np.hanning(SIZE + 1)[:-1])
        self._keep("filters", _filters(edges, rate) * POWER_UNIT * SPEECH_RMS**2)
        self._keep("threshold", 10 ** (decibels / 10))
        self._keep("exponent", 0.23 * steeper)

    def _keep(self, name: str, values: np.ndarray) -> None:
        self.register_buffer(name, torch.from_numpy(np.asarray(values, np.float32)), persistent=False)

    def forward(self, reference: Tensor, estimate: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss, and its parts by name."""
        spectra = [self._spectrum(sound, SIZE, SIZE // 2) for sound in (reference, estimate)]
        bands = [self._power(each) @ self.filters for each in spectra]
        symmetric, asymmetric = self.disturbances(*bands)
        parts = {"disturbance": SYMMETRIC * symmetric.mean() + ASYMMETRIC * asymmetric.mean()}
        parts["levels"] = (torch.log(bands[0] + QUIET) - torch.log(bands[1] + QUIET)).abs().mean()
        short = [self._spectrum(sound, SIZE // 2, SIZE // 4) for sound in (reference, estimate)]
        parts["magnitude"] = sum(  # type: ignore[assignment]
            (_compressed(self._power(a)) - _compressed(self._power(b))).abs().mean() for a, b in (spectra, short)
        )
        (reference_size, estimate_size), norm = (self._power(each) for each in spectra), SIZE * 0.375
        target = spectra[0] * (reference_size / norm + POWER_FLOOR) ** -0.375
        written = spectra[1] * (estimate_size / norm + POWER_FLOOR) ** -0.375
        parts["complex"] = self._power(target - written).mean() / norm
        loss = sum(weight * parts[name] for name, weight in asdict(self.weights).items())
        assert isinstance(loss, Tensor)
        return loss, parts

    def _spectrum(self, sound: Tensor, size: int, hop: int) -> Tensor:
        spectrum: Tensor = torch.fft.rfft(sound.unfold(-1, size, hop) * self.window[:: SIZE // size])
        return spectrum

    @staticmethod
    def _power(spectrum: Tensor) -> Tensor:
        return spectrum.real.square() + spectrum.imag.square()

    def disturbances(self, reference: Tensor, estimate: Tensor) -> tuple[Tensor, Tensor]:
        """Return the symmetric and the asymmetric disturbance `[n]` of powers in Bark bands `[n, frames, bands]`."""
        loud, written = self._loudness(reference), self._loudness(estimate)
        differing = torch.relu((loud - written).abs() - 0.25 * torch.minimum(loud, written))
        added = ((estimate + 50) / (reference + 50)) ** 1.2
        added = torch.where(added < 3, torch.zeros_like(added), added.clamp(max=12))
        total = self.width * BARK_BANDS
        symmetric = total**0.5 * self.width * torch.sqrt(differing.square().sum(-1) + 1e-6)
        asymmetric = self.width * (differing * added).sum(-1)
        emphasis = ((reference.sum(-1) + 1e5) / 1e7) ** 0.04
        return _over_time(symmetric / emphasis), _over_time(asymmetric / emphasis)

    def _loudness(self, power: Tensor) -> Tensor:
        """Zwicker's loudness in sone per Bark."""
        scale = LOUDNESS * (self.threshold / 0.5) ** self.exponent
        return torch.relu(scale * ((0.5 + 0.5 * power / self.threshold) ** self.exponent - 1))


def _compressed(power: Tensor) -> Tensor:
    """Magnitudes to the power of 1/4, from powers of windowed spectra."""
    return (power / (SIZE * 0.375) + POWER_FLOOR).sqrt().sqrt().sqrt()


def _over_time(disturbance: Tensor) -> Tensor:
    """The norm L6 over stretches of 320 ms that overlap by half, and L2 over these, `[n]`."""
    stretches = disturbance.clamp(max=45).unfold(1, LONG_FRAMES, LONG_FRAMES // 2)
    sixth = ((stretches + 1e-4) ** 6).mean(-1) ** (1 / 6)
    return sixth.square().mean(-1).sqrt()


def _filters(edges: np.ndarray, rate: int) -> np.ndarray:
    """Return the part of each bin's power that belongs to each band, `[bins, bands]`; none of the lowest bin's."""
    parts = 64
    place = bark(np.maximum(np.arange((SIZE // 2 + 1) * parts) / parts - 0.5, 0) * rate / SIZE)
    band = np.clip(np.searchsorted(edges, place, side="right") - 1, 0, len(edges) - 2)
    filters = np.zeros((SIZE // 2 + 1, len(edges) - 1))
    np.add.at(filters, (np.arange(len(place)) // parts, band), 1 / parts)
    filters[0] = 0
    return filters
