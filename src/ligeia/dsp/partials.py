"""Notes as sums of partials: the frequencies of strings and pipes, finding them in a recording, and adding them up.

Partial h of a note lies at h f0 sqrt(1 + B h²) (Fletcher 1964: stiff strings; B = 0 for pipes and reeds), and all of
them follow one curve of pitch. Around each of them the sound is a slow complex envelope: seen through a window of three
periods, whose transform is zero at the other partials, it is a plain product (a phase vocoder tuned to the note).
"""

from dataclasses import dataclass
from math import ceil, pi
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ligeia.dsp.stft import hann

Reals = NDArray[np.floating[Any]]
Complexes = NDArray[np.complex128]

FRAME_SECONDS = 0.005
"""Distance of the frames of an analysis."""
MOST_PARTIALS = 160
HIGHEST = 0.475
"""Partials above this part of the rate are left out."""
PERIODS = 3
"""Periods of the pitch in a window: at least two, so that partials do not mix."""
SHORTEST_WINDOW = 0.02
"""Seconds."""
COHERENT_SECONDS = 0.06
"""Window over which envelopes are averaged: what does not keep its phase that long is noise."""
TRACKED_PARTIALS = 12
"""The pitch is followed in so many partials."""
MOST_DRIFT = 0.03
"""Correction of the relative pitch at most, in a round."""
RATIO_STEP = 2e-4
"""Frames whose relative pitch agrees to this are seen through the same sines."""
SEEN_SECONDS = (0.02, 0.7)
"""Part of a note in which its pitch is searched."""
TRANSFORM = 1 << 17
CENTS_AROUND = 80
"""The pitch is searched so far around the given one."""
STIFFEST = 3e-3
LOWEST_PITCH, HIGHEST_PITCH = 21.0, 108.0
"""Pitches among which `find_pitch` searches."""
COMB_PARTIALS = 20
COMB_HZ = 3.0
"""A partial may lie so far from its place in the comb."""


@dataclass(frozen=True, eq=False)
class Partials:
    """The partials of a note: what `find_partials` returns and `add_partials` takes."""

    rate: int
    f0: float
    """Hz; the first partial lies at f0 sqrt(1 + B)."""
    inharmonicity: float
    """B."""
    ratio: Reals
    """Pitch at each frame relative to f0, `[frames]`."""
    envelopes: Complexes
    """Amplitude and phase of each partial, relative to its sine's own turning, `[frames, partials]`."""

    @property
    def hz(self) -> Reals:
        """Frequencies of the partials, `[partials]`."""
        return partial_hz(self.f0, self.inharmonicity, self.envelopes.shape[1])

    @property
    def pitch(self) -> float:
        """Pitch of the first partial in semitones, A4 = 69."""
        return float(69 + 12 * np.log2(self.hz[0] / 440))


def pitch_hz(pitch: float) -> float:
    """Return the frequency of a pitch in semitones, A4 = 69 = 440 Hz."""
    return float(440 * 2 ** ((pitch - 69) / 12))


def partial_hz(f0: float, inharmonicity: float, count: int) -> Reals:
    """Return the frequencies of the first partials, `[count]`."""
    h = np.arange(1, count + 1)
    return np.asarray(h * f0 * np.sqrt(1 + inharmonicity * h * h))


def partial_count(f0: float, inharmonicity: float, rate: int) -> int:
    """Return the number of partials below `HIGHEST` of the rate, 1 at least and `MOST_PARTIALS` at most."""
    below = partial_hz(f0, inharmonicity, MOST_PARTIALS) < HIGHEST * rate
    return max(int(below.sum()), 1)


def frame_hop(rate: int) -> int:
    """Return the samples from one frame to the next."""
    return max(round(FRAME_SECONDS * rate), 1)


