"""Segmental SNR: hand-computed cases, the limits of a frame, silence, extremes."""

import numpy as np
import pytest
from numpy.typing import ArrayLike

from ligeia.errors import InputError, UndefinedScore
from ligeia.metrics.segmental import segmental_snr

SOUND = np.random.default_rng(0).standard_normal(4000)


def value(estimate: ArrayLike, reference: ArrayLike = SOUND, rate: int = 8000) -> float:
    return segmental_snr(reference=reference, estimate=estimate, rate=rate)


def test_identity() -> None:
    assert value(SOUND) == 35


@pytest.mark.parametrize(("gain", "decibels"), [(0.9, 20.0), (1.1, 20.0), (0.0, 0.0), (3.0, -20 * np.log10(2))])
def test_error_of_constant_gain(gain: float, decibels: float) -> None:
    # The error is (1 - gain) x, in every frame: -20 log10 |1 - gain|.
    assert value(gain * SOUND) == pytest.approx(decibels, abs=1e-9)


@pytest.mark.parametrize(("gain", "limit"), [(1.001, 35.0), (11.0, -10.0)])
def test_frames_are_clipped(gain: float, limit: float) -> None:
    assert value(gain * SOUND) == limit


def test_mean_is_over_frames() -> None:
    # At 8 kHz 600 samples make 6 frames from 0, 60, ..., 300. With the second half wrong by 10 %, frames 0 and 1 lie
    # before it (35 dB), frames 5 behind (20 dB); those between have more than 20 dB.
    estimate = np.where(np.arange(600) < 300, 1.0, 0.9) * SOUND[:600]
    mixed = value(estimate, SOUND[:600])
    weights = 0.5 * (1 - np.cos(2 * np.pi * np.arange(1, 241) / 241))
    squares = [np.square(SOUND[start : start + 240] * weights) for start in range(0, 360, 60)]
    noises = [
        np.sum(square[max(300 - start, 0) :]) / 100 for start, square in zip(range(0, 360, 60), squares, strict=True)
    ]
    ratios = [
        35.0 if not noise else min(10 * np.log10(square.sum() / noise), 35)
        for square, noise in zip(squares, noises, strict=True)
    ]
    assert ratios[0] == ratios[1] == 35
    assert ratios[5] == pytest.approx(20)
    assert mixed == pytest.approx(np.mean(ratios))


def test_silent_frames() -> None:
    pause = np.concatenate([SOUND[:2000], np.zeros(2000)])
    assert value(pause, pause) == 35
    noisy = pause + np.where(np.arange(4000) < 2000, 0, 0.1)
    assert value(noisy, pause) < 35
    assert value(noisy[1800:], pause[1800:]) > -10


def test_nothing_to_measure() -> None:
    with pytest.raises(UndefinedScore, match="the reference is silent"):
        value(SOUND, np.zeros(4000))
    with pytest.raises(UndefinedScore, match="too short"):
        value([1.0], [1.0])
    with pytest.raises(InputError, match="134 Hz"):
        value(SOUND, rate=100)


@pytest.mark.parametrize("scale", [1e300, 1e-300])
def test_scale_does_not_count(scale: float) -> None:
    assert value(0.9 * scale * SOUND, scale * SOUND) == pytest.approx(20)


def test_any_rate() -> None:
    assert value(0.9 * SOUND, rate=44100) == pytest.approx(20)
