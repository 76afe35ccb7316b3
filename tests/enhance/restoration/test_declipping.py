"""Declipping: what was clipped gets better and keeps to its bounds, by every method; the parts they are made of."""

import numpy as np
import pytest
from scipy.stats import truncnorm

from ligeia.enhance.restoration import a_spade, declipping, social_sparsity
from ligeia.enhance.restoration.bounds import by_clipped_channel, intervals, start_of
from ligeia.enhance.restoration.gabor import Gabor, overlap_added, shrunk, survey_window
from ligeia.enhance.restoration.stretch import RestoreSettings, Stretch

RATE = 8000
METHODS = {
    "ensemble": declipping.repair_by_both,
    "wiener": declipping.repair,
    "a-spade": a_spade.repair,
    "ss-pew": social_sparsity.repair,
}


def chord(seconds: float = 0.4, rate: int = RATE) -> np.ndarray:
    time = np.arange(round(seconds * rate)) / rate
    partials = [np.sin(2 * np.pi * hertz * time + hertz) for hertz in (220.0, 277.2, 554.4, 831.6)]
    return 0.25 * np.sum(partials, axis=0) * np.exp(-time)


def clipped(clean: np.ndarray, low: float, high: float) -> Stretch:
    """A stretch of rows, clipped at different values below and above."""
    above, below = clean > high, clean < low
    return Stretch(
        clean.clip(low, high),
        above | below,
        RATE,
        np.where(above, high, -np.inf),
        np.where(below, low, np.inf),
    )


def sdr(clean: np.ndarray, other: np.ndarray) -> float:
    return float(10 * np.log10(np.sum(clean**2) / np.sum((clean - other) ** 2)))


@pytest.mark.parametrize("name", METHODS)
def test_clipped_samples_get_better_within_their_bounds(name: str) -> None:
    clean = np.stack([chord(), 0.9 * chord()[::-1], 0 * chord()])
    stretch = clipped(clean, -0.3, 0.4)
    steps = 40 if name == "ss-pew" else None
    after = METHODS[name](stretch, RestoreSettings(steps=steps))
    assert np.array_equal(after[~stretch.missing], clean[~stretch.missing])
    assert (after[clean > 0.4] >= 0.4).all()
    assert (after[clean < -0.3] <= -0.3).all()
    for row in (0, 1):
        assert sdr(clean[row], after[row]) > sdr(clean[row], stretch.samples[row]) + 10


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("count", [1, 2, 50])
def test_a_few_samples_and_all_of_them_clipped(name: str, count: int) -> None:
    for missing in (np.ones((1, count), bool), np.arange(count)[None] == 0):
        stretch = Stretch(
            np.full((1, count), 0.5), missing, RATE, np.full((1, count), 0.5), np.full((1, count), np.inf)
        )
        after = METHODS[name](stretch, RestoreSettings(steps=2 if name != "a-spade" else None))
        assert after.shape == (1, count)
        assert np.isfinite(after).all()
        assert (after >= 0.5).all()


@pytest.mark.parametrize("name", ["ensemble", "wiener"])
def test_ours_does_not_depend_on_the_level(name: str) -> None:
    stretch = clipped(chord()[None], -0.4, 0.4)
    faint = clipped(chord()[None] / 1000, -0.4 / 1000, 0.4 / 1000)
    after, quiet = (METHODS[name](each, RestoreSettings(steps=20)) for each in (stretch, faint))
    np.testing.assert_allclose(1000 * quiet, after, atol=1e-4)


def test_samples_without_bounds_are_estimated_too() -> None:
    clean = chord()[None]
    missing = np.zeros(clean.shape, bool)
    missing[0, 1000:1010] = True
    stretch = Stretch(np.where(missing, 0, clean), missing, RATE)
    after = declipping.repair(stretch, RestoreSettings())
    assert sdr(clean, after) > sdr(clean, stretch.samples) + 20


