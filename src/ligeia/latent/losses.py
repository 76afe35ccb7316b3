"""The loss of a family's sounds, and the samples of each sound that a step sees (torch).

Zuiderveld 2021 (equation 4.7) writes a mean of squared errors of samples and of derivatives, the network's own against
the forward difference of the sound. Its program computes something else: of 2000 evenly spaced samples, beginning at a
random one of the first eight, the *sum* of squared errors and of squared errors of the differences between neighbours
of that subset, which lie eight samples apart; and the mean of that over the sounds of a batch. Both are here, and so is
the derivative half way between two samples, which is what a forward difference measures.

All derivatives are changes per sample. Sums or means are over samples: a sum is `points` times a mean, and so are its
gradients, which matters for codes that plain gradient descent moves, and for a weight penalty beside it. Spectral terms
are distances of a whole sound, of about 1 for silence, and are added as they are.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ligeia.fitting.batches import Batch
from ligeia.fitting.spectral import StftDistance, fitting_sizes
from ligeia.latent.decoders.decoder import Decoder, grid
from ligeia.metrics.spectral import RESOLUTIONS
from ligeia.training.config import require, require_choice

Derivative = Literal["difference", "first", "middle"]
FLOOR = 0.01
"""Floor of the magnitudes that weight a complex distance, as a part of their mean."""
TINY = 1e-12


@dataclass(frozen=True, kw_only=True)
class LossSettings:
    """Settings of the loss: the table `[loss]`. Defaults are those of the thesis's program.

    Raises:
        InputError: a setting is out of range.
    """

    points: int = 2000
    """Samples of each sound that a step sees; 0: all."""
    places: Literal["spaced", "run"] = "spaced"
    """Choice of them: evenly spaced ones from a random start, for each sound its own; or neighbours from a random
    start, of which spectra can be taken."""
    reduction: Literal["sum", "mean"] = "sum"
    """Reduction over the samples that a step sees; over sounds it is a mean."""
    samples: float = 1.0
    """Weight of the squared error of samples."""
    derivative: float = 1.0
    """Weight of the squared error of derivatives."""
    derivative_at: Derivative = "difference"
    """Derivatives: of both, the difference between neighbours of what a step sees (as executed); or the decoder's own
    against the step to the next sample, taken at the first of the two (equation 4.7) or half way between them."""
    spectral: float = 0.0
    """Weight of the distance of magnitudes in several resolutions (`fitting.spectral.StftDistance`)."""
    complex: float = 0.0
    """Weight of the distance of spectra with their phases (`ComplexDistance`)."""

    def __post_init__(self) -> None:
        require(0 <= self.points <= 2**24, f"points must lie between 0 and {2**24}, got {self.points}")
        require(self.points != 1, "points must be 0 (all) or at least 2")
        require_choice("places", self.places, ("spaced", "run"))
        require_choice("reduction", self.reduction, ("sum", "mean"))
        require_choice("derivative_at", self.derivative_at, ("difference", "first", "middle"))
        for name in ("samples", "derivative", "spectral", "complex"):
            value = getattr(self, name)
            require(0 <= value < 1e9, f"{name} must lie between 0 and 1e9, got {value}")
        weights = self.samples + self.derivative + self.spectral + self.complex
        require(weights > 0, "the loss is 0 whatever is learned: set samples, derivative, spectral or complex")
        spectra = self.spectral + self.complex > 0
        require(
            not spectra or self.points == 0 or self.places == "run",
            'spectra need neighbouring samples: set points = 0 or places = "run"',
        )


@dataclass(frozen=True)
class Seen:
    """The part of a batch of sounds that a step sees."""

    coordinates: Tensor
    """`[items, n]`, or `[1, n]` where they are the same for all."""
    targets: Tensor
    """`[items, n]`."""
    slopes: Tensor | None
    """The change to the next sample, `[items, n]`; None where no term is of it."""

    def part(self, items: slice) -> "Seen":
        """Return the same of some of the sounds."""
        shared = len(self.coordinates) == 1
        slopes = None if self.slopes is None else self.slopes[items]
        return Seen(self.coordinates if shared else self.coordinates[items], self.targets[items], slopes)


class Sampler:
    """Draws what a step sees of `waveforms [items, samples]`; everything where the decoder needs the whole grid.

    Raises:
        InputError: a sound has fewer samples than a step shall see.
    """

    def __init__(self, settings: LossSettings, waveforms: Tensor, *, whole: bool = False) -> None:
        self.settings, self.waveforms = settings, waveforms
        samples = waveforms.shape[1]
        require(
            settings.points <= samples,
            f"points in [loss] must be at most the {samples} samples of a sound, got {settings.points}; 0 means all",
        )
        self.points = samples if whole or settings.points == 0 else settings.points
        self.stride = samples // self.points if settings.places == "spaced" else 1
        self.grid = grid(samples, device=waveforms.device)[0]
        own = settings.derivative > 0 and settings.derivative_at != "difference"
        self.next = torch.cat([waveforms.diff(dim=1), waveforms.new_zeros(len(waveforms), 1)], 1) if own else None
        self._steps = self.stride * torch.arange(self.points, device=waveforms.device)

    def starts(self, count: int, random: np.random.Generator) -> Tensor:
        """Return where what a step sees of each of `count` sounds begins, `[count]`, in samples."""
        spaced = self.settings.places == "spaced"
        places = self.stride if spaced else self.waveforms.shape[1] - self.points + 1
        return torch.from_numpy(random.integers(places, size=count)).to(self.waveforms.device)

    def draw(self, items: Tensor, first: Tensor) -> Seen:
        """Return what a step sees of the sounds of these numbers, from these `starts` on, both `[n]`."""
        samples = self.waveforms.shape[1]
        if self.points == samples:
            return Seen(self.grid[None], self.waveforms[items], None if self.next is None else self.next[items])
        places = first[:, None] + self._steps
        flat = (items * samples)[:, None] + places
        slopes = None if self.next is None else self.next.view(-1)[flat]
        return Seen(self.grid[places], self.waveforms.reshape(-1)[flat], slopes)


class FamilyLoss:
    """The loss of each sound of a batch, for steps of `points` samples of sounds of `samples`.

    Raises:
        InputError: no transform fits in what a step sees.
    """

    def __init__(self, settings: LossSettings, points: int, samples: int) -> None:
        self.settings, self.spacing = settings, 2 / samples
        self.stft = StftDistance(points) if settings.spectral > 0 else None
        self.complex = ComplexDistance(points) if settings.complex > 0 else None

    def __call__(self, decoder: Decoder, codes: Tensor, seen: Seen) -> Tensor:
        """Return the loss of each sound, `[items]`, for `codes [items, numbers]`."""
        settings = self.settings
        own = settings.derivative > 0 and settings.derivative_at != "difference"
        found, slopes = self._found(decoder, codes, seen) if own else (decoder(codes, seen.coordinates), None)
        error = found - seen.targets
        total = settings.samples * self._reduced(error)
        if slopes is not None and seen.slopes is not None:  # the last sample of a sound has no next one
            steps = slopes - seen.slopes
            total = total + settings.derivative * self._reduced(steps[:, :-1] if decoder.whole else steps)
        elif settings.derivative > 0:
            total = total + settings.derivative * self._reduced(error.diff(dim=1))
        if self.stft is not None:
            batch = Batch(seen.coordinates, seen.targets.unsqueeze(-1), None)
            total = total + settings.spectral * self.stft(found.unsqueeze(-1), batch)
        if self.complex is not None:
            total = total + settings.complex * self.complex(found, seen.targets)
        return total

    def _found(self, decoder: Decoder, codes: Tensor, seen: Seen) -> tuple[Tensor, Tensor]:
        """Amplitudes and changes per sample of the decoder's own, both `[items, n]`."""
        if decoder.whole or self.settings.derivative_at == "first":
            found, slopes = decoder.with_slopes(codes, seen.coordinates)
            return found, slopes * self.spacing
        _, slopes = decoder.with_slopes(codes, seen.coordinates + self.spacing / 2)
        return decoder(codes, seen.coordinates), slopes * self.spacing

    def _reduced(self, error: Tensor) -> Tensor:
        squares = error.square()
        return squares.sum(1) if self.settings.reduction == "sum" else squares.mean(1)


