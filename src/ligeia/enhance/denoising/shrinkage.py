"""Shrinkage of lapped coefficients: a denoiser for any sound, which has learned from none.

A sound is few large coefficients in the right transform, noise many small ones in every transform. So coefficients are
shrunk towards zero by how much of the power around them the noise explains, in windows of 6 to 186 ms, each moved by
a quarter of its length over the sound, so that no grid can be heard (translation invariance, Coifman & Donoho 1995).

1. Noise: its level at each frequency is found in the recording (`noise_floor.py`), or in a stretch that the user names.
   Mains hum is found and taken out first (`hum.py`). Stereo is processed as mid and side where these differ more in
   level than left and right do (`channels.py`).
2. Pilot: in three windows each coefficient is multiplied by (1 - 2 N / P)+, P being the mean power in the block around
   it and N that of the noise: block thresholding (Cai 1999; Yu, Mallat & Bacry 2008), with blocks that overlap and are
   weighted by triangles (persistent empirical Wiener; Siedenburg & Doerfler 2013). The pilot is the mean of the three.
3. In six windows coefficients are multiplied by S / (S + N), the Wiener filter, S being the power of the pilot's
   coefficient (empirical Wiener filter: Ghael, Sayeed & Baraniuk 1997).
4. The six are mixed, at each time and frequency, with weights exp(-c R) that prefer the transform in which the sound is
   sparsest there. R is the mean of S / (S + N) around, the expected risk of the Wiener filter in units of N
   (aggregation by exponential weights: Leung & Barron 2006). Tones choose the long windows, attacks the short ones.
5. A twentieth of the amplitude of what is taken away stays, so that pauses do not fall dead.

Steps 2 to 4 need no decision between speech and music. What is known of the noise is only its level: whatever is far
above it passes through windows that add up to one, unchanged.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Audio, Sound
from ligeia.dsp.spectra import Stft
from ligeia.enhance.denoising.channels import MidSide, channel_powers, prefers_mid_side, rotate
from ligeia.enhance.denoising.hum import WINDOW_SECONDS, find_hum, without_hum
from ligeia.enhance.denoising.noise_floor import NoiseFloor, find_noise_floors, profile_of, with_rumble_spared
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.pieces import Prepared, Samples
from ligeia.errors import InputError

Powers = NDArray[np.float32]
"""`[frames, bins]`."""
Spectra = NDArray[np.complex64]
"""`[frames, bins]`."""


@dataclass(frozen=True, kw_only=True)
class ShrinkageConfig:
    """The settings of the denoiser."""

    pilot_seconds: tuple[float, ...] = (0.0116, 0.0464, 0.186)
    """Windows of the pilot, each rounded to a power of two of samples."""
    seconds: tuple[float, ...] = (0.0058, 0.0116, 0.0232, 0.0464, 0.0929, 0.186)
    """Windows of the result."""
    threshold: float = 2.0
    """Times the noise's power that is taken from the power around a coefficient of the pilot."""
    block: tuple[int, int] = (3, 1)
    """Half-widths, frames and bins, of the triangles that weight the power around a coefficient."""
    preference: float = 40.0
    """c: how strongly the window with the least risk is preferred."""
    area_seconds: float = 0.1
    """Length of the area over which the risk is averaged."""
    area_hz: float = 400.0
    """Its width."""
    floor: float = 0.05
    """Amplitude that stays of what is taken away."""
    inaudible_db: float = 60.0
    """A noise further than that below the recording is left alone."""


DEFAULTS = ShrinkageConfig()