def test_intervals_of_samples() -> None:
    stretch = clipped(np.array([[0.1, 0.9, -0.9]]), -0.3, 0.4)
    lower, upper = intervals(stretch, 0)
    assert lower.tolist() == [0.1, 0.4, -np.inf]
    assert upper.tolist() == [0.1, np.inf, -0.3]
    assert start_of(lower, upper).tolist() == [0.1, 0.4, -0.3]
    halved = by_clipped_channel(lambda samples, lower, upper: samples / 2, stretch)
    assert halved.tolist() == [[0.1, 0.4, -0.3]]


# --- the frame ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("redundancy", [1, 2])
def test_the_frame_keeps_energy_and_is_inverted_by_its_adjoint(redundancy: int) -> None:
    signal = np.random.default_rng(1).standard_normal(333).astype(np.float32)
    frame = Gabor(333, 64, redundancy=redundancy)
    spectra = frame.analysis(signal)
    assert spectra.shape == (frame.frames, frame.size // 2 + 1)
    np.testing.assert_allclose(frame.synthesis(spectra), signal, atol=1e-5)
    assert np.sum(a_spade.half_norm(spectra) ** 2) == pytest.approx(np.sum(signal**2), rel=1e-4)


def test_shrinkage_takes_what_lies_below_in_its_neighbourhood() -> None:
    spectra = np.zeros((20, 9), np.complex64)
    spectra[10, 4] = 21
    shrunken = shrunk(spectra, 2.0, (7, 3))  # the mean of 7 by 3 powers is 21
    assert shrunken[10, 4] == pytest.approx(21 * (1 - 4 / 21))
    assert np.count_nonzero(shrunken) == 1
    assert not shrunk(spectra, 5.0, (7, 3)).any()


def test_overlapping_frames_add() -> None:
    assert overlap_added(np.ones((2, 4), np.float32)).tolist() == [1, 2, 2, 2, 1]


def test_windows_of_the_papers() -> None:
    assert survey_window(44100) == 8192
    assert survey_window(16000) == 1024


# --- parts of the methods -----------------------------------------------------------------------------


def test_only_the_largest_coefficients_stay() -> None:
    spectra = np.array([[8, 1, 5j, 3]], np.complex64)  # frequency 0 counts half
    assert a_spade.largest(spectra, 2).tolist() == [[8, 0, 5j, 0]]
    assert a_spade.largest(spectra, 1).tolist() == [[0, 0, 5j, 0]]


def test_the_mean_above_a_bound_is_that_of_a_truncated_gaussian() -> None:
    centre, deviation = np.float32([0.0, 1.0, -2.0]), np.float32([1.0, 0.5, 0.3])
    bound = np.float32([0.5, -3.0, 1.0])
    expected = truncnorm.mean((bound - centre) / deviation, np.inf, centre, deviation)
    np.testing.assert_allclose(declipping.mean_above(centre, deviation, bound), expected, rtol=1e-4)
    nothing = np.float32([0.0, 0.0])
    both = declipping.mean_above(np.float32([0.2, 0.7]), nothing, np.float32([0.5, 0.5]))
    np.testing.assert_allclose(both, [0.5, 0.7])
    free = declipping.mean_above(np.float32([0.2]), np.float32([0.1]), np.float32([-np.inf]))
    np.testing.assert_allclose(free, [0.2])


def test_windows_follow_the_sound() -> None:
    steady = np.sin(np.arange(16000) * 0.3).astype(np.float32)
    clicks = (np.arange(16000) % 2000 == 0).astype(np.float32)
    long, short = (max(f.size for f in declipping.chosen_frames(each, RATE)) for each in (steady, clicks))
    assert short < long


def test_a_residual_is_nothing_beyond_the_bound() -> None:
    target = social_sparsity.Target(
        np.array([0.1, 0.4, -0.3]), np.array([0.1, 0.4, -np.inf]), np.array([0.1, np.inf, -0.3])
    )
    residual = target.residual(np.float32([0.3, 0.5, -0.1]))
    np.testing.assert_allclose(residual, [-0.2, 0.0, -0.2], atol=1e-6)