def find_partials(samples: Reals, rate: int, pitch: float) -> Partials:
    """Return the partials of a note `[time]` whose pitch (semitones) is roughly known, to `CENTS_AROUND` cents.

    Frequency and inharmonicity are those at which the spectrum has most (a search on a grid); the curve of pitch
    follows from how the phases of the strongest partials advance.
    """
    f0, inharmonicity = _tuned(samples, rate, pitch_hz(pitch))
    frames = len(samples) // frame_hop(rate) + 1
    ratio: Reals = np.ones(frames)
    count = partial_count(f0, inharmonicity, rate)
    for _ in range(2):
        hz = partial_hz(f0, inharmonicity, min(count, TRACKED_PARTIALS))
        ratio = _followed(_demodulated(samples, rate, hz, ratio), hz, ratio, rate)
    hz = partial_hz(f0, inharmonicity, count)
    envelopes = _coherent(_demodulated(samples, rate, hz, ratio))
    return Partials(rate, f0, inharmonicity, ratio, envelopes)


def turns(ratio: Reals, rate: int, count: int) -> Reals:
    """Return the seconds of a clock that follows the pitch at each sample, `[count]`: 2 pi f times it is a phase."""
    at = np.interp(np.arange(count) / frame_hop(rate), np.arange(len(ratio)), ratio)
    return np.concatenate([[0], np.cumsum((at[1:] + at[:-1]) / 2)]) / rate if count else np.zeros(0)


def add_partials(partials: Partials, count: int) -> Reals:
    """Return the sum of the partials, `[count]` samples; envelopes are linear between frames."""
    hop = frame_hop(partials.rate)
    clock = turns(partials.ratio, partials.rate, count)
    frame, part = np.divmod(np.arange(count) / hop, 1)
    frame = frame.astype(np.int64).clip(max=len(partials.envelopes) - 2)
    total = np.zeros(count)
    for hz, envelope in zip(partials.hz, partials.envelopes.T, strict=True):
        between = envelope[frame] * (1 - part) + envelope[frame + 1] * part
        total += (between * np.exp(2j * pi * hz * clock)).real
    return total


def _tuned(samples: Reals, rate: int, near: float) -> tuple[float, float]:
    """Return f0 and inharmonicity, from coarse to fine, and from few partials to many."""
    first, last = (round(seconds * rate) for seconds in SEEN_SECONDS)
    part = samples[first:last] if len(samples) > 2 * first else samples
    spectrum = np.sqrt(np.abs(np.fft.rfft(part * hann(len(part)), TRANSFORM)))
    f0, inharmonicity = near, 0.0
    stiffness = np.concatenate([[0.0], np.geomspace(1e-6, STIFFEST, 80)])
    rounds = ((6, CENTS_AROUND, 1.0, stiffness[:1]), (12, 15, 0.5, stiffness), (40, 6, 0.25, stiffness))
    for most, around, step, tried in rounds:
        cents = np.arange(-around, around + step / 2, step)
        pitches, stiff = (grid.ravel() for grid in np.meshgrid(f0 * 2 ** (cents / 1200), tried, indexing="ij"))
        score = _spectral_score(spectrum, rate, pitches, stiff, most)
        best = int((score - 1e-4 * score.max() * (stiff > 0)).argmax())  # nothing speaks for stiffness: 0
        f0, inharmonicity = float(pitches[best]), float(stiff[best])
    return f0, inharmonicity


def _spectral_score(spectrum: Reals, rate: int, f0: Reals, inharmonicity: Reals, most: int) -> Reals:
    """Return the sum over `most` partials of the roots of magnitudes, for each pair of `f0` and `inharmonicity`."""
    h = np.arange(1, most + 1)
    hz = np.multiply.outer(f0, h) * np.sqrt(1 + np.multiply.outer(inharmonicity, h * h))
    inside = hz < HIGHEST * rate
    bins = np.rint(np.where(inside, hz, 0) * TRANSFORM / rate).astype(np.int64)
    return np.asarray(np.where(inside, spectrum[bins], 0).sum(axis=1))


