"""The level of a steady noise at each frequency, found in the recording itself, in speech as in music.

A minimum over time, the usual estimate, fails where sounds never pause. Here a block of some seconds is cut into bands
of a sixth of an octave, and each into cells of a few frames and bins, whose mean powers are counted. Cells that hold
nothing but a Gaussian noise of level N have a gamma distribution around N, whatever the noise; cells with sound in them
have more. Where a share p of the cells is noise alone, the q-quantile of all of them is the (q / p)-quantile of that
gamma distribution, as long as q is clearly less than p. N and p are fitted to quantiles from 0.5 % up. Between the
partials of a chord there are such cells while it sounds.

How well quantiles fit tells noise from sound: the quiet parts of a recording without noise, its decays and pauses,
spread over tens of dB, where noise has a sharp lower edge. Bands that do not fit are not believed, and get what their
neighbours suggest, at most what their own quantiles allow.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import inf

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Audio, Sound
from ligeia.dsp.spectra import Stft

Reals = NDArray[np.float64]

FRAME_SECONDS = 0.046
"""Length of a frame, rounded to a power of two of samples."""
CELL_FRAMES, CELL_BINS = 5, 3
"""Size of a cell, whose powers are averaged; frames are half a frame apart."""
CELL_FREEDOM = 9.1
"""Shape of the gamma distribution of a cell of white noise: its squared mean by its variance."""
QUANTILES = np.array([0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.14, 0.2, 0.28, 0.4])
"""Quantiles of a band's cells that are looked at."""
SHARES = np.array([1, 0.8, 0.6, 0.45, 0.35, 0.27, 0.2, 0.15, 0.11, 0.08])
"""Shares of noise alone that are tried."""
SHARE_COST = 0.02
"""Gain in misfit (nepers) that halving the share takes, roughly: many noisy cells are likelier than few."""
OCTAVES, LEAST_BINS = 1 / 6, 5
"""Width of a band, and the least width."""
LOW_HZ, LOW_TIMES, LOW_BINS = 300.0, 4, 8
"""Bands below that are measured in frames so many times as long, because rumble and pink noise rise steeply there; and
their least width. They have fewer cells."""
LOW_MISFIT = 0.1
STEEPEST = 2.0
"""Power of 1 / f with which noise rises there at most: a pink noise has 1."""
MISFIT = 0.05
"""Bands whose quantiles miss those of noise by more (root mean square, nepers) are not believed."""
LEAST_SHARE = 0.2
"""Nor are those with less noise alone."""
JUMP = 1.0
"""Nor those this much (nepers) above the median of their believed neighbours."""
NEIGHBOURS = 4
"""Bands on each side that count as neighbours."""
DECAY = 6 / 10 * np.log(10)
"""Fall of the level per octave (nepers of power) away from the nearest believed band."""
BLOCK_SECONDS, BLOCK_HOP_SECONDS = 10.0, 5.0
"""A block, and the distance of blocks."""
CLEAN_DB, RUMBLE_DB = 26.0, 33.0
"""See `with_rumble_spared`."""
MEMORY_SECONDS = 15.0
"""Blocks this far away count half as much as those at hand."""
COVER = 0.25
"""Share of a block's bands that must be believed, or none is: a steady noise is broad, sounds are taken for noise
here and there. Of music with noise 25 dB below it, 36 to 97 % of the bands were (11 % of one dense mix), without
it 0 to 25 %."""
SHORT_SECONDS, SHORT_COVER = 2.5, 0.5
"""The same for recordings shorter than that, where bands are measured less well."""
BELIEVED_BLOCKS = 0.2
"""Share of the blocks in which noise must be found."""
SILENCE = 1e-13
"""Mean power of a frame under which it is taken to be digital silence, which holds no noise."""


