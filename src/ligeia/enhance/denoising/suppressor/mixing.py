"""Noisy speech made on the fly: any speech in any noise, through any room and microphone, at any level.

Noises are recordings, or made here: white and coloured, bands of hiss, hum with its harmonics, white noise whose level
moves, several voices at once, noise with the long-term spectrum of a recording. All are drawn from a generator.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ligeia.enhance.denoising.suppressor.features import LEVEL, RATE

Samples = NDArray[np.float32]
PCM = 32768.0
"""Recordings are kept in 16 bits."""
SILENT = 1e-5
"""RMS below which a stretch counts as silence."""
SHAPES: dict[str, float] = {
    "recorded": 0.52,
    "white": 0.14,
    "coloured": 0.08,
    "hiss": 0.04,
    "hum": 0.04,
    "moving": 0.04,
    "voices": 0.06,
    "shaped": 0.08,
}
"""Kinds of noise, and how often each is heard."""
KNOTS = np.array([0.0, 100.0, 250.0, 600.0, 1500.0, 3500.0, 8000.0])
"""Frequencies in Hz between which a random frequency response is interpolated."""


@dataclass(frozen=True)
class Recordings:
    """Recordings at `RATE` in 16 bits, each heard as often as it is long."""

    sounds: Sequence[NDArray[np.int16]]

    def stretch(self, random: np.random.Generator, count: int) -> Samples:
        """Return `count` samples of one of them, from anywhere; a shorter one lies anywhere in silence."""
        lengths = np.array([len(sound) for sound in self.sounds], np.float64)
        sound = self.sounds[int(random.choice(len(lengths), p=lengths / lengths.sum()))]
        if len(sound) >= count:
            first = int(random.integers(0, len(sound) - count + 1))
            return np.asarray(sound[first : first + count], np.float32) / np.float32(PCM)
        before = int(random.integers(0, count - len(sound) + 1))
        return np.pad(np.asarray(sound, np.float32) / np.float32(PCM), (before, count - len(sound) - before))

    def filled(self, random: np.random.Generator, count: int) -> Samples:
        """Return `count` samples of one of them, repeated where it is shorter."""
        lengths = np.array([len(sound) for sound in self.sounds], np.float64)
        sound = self.sounds[int(random.choice(len(lengths), p=lengths / lengths.sum()))]
        first = int(random.integers(0, len(sound)))
        return np.take(sound, np.arange(first, first + count), mode="wrap").astype(np.float32) / np.float32(PCM)


@dataclass(frozen=True)
class Mixer:
    """Speech and noises to mix, and how: see `material.SuppressorTask`."""

    speech: Recordings
    noise: Recordings
    snr_db: tuple[float, float]
    clean: float
    speechless: float
    level_db: float
    narrow: float

    def example(self, random: np.random.Generator, count: int) -> tuple[Samples, Samples]:
        """Return a noisy and a clean stretch `[count]`, both at the same random level."""
        clean = self.spoken(random, count)
        power = rms(clean)
        noise = self.noise_of(random, count)
        noise *= np.float32(power / max(rms(noise), SILENT) * 10 ** (-self._snr(random) / 20))
        if random.random() < self.speechless:
            clean = np.zeros_like(clean)
        noisy = clean + noise
        if random.random() < self.narrow:
            limits = band(random, (20, 300), (3000, 7000))
            noisy, clean = filtered(noisy, limits), filtered(clean, limits)
        gain = np.float32(LEVEL / max(rms(noisy), SILENT) * 10 ** (random.uniform(-1, 1) * self.level_db / 20))
        return noisy * gain, clean * gain

    def _snr(self, random: np.random.Generator) -> float:
        low, high = self.snr_db
        if random.random() < self.clean:
            return float(random.uniform(high, 65.0))
        return float(low + (high - low) * random.beta(1.2, 1.5))

    def spoken(self, random: np.random.Generator, count: int) -> Samples:
        """Return clean speech, sometimes in a room, sometimes through another microphone."""
        clean = self.speech.stretch(random, count)
        for _ in range(4):
            if rms(clean) > 30 * SILENT:
                break
            clean = self.speech.stretch(random, count)
        if random.random() < 0.15:
            clean = in_room(random, clean)
        if random.random() < 0.5:
            clean = filtered(clean, response(random, 3.0))
        if random.random() < 0.06:
            clean = filtered(clean, band(random, (50, 300), (3000, 7000)))
        return clean

    def noise_of(self, random: np.random.Generator, count: int) -> Samples:
        """Return noise of a random kind, or two of them."""
        noise = self._noise(random, count)
        if random.random() < 0.2:
            other = self._noise(random, count)
            noise = noise + other * np.float32(rms(noise) / max(rms(other), SILENT) * 10 ** random.uniform(-1.0, 0))
        return noise

    def _noise(self, random: np.random.Generator, count: int) -> Samples:
        kind = str(random.choice(list(SHAPES), p=list(SHAPES.values())))
        if kind == "recorded" and not self.noise.sounds:
            kind = "white"
        if kind == "recorded":
            noise = self.noise.filled(random, count)
            return filtered(noise, response(random, 4.0)) if random.random() < 0.6 else noise
        if kind == "voices":
            return self._voices(random, count)
        if kind == "shaped":
            source = self.noise if random.random() < 0.5 and self.noise.sounds else self.speech
            return shaped(random, source.filled(random, count))
        made: dict[str, Callable[[np.random.Generator, int], Samples]]
        made = {"white": white, "coloured": coloured, "hiss": hiss, "hum": hum, "moving": moving}
        return made[kind](random, count)

    def _voices(self, random: np.random.Generator, count: int) -> Samples:
        total = np.zeros(count, np.float32)
        for _ in range(int(random.integers(3, 9))):
            voice = self.speech.filled(random, count)
            total += voice * np.float32(10 ** random.uniform(-0.4, 0) / max(rms(voice), SILENT))
        return in_room(random, total) if random.random() < 0.7 else total


def rms(samples: Samples) -> float:
    """Return the root of the mean square."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def frequencies(count: int) -> NDArray[np.float64]:
    """Return the frequencies in Hz of the transform of `count` samples."""
    return np.asarray(np.fft.rfftfreq(count, 1 / RATE), np.float64)