def _demodulated(samples: Reals, rate: int, hz: Reals, ratio: Reals) -> Complexes:
    """Return what turns with each partial around each frame, `[frames, partials]`."""
    hop = frame_hop(rate)
    size = 2 * ceil(max(PERIODS / hz[0], SHORTEST_WINDOW) * rate / 2)
    window, time = hann(size), (np.arange(size) - size // 2) / rate
    frames = sliding_window_view(np.pad(samples, (size // 2, size + hop)), size)[::hop][: len(ratio)]
    heard = sliding_window_view(np.pad(np.ones(len(samples)), (size // 2, size + hop)), size)[::hop][: len(ratio)]
    weight = np.maximum(heard @ window, window.sum() / 4)
    envelopes = np.empty((len(ratio), len(hz)), np.complex128)
    coarse = np.round(ratio / RATIO_STEP) * RATIO_STEP
    for pace in np.unique(coarse):  # frames of one pitch are one product
        at = np.flatnonzero(coarse == pace)
        waves = np.exp(-2j * pi * pace * np.outer(time, hz))
        envelopes[at] = 2 * ((frames[at] * window) @ waves) / weight[at, None]
    clock = turns(ratio, rate, (len(ratio) - 1) * hop + 1)[::hop]
    return np.asarray(envelopes * np.exp(-2j * pi * np.outer(clock, hz)))


def _followed(envelopes: Complexes, hz: Reals, ratio: Reals, rate: int) -> Reals:
    """Return the curve of pitch, corrected by how fast the envelopes turn."""
    advance = _averaged(envelopes[1:] * envelopes[:-1].conj(), 7)
    drift = np.angle(advance) / (2 * pi * hz * frame_hop(rate) / rate)
    weight = np.abs(advance) * np.arange(1, len(hz) + 1)
    mean = (drift * weight).sum(axis=1) / (weight.sum(axis=1) + 1e-30)
    mean = mean.clip(-MOST_DRIFT, MOST_DRIFT)
    return np.asarray(ratio * (1 + np.concatenate([mean[:1], (mean[1:] + mean[:-1]) / 2, mean[-1:]])))


def _coherent(envelopes: Complexes) -> Complexes:
    """Return envelopes averaged over `COHERENT_SECONDS`: noise, whose phase wanders, averages out."""
    return _averaged(envelopes, round(COHERENT_SECONDS / FRAME_SECONDS))


def _averaged(values: Complexes, count: int) -> Complexes:
    """Return averages over raised-cosine windows of `count` frames; at the ends, over those that there are."""
    window = hann(count + 1)[1:]
    weight = np.convolve(np.ones(len(values)), window, "same")[: len(values)]
    if len(values) < len(window):
        return values
    return np.stack([np.convolve(column, window, "same") / weight for column in values.T], axis=1)


def find_pitch(samples: Reals, rate: int) -> float:
    """Return the pitch of a note `[time]` in semitones, to about half of one: the comb that holds most of its spectrum.

    The roots of magnitudes at the first partials are added up, later ones less; what lies half-way between them counts
    against a comb, which is then an octave too low.
    """
    first, last = (round(seconds * rate) for seconds in SEEN_SECONDS)
    part = samples[first:last] if len(samples) > 2 * first else samples
    spectrum = np.sqrt(np.abs(np.fft.rfft(part * hann(len(part)), TRANSFORM)))
    pitches = np.arange(LOWEST_PITCH, HIGHEST_PITCH + 0.1, 0.2)
    f0 = 440 * 2 ** ((pitches - 69) / 12)
    h = np.arange(1, COMB_PARTIALS + 1)
    weight = 0.88**h

    def comb(hz: Reals) -> Reals:
        bins = np.rint(hz * TRANSFORM / rate).astype(np.int64)
        spread = round(COMB_HZ * TRANSFORM / rate)
        offsets = np.arange(-spread, spread + 1)
        inside = hz < HIGHEST * rate
        found = spectrum[(bins[..., None] + offsets).clip(0, len(spectrum) - 1)].max(axis=-1)
        return np.asarray(np.where(inside, found, 0) @ weight)

    return float(pitches[(comb(np.multiply.outer(f0, h)) - comb(np.multiply.outer(f0, h - 0.5))).argmax()])