def prepare(sound: Sound, settings: DenoiseSettings) -> Prepared:
    """Make the denoiser ready for `sound`: find the noise, or take it from `settings.noise`.

    Raises:
        InputError: the noise has another rate than the sound, or no samples.
    """
    config = DEFAULTS
    powers = channel_powers(sound)
    mixed = MidSide(sound) if prefers_mid_side(sound, powers) else None
    heard: Sound = mixed or sound
    floors = _floors(heard, settings, rotated=mixed is not None)
    heard_powers = channel_powers(heard)
    snrs = [_snr_db(floor, power) for floor, power in zip(floors, heard_powers, strict=True)]
    if settings.noise is None:
        audible = [snr is not None and snr < config.inaudible_db for snr in snrs]
        floors = [
            with_rumble_spared(floor, power) if floor is not None and said else None
            for floor, power, said in zip(floors, heard_powers, audible, strict=True)
        ]
    hum = find_hum(heard)
    findings: dict[str, Any] = {
        "profile": "the sound itself" if settings.noise is None else "noise",
        "processed": "channels" if mixed is None else "mid and side",
        "noise_db": [None if floor is None else _db(floor.power()) for floor in floors],
        "snr_db": snrs,
        "hum_hz": None if hum is None else hum.lines.tolist(),
    }

    def process(samples: Samples, start: int = 0) -> Samples:
        if hum is None and not any(floors):
            return samples
        before = samples if mixed is None else rotate(samples)
        denoised = before.copy() if hum is None else without_hum(before, hum, rate=sound.rate, start=start)
        for place, floor in enumerate(floors):
            if floor is not None:
                denoised[place] = shrink(denoised[place], floor, rate=sound.rate, start=start, config=config)
        return denoised if mixed is None else rotate(denoised)

    context = 1.0 if hum is None else 1.0 + WINDOW_SECONDS
    return Prepared(process=process, positioned=True, context_seconds=context, findings=findings)


def shrink(
    samples: NDArray[np.float32],
    floor: NoiseFloor,
    *,
    rate: int,
    start: int = 0,
    config: ShrinkageConfig = DEFAULTS,
) -> NDArray[np.float32]:
    """Return `samples` `[time]`, the first of which is sample `start` of the recording, without the noise `floor`."""
    if not samples.any():
        return samples
    shift = start % max(window.hop for window in _windows(config.seconds, rate))  # frames lie where all pieces' do
    samples = np.pad(samples, (shift, 0))
    scene = _Scene(samples, floor, rate, (start - shift) / rate)
    pilots = [_pilot(window, scene, config) for window in _windows(config.pilot_seconds, rate)]
    pilot = np.mean(pilots, axis=0)
    kept = _aggregate(scene, pilot, config)
    return np.asarray(kept + np.float32(config.floor) * (samples - kept), np.float32)[shift:]


@dataclass(frozen=True, eq=False)
class _Scene:
    """One channel of a piece, and its noise."""

    samples: NDArray[np.float32]
    floor: NoiseFloor
    rate: int
    first_second: float

    def noise(self, window: Stft) -> Powers:
        """Return the expected power of the noise in each coefficient, `[frames or 1, bins]`."""
        seconds = self.first_second + np.arange(window.frames(len(self.samples))) * window.hop / self.rate
        hertz = np.arange(window.bins) * self.rate / window.size
        return self.floor.at(seconds, hertz) * np.float32(np.square(window.window).sum()) + np.float32(1e-30)


