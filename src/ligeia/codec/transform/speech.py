"""Signs of speech in a sound, from at most a minute of it, on the mean of its channels.

Three signs, each old and simple. Speech comes in syllables: many short frames are far softer than the second around
them (the low short-time energy ratio of Lu, Jiang & Zhang 2002). It alternates between voice and hiss, so that its
spectral centroid jumps. And its pitch glides: from one frame to the next it moves by a little, where a note
stays and a drum has none.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ligeia.audio.signal import Sound

Reals = NDArray[np.float64]

WHOLE_SECONDS = 20.0
"""Longest sound that is examined as a whole; of longer ones, several stretches are."""
STRETCH_SECONDS, STRETCHES = 10.0, 6
HEARD = 0.1
"""Stretches softer than this part of the loudest say nothing."""
FRAME_SECONDS = 0.02
SECOND = 50
"""Frames of a second."""
LEAST_LOUDNESS = 1e-3
"""Frames softer than this part of the mean are ignored."""
LOW_RATE = 24000
"""Highest sampling rate in Hz at which one channel is probably speech."""

# Chosen on 101 recordings of speech, 42 noisy ones and 30 of music, upsampled, doubled and mixed, too: docs/presets.md.
SOFT_SHARE, CENTROID_SPREAD = 0.25, 0.72
"""References for the first two signs, whose ratios to these are added up."""
NEEDED, NEEDED_OF_LOW_RATE = 1.8, 1.0
"""The sum that speech has at least, and one channel of speech at up to `LOW_RATE`."""
GLIDING = 0.2
"""Share of the frames in which speech glides, at least, and at least twice that in which its pitch stays."""
VOICED = 0.92
"""Share of voiced frames at most: speech has consonants and pauses, a held tone has not."""
VOICE_RATE = 8000
"""Pitch is looked for at this sampling rate or somewhat more."""
PITCHES = 70.0, 400.0
PERIODIC = 0.5
"""Autocorrelation of a voiced frame, at least."""
STILL, GLIDE = 0.12, 2.0
"""Semitones by which a pitch moves from frame to frame: below these it stays, it glides, it jumps."""


@dataclass(frozen=True)
class Signs:
    """Signs of speech in a stretch of sound, each from 0 to 1 but the spread."""

    soft: float
    """Share of frames that have less than half the mean RMS of their second."""
    spread: float
    """Standard deviation of ln(spectral centroid in Hz + 50) over the frames that are heard."""
    gliding: float
    """Share of the frames that are heard in which the pitch glides."""
    staying: float
    """Share in which it stays."""
    voiced: float
    """Share that have a pitch."""

    def likelihood(self, needed: float) -> float:
        """Return how speech-like these signs are, 0 to 1; speech has more than 1/2. It is not a probability."""
        syllables = (self.soft / SOFT_SHARE + self.spread / CENTROID_SPREAD) / needed
        pauses = (1 - self.voiced) / (1 - VOICED)
        least = min(syllables, self.gliding / GLIDING, self.gliding / max(2 * self.staying, 1e-9), pauses)
        return least / (1 + least)


def speech_likelihood(sound: Sound) -> float:
    """Return how speech-like a sound is, from 0 to 1; more than 1/2 is speech.

    Of a long sound the median of its stretches counts: a jingle in the middle of a podcast decides nothing. What is
    shorter than a second goes by its rate: one channel at up to `LOW_RATE` is speech.
    """
    low_rate = sound.channels == 1 and sound.rate <= LOW_RATE
    if sound.sample_count < sound.rate:
        return 0.75 if low_rate else 0.25
    stretches = list(_stretches(sound))
    levels = np.array([np.sqrt(np.square(samples).mean()) for samples in stretches])
    needed = NEEDED_OF_LOW_RATE if low_rate else NEEDED
    heard = [samples for samples, level in zip(stretches, levels, strict=True) if level > HEARD * levels.max()]
    found = [signs_of(samples, sound.rate).likelihood(needed) for samples in heard]
    return float(np.median(found)) if found else 0.0


def _stretches(sound: Sound) -> Iterator[Reals]:
    """Yield stretches `[samples]` of a sound, its channels mixed, spread evenly over it."""
    seconds = sound.sample_count / sound.rate
    count = 1 if seconds <= WHOLE_SECONDS else min(int(seconds / STRETCH_SECONDS), STRETCHES)
    length = sound.sample_count if count == 1 else round(STRETCH_SECONDS * sound.rate)
    for k in range(count):
        first = round((k + 0.5) * sound.sample_count / count - length / 2)
        yield sound.read(first, first + length).mean(axis=0, dtype=np.float64)


def signs_of(samples: Reals, rate: int) -> Signs:
    """Return the signs in `samples [n]` at `rate` Hz."""
    with np.errstate(all="ignore"):  # sums of the loudest floats overflow, and then nothing is heard
        frames = _frames(samples, max(round(FRAME_SECONDS * rate), 1))
        gliding, staying, voiced = pitch_shares(samples, rate)
        return Signs(_soft_share(frames), _centroid_spread(frames, rate), gliding, staying, voiced)


def soft_share(sound: Sound) -> float:
    """Return the first sign in the middle of a sound: the share of soft frames, 0 to 1."""
    return _soft_share(_middle_frames(sound))


def centroid_spread(sound: Sound) -> float:
    """Return the second sign in the middle of a sound: how far its spectral centroid spreads."""
    return _centroid_spread(_middle_frames(sound), sound.rate)


def _middle_frames(sound: Sound) -> Reals:
    length = max(round(FRAME_SECONDS * sound.rate), 1)
    count = min(round(WHOLE_SECONDS / FRAME_SECONDS), sound.sample_count // length)
    first = (sound.sample_count - count * length) // 2
    return _frames(sound.read(first, first + count * length).mean(axis=0, dtype=np.float64), length)


def _frames(samples: Reals, length: int) -> Reals:
    """Return samples in frames `[frames, length]`."""
    return samples[: len(samples) // length * length].reshape(-1, length)


def _soft_share(frames: Reals) -> float:
    """Return the share of frames that have less than half the mean RMS of their second, 0 to 1."""
    loudness = np.sqrt(np.square(frames).mean(axis=1))
    seconds = loudness[: len(loudness) // SECOND * SECOND].reshape(-1, SECOND)
    means = seconds.mean(axis=1, keepdims=True)
    heard = means[:, 0] > LEAST_LOUDNESS * loudness.mean() if len(loudness) else np.zeros(0, bool)
    return float((seconds < means / 2)[heard].mean()) if heard.any() else 0.0


def _centroid_spread(frames: Reals, rate: int) -> float:
    """Return the standard deviation of ln(spectral centroid in Hz + 50) over the frames that are heard."""
    if frames.shape[1] < 2:
        return 0.0
    power = np.square(np.abs(np.fft.rfft(frames * np.hanning(frames.shape[1]), axis=1)))
    total = power.sum(axis=1)
    heard = total > 0.01 * total.mean() if len(total) else np.zeros(0, bool)
    if np.count_nonzero(heard) < SECOND:
        return 0.0
    hertz = np.fft.rfftfreq(frames.shape[1], 1 / rate)
    return float(np.std(np.log(power[heard] @ hertz / total[heard] + 50)))


# --- pitch ------------------------------------------------------------------------------------------------


def pitch_shares(samples: Reals, rate: int) -> tuple[float, float, float]:
    """Return the shares of the heard frames in which the pitch glides, stays, and is at all."""
    factor = max(rate // VOICE_RATE, 1)
    few, few_rate = _frames(samples, factor).mean(axis=1), rate / factor
    hop = round(FRAME_SECONDS * few_rate)
    if hop < 20 or len(few) < 10 * hop:  # no room for a period of the lowest pitch
        return 0.0, 0.0, 0.0
    frames = sliding_window_view(few, 2 * hop)[::hop]
    loudness = np.sqrt(np.square(frames).mean(axis=1))
    heard = loudness > 0.1 * loudness.mean()
    semitones, periodic = _pitches(frames - frames.mean(axis=1, keepdims=True), few_rate)
    voiced = heard & periodic
    move = np.abs(np.diff(semitones))
    both = voiced[1:] & voiced[:-1]
    count = max(int(heard.sum()), 1)
    gliding, staying = both & (move > STILL) & (move < GLIDE), both & (move <= STILL)
    return float(gliding.sum() / count), float(staying.sum() / count), float(voiced.sum() / count)


def _pitches(frames: Reals, rate: float) -> tuple[Reals, NDArray[np.bool_]]:
    """Return the pitch of each frame in semitones (above 1 Hz), and whether it has one."""
    similar, first = _similarity(frames, rate)
    inner = similar[:, 1:-1]
    peaks = (inner >= similar[:, :-2]) & (inner >= similar[:, 2:])
    # The shortest period that is nearly as good as the best: an octave below is as good as the pitch itself.
    best = inner.max(axis=1)
    likely = peaks & (inner >= 0.9 * best[:, None])
    place = likely.argmax(axis=1)
    row = np.arange(len(place))
    before, here, behind = (similar[row, place + k] for k in (0, 1, 2))
    bend = before - 2 * here + behind
    offset = np.where(bend < 0, 0.5 * (before - behind) / np.minimum(bend, -1e-9), 0.0)
    period = place + 1 + first + np.clip(offset, -0.5, 0.5)
    return 12 * np.log2(rate / period), likely.any(axis=1) & (best > PERIODIC)


def _similarity(frames: Reals, rate: float) -> tuple[Reals, int]:
    """Return the normalised autocorrelation of frames over the periods of pitches, and the first of these."""
    length = frames.shape[1]
    size = 1 << (2 * length - 1).bit_length()
    window = np.hanning(length)
    spectra = np.fft.rfft(frames * window, size)
    correlation = np.fft.irfft(np.square(np.abs(spectra)))[:, :length]
    of_window = np.fft.irfft(np.square(np.abs(np.fft.rfft(window, size))))[:length]
    first, last = int(rate / PITCHES[1]), min(int(rate / PITCHES[0]), length - 1)
    weights = correlation[:, :1] * (of_window[first:last] / of_window[0])
    return correlation[:, first:last] / np.maximum(weights, 1e-300), first
