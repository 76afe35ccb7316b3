"""Noise: its power at each frequency, from a stretch of it alone or from the recording itself.

Three estimates, from the least knowledge to the most:

- `quiet_profile`: one for a whole recording, from the quietest tenth of its frames at each frequency. A quantile of
  exponentially distributed power tells the mean (Stahl, Fischer & Bippus, "Quantile based noise estimation for spectral
  subtraction and Wiener filtering", ICASSP 2000, who take the median); sound in the other frames makes it too loud
  rather than too quiet: by 3 dB where half of the frames hold sound.
- `tracked_noise`: one for each frame, by the probability that sound is present (Gerkmann & Hendriks, "Unbiased
  MMSE-based noise power estimation with low complexity and low tracking delay", IEEE TASLP 20(4), 2012).
- `noise_profile`: the mean over a stretch in which nothing but the noise is heard.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import log, log10

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Audio, Sound
from ligeia.dsp.spectra import Stft
from ligeia.errors import InputError

Power = NDArray[np.float64]
"""Squared magnitudes of a short-time Fourier transform, `[..., frames, bins]`."""

FRAME_SECONDS, OVERLAP = 0.032, 4
"""Length of a frame, and how many of them a moment lies in."""
QUIET = 0.1
"""Share of the frames from which the profile of a recording is taken."""
STEP_DB, LEAST_DB, LEVELS = 0.5, -220.0, 600
"""The histograms of `quiet_profile`: their resolution, their lowest level, and their number of levels."""
BLOCK_SECONDS = 10.0
"""Sound that is read at a time."""

PRESENT = 10.0**1.5
"""Signal-to-noise ratio that sound has where it is present: 15 dB (Gerkmann & Hendriks 2012, section III)."""
PAPER_HOP = 0.016
"""Seconds between frames there; `KEPT` and `REMEMBERED` are powers for one such step."""
KEPT, REMEMBERED, SURE = 0.8, 0.9, 0.99
"""Smoothing of the noise and of the probability; the mean probability from which on the noise still learns 1 %."""


def transform_at(rate: int, seconds: float = FRAME_SECONDS, overlap: int = OVERLAP) -> Stft:
    """Return a transform with frames of about `seconds` at `rate` Hz, of a length that is quick to transform.

    Example:
        >>> transform_at(16000).size, transform_at(44100).size
        (512, 1440)
    """
    from scipy.fft import next_fast_len

    half = max(next_fast_len(round(seconds * rate / 2), real=True), overlap)
    size = 2 * half
    return Stft(size=size, hop=max(size // overlap, 1), sqrt_window=True)


@dataclass(frozen=True, eq=False)
class NoiseProfile:
    """The power of a noise, and how loud the recording is beside it."""

    power: Power
    """`[channels, bins]`, in the scale of the transform's squared magnitudes."""
    noise_db: float | None
    """Its root mean square in dB below full scale; None: there is none."""
    snr_db: float | None
    """SNR of the whole recording; None where either is silent."""
    source: str
    """The place it was taken from."""

    def findings(self) -> dict[str, float | str | None]:
        """Return what a report says of it."""
        return {
            "noise_from": self.source,
            "noise_db": None if self.noise_db is None else round(self.noise_db, 2),
            "snr_db": None if self.snr_db is None else round(self.snr_db, 2),
        }


def profile_for(sound: Sound, transform: Stft, noise: Audio | None) -> NoiseProfile:
    """Return the profile of `noise` where it is given, and that of the quiet moments of `sound` where it is not.

    Raises:
        InputError: the noise has another rate, or another number of channels than 1 or that of the sound.
    """
    return quiet_profile(sound, transform) if noise is None else noise_profile(sound, transform, noise)


def noise_profile(sound: Sound, transform: Stft, noise: Audio) -> NoiseProfile:
    """Return the mean power of `noise`, which stands in the recording `sound`.

    Raises:
        InputError: as `profile_for`.
    """
    check_noise(sound, noise)
    power = _mean_power(noise, transform)
    power = np.broadcast_to(power, (sound.channels, transform.bins))
    return _profile(power, _mean_power(sound, transform), transform, "the stretch that was given")


def check_noise(sound: Sound, noise: Audio) -> None:
    """Refuse a noise that does not go with `sound`.

    Raises:
        InputError: it has another rate, no samples, or another number of channels than 1 or that of the sound.
    """
    if noise.rate != sound.rate:
        raise InputError(f"the noise has {noise.rate} Hz and the recording {sound.rate} Hz: resample one")
    if noise.sample_count == 0:
        raise InputError("the noise has no samples; leave it out to let the recording tell")
    if noise.channels not in (1, sound.channels):
        raise InputError(
            f"the noise has {noise.channels} channels and the recording {sound.channels}: give 1 or as many"
        )