@dataclass(frozen=True, eq=False)
class NoiseFloor:
    """The power spectral density of the noise in one channel, as it changes over time."""

    seconds: Reals
    """Instants `[blocks]` at which it is known; straight lines between, constant before and after."""
    hertz: Reals
    """Frequencies `[bands]` at which it is known."""
    density: Reals
    """`[blocks, bands]`: the variance that white noise of the same density has; 0 where none was found."""

    def at(self, seconds: Reals, hertz: Reals) -> NDArray[np.float32]:
        """Return densities `[frames, bins]`, or `[1, bins]` if they are the same at all times."""
        rows = np.stack([np.interp(hertz, self.hertz, row) for row in self.density]).astype(np.float32)
        if len(rows) == 1:
            return rows
        place = np.interp(seconds, self.seconds, np.arange(len(rows)))
        before = np.minimum(place.astype(np.int64), len(rows) - 2)
        share = (place - before).astype(np.float32)[:, None]
        first = before.min(initial=0)
        rows = rows[first : before.max(initial=0) + 2]
        return np.asarray(rows[before - first] + share * (rows[before - first + 1] - rows[before - first]))

    def power(self) -> float:
        """Return the mean power of the noise."""
        spacing = np.gradient(self.hertz) if len(self.hertz) > 1 else np.ones(1)
        return float((self.density @ spacing).mean() / spacing.sum())


@dataclass(frozen=True, eq=False)
class _Scale:
    """Bands that are measured in frames of one length."""

    transform: Stft
    bands: list[tuple[int, int]]
    """First bin of each band, and the one after its last."""
    hertz: Reals
    """Centres `[bands]`."""


@dataclass(frozen=True, eq=False)
class _Measured:
    """Measurements of one block, `[bands]` each."""

    level: Reals
    """ln N."""
    misfit: Reals
    share: Reals


def find_noise_floors(sound: Sound) -> list[NoiseFloor | None]:
    """Return the noise of each channel of `sound`; None where no band has a steady noise."""
    scales = _scales(sound.rate)
    hertz = np.concatenate([scale.hertz for scale in scales])
    centres: list[float] = []
    measured: list[list[_Measured]] = [[] for _ in range(sound.channels)]
    for start, block in _blocks(sound):
        centres.append((start + block.shape[1] / 2) / sound.rate)
        for channel, samples in enumerate(block):
            measured[channel].append(_measure(samples, scales))
    seconds = np.array(centres)
    cover = SHORT_COVER if sound.sample_count < SHORT_SECONDS * sound.rate else COVER
    return [_tracked(blocks, seconds, hertz, cover) for blocks in measured]


def with_rumble_spared(floor: NoiseFloor, power: float) -> NoiseFloor:
    """Return `floor` with less below 300 Hz, in a channel of mean `power` that has so little noise that it seems clean.

    Rooms rumble in recordings that nobody calls noisy. Where the noise above 300 Hz is `CLEAN_DB` below the sound or
    less, what is taken below 300 Hz stays `RUMBLE_DB` below it.
    """
    low = floor.hertz < LOW_HZ
    rumble, rest = (
        NoiseFloor(floor.seconds, floor.hertz, np.where(chosen, floor.density, 0.0)).power() for chosen in (low, ~low)
    )
    if power < rest * 10 ** (CLEAN_DB / 10):
        return floor
    share = min(1.0, power * 10 ** (-RUMBLE_DB / 10) / max(rumble, 1e-30))
    return NoiseFloor(floor.seconds, floor.hertz, np.where(low, share * floor.density, floor.density))


