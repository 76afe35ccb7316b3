"""The phase as a function: its slope, its inverse, its power series."""

import numpy as np
import pytest

from ligeia.networks.phase import MOST_SLOPE, Phase


def a_phase(units: int = 7, blocks: int = 3, seed: int = 0) -> Phase:
    slopes = np.random.default_rng(seed).uniform(-1.5, 1.5, (blocks, units))  # some beyond what counts
    return Phase(slopes, 960, 20)


def places(count: int = 500, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.integers(0, 3, count), random.uniform(-30.0, 990.0, count)


def test_it_leads_from_start_to_end_and_bends_nothing_at_both():
    phase, block = a_phase(), np.arange(3)
    for place in (-30.0, 0.0, 7.5, 20.0, 940.0, 951.0, 960.0, 990.0):
        assert phase.at(block, np.full(3, place)) == pytest.approx([place] * 3, abs=1e-9)
    assert np.abs(phase.at(block, np.full(3, 480.0)) - 480).max() > 1


def test_the_slope_is_that_of_the_phase_and_above_0():
    phase, (block, place) = a_phase(), places()
    ahead, behind = phase.at(block, place + 1e-4), phase.at(block, place - 1e-4)
    assert phase.slope(block, place) == pytest.approx((ahead - behind) / 2e-4, abs=1e-5)
    assert phase.slope(block, place).min() >= np.exp(-2 * MOST_SLOPE)


def test_the_inverse():
    phase, (block, place) = a_phase(), places()
    inside = np.clip(place, 0, 960)
    assert phase.inverse(block, phase.at(block, inside)) == pytest.approx(inside, abs=1e-7)


def test_the_series_is_that_of_the_slope():
    phase, (block, place) = a_phase(), places()
    near_a_unit = np.abs((place - phase.edge) / phase.spacing % 1 - 0.5) > 0.4
    block, place = block[~near_a_unit], place[~near_a_unit]
    series = phase.series(block, place, 8)
    there = phase.slope(block, place + 5.0)
    assert sum(term * 5.0**k for k, term in enumerate(series)) == pytest.approx(there, abs=1e-8)


def test_what_is_the_same_everywhere_bends_nothing():
    phase = Phase(np.full((1, 5), 0.75), 960, 20)
    assert phase.is_straight.tolist() == [True]
    assert a_phase().is_straight.tolist() == [False] * 3
