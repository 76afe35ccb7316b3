"""Spectra in the loss: distances between magnitudes of short-time Fourier transforms, of batches of neighbours.

Sizes are in samples. Windows are Hann, frames centred in the mirrored stretch, magnitudes at least 1e-4 of the level.
"""

from math import sqrt

import torch
from torch import Tensor

from ligeia.dsp.mel import mel_filters
from ligeia.errors import InputError
from ligeia.fitting.batches import Batch
from ligeia.fitting.config import FitConfig
from ligeia.metrics.spectral import RESOLUTIONS

LEAST_POWER = 1e-8
MEL_SIZES = (2048, 1024, 512, 256, 128)
MEL_BANDS = 128
STFT_SIZES = tuple(size for size, _, _ in RESOLUTIONS)


class StftDistance:
    """The distance of `metrics.mr_stft` (Parallel WaveGAN 2020): spectral convergence and log magnitudes.

    `points` is the length of a batch: transforms that do not fit in twice that are left out.

    Raises:
        InputError: none fits.
    """

    def __init__(self, points: int) -> None:
        sizes = fitting_sizes(STFT_SIZES, points, "stft_weight")
        self.resolutions = [row for row in RESOLUTIONS if row[0] in sizes]

    def __call__(self, values: Tensor, batch: Batch) -> Tensor:
        """Return the distance of `values [blocks, n, channels]` from the batch's targets, `[blocks]`.

        It is a mean over channels. A channel that is silent in all of the batch counts by its log magnitudes alone.
        """
        estimate, target = _rows(values, batch), _rows(batch.targets, batch)
        total = estimate.new_zeros(len(estimate))
        for size, hop, window in self.resolutions:
            t, p = magnitudes(target, size, hop, window), magnitudes(estimate, size, hop, window)
            heard = t.amax((1, 2)) > 1.001 * sqrt(LEAST_POWER)  # more than the floor, rounded as it may be
            total = (
                total + torch.linalg.vector_norm(t - p, dim=(1, 2)) / torch.linalg.vector_norm(t, dim=(1, 2)) * heard
            )
            total = total + (t.log() - p.log()).abs().mean((1, 2))
        return total.view(len(values), -1).mean(1) / len(self.resolutions)


class MelDistance:
    """HyperSound's distance (2023): of mel magnitudes M, mean |dM| + sqrt(mean dM^2), mean over the `MEL_SIZES`.

    128 bands on Slaney's scale at `rate` Hz, hop a quarter of the window. Small transforms leave some low bands empty,
    as in the paper's code. `points` is the length of a batch: transforms that do not fit in twice that are left out.

    Raises:
        InputError: none fits.
    """

    def __init__(self, points: int, rate: int) -> None:
        self.sizes = fitting_sizes(MEL_SIZES, points, "mel_weight")
        self.filters = [torch.from_numpy(mel_filters(rate, size, MEL_BANDS)) for size in self.sizes]

    def __call__(self, values: Tensor, batch: Batch) -> Tensor:
        """Return the distance of `values [blocks, n, channels]` from the targets: `[blocks]`, mean over channels."""
        estimate, target = _rows(values, batch), _rows(batch.targets, batch)
        total = estimate.new_zeros(len(estimate))
        for size, filters in zip(self.sizes, self.filters, strict=True):
            t, p = magnitudes(target, size, size // 4, size), magnitudes(estimate, size, size // 4, size)
            error = filters.to(t) @ (p - t)
            spread = torch.linalg.vector_norm(error, dim=(1, 2)) / sqrt(error[0].numel())
            total = total + error.abs().mean((1, 2)) + spread
        return total.view(len(values), -1).mean(1) / len(self.sizes)


def fitting_sizes(sizes: tuple[int, ...], points: int, setting: str) -> list[int]:
    """The sizes of transforms that `points` neighbours are long enough for; `InputError` where there is none."""
    fitting = [size for size in sizes if size // 2 < points]
    if not fitting:
        raise InputError(
            f"{setting} needs at least {min(sizes) // 2 + 1} neighbouring samples, but a step sees {points}: "
            "lower the stride, or make blocks longer"
        )
    return fitting


def left_out(config: FitConfig, points: int) -> list[str]:
    """Warnings of transforms too long for steps of `points` samples, one sentence for each term."""
    sizes_of = {"stft_weight": STFT_SIZES, "mel_weight": MEL_SIZES}
    warnings = []
    for setting, sizes in sizes_of.items():
        missing = [str(size) for size in sizes if size // 2 >= points]
        if missing and getattr(config, setting):
            warnings.append(
                f"{setting} does without transforms of {', '.join(missing)} samples, as a step sees {points}: "
                "lower the stride, or make blocks longer"
            )
    return warnings


def magnitudes(signals: Tensor, size: int, hop: int, window: int) -> Tensor:
    """STFT magnitudes `[rows, bins, frames]` of `signals [rows, n]`, at least 1e-4."""
    shape = torch.hann_window(window, dtype=signals.dtype, device=signals.device)
    spectrum = torch.stft(signals, size, hop, window, shape, return_complex=True)
    return spectrum.abs().clamp_min(sqrt(LEAST_POWER))


def _rows(values: Tensor, batch: Batch) -> Tensor:
    """One row for each channel of each block, zero past the end of the sound."""
    heard = values if batch.weights is None else values * batch.weights
    return heard.transpose(1, 2).flatten(0, 1)