def profile_of(noise: Audio, channels: int) -> list[NoiseFloor]:
    """Return the noise of each of `channels` from a stretch with nothing else in it; its mean if their number differs.

    Lines, such as hum, stand in the profile too.
    """
    size = frame_size(noise.rate)
    transform = Stft(size, size // 2, sqrt_window=True)
    spectra = transform.analyse(noise.samples.astype(np.float64))
    frames = spectra[:, 1:-2] if spectra.shape[1] > 4 else spectra
    density = np.square(np.abs(frames)).mean(axis=1) / np.square(transform.window).sum()
    if len(density) != channels:
        density = np.repeat(density.mean(axis=0, keepdims=True), channels, axis=0)
    density = np.pad(density, [(0, 0), (1, 1)], mode="edge")
    smooth = density[:, :-2] / 4 + density[:, 1:-1] / 2 + density[:, 2:] / 4
    hertz = np.arange(transform.bins) * noise.rate / size
    return [NoiseFloor(np.zeros(1), hertz, row[None]) for row in smooth]


def frame_size(rate: int) -> int:
    """Return the samples of a frame at `rate` Hz.

    Example:
        >>> frame_size(44100), frame_size(16000)
        (2048, 1024)
    """
    return max(16, int(2 ** np.round(np.log2(FRAME_SECONDS * rate))))


def band_edges(bins: int, least: int = LEAST_BINS) -> NDArray[np.int64]:
    """Return the first bins of bands, `least` bins wide or more, and `bins` at the end."""
    edges = [0]
    while edges[-1] < bins:
        edges.append(max(round(edges[-1] * 2**OCTAVES), edges[-1] + least))
    edges[-1] = bins
    if len(edges) > 2 and edges[-1] - edges[-2] < least:
        del edges[-2]
    return np.array(edges)


def _blocks(sound: Sound) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield the first sample and the samples of each block; a recording of up to a block and a half is one."""
    length, hop = round(BLOCK_SECONDS * sound.rate), max(1, round(BLOCK_HOP_SECONDS * sound.rate))
    if sound.sample_count <= length * 3 // 2:
        yield 0, sound.read(0, sound.sample_count)
        return
    for start in range(0, sound.sample_count - length // 2, hop):
        yield start, sound.read(start, start + length)


# --- one block ----------------------------------------------------------------------------------------


def _scales(rate: int) -> list[_Scale]:
    """Return low bands in long frames, and the others."""
    scales = []
    for times, least, most in ((LOW_TIMES, 0.0, LOW_HZ), (1, LOW_HZ, inf)):
        size = times * frame_size(rate)
        transform = Stft(size, size // 2, sqrt_window=True)
        edges = band_edges(transform.bins, LOW_BINS if times > 1 else LEAST_BINS)
        hertz = (edges[:-1] + edges[1:] - 1) / 2 * rate / size
        chosen = np.flatnonzero((hertz >= least) & (hertz < most))
        # Cells next to 0 Hz and half the rate, whose coefficients are real, have another distribution.
        low, high = np.maximum(edges[:-1], 2), np.minimum(edges[1:], transform.bins - 2)
        scales.append(_Scale(transform, [(int(low[band]), int(high[band])) for band in chosen], hertz[chosen]))
    return scales


def _measure(samples: NDArray[np.float32], scales: list[_Scale]) -> _Measured:
    """Fit level and share of the noise in each band of `samples` `[time]`."""
    fits = []
    for scale in scales:
        cells = _cells(samples, scale.transform)
        fits += [_fitted(cells[:, low:high]) for low, high in scale.bands]
    level, misfit, share = (np.array(values) for values in zip(*fits, strict=True))
    return _Measured(level, misfit, share)


def _cells(samples: NDArray[np.float32], transform: Stft) -> NDArray[np.float32]:
    """Return mean powers `[frames, bins]` of the cells around each frame and bin, without those in digital silence."""
    from scipy.ndimage import uniform_filter1d

    spectra = transform.analyse(samples)[1:-1]
    power = (np.square(spectra.real) + np.square(spectra.imag)) / np.float32(np.square(transform.window).sum())
    if len(power) < 2 * CELL_FRAMES:
        return np.zeros((0, transform.bins), np.float32)
    reach = CELL_FRAMES // 2
    averaged: NDArray[np.float32] = uniform_filter1d(power, CELL_FRAMES, axis=0, mode="nearest")[reach:-reach]
    softest = np.lib.stride_tricks.sliding_window_view(power.mean(axis=1), CELL_FRAMES).min(axis=1)
    return np.asarray(uniform_filter1d(averaged[softest > SILENCE], CELL_BINS, axis=1, mode="nearest"), np.float32)


def _fitted(cells: NDArray[np.float32]) -> tuple[float, float, float]:
    """Return ln N, the misfit and the share of noise alone that explain the lower quantiles of a band's cells best."""
    if len(cells) < 2 * CELL_FRAMES:
        return -inf, inf, 0.0
    found = np.log(np.maximum(np.quantile(cells, QUANTILES), 1e-30))
    best = (inf, -inf, inf, 0.0)
    for share, expected in zip(SHARES, _expected(), strict=True):
        differences = (found - expected)[np.isfinite(expected)]
        misfit = float(differences.std())
        cost = misfit + SHARE_COST * float(np.log(1 / share))
        best = min(best, (cost, float(differences.mean()), misfit, float(share)))
    return best[1:]


@lru_cache(maxsize=1)
def _expected() -> Reals:
    """The logarithms of quantiles `[shares, quantiles]` at N = 1; NaN where a quantile says too little."""
    from scipy.special import gammaincinv

    within = QUANTILES / SHARES[:, None]
    usable = within <= np.where(SHARES > 0.2, 0.45, 0.5)[:, None]
    values = gammaincinv(CELL_FREEDOM, np.minimum(within, 0.5)) / CELL_FREEDOM
    return np.where(usable, np.log(values), np.nan)


# --- all blocks ---------------------------------------------------------------------------------------


def _tracked(blocks: list[_Measured], seconds: Reals, hertz: Reals, cover: float) -> NoiseFloor | None:
    """Return the noise of one channel from what its blocks show, or None if too little is believed."""
    levels = np.stack([block.level for block in blocks])
    low = hertz < LOW_HZ
    if low.all():  # a rate of a few hundred hertz: nothing confirms what low bands say
        return None
    believed = np.stack([_believed(block, low) for block in blocks])
    believed &= believed[:, ~low].mean(axis=1, keepdims=True) >= cover
    if not believed[:, ~low].any() or believed.any(axis=1).mean() < BELIEVED_BLOCKS:
        return None
    smooth = _over_time(levels, believed, seconds)
    density = np.exp([_over_frequency(row, hertz, low) for row in smooth])
    bounds = np.exp(_over_time(levels, np.isfinite(levels), seconds))
    density = np.minimum(density, np.nan_to_num(bounds, nan=0.0))
    steady = len(density) == 1 or float(np.ptp(np.log(density + 1e-30), axis=0).max()) < 1e-3
    return NoiseFloor(seconds[:1] if steady else seconds, hertz, density[:1] if steady else density)


def _believed(block: _Measured, low: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which bands fit noise, and their neighbours; those that are `low` need not fit their neighbours."""
    fits = (block.misfit < np.where(low, LOW_MISFIT, MISFIT)) & (block.share >= LEAST_SHARE)
    places = np.flatnonzero(fits)
    for place in np.flatnonzero(fits & ~low):
        around = places[np.abs(places - place) <= NEIGHBOURS]
        if block.level[place] > np.median(block.level[around]) + JUMP:
            fits[place] = False
    return fits


def _over_time(levels: Reals, weights: NDArray[np.bool_], seconds: Reals) -> Reals:
    """Return weighted means `[blocks, bands]` over the blocks around each; NaN for bands without any weight."""
    nearness = 1 / (1 + np.square((seconds[:, None] - seconds) / MEMORY_SECONDS))
    total = nearness**2 @ weights
    sums = nearness**2 @ np.where(weights, levels, 0.0)
    return np.where(total > 0, sums / np.maximum(total, 1e-30), np.nan)


def _over_frequency(levels: Reals, hertz: Reals, low: NDArray[np.bool_]) -> Reals:
    """Fill bands without a level from those around, the less the further they are away.

    Low bands say nothing about others, and exceed the lowest of those by what `STEEPEST` allows at most: there, the
    decays of notes pass for noise most easily.
    """
    known = np.isfinite(levels) & ~low
    octaves = np.log2(np.maximum(hertz, hertz[min(1, len(hertz) - 1)] / 2))
    distance = np.abs(octaves[:, None] - octaves[known]).min(axis=1)
    filled = np.interp(octaves, octaves[known], levels[known]) - DECAY * np.maximum(distance - 0.5, 0.0)
    highest = filled[~low][0] + STEEPEST * np.log(LOW_HZ / np.maximum(hertz, 1.0))
    return np.asarray(np.where(low & np.isfinite(levels), np.minimum(levels, highest), filled))
