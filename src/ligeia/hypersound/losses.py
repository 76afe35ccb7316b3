"""Losses of HyperSound: error of the waveform, and distances of mel spectra in several resolutions (torch).

HyperSound 2023 writes L = L_t + L_f (Equation 4) with L_t the mean absolute error and L_f "as introduced in Parallel
WaveGAN". Its program computes something else than both: of *linear* mel magnitudes M, mean |dM| + sqrt(mean dM^2), the
root over the whole batch, and no logarithm. That is the default here, and the terms of Parallel WaveGAN (Yamamoto et
al. 2020) stand beside it with weights of their own.

Frequency weighting (Equation 5) gives the i-th of N frequencies N i^p / sum j^p. The paper weights the bins of the
transforms, before the mel bands; its program weights the errors of the mel bands, and the squared ones alike. Both
blend from uniform weights over the first 500 epochs. Here the blend follows from the epoch alone, so that resuming
changes nothing (the program returns to uniform weights when it is resumed after them).
"""

from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import l1_loss

from ligeia.dsp.mel import mel_filters
from ligeia.fitting.spectral import MEL_BANDS, MEL_SIZES, magnitudes
from ligeia.training.config import require, require_choice
from ligeia.training.processes import Processes

LEAST_MAGNITUDE = 1e-5
"""Floor of magnitudes under a logarithm."""
LEAST_SQUARE = 1e-16
"""Floor of a mean square under a root, whose slope would be infinite at 0."""
LARGEST_SIZE = 2**16
MOST_BANDS = 1024


@dataclass(frozen=True, kw_only=True)
class LossConfig:
    """Settings of the loss: the table `[loss]`. Defaults are those of the paper's program.

    Raises:
        InputError: a setting is out of range.
    """

    waveform: float = 1.0
    """Weight of the mean absolute error of samples (lambda_t)."""
    spectral: float = 1.0
    """Weight of the distance of spectra (lambda_f), which is the mean over transforms of the next three."""
    linear: float = 1.0
    """Weight of mean |dM| + sqrt(mean dM^2) of magnitudes M."""
    log: float = 0.0
    """Weight of mean |d ln M|."""
    convergence: float = 0.0
    """Weight of ||dM|| / ||M|| of each clip."""
    sizes: tuple[int, ...] = MEL_SIZES
    """Lengths of the transforms in samples; they must be less than twice a clip."""
    hops: tuple[int, ...] = ()
    """Samples from frame to frame; none: a quarter of each transform."""
    windows: tuple[int, ...] = ()
    """Lengths of the Hann windows; none: those of the transforms."""
    bands: int = MEL_BANDS
    """Mel bands from 0 Hz to half the rate; 0: the bins of the transforms themselves."""
    frequency_power: float = 0.0
    """Exponent p of the frequency weighting; 0: none."""
    weighting: Literal["band", "bin"] = "band"
    """Weight the errors of mel bands, as the paper's program does, or the bins below them, as the paper says."""
    curriculum_epochs: float = 500.0
    """Epochs over which the frequency weighting grows linearly from uniform."""

    def __post_init__(self) -> None:
        for name in ("waveform", "spectral", "linear", "log", "convergence"):
            value = getattr(self, name)
            require(0 <= value < 1e6, f"{name} must lie between 0 and 1e6, got {value}")
        require(
            self.waveform > 0 or self.spectral * (self.linear + self.log + self.convergence) > 0,
            "the loss is 0 whatever is learned: set waveform, or spectral with one of its terms",
        )
        require(
            bool(self.sizes) and all(4 <= size <= LARGEST_SIZE for size in self.sizes),
            f"sizes must be transforms of 4 to {LARGEST_SIZE} samples, got {list(self.sizes)}",
        )
        for name in ("hops", "windows"):
            given = getattr(self, name)
            fitting = all(1 <= value <= size for value, size in zip(given, self.sizes, strict=False))
            require(
                not given or (len(given) == len(self.sizes) and fitting),
                f"{name} must be empty or hold one number of samples for each of {list(self.sizes)}, at most as many "
                f"as it, got {list(given)}",
            )
        require(0 <= self.bands <= MOST_BANDS, f"bands must lie between 0 and {MOST_BANDS}, got {self.bands}")
        require(
            0 <= self.frequency_power <= 10, f"frequency_power must lie between 0 and 10, got {self.frequency_power}"
        )
        require_choice("weighting", self.weighting, ("band", "bin"))
        require(
            0 <= self.curriculum_epochs < 1e9, f"curriculum_epochs must be at least 0, got {self.curriculum_epochs}"
        )

    def blend(self, epoch: float) -> float:
        """Return the share (0 to 1) of the frequency weighting in an epoch, counted from 0; the rest is uniform."""
        return 1.0 if epoch >= self.curriculum_epochs else epoch / self.curriculum_epochs


def frequency_weights(count: int, power: float, blend: float = 1.0) -> Tensor:
    """Return weights `[count]` that grow as i^power and sum to `count` (Equation 5), blended with uniform ones.

    Example:
        >>> frequency_weights(3, 1.0), frequency_weights(3, 1.0, blend=0.5)
        (tensor([0.5000, 1.0000, 1.5000]), tensor([0.7500, 1.0000, 1.2500]))
    """
    grown = torch.arange(1, count + 1, dtype=torch.float64) ** power
    return (1 + blend * (grown * count / grown.sum() - 1)).float()