def _windows(seconds: tuple[float, ...], rate: int) -> list[Stft]:
    sizes = {max(16, int(2 ** np.round(np.log2(length * rate)))) for length in seconds}
    return [Stft(size, size // 4, sqrt_window=True) for size in sorted(sizes)]


def _pilot(window: Stft, scene: _Scene, config: ShrinkageConfig) -> NDArray[np.float32]:
    """Return the sound by block thresholding in one window."""
    spectra = window.analyse(scene.samples)
    around = _averaged(_power(spectra), config.block)
    gains = np.maximum(1 - np.float32(config.threshold) * scene.noise(window) / np.maximum(around, 1e-30), 0)
    return np.asarray(window.synthesise(spectra * gains, len(scene.samples)))


def _aggregate(scene: _Scene, pilot: NDArray[np.float32], config: ShrinkageConfig) -> NDArray[np.float32]:
    """Return the mixture of the Wiener filters in all windows."""
    windows = _windows(config.seconds, scene.rate)
    common = windows[len(windows) // 2]
    count = len(scene.samples)
    points = np.linspace(0, scene.rate / 2, 1 + max(1, round(2 * scene.rate / config.area_hz)))
    shape = common.frames(count), common.bins
    total, weights = np.zeros(shape, np.complex64), np.zeros((shape[0], len(points)), np.float32)
    between = _between(points, np.arange(common.bins) * scene.rate / common.size)
    for window in windows:
        power = _power(window.analyse(pilot))
        gains = power / (power + scene.noise(window))
        filtered = window.synthesise(window.analyse(scene.samples) * gains, count)
        risk = _interpolated(_risk(gains, window, points, scene.rate, config), shape[0], common.hop / window.hop)
        weight = np.exp(-np.float32(config.preference) * risk)
        total += common.analyse(filtered) * (weight @ between)
        weights += weight
    return np.asarray(common.synthesise(total / (weights @ between), count))


def _risk(gains: Powers, window: Stft, points: NDArray[np.float64], rate: int, config: ShrinkageConfig) -> Powers:
    """Return mean gains `[frames, points]` over the area around each frame and each of the frequencies `points`."""
    from scipy.ndimage import uniform_filter1d

    hertz = np.arange(window.bins) * rate / window.size
    reach = np.maximum(config.area_hz, rate / window.size) / 2
    near = np.clip((reach - np.abs(hertz[:, None] - points)) * window.size / rate + 0.5, 0, 1)
    over_frequency = gains @ (near / near.sum(axis=0)).astype(np.float32)
    frames = max(int(config.area_seconds * rate / window.hop) | 1, 1)
    return np.asarray(uniform_filter1d(over_frequency, frames, axis=0, mode="nearest"))


def _between(points: NDArray[np.float64], hertz: NDArray[np.float64]) -> Powers:
    """Return the matrix `[points, frequencies]` that interpolates values at `points` by straight lines."""
    return np.stack([np.interp(hertz, points, row) for row in np.eye(len(points))]).astype(np.float32)


def _interpolated(rows: Powers, count: int, step: float) -> Powers:
    """Return `count` rows, `step` apart from each other, by straight lines between `rows`."""
    places = np.arange(count) * step
    before = np.minimum(places.astype(np.int64), len(rows) - 1)
    if step.is_integer():
        return rows[before]
    after = np.minimum(before + 1, len(rows) - 1)
    share = np.minimum(places - before, 1).astype(np.float32)[:, None]
    return np.asarray(rows[before] + share * (rows[after] - rows[before]))


def _power(spectra: Spectra) -> Powers:
    return np.asarray(np.square(spectra.real) + np.square(spectra.imag))


def _averaged(power: Powers, block: tuple[int, int]) -> Powers:
    from scipy.ndimage import convolve1d

    for axis, half in enumerate(block):
        weights = half + 1.0 - np.abs(np.arange(-half, half + 1))
        power = convolve1d(power, weights / weights.sum(), axis=axis, mode="nearest")
    return power


# --- what is known of the recording ---------------------------------------------------------------------


def _floors(sound: Sound, settings: DenoiseSettings, *, rotated: bool) -> list[NoiseFloor | None]:
    noise = settings.noise
    if noise is None:
        return find_noise_floors(sound)
    if noise.rate != sound.rate:
        raise InputError(f"the noise has {noise.rate} Hz and the sound {sound.rate} Hz: resample one")
    if noise.sample_count == 0:
        raise InputError("the noise has no samples; leave it out to find the noise in the sound")
    if rotated and noise.channels == 2:
        noise = Audio(rotate(noise.samples), noise.rate)
    return list(profile_of(noise, sound.channels))


def _snr_db(floor: NoiseFloor | None, power: float) -> float | None:
    """Return the ratio of the recording, noise included, to the noise."""
    if floor is None or floor.power() == 0 or power == 0:
        return None
    return float(10 * np.log10(power / floor.power()))


def _db(power: float) -> float | None:
    return float(10 * np.log10(power)) if power > 0 else None
