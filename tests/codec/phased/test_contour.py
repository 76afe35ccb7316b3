"""The contour of a block follows a pitch that glides, within what frames can hold, and for a reason that is counted."""

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.codec.phased.bending import AROUND, BentSound, Finely, stretch
from ligeia.codec.phased.contour import GLIDES, HIGHEST, LEVELS, RESOLUTION, Stretches, contour_of, costs_of
from ligeia.codec.phased.phases import bent, fitted_slopes, phase_of, units_of
from ligeia.networks import Lapped

RATE = 8000
SPEC = Lapped(frame_size=256, frames=32)


def gliding(octaves: float, seconds: float = SPEC.block_samples / RATE) -> Audio:
    """Ten harmonics of a voice whose pitch rises by some octaves."""
    time = np.arange(round(seconds * RATE)) / RATE
    pitch = 150 * 2 ** (octaves * (time / seconds - 0.5))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    return Audio(0.05 * sum(np.sin(k * phase + k * k) for k in range(1, 11))[None], RATE)


def sparse(sound: Audio | BentSound) -> float:
    """Bits of the MDCT of a block, about."""
    from ligeia.dsp.mdct import mdct, window_sequence

    samples = sound.read(0, SPEC.block_samples).astype(np.float64).reshape(1, SPEC.frames, SPEC.frame_size)
    windows = window_sequence(SPEC, np.zeros((1, SPEC.frames), np.int64))
    return float(np.log2(1 + (mdct(samples, windows) / 0.02) ** 2).sum() / 2)


def test_the_slope_follows_the_pitch():
    slopes = fitted_slopes(gliding(1.5), SPEC, 0.02)[0]
    inner = slopes[5:-5] / RESOLUTION
    assert np.diff(inner).min() >= 0
    assert inner[-1] - inner[0] == pytest.approx(1.5 * np.log(2) * len(inner) / len(slopes), rel=0.45)


def test_bent_it_takes_fewer_bits():
    sound = gliding(1.0)
    assert sparse(bent(sound, SPEC, fitted_slopes(sound, SPEC, 0.02))) < 0.92 * sparse(sound)


def test_what_does_not_glide_is_not_bent():
    tone = Audio(0.3 * np.sin(np.arange(SPEC.block_samples) * 0.3)[None], RATE)
    assert not fitted_slopes(tone, SPEC, 0.02).any()
    silence = Audio(np.zeros((1, SPEC.block_samples)), RATE)
    assert not fitted_slopes(silence, SPEC, 0.02).any()


def test_contours_keep_to_their_limits_and_are_the_same_again():
    noise = Audio(np.random.default_rng(0).standard_normal((2, 9000)).astype(np.float32) * 0.1, RATE)
    slopes = fitted_slopes(noise, SPEC, 0.05)
    assert slopes.shape == (2, units_of(SPEC, RATE))
    assert np.abs(slopes).max() <= HIGHEST
    assert np.abs(np.diff(slopes, axis=1, prepend=0, append=0)).max() <= np.abs(GLIDES).max()
    assert np.array_equal(fitted_slopes(noise, SPEC, 0.05), slopes)


def test_costs_are_least_where_the_glide_is_that_of_the_sound():
    units, phase = 20, phase_of(np.zeros((1, 20), np.int64), SPEC)
    stretches = Stretches(SPEC.frame_size, phase.edge, phase.spacing, units)
    finely = Finely.of(stretch(gliding(1.5), -AROUND, SPEC.block_samples + AROUND))
    costs = costs_of(finely, stretches, 0.02)[4:-4, np.flatnonzero(LEVELS == 0)[0]]
    glide = GLIDES[costs.sum(axis=0).argmin()] / RESOLUTION
    assert glide == pytest.approx(1.5 * np.log(2) / (SPEC.block_samples / phase.spacing), abs=1 / RESOLUTION)


def test_a_steep_contour_is_balanced_around_1():
    slopes = contour_of(
        Finely.of(stretch(gliding(1.0), -AROUND, SPEC.block_samples + AROUND)),
        Stretches(SPEC.frame_size, 32, 400.0, 19),
        0.02,
    )
    assert np.exp(slopes / RESOLUTION).mean() < 1.1