def filtered(samples: Samples, at: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Samples:
    """Return samples through a filter without delay that is stated by its gains at frequencies."""
    spectrum = np.fft.rfft(samples) * at(frequencies(len(samples)))
    return np.fft.irfft(spectrum, len(samples)).astype(np.float32)


def response(random: np.random.Generator, decibels: float) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Return a random smooth frequency response, with a standard deviation in dB."""
    values = random.normal(0, decibels, len(KNOTS)) + random.normal(0, decibels) * np.linspace(-1, 1, len(KNOTS))
    return lambda hertz: np.asarray(10 ** (np.interp(hertz, KNOTS, values) / 20), np.float64)


def band(
    random: np.random.Generator, lowest: tuple[float, float], highest: tuple[float, float]
) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Return a random band with soft edges, between frequencies that are drawn from two ranges."""
    low, high = random.uniform(*lowest), random.uniform(*highest)
    return lambda hertz: np.asarray((1 + (low / np.maximum(hertz, 1)) ** 8 + (hertz / high) ** 16) ** -0.5, np.float64)


def in_room(random: np.random.Generator, samples: Samples) -> Samples:
    """Return a sound in a small room: the direct sound, and a tail of noise that decays."""
    seconds = random.uniform(0.08, 0.45)
    time = np.arange(round(seconds * RATE)) / RATE
    tail = random.standard_normal(len(time)) * np.exp(-6.9 * time / seconds)
    tail[: round(0.002 * RATE)] = 0
    tail *= 10 ** (-random.uniform(2, 14) / 20) / np.sqrt(np.sum(tail**2))
    tail[0] = 1
    size = 1 << (len(samples) + len(tail) - 1).bit_length()
    spectrum = np.fft.rfft(samples, size) * np.fft.rfft(tail, size)
    return np.fft.irfft(spectrum, size)[: len(samples)].astype(np.float32)


def white(random: np.random.Generator, count: int) -> Samples:
    """Return white Gaussian noise."""
    return random.standard_normal(count, np.float32)


def coloured(random: np.random.Generator, count: int) -> Samples:
    """Return noise between blue and brown: a power that falls with a power of the frequency."""
    slope = random.uniform(-1, 2.2)
    return filtered(white(random, count), lambda hertz: np.maximum(hertz, 20.0) ** (-slope / 2))


def hiss(random: np.random.Generator, count: int) -> Samples:
    """Return noise in a band, with a little everywhere."""
    noise = filtered(white(random, count), band(random, (30, 3000), (3500, 8000)))
    return noise + np.float32(10 ** random.uniform(-3, -1.5)) * white(random, count)


def hum(random: np.random.Generator, count: int) -> Samples:
    """Return mains hum with its harmonics, in a little noise."""
    pitch, harmonics = random.choice([50.0, 60.0]) * random.uniform(0.995, 1.005), int(random.integers(3, 40))
    turns = 2 * np.pi * pitch * np.arange(1, harmonics + 1)
    sizes = random.uniform(0, 1, harmonics) * np.arange(1, harmonics + 1) ** -random.uniform(0.3, 1.5)
    phases = random.uniform(0, 2 * np.pi, harmonics)
    time = np.arange(count) / RATE
    total = sum(size * np.sin(turn * time + phase) for size, turn, phase in zip(sizes, turns, phases, strict=True))
    return np.asarray(total, np.float32) + np.float32(10 ** random.uniform(-2.5, -0.5)) * white(random, count)


def moving(random: np.random.Generator, count: int) -> Samples:
    """Return coloured noise whose level moves by up to 12 dB, slowly or fast."""
    points = max(int(count / RATE * random.uniform(0.5, 8)), 2)
    decibels = np.interp(np.linspace(0, points - 1, count), np.arange(points), random.uniform(-12, 0, points))
    return coloured(random, count) * (10 ** (decibels / 20)).astype(np.float32)


def shaped(random: np.random.Generator, samples: Samples) -> Samples:
    """Return steady noise with the spectrum of a recording, as it is over bands of 100 Hz."""
    power = np.square(np.abs(np.fft.rfft(samples)))
    width = max(round(100 * len(samples) / RATE), 1)
    smooth = np.convolve(power[::8], np.ones(max(width // 8, 1)) / max(width // 8, 1), mode="same")
    places = np.arange(len(power)) / 8
    spectrum = np.sqrt(np.interp(places, np.arange(len(smooth)), smooth))
    return filtered(white(random, len(samples)), lambda hertz: spectrum)
