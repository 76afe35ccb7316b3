"""A gap filled by windowed sines: the sound around it says how strong each of them is, least squares does the rest.

The frame is that of our lapped network with overlap 4: sine windows, every frequency of a transform. Samples that are
missing are chosen such that the coefficients c of all frames that touch the gap have the least weighted energy

    sum over frames and frequencies of |c|^2 / v,    with the known samples as they are,

where v is the power expected there. It begins as that of the frames on either side, interpolated in dB across the gap,
and is then mixed with the power of what has been filled in, as far as a frame is known: iteratively reweighted least
squares, whose weights make the few strong partials cheap and everything else expensive (a sparse solution), or, which
is the same, the mean of a Gaussian prior of these powers. The equations are solved by conjugate gradients; as a
Toeplitz matrix of the mean spectrum is close to them, a dozen steps suffice.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from ligeia.enhance.restoration.stretch import Reals

OVERLAP = 4
"""Frames that cover a sample."""
ROUNDS = 2
"""Rounds of weights and least squares."""
CG_STEPS = 15
"""Steps of conjugate gradients in each."""
FLOOR = 1e-7
"""Least power expected, relative to the greatest of a frame; it stands for the noise of 16-bit samples."""
SILENCE = 1e-12
"""Power below which nothing is told from silence."""


@dataclass(frozen=True)
class Frames:
    """The frames of `size` samples that touch a gap, and lie within the sound."""

    starts: NDArray[np.int64]
    """`[frames]`."""
    size: int
    count: int
    """Samples of the sound."""

    @property
    def window(self) -> Reals:
        """The sine window, `[size]`."""
        return np.asarray(np.sin(np.pi * (np.arange(self.size) + 0.5) / self.size))

    def spectra(self, samples: Reals) -> NDArray[np.complex128]:
        """Return the spectra `[frames, size // 2 + 1]` of samples `[time]`."""
        places = self.starts[:, None] + np.arange(self.size)
        return np.asarray(rfft(self.window * samples[places], axis=1))

    def weighted(self, samples: Reals, weights: Reals) -> Reals:
        """Return samples `[time]` analysed, weighted `[frames, size // 2 + 1]`, and put together again."""
        parts = self.window * irfft(weights * self.spectra(samples), self.size, axis=1)
        result = np.zeros(self.count)
        for start, part in zip(self.starts, parts, strict=True):
            result[start : start + self.size] += part
        return result


def filled(samples: Reals, start: int, stop: int, size: int) -> Reals:
    """Return samples `start:stop` of a sound `[time]`, from windowed sines of `size` samples.

    What stands there is the first guess, and counts in the weights; all other samples are taken for known. Where no
    frame of this size lies beside the gap, the guess comes back.
    """
    hop = size // OVERLAP
    starts = np.arange(start - size + hop // 2, stop, hop)
    frames = Frames(starts[(starts >= 0) & (starts + size <= len(samples))], size, len(samples))
    sides = [
        _power_of(samples, first, last, size) for first, last in ((start - 2 * size, start), (stop, stop + 2 * size))
    ]
    known = [side for side in sides if side is not None]
    if not known or not len(frames.starts):
        return samples[start:stop]
    expected = _expected(known[0], known[-1], (frames.starts + size / 2 - start) / (stop - start))
    lost = np.minimum(stop, frames.starts + size) - np.maximum(start, frames.starts)
    share = np.clip(lost / size, 0, 1)[:, None]
    guess = samples.copy()
    for _ in range(ROUNDS):
        power = _smoothed((1 - share) * np.abs(frames.spectra(guess)) ** 2 + share * expected)
        guess[start:stop] = _least(guess, start, stop, frames, power)
    return guess[start:stop]


def _power_of(samples: Reals, first: int, last: int, size: int) -> Reals | None:
    """Return the mean power spectrum of frames within `first:last`; None where none fits."""
    starts = np.arange(max(0, first), min(last, len(samples)) - size + 1, size // OVERLAP)
    if not len(starts):
        return None
    frames = Frames(starts, size, len(samples))
    return np.asarray(np.mean(np.abs(frames.spectra(samples)) ** 2, axis=0))


def _expected(left: Reals, right: Reals, position: Reals) -> Reals:
    """Return the powers at positions `[frames]`, 0 where the gap begins and 1 where it ends, interpolated in dB."""
    share = np.clip(position, 0, 1)[:, None]
    return np.asarray(np.exp((1 - share) * np.log(left + SILENCE) + share * np.log(right + SILENCE)))


def _smoothed(power: Reals) -> Reals:
    """Return powers `[frames, frequencies]`, each with half of its neighbours', above the floor."""
    wide = np.pad(power, ((0, 0), (1, 1)), mode="edge")
    smooth = (wide[:, :-2] + 2 * wide[:, 1:-1] + wide[:, 2:]) / 4
    return np.asarray(smooth + FLOOR * smooth.max(axis=1, keepdims=True) + SILENCE)


def _least(samples: Reals, start: int, stop: int, frames: Frames, power: Reals) -> Reals:
    """Return the samples `start:stop` of least weighted energy, by preconditioned conjugate gradients."""
    weights, shape = 1 / power, np.exp(np.log(power).mean(axis=0))

    def product(values: Reals) -> Reals:
        whole = np.zeros(len(samples))
        whole[start:stop] = values
        return frames.weighted(whole, weights)[start:stop]

    size = int(next_fast_len(2 * (stop - start), real=True))
    shape = np.interp(np.linspace(0, 1, size // 2 + 1), np.linspace(0, 1, len(shape)), shape)
    solution = samples[start:stop].copy()
    residual = -frames.weighted(samples, weights)[start:stop]
    direction, before = np.zeros(stop - start), np.inf
    for _ in range(CG_STEPS):
        step = irfft(shape * rfft(residual, size), size)[: stop - start]
        energy = float(residual @ step)
        if energy <= SILENCE**2:
            break
        direction = step + energy / before * direction
        image = product(direction)
        rate = energy / float(direction @ image)
        solution, residual, before = solution + rate * direction, residual - rate * image, energy
    return solution
