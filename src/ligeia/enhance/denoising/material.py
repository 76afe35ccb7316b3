"""Speech, or something else? Answered in heavy noise too, without a network.

Signs of speech drown in noise (`codec.transform.presets.seems_speech` finds all clean speech, and none at 0 dB), so the
steady noise is first taken away by shrinkage. What is left of speech has a loudness that comes and goes, power between
250 and 1000 Hz, a centroid that moves between vowels and consonants, and a pitch that glides instead of stepping. Seven
such numbers are weighted by logistic regression.

The weights were fitted to 6 s of 33 recordings of speech, 24 of music, 25 of other sounds and 10 of notes, each clean
and in white, pink and recorded noise at 0 to 10 dB; none of the recordings that results are reported on was among them.
docs/shrinkage.md has what they reach on those.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio, Sound
from ligeia.codec.transform.speech import centroid_spread
from ligeia.dsp.spectra import Stft
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.denoising.shrinkage import prepare

Reals = NDArray[np.float64]

RATE = 16000
FRAME, HOP = 512, 160
"""Samples of a frame and from one to the next, at `RATE`."""
EXAMINED_SECONDS = 20.0
LEAST_SECONDS = 0.5
LOWEST_HZ, HIGHEST_HZ = 80.0, 7600.0
"""The loudness counts these frequencies."""
PITCHES_HZ = (70.0, 420.0)
PITCH_WINDOW, PITCH_FFT, PITCH_HIGHEST_HZ = 640, 2048, 3000.0
CLEAR = 0.6
"""Least autocorrelation of a frame with a pitch."""
JUMP = 0.12
"""Least change (nepers) of pitch from frame to frame that counts as a jump."""
FEW = 10
"""Frames with a pitch that are too few to show how it moves."""


@dataclass(frozen=True)
class Material:
    """Guess at what a recording holds."""

    speech: bool
    """True for speech, with or without noise."""
    score: float
    """Logarithm of the odds for speech."""


def material_of(sound: Sound) -> Material:
    """Return what the middle 20 s of `sound` seem to hold; what is shorter than half a second seems no speech.

    Example:
        >>> time = np.arange(32000) / 16000
        >>> material_of(Audio(0.1 * np.sin(2 * np.pi * 440 * time)[None], 16000)).speech
        False
    """
    excerpt = _excerpt(sound)
    if excerpt.seconds < LEAST_SECONDS or not excerpt.samples.any():
        return Material(speech=False, score=-np.inf)
    denoised = prepare(excerpt, DenoiseSettings(method="shrinkage")).process(excerpt.samples, 0)
    values = (signs(Audio(denoised, RATE)) - MEANS) / DEVIATIONS
    score = float(values @ WEIGHTS + OFFSET)
    return Material(speech=score > 0, score=score)


def signs(audio: Audio) -> Reals:
    """Return the numbers that are weighted, `[7]`, of a denoised sound at 16 kHz, one channel."""
    signal = audio.samples[0].astype(np.float64)
    spectra = Stft(FRAME, HOP).analyse(signal)
    power = np.square(np.abs(spectra))
    hertz = np.linspace(0, RATE / 2, power.shape[1])
    heard = (hertz >= LOWEST_HZ) & (hertz <= HIGHEST_HZ)
    loudness = np.sqrt(power[:, heard].sum(axis=1)) + 1e-9
    depth, fast = _modulation(loudness)
    spectrum = power.mean(axis=0) + 1e-20
    low, mid = (
        float(np.log(spectrum[(hertz >= start) & (hertz < stop)].sum() / spectrum.sum() + 1e-4))
        for start, stop in ((0, 250), (250, 1000))
    )
    jumps, glide = _pitch(signal, loudness)
    return np.array([depth, mid, jumps, centroid_spread(audio), glide, low, fast])


def _excerpt(sound: Sound) -> Audio:
    """The middle of the sound, its channels mixed, at 16 kHz."""
    count = min(sound.sample_count, round(EXAMINED_SECONDS * sound.rate))
    first = (sound.sample_count - count) // 2
    mixed = sound.read(first, first + count).mean(axis=0, keepdims=True)
    return resample(Audio(mixed, sound.rate), RATE)


def _modulation(loudness: Reals) -> tuple[float, float]:
    """Return logarithms: of the energy of the changes of loudness, and of the share of fast ones."""
    relative = (loudness / loudness.mean() - 1) * np.hanning(len(loudness))
    energy = np.square(np.abs(np.fft.rfft(relative)))
    hertz = np.fft.rfftfreq(len(loudness), HOP / RATE)
    every, fast = (energy[(hertz >= start) & (hertz < 40)].sum() for start in (0.4, 8))
    return float(np.log(every / len(loudness) ** 2 + 1e-4)), float(np.log(fast / (every + 1e-12) + 1e-3))


def _pitch(signal: Reals, loudness: Reals) -> tuple[float, float]:
    """Return the share of jumps in the changes of pitch, and the logarithm of the mean of the other changes."""
    clarity, pitch = _pitches(signal, len(loudness))
    voiced = (clarity > CLEAR) & (loudness > 0.1 * np.percentile(loudness, 95))
    changes = np.abs(np.diff(np.log(pitch)))[voiced[1:] & voiced[:-1]]
    glides = changes[changes < JUMP]
    jumps = 1 - len(glides) / len(changes) if len(changes) > FEW else 0.5
    return float(jumps), float(np.log((glides.mean() if len(glides) > FEW else 0.002) + 1e-3))


def _pitches(signal: Reals, count: int) -> tuple[Reals, Reals]:
    """Return the highest normalised autocorrelation of `count` frames within the range of pitches, and its pitch."""
    window = np.hanning(PITCH_WINDOW)
    padded = np.pad(signal, (PITCH_WINDOW // 2, PITCH_WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(padded, PITCH_WINDOW)[::HOP][:count]
    spectra = np.square(np.abs(np.fft.rfft(frames * window, PITCH_FFT, axis=1)))
    spectra[:, int(PITCH_HIGHEST_HZ * PITCH_FFT / RATE) :] = 0
    correlation = np.fft.irfft(spectra, axis=1)
    of_window = np.fft.irfft(np.square(np.abs(np.fft.rfft(window, PITCH_FFT))))
    lags = np.arange(int(RATE / PITCHES_HZ[1]), int(RATE / PITCHES_HZ[0]))
    relative = correlation[:, lags] / (correlation[:, :1] + 1e-20) / (of_window[lags] / of_window[0])
    best = relative.argmax(axis=1)
    return relative[np.arange(len(best)), best], RATE / lags[best]


# Of depth, mid, jumps, centroid spread, glide, low and fast.
MEANS = np.array([-3.013, -1.465, 0.239, 0.571, -4.717, -2.060, -2.404])
DEVIATIONS = np.array([1.574, 1.730, 0.178, 0.347, 0.913, 1.949, 1.160])
WEIGHTS = np.array([1.301, 1.084, -1.491, 1.000, 0.693, -0.404, -0.266])
OFFSET = -1.606