class ReconstructionLoss:
    """The loss of estimates of waveforms, at `rate` Hz, of clips of `samples` samples.

    Raises:
        InputError: a transform does not fit.
    """

    def __init__(self, config: LossConfig, rate: int, samples: int, device: torch.device | None = None) -> None:
        self.config = config
        too_long = [size for size in config.sizes if size // 2 >= samples]
        require(
            not too_long or config.spectral == 0,
            f"sizes of the loss must be less than twice a clip of {samples} samples, got {too_long}",
        )
        rows = zip_longest(config.sizes, config.hops, config.windows)
        self.resolutions = [(size, hop or size // 4, window or size) for size, hop, window in rows]
        self._filters = [self._mel(rate, size, device) for size in config.sizes]
        self._weights: tuple[float, list[Tensor | None]] = (-1.0, [])

    def __call__(
        self, estimate: Tensor, target: Tensor, *, blend: float = 1.0, processes: Processes | None = None
    ) -> Tensor:
        """Return the loss of `estimate [clips, n]` from `target [clips, n]`, a scalar.

        `blend` is the share of the frequency weighting (`LossConfig.blend`). With `processes`, each of which has some
        clips of a batch, the mean over processes of the losses, and of their gradients, is that of the batch.
        """
        return sum_of(self.terms(estimate, target, blend=blend, processes=processes))

    def terms(
        self, estimate: Tensor, target: Tensor, *, blend: float = 1.0, processes: Processes | None = None
    ) -> dict[str, Tensor]:
        """Return the terms "waveform" and "spectral", times their weights; those of weight 0 are left out."""
        config, terms = self.config, {}
        if config.waveform > 0:
            terms["waveform"] = config.waveform * l1_loss(estimate, target)
        if config.spectral > 0:
            terms["spectral"] = config.spectral * self._spectral(estimate, target, blend, processes or Processes())
        return terms

    def _spectral(self, estimate: Tensor, target: Tensor, blend: float, processes: Processes) -> Tensor:
        """Return the mean distance of spectra over the transforms."""
        config, total, squares = self.config, estimate.new_zeros(()), []
        for place, weights in enumerate(self._weights_at(blend, estimate.device)):
            with torch.no_grad():
                true = self._magnitudes(target, place, weights)
            found = self._magnitudes(estimate, place, weights)
            band_weights = weights if config.weighting == "band" else None
            if config.linear > 0:
                error = found - true
                total = total + config.linear * _mean(error.abs(), band_weights)
                squares.append(_mean(error.square(), band_weights))
            if config.log > 0:
                change = found.clamp_min(LEAST_MAGNITUDE).log() - true.clamp_min(LEAST_MAGNITUDE).log()
                total = total + config.log * _mean(change.abs(), band_weights)
            if config.convergence > 0:
                total = total + config.convergence * _convergence(found, true, band_weights)
        if squares:
            total = total + config.linear * _roots(torch.stack(squares), processes).sum()
        return total / len(self.resolutions)

    def _magnitudes(self, signals: Tensor, place: int, weights: Tensor | None) -> Tensor:
        """Return magnitudes `[clips, bands, frames]` at a resolution."""
        found = magnitudes(signals, *self.resolutions[place])
        if weights is not None and self.config.weighting == "bin":
            found = weights * found
        filters = self._filters[place]
        return found if filters is None else filters.to(found) @ found

    def _mel(self, rate: int, size: int, device: torch.device | None) -> Tensor | None:
        if self.config.bands == 0:
            return None
        return torch.from_numpy(mel_filters(rate, size, self.config.bands)).float().to(device)

    def _weights_at(self, blend: float, device: torch.device) -> list[Tensor | None]:
        """Return the frequency weights `[n, 1]` at each resolution, None where they are uniform."""
        config = self.config
        if config.frequency_power == 0 or blend == 0:
            return [None] * len(self.resolutions)
        if self._weights[0] != blend:
            bins = [size // 2 + 1 for size in config.sizes]
            counts = [config.bands] * len(bins) if config.weighting == "band" and config.bands else bins
            made = [frequency_weights(count, config.frequency_power, blend)[:, None].to(device) for count in counts]
            self._weights = (blend, list(made))
        return self._weights[1]


def sum_of(terms: dict[str, Tensor]) -> Tensor:
    """Return the sum of the terms of a loss."""
    return torch.stack(list(terms.values())).sum()


def _mean(values: Tensor, weights: Tensor | None) -> Tensor:
    return values.mean() if weights is None else (values * weights).mean()


def _convergence(found: Tensor, true: Tensor, weights: Tensor | None) -> Tensor:
    """Return ||dM|| / ||M|| of each clip, weighted, mean over clips."""
    root = torch.ones(()) if weights is None else weights.sqrt()
    error: Tensor = torch.linalg.vector_norm(((found - true) * root).flatten(1), dim=1)
    level: Tensor = torch.linalg.vector_norm((true * root).flatten(1), dim=1)
    return (error / level).mean()


def _roots(squares: Tensor, processes: Processes) -> Tensor:
    """Return the roots of means `[n]` over a batch that processes share.

    Each process knows the mean over its own clips alone. It returns the root of the mean over all, with such a gradient
    that the mean of the gradients over processes is that of the root.
    """
    if processes.count == 1:
        return squares.clamp_min(LEAST_SQUARE).sqrt()
    common = squares.detach().clone()
    processes.average([common])
    root = common.clamp_min(LEAST_SQUARE).sqrt()
    return root + (squares - squares.detach()) / (2 * root)
