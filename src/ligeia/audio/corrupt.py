"""Seeded damage: noise, dropouts, gaps and clipping, the same for the same seed."""

import math

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Audio
from ligeia.errors import InputError

Mask = NDArray[np.bool_]


def add_noise(audio: Audio, *, snr_db: float, seed: int) -> Audio:
    """Add white Gaussian noise at exactly `snr_db` decibels below the sound, over all samples.

    Raises:
        InputError: `snr_db` is not within -200 to 200, or the sound is silent.
    """
    if not -200 <= snr_db <= 200:
        raise InputError(f"snr_db must be between -200 and 200, got {snr_db}")
    sound = audio.samples.astype(np.float64)
    energy = float(np.sum(sound**2))
    if energy == 0:
        raise InputError("a silent sound has no signal-to-noise ratio")
    noise = _generator(seed).standard_normal(sound.shape)
    noise *= math.sqrt(energy / float(np.sum(noise**2))) * 10 ** (-snr_db / 20)
    return Audio((sound + noise).astype(np.float32), audio.rate)


def dropouts(audio: Audio, *, fraction: float, seed: int) -> tuple[Audio, Mask]:
    """Zero `fraction` of the samples, one by one; return the sound and the mask bool `[time]` of these samples.

    Mahdi 2025 §4.5 cuts the sound into chunks of 50 samples and zeroes one sample, drawn at random, in every
    second chunk: 1 %. For any fraction: twice as many equal chunks as samples to zero, and one drawn in the
    first, third, fifth chunk and so on, so that no two are adjacent. All channels lose the same samples.

    Raises:
        InputError: `fraction` is not within 0 to 0.5; beyond a half, dropouts have to touch.

    Example:
        >>> _, mask = dropouts(Audio(np.ones([1, 1000]), rate=8000), fraction=0.01, seed=1)
        >>> int(mask.sum())
        10
    """
    if not 0 <= fraction <= 0.5:
        raise InputError(f"fraction must be between 0 and 0.5, got {fraction}")
    count = min(round(fraction * audio.sample_count), audio.sample_count // 2)
    edges = np.arange(2 * count + 1) * audio.sample_count // max(1, 2 * count)
    drawn = _generator(seed).integers(edges[:-1:2], edges[1::2])
    mask = np.zeros(audio.sample_count, bool)
    mask[drawn] = True
    return _silenced(audio, mask), mask


def gaps(audio: Audio, *, gap_seconds: float, count: int, seed: int) -> tuple[Audio, Mask]:
    """Zero `count` separate runs of samples at random places; return the sound and their mask bool `[time]`.

    Each run lasts `gap_seconds`, rounded to whole samples; all places are equally likely.

    Raises:
        InputError: a gap is shorter than a sample, `count` is negative, or the gaps do not fit.
    """
    if count < 0 or not math.isfinite(gap_seconds) or round(gap_seconds * audio.rate) < 1:
        raise InputError(f"gaps must last at least one sample, got {count} of {gap_seconds} s")
    length = round(gap_seconds * audio.rate)
    places = audio.sample_count - count * length + 1
    if places < count:
        raise InputError(f"{count} gaps of {length} samples do not fit in {audio.sample_count} samples")
    # Distinct places in the sound without gaps: with the gaps put back, at least one sample lies between.
    drawn = np.sort(_generator(seed).choice(places, count, replace=False)) + np.arange(count) * length
    mask = np.zeros(audio.sample_count, bool)
    for start in drawn:
        mask[start : start + length] = True
    return _silenced(audio, mask), mask


def clip(audio: Audio, *, threshold: float) -> tuple[Audio, Mask]:
    """Limit the sound to `threshold` (full scale 1); return it and the mask bool `[time]` of the samples above.

    A moment counts as damaged where any channel is.

    Raises:
        InputError: `threshold` is not a positive number.
    """
    limit = np.float32(threshold) if 0 < threshold < 1e30 else np.float32(0)
    if limit == 0:
        raise InputError(f"threshold must be a positive number, got {threshold}")
    mask: Mask = np.any(np.abs(audio.samples) > limit, axis=0)
    return Audio(np.clip(audio.samples, -limit, limit), audio.rate), mask


def _silenced(audio: Audio, mask: Mask) -> Audio:
    return Audio(np.where(mask, np.float32(0), audio.samples), audio.rate)


def _generator(seed: int) -> np.random.Generator:
    if seed < 0:
        raise InputError(f"seed must not be negative, got {seed}")
    return np.random.default_rng(seed)