def quiet_profile(sound: Sound, transform: Stft) -> NoiseProfile:
    """Return the power of the quietest tenth of `sound` at each frequency, scaled to the mean of such a noise.

    Frames of digital silence tell nothing of a noise and are left out.
    """
    counts = np.zeros((sound.channels, transform.bins, LEVELS), np.int64)
    total, frames = np.zeros((sound.channels, transform.bins)), 0
    for power in power_blocks(sound, transform):
        total += power.sum(axis=1)
        frames += power.shape[1]
        for channel, of_channel in zip(counts, power, strict=True):
            channel += _histogram(of_channel[of_channel.any(axis=1)])
    return _profile(_quantile(counts) / -log(1 - QUIET), total / max(frames, 1), transform, "the quietest moments")


def power_blocks(sound: Sound, transform: Stft) -> Iterator[Power]:
    """Yield the power `[channels, frames, bins]` of a sound, half as many frames as the transform has, in blocks."""
    sparse = Stft(size=transform.size, hop=transform.size // 2, sqrt_window=transform.sqrt_window)
    block = max(round(BLOCK_SECONDS * sound.rate), transform.size)
    for start in range(0, sound.sample_count, block):
        spectra = sparse.analyse(sound.read(start, min(start + block, sound.sample_count)))
        inside = spectra[:, 1:-2] if spectra.shape[1] > 3 else spectra  # the others reach beyond the ends
        yield np.square(np.abs(inside), dtype=np.float64)


def tracked_noise(power: Power, start: Power, hop_seconds: float) -> Power:
    """Return the noise `[..., frames, bins]` in each frame of `power`, beginning with `start` `[..., bins]`.

    The probability that sound is present (equation 18 of Gerkmann & Hendriks 2012, with priors of one half) weighs what
    a frame tells (22), which is smoothed (8); where the smoothed probability (23) is close to 1 it is held below, so
    that a noise that has become louder is not taken for sound for ever. The paper's smoothing is that of frames 16 ms
    apart, and is converted to `hop_seconds`. A frame of digital silence changes nothing.
    """
    steps = hop_seconds / PAPER_HOP
    kept, remembered = KEPT**steps, REMEMBERED**steps
    noise = np.maximum(start, np.finfo(np.float64).tiny)
    mean = np.full_like(noise, 0.5)
    tracked = np.empty_like(power)
    for frame in range(power.shape[-2]):
        now = power[..., frame, :]
        if now.any():
            presence = 1 / (1 + (1 + PRESENT) * np.exp(-np.minimum(now / noise, 1e3) * (PRESENT / (1 + PRESENT))))
            mean = remembered * mean + (1 - remembered) * presence
            presence = np.where(mean > SURE, np.minimum(presence, SURE), presence)
            noise = noise + (1 - kept) * (1 - presence) * (now - noise)
            noise = np.maximum(noise, np.finfo(np.float64).tiny)
        tracked[..., frame, :] = noise
    return tracked


def _histogram(power: Power) -> NDArray[np.int64]:
    """Return how often each level occurs in power `[frames, bins]`: `[bins, LEVELS]`."""
    bins = power.shape[-1]
    levels = (10 * np.log10(np.maximum(power, 1e-30)) - LEAST_DB) / STEP_DB
    places = np.clip(levels, 0, LEVELS - 1).astype(np.int64) + LEVELS * np.arange(bins)
    return np.bincount(places.ravel(), minlength=bins * LEVELS).reshape(bins, LEVELS)


def _quantile(counts: NDArray[np.int64]) -> Power:
    """Return the power `[..., bins]` below which a share of `QUIET` lies, of histograms `[..., bins, LEVELS]`."""
    running = np.cumsum(counts, axis=-1)
    place = np.argmax(running >= QUIET * running[..., -1:], axis=-1)
    power = 10 ** ((LEAST_DB + STEP_DB * (place + 0.5)) / 10)
    return np.where((running[..., -1] > 0) & (place > 0), power, 0.0)


def _mean_power(sound: Sound, transform: Stft) -> Power:
    """Return the mean power `[channels, bins]`."""
    total, frames = np.zeros((sound.channels, transform.bins)), 0
    for power in power_blocks(sound, transform):
        total += power.sum(axis=1)
        frames += power.shape[1]
    return total / max(frames, 1)


def _profile(noise: Power, mean: Power, transform: Stft, source: str) -> NoiseProfile:
    """Return the profile whose level, and the recording's `mean` beside it, follow by Parseval's theorem."""
    weights = np.full(transform.bins, 2.0)
    weights[[0, -1]] = 1.0
    scale = weights / (transform.size * np.sum(transform.window**2))
    there, heard = (float(np.mean(power @ scale)) for power in (noise, mean))
    level = 10 * log10(there) if there > 0 else None
    snr = 10 * log10((heard - there) / there) if heard > there > 0 else None
    return NoiseProfile(np.array(noise), level, snr, source)
