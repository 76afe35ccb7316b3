"""Mains hum: a steady 50 or 60 Hz and its harmonics, found in a recording and taken out of it.

Windows of 2 s resolve half a hertz. In each bin the power that is exceeded in four windows of five is what never stops:
a hum is there in all of them, a note is not. Lines of such power that stand out from their neighbourhood at multiples
of one fundamental near 50 or 60 Hz are hum. They are subtracted, in power, down to the level of their neighbourhood and
no more than they have: a bass that plays the same note is louder than that, and stays.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Sound
from ligeia.dsp.spectra import Stft

Reals = NDArray[np.float64]

WINDOW_SECONDS = 2.0
"""Length of a window; they are a quarter of it apart."""
MAINS_HZ, DEVIATION_HZ = (50.0, 60.0), 0.3
"""Fundamentals, and how far from them they may be: tape speed is 0.5 % off at most, G1 is 49.0 Hz and B1 61.7 Hz."""
SEARCH_HZ = 0.01
HIGHEST_HZ = 2000.0
"""Harmonics above that are not looked for."""
STEADY_QUANTILE = 0.2
OFTEN_QUANTILE, STEADY_DB = 0.6, 5.0
"""A line is hum if the power that is exceeded in two windows of five is only that much higher: notes come and go."""
NEIGHBOURHOOD_HZ = 12.0
"""Half-width of the neighbourhood whose median a line must exceed."""
PROMINENT_DB = 8.0
"""Margin by which it must."""
LEAST_LINES, FIRST_LINES = 3, 8
"""Number of harmonics that must stand out, of so many of the first."""
STRONG_SHARE, STRONG_LINES = 6e-4, 6
"""Share of the recording's power (-32 dB) from which a hum is only believed if that many harmonics stand out."""
MOST_LINES_DB = 20.0
"""Prominence that counts most, in the choice of the fundamental."""
LINE_BINS = 2
"""Bins on each side of a line that it fills."""
EXCESS = 1.5
"""Times the steady power that is subtracted."""
MOST_WINDOWS = 240
"""Windows that are examined, evenly over the recording."""
LEAST_WINDOWS = 5


@dataclass(frozen=True, eq=False)
class Hum:
    """The hum of a recording."""

    fundamental: float
    """Frequency in Hz."""
    lines: Reals
    """Frequencies in Hz of the harmonics that stand out, `[lines]`."""
    bins: NDArray[np.int64]
    """Bins that they fill, `[bins]`."""
    steady: NDArray[np.float32]
    """Steady power of each channel there, `[channels, bins]`."""
    around: NDArray[np.float32]
    """Steady power of their neighbourhood."""


def find_hum(sound: Sound) -> Hum | None:
    """Return the hum of `sound`, or None if there is none, or less than some seconds to find it in."""
    transform = _transform(sound.rate)
    starts = _starts(sound, transform)
    if len(starts) < LEAST_WINDOWS:
        return None
    spacing = sound.rate / transform.size
    count = min(int((HIGHEST_HZ + 2 * NEIGHBOURHOOD_HZ) / spacing), transform.bins)
    (steady, often), total = _powers(sound, transform, starts, count)
    half = round(NEIGHBOURHOOD_HZ / spacing)
    around = _running_median(steady, half)
    prominence = 10 * np.log10((steady.sum(axis=0) + 1e-30) / (around.sum(axis=0) + 1e-30))
    prominence[10 * np.log10((often.sum(axis=0) + 1e-30) / (steady.sum(axis=0) + 1e-30)) > STEADY_DB] = 0.0
    found = [_fundamental(prominence, mains, spacing) for mains in MAINS_HZ]
    score, fundamental, lines = max(found, key=lambda candidate: candidate[0])
    if score <= 0:
        return None
    centres = np.rint(lines / spacing).astype(np.int64)
    bins = np.unique((centres[:, None] + np.arange(-LINE_BINS, LINE_BINS + 1)).ravel())
    bins = bins[(bins > 0) & (bins < count)]
    if len(lines) < STRONG_LINES and steady[:, bins].sum() > STRONG_SHARE * total:
        return None
    return Hum(fundamental, lines, bins, steady[:, bins].astype(np.float32), around[:, bins].astype(np.float32))


