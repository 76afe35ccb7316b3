"""Distances between spectra: of short-time transforms, of mel bands, and of the transform of the whole signal.

Distances that share a name in the literature differ in transform, logarithm, floor and in the order of means and
roots; each is given here as its source computes it, and values of one say nothing about another. Zuiderveld's thesis
(2021) gives names and no sizes for some of its distances; the docstrings name what is our reading.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ligeia.dsp.mel import mel_power
from ligeia.dsp.stft import Spectra, hamming, hann, magnitude_blocks, magnitude_pairs
from ligeia.errors import InputError, UndefinedScore
from ligeia.metrics.metric import Signal, audible_reference, checked_pair

HYPERSOUND_FLOOR = 1e-12
THESIS_FLOOR = 1e-12
SUPER_RESOLUTION_FLOOR = 1e-8
RESOLUTIONS = ((1024, 120, 600), (2048, 240, 1200), (512, 50, 240))
"""Transform, hop and window in samples: those of Parallel WaveGAN (2020)."""
FLOOR = 1e-4
"""Lowest magnitude in `mr_stft`: auraloss 0.4.0 clamps powers at 1e-8."""
HAMMING_WINDOWS = (400, 800, 1600, 3200)
"""Windows of `multi_stft_mse` in samples."""
MEL_RANGE_DB = 80.0
"""Levels of `mel_distance` are floored this far below the loudest band of the reference."""
LEAST_MAGNITUDE = 1e-8
"""Bins of `phase_error` below this part of the reference's largest magnitude are rounding noise, and have no phase."""


# --- log-spectral distances --------------------------------------------------------------------------