class ComplexDistance:
    """Distance of spectra with their phases: sum w |E| / sum w |Y|, mean over resolutions; 1 for silence.

    E and Y are the short-time spectra of error and target. w = (|Y| + 0.01 mean |Y|)^(-1/2) gives quiet parts of a
    sound their say, as hearing does. `points` is the length of what is compared.

    Raises:
        InputError: no transform fits.
    """

    def __init__(self, points: int) -> None:
        sizes = fitting_sizes(tuple(size for size, _, _ in RESOLUTIONS), points, "complex in [loss]")
        self.resolutions = [row for row in RESOLUTIONS if row[0] in sizes]

    def __call__(self, found: Tensor, targets: Tensor) -> Tensor:
        """Return the distance of `found [items, n]` from `targets`, `[items]`."""
        total = found.new_zeros(len(found))
        for size, hop, window in self.resolutions:
            shape = torch.hann_window(window, dtype=found.dtype, device=found.device)

            def magnitudes(signals: Tensor, size: int = size, hop: int = hop, shape: Tensor = shape) -> Tensor:
                spectrum = torch.stft(signals, size, hop, len(shape), shape, return_complex=True)
                return (torch.view_as_real(spectrum).square().sum(-1) + TINY).sqrt()  # whose slope at 0 is finite

            error = magnitudes(found - targets)
            with torch.no_grad():
                true = magnitudes(targets)
                weights = (true + FLOOR * true.mean((1, 2), keepdim=True)).rsqrt()
                level = (weights * true).sum((1, 2))
            total = total + (weights * error).sum((1, 2)) / level
        return total / len(self.resolutions)