def without_hum(samples: NDArray[np.float32], hum: Hum, *, rate: int, start: int = 0) -> NDArray[np.float32]:
    """Return `samples` `[channels, time]`, the first of which is sample `start` of the recording, without `hum`."""
    transform = _transform(rate)
    shift = start % transform.hop  # frames lie where all pieces' do
    cleaned = np.empty_like(samples)
    for place, channel in enumerate(samples):
        padded = np.pad(channel, (shift, 0))
        spectra = transform.analyse(padded)
        lines = spectra[:, hum.bins]
        power = np.square(np.abs(lines)) + np.float32(1e-30)
        subtracted = np.maximum(1 - EXCESS * hum.steady[place] / power, 0)
        spared = np.minimum(hum.around[place] / power, 1)
        change = np.zeros_like(spectra)
        change[:, hum.bins] = lines * (1 - np.sqrt(np.maximum(subtracted, spared)))
        cleaned[place] = (padded - transform.synthesise(change, len(padded)))[shift:]
    return cleaned


def _transform(rate: int) -> Stft:
    hop = max(1, round(WINDOW_SECONDS / 4 * rate))
    return Stft(4 * hop, hop, sqrt_window=True)


def _starts(sound: Sound, transform: Stft) -> NDArray[np.int64]:
    """First samples of the windows that are examined."""
    count = max(0, (sound.sample_count - transform.size) // transform.hop + 1)
    places = np.linspace(0, count - 1, min(count, MOST_WINDOWS)).astype(np.int64)
    return places * transform.hop


def _powers(sound: Sound, transform: Stft, starts: NDArray[np.int64], count: int) -> tuple[Reals, float]:
    """Return the powers that each bin of each channel nearly always and often has, `[2, channels, count]`.

    And the mean power of a window, over all bins and channels.
    """
    from scipy.fft import rfft

    window = transform.window.astype(np.float32)
    powers = np.empty((len(starts), sound.channels, count), np.float32)
    total = 0.0
    for place, start in enumerate(starts):
        windowed = sound.read(int(start), int(start) + transform.size) * window
        powers[place] = np.square(np.abs(rfft(windowed, axis=1)[:, :count]))
        total += float(np.square(windowed, dtype=np.float64).sum())
    quantiles = np.quantile(powers, (STEADY_QUANTILE, OFTEN_QUANTILE), axis=0)
    return np.asarray(quantiles, np.float64), total / len(starts) * transform.size / 2


def _running_median(values: Reals, half: int) -> Reals:
    from scipy.ndimage import median_filter

    return np.asarray(median_filter(values, size=(1, 2 * half + 1), mode="nearest"))


def _fundamental(prominence: Reals, mains: float, spacing: float) -> tuple[float, float, Reals]:
    """Return the best fundamental near `mains`: its score (0: none), its frequency, and its lines in Hz."""
    top = (len(prominence) - 1) * spacing
    best = (0.0, mains, np.zeros(0))
    for candidate in np.arange(mains - DEVIATION_HZ, mains + DEVIATION_HZ + SEARCH_HZ / 2, SEARCH_HZ):
        multiples = np.arange(1, int(min(HIGHEST_HZ, top) / candidate) + 1) * candidate
        heights = np.interp(multiples, np.arange(len(prominence)) * spacing, prominence)
        stand_out = heights > PROMINENT_DB
        if np.count_nonzero(stand_out[:FIRST_LINES]) < LEAST_LINES:
            continue
        score = float(np.minimum(heights[stand_out], MOST_LINES_DB).sum())
        if score > best[0]:
            best = (score, float(candidate), multiples[stand_out])
    return best