def lsd_hypersound(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Log-spectral distance of HyperSound (2023), as its program computes it, in powers of ten of a power ratio.

    Of the magnitudes T of the reference and P of the estimate, log10(T^2 / (P + 1e-12)^2 + 1e-12)^2; mean over
    frequency, root, mean over time. Frames of int(2048 rate / 44100) samples every int(rate / 100), periodic Hann,
    centred between zeros. It is not symmetric, and a frame of digital silence in the reference counts 12 whatever the
    estimate is, silence too: identical sounds score 0 only where there is none.

    Raises:
        InputError: the arrays are unusable, or the rate is under 100 Hz.
        UndefinedScore: the reference is silent.
    """
    if rate < 100:
        raise InputError(f"lsd_hypersound has a frame every hundredth of a second: {rate} Hz is too low a rate")
    x, y = audible_reference(reference, estimate)
    pairs = magnitude_pairs(x, y, size=2048 * rate // 44100, hop=rate // 100)
    return float(np.mean(np.concatenate([_rms(_hypersound_log(t, p)) for t, p in pairs])))


def lsd_thesis(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Log-spectral distance of Zuiderveld 2021 (Equation 5.3): mean over frequency of (ln P/P')^2, without a root.

    P and P' are the powers of reference and estimate in each bin, averaged over all frames, so that it does not see
    when something sounds. The thesis states neither transform nor base: frames of 1024 samples every 256 (periodic
    Hann, centred between zeros), the natural logarithm, and a floor 120 dB below the reference's strongest bin are our
    reading, and values are not comparable with its tables.

    Raises:
        InputError: the arrays are unusable.
        UndefinedScore: the reference is silent.
    """
    x, y = checked_pair(reference, estimate)
    power = _mean_power(x)
    floor = THESIS_FLOOR * power.max()
    if floor <= 0:
        raise UndefinedScore("the reference is silent")
    return float(np.mean(np.square(np.log(np.maximum(power, floor)) - np.log(np.maximum(_mean_power(y), floor)))))


def lsd_sr(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Log-spectral distance of the super-resolution papers (Kuleshov et al. 2017), in powers of ten.

    Per frame, the root of the mean over frequency of the squared difference of log10 |STFT|^2; mean over frames.
    Frames of 2048 samples every 512, periodic Hann, centred in the mirrored sound, powers clamped at 1e-8, as in the
    programs of NU-Wave 2 (2022) and AP-BWE (2024), for samples in [-1, 1].

    Raises:
        InputError: the arrays are unusable.
        UndefinedScore: there are fewer than 1025 samples, which cannot be mirrored.
    """
    x, y = checked_pair(reference, estimate)
    pairs = magnitude_pairs(x, y, size=2048, hop=512, pad_mode="reflect")
    return float(np.mean(np.concatenate([_rms(_clamped_log(t) - _clamped_log(p)) for t, p in pairs])))


def _rms(spectra: Spectra) -> Signal:
    """Root mean square over frequency: `[frames]`."""
    return np.asarray(np.sqrt(np.mean(np.square(spectra), axis=1)))


def _hypersound_log(target: Spectra, prediction: Spectra) -> Spectra:
    return np.log10(np.square(target / (prediction + HYPERSOUND_FLOOR)) + HYPERSOUND_FLOOR)


def _clamped_log(spectra: Spectra) -> Spectra:
    return np.log10(np.maximum(np.square(spectra), SUPER_RESOLUTION_FLOOR))


def _mean_power(signal: Signal) -> Signal:
    """Power in each bin, averaged over all frames."""
    total, frames = np.zeros(513), 0
    for block in magnitude_blocks(signal, size=1024, hop=256):
        total += np.square(block).sum(axis=0)
        frames += len(block)
    return total / frames


# --- magnitudes in several resolutions ---------------------------------------------------------------


def mr_stft(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Multi-resolution STFT distance of Parallel WaveGAN (Yamamoto et al. 2020), a plain number.

    Of the magnitudes T of the reference and P of the estimate, spectral convergence ||T - P|| / ||T|| (Frobenius)
    plus mean |ln T - ln P|; mean over the `RESOLUTIONS`. Periodic Hann, centred in the mirrored sound, magnitudes
    clamped at 1e-4: the value of `MultiResolutionSTFTLoss` of auraloss 0.4.0 as it comes, for samples in [-1, 1].
    Sizes are samples at any rate; the paper works at 24 kHz.

    Raises:
        InputError: the arrays are unusable.
        UndefinedScore: the reference is silent (nowhere above the floor), or there are fewer than 1025 samples,
            which cannot be mirrored.
    """
    x, y = checked_pair(reference, estimate)
    return float(np.mean([_resolution(x, y, size, hop, window) for size, hop, window in RESOLUTIONS]))


def multi_stft_mse(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Multi-resolution STFT error of Zuiderveld 2021 (Equation 5.2): mean squared difference of STFT magnitudes.

    Mean over all bins and frames, then over periodic Hamming windows of 400, 800, 1600 and 3200 samples (25 to 200 ms
    at the paper's 16 kHz; samples at any rate). The paper states neither hop nor scaling nor ends: a quarter of the
    window, none (so that the long windows weigh most) and zeros are our reading, and values are not comparable with
    its tables.

    Raises:
        InputError: the arrays are unusable.
    """
    x, y = checked_pair(reference, estimate)
    return float(np.mean([_magnitude_mse(x, y, size) for size in HAMMING_WINDOWS]))


def multi_stft_wasserstein(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """First Wasserstein distance in Hz between STFT magnitudes: `dft_wasserstein` frame by frame (Zuiderveld 2021).

    Mean over the frames in which both sounds have a magnitude above 1e-8 of the reference's largest, then over the
    windows of `multi_stft_mse`. The thesis (5.8.1) names the distance only; that it is taken along the frequencies,
    between magnitudes scaled to sum to 1, is our reading, as is the mean.

    Raises:
        InputError: the arrays are unusable.
        UndefinedScore: one of the sounds is silent, or they never sound together.
    """
    x, y = checked_pair(reference, estimate)
    return float(np.mean([_frame_wasserstein(x, y, size) * rate / size for size in HAMMING_WINDOWS]))


def multi_stft_positive(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Magnitude that the estimate has too much: mean of max(|Y| - |X|, 0) over all bins and frames of four windows.

    What noise adds. Windows, hops and scaling are those of `multi_stft_mse`; the thesis (Zuiderveld 2021, 5.8.1: "pos/
    neg difference") states none.

    Raises:
        InputError: the arrays are unusable.
    """
    x, y = checked_pair(reference, estimate)
    return float(np.mean([_magnitude_excess(x, y, size) for size in HAMMING_WINDOWS]))


def multi_stft_negative(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Magnitude that the estimate lacks: mean of max(|X| - |Y|, 0), else as `multi_stft_positive`.

    What muffling takes away.

    Raises:
        InputError: the arrays are unusable.
    """
    x, y = checked_pair(reference, estimate)
    return float(np.mean([_magnitude_excess(y, x, size) for size in HAMMING_WINDOWS]))


def _frame_wasserstein(x: Signal, y: Signal, size: int) -> float:
    """Return the mean distance in bins over the frames in which both sounds are heard."""
    distances: list[Signal] = []
    least = LEAST_MAGNITUDE * _largest(x, size)
    if least <= 0:
        raise UndefinedScore("the reference is silent")
    for target, prediction in magnitude_pairs(x, y, size=size, hop=size // 4, window=hamming(size)):
        heard = np.minimum(target.max(axis=1), prediction.max(axis=1)) > least
        shares = [spectra[heard] / spectra[heard].sum(axis=1, keepdims=True) for spectra in (target, prediction)]
        distances.append(np.abs(np.cumsum(shares[0] - shares[1], axis=1)[:, :-1]).sum(axis=1))
    values = np.concatenate(distances)
    if not len(values):
        raise UndefinedScore("the sounds are nowhere heard together")
    return float(np.mean(values))


def _largest(signal: Signal, size: int) -> float:
    """Return the largest magnitude of any bin and frame."""
    blocks = magnitude_blocks(signal, size=size, hop=size // 4, window=hamming(size))
    return max(float(block.max()) for block in blocks)


def _magnitude_excess(x: Signal, y: Signal, size: int) -> float:
    total, values = 0.0, 0
    for less, more in magnitude_pairs(x, y, size=size, hop=size // 4, window=hamming(size)):
        total += np.sum(np.maximum(more - less, 0))
        values += more.size
    return total / values


def _resolution(x: Signal, y: Signal, size: int, hop: int, window: int) -> float:
    """Spectral convergence plus mean distance of log magnitudes, in one resolution."""
    peak, sums, values = FLOOR, np.zeros(3), 0
    for target, prediction in magnitude_pairs(x, y, size=size, hop=hop, window=hann(window), pad_mode="reflect"):
        t, p = np.maximum(target, FLOOR), np.maximum(prediction, FLOOR)
        sums += np.sum(np.square(t - p)), np.sum(np.square(t)), np.sum(np.abs(np.log(t) - np.log(p)))
        peak = max(peak, t.max())
        values += t.size
    if peak <= FLOOR:
        raise UndefinedScore("the reference is silent")
    error, energy, distance = sums
    return float(np.sqrt(error / energy) + distance / values)


def _magnitude_mse(x: Signal, y: Signal, size: int) -> float:
    total, values = 0.0, 0
    for target, prediction in magnitude_pairs(x, y, size=size, hop=size // 4, window=hamming(size)):
        total += np.sum(np.square(target - prediction))
        values += target.size
    return total / values


# --- mel bands ---------------------------------------------------------------------------------------


def mel_distance(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Mean absolute difference in dB between mel power spectrograms, over all bands and frames.

    The spectrograms are those of `mel_power`: 80 bands, windows of 33 to 66 ms. In both sounds, levels below -80 dB
    relative to the loudest band of the reference count as that, so that silence does not dominate. The settings are
    ours: other mel distances differ.

    Raises:
        InputError: the arrays are unusable.
        UndefinedScore: the reference is silent.
    """
    x, y = checked_pair(reference, estimate)
    power = mel_power(x, rate)
    floor = power.max() * 10 ** (-MEL_RANGE_DB / 10)
    if floor <= 0:
        raise UndefinedScore("the reference is silent")
    difference = np.log10(np.maximum(power, floor)) - np.log10(np.maximum(mel_power(y, rate), floor))
    return float(10 * np.mean(np.abs(difference)))


# --- the whole signal in one transform ---------------------------------------------------------------


# Transforms are orthonormal (divided by the root of the number of samples), so that powers add up to those of the
# samples and values are comparable across lengths.


def dft_mse(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Mean squared difference of the DFT's magnitudes, over all bins, those of negative frequency too.

    With the orthonormal transform a silent estimate scores the reference's mean square, and no estimate scores above
    its mean squared error. Phases, and so circular shifts, do not count.

    Raises:
        InputError: the arrays are unusable.

    Example:
        >>> dft_mse(reference=[3.0, 1.0], estimate=[1.0, 3.0], rate=8000)
        0.0
    """
    x, y = checked_pair(reference, estimate)
    return _mean_of_bins(np.square(np.abs(_transform(x)) - np.abs(_transform(y))), len(x))


def dft_wasserstein(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """First Wasserstein distance in Hz between the magnitudes of the DFTs, each scaled to sum to 1.

    How far, on average, magnitude has to be moved along the frequencies 0 to rate / 2 to make one spectrum the
    other: the integral of the absolute difference of their cumulative sums. Gain does not count.

    Raises:
        InputError: the arrays are unusable.
        UndefinedScore: the reference or the estimate is silent.
    """
    x, y = checked_pair(reference, estimate)
    difference = np.cumsum(_distribution(x, "reference") - _distribution(y, "estimate"))
    return float(np.abs(difference[:-1]).sum() * rate / len(x))


def dft_positive(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Magnitude that the estimate has too much: mean of max(|Y| - |X|, 0) over all bins of the DFT.

    What noise adds. The transform is orthonormal and negative frequencies count, as in `dft_mse`; the thesis
    (Zuiderveld 2021, 5.8.1: "pos/neg difference") does not define it further.

    Raises:
        InputError: the arrays are unusable.

    Example:
        >>> dft_positive(reference=[1.0, 0.0, 0.0, 0.0], estimate=[3.0, 0.0, 0.0, 0.0], rate=8000)
        1.0
    """
    x, y = checked_pair(reference, estimate)
    return _mean_of_bins(np.maximum(np.abs(_transform(y)) - np.abs(_transform(x)), 0), len(x))


def dft_negative(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Magnitude that the estimate lacks: mean of max(|X| - |Y|, 0), else as `dft_positive`.

    What muffling takes away; against silence, the mean magnitude of the reference.

    Raises:
        InputError: the arrays are unusable.
    """
    return dft_positive(reference=estimate, estimate=reference, rate=rate)


def phase_error(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Mean squared difference of the DFT's phases in rad^2, each wrapped to (-pi, pi].

    Over the bins from 0 to rate / 2 in which both magnitudes exceed 1e-8 of the reference's largest. About
    pi^2 / 3 = 3.29 where the phases have nothing in common.

    Raises:
        InputError: the arrays are unusable.
        UndefinedScore: the reference is silent, or no bin is strong enough in both.
    """
    x, y = (_transform(signal) for signal in checked_pair(reference, estimate))
    sizes = np.abs(x), np.abs(y)
    least = LEAST_MAGNITUDE * sizes[0].max()
    if least <= 0:
        raise UndefinedScore("the reference is silent")
    strong = np.minimum(*sizes) > least
    if not strong.any():
        raise UndefinedScore("no frequency is present in both sounds")
    turns = (x[strong] / sizes[0][strong]) * np.conj(y[strong] / sizes[1][strong])
    return float(np.mean(np.square(np.angle(turns))))


def _mean_of_bins(values: Signal, length: int) -> float:
    """Return the mean over all bins of a transform of `length` samples, of values of those of no negative frequency."""
    # Each bin stands for two, but those that are their own mirror image: 0 and, of an even number, the last.
    single = values[0] + (values[-1] if length % 2 == 0 else 0)
    return float((2 * values.sum() - single) / length)


def _transform(signal: Signal) -> NDArray[np.complex128]:
    """Orthonormal DFT, bins `[time // 2 + 1]` of no negative frequency."""
    return np.fft.rfft(signal, norm="ortho")


def _distribution(signal: Signal, name: str) -> Signal:
    sizes = np.abs(_transform(signal))
    total = sizes.sum()
    if total <= 0:
        raise UndefinedScore(f"the {name} is silent")
    return np.asarray(sizes / total)
