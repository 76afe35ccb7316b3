from math import cos, pi

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ligeia.fitting.config import FitConfig
from ligeia.training.schedule import FLOOR, decay_factor, one_cycle, rate_factor


def test_one_cycle_by_hand():
    assert one_cycle(0.0, 0.1) == FLOOR == 1 / 25
    assert one_cycle(0.05, 0.1) == pytest.approx((1 + 1 / 25) / 2)  # half way up
    assert one_cycle(0.1, 0.1) == 1
    assert one_cycle(0.55, 0.1) == pytest.approx(0.5)  # half way down
    assert one_cycle(0.325, 0.1) == pytest.approx((1 + cos(pi / 4)) / 2)
    assert one_cycle(1.0, 0.1) == pytest.approx(0, abs=1e-15)


@given(st.floats(0.01, 0.99), st.floats(0, 1), st.floats(0, 1))
def test_up_and_then_down(warmup, a, b):
    a, b = sorted((a, b))
    if b < warmup:
        assert one_cycle(a, warmup) <= one_cycle(b, warmup)
    elif a >= warmup:
        assert one_cycle(a, warmup) >= one_cycle(b, warmup)


@given(st.floats(0.01, 0.99))
def test_there_is_no_jump_at_the_top(warmup):
    # Cosines are flat at the top: 1e-6 of the run changes the factor by far less than 1e-4 for any such warmup.
    assert one_cycle(warmup - 1e-6, warmup) == pytest.approx(1, abs=1e-4)
    assert one_cycle(warmup + 1e-6, warmup) == pytest.approx(1, abs=1e-4)


@given(st.floats(0, 1), st.floats(0, 1))
def test_factors_stay_between_zero_and_one(fraction, warmup):
    assert 0 <= one_cycle(fraction, warmup) <= 1


def test_without_a_rise_it_starts_at_the_top():
    assert one_cycle(0.0, 0.0) == 1
    assert one_cycle(0.5, 0.0) == pytest.approx(0.5)


def test_without_a_fall_it_ends_at_the_top():
    assert one_cycle(0.0, 1.0) == FLOOR
    assert one_cycle(1.0, 1.0) == 1


def test_past_the_end_the_rate_stays_zero():
    assert one_cycle(1.5, 0.1) == pytest.approx(0, abs=1e-15)


def test_schedules_by_name():
    constant, cycle, stairs = (FitConfig(schedule=name, warmup=0.2) for name in ("constant", "one_cycle", "staircase"))
    assert [rate_factor(constant, fraction, 7) for fraction in (0, 0.5, 1)] == [1, 1, 1]
    assert rate_factor(cycle, 0.3, 7) == one_cycle(0.3, 0.2) < 1
    assert [rate_factor(stairs, 0.5, step) for step in (0, 19, 20, 41)] == [1, 1, 0.99, pytest.approx(0.9801)]


@pytest.mark.parametrize(("until", "expected"), [(1.0, [1, 0.75, 0.5, 0.25, 0]), (0.5, [1, 0.5, 0, 0, 0])])
def test_a_linear_penalty_falls_to_zero(until, expected):
    linear = FitConfig(decay_schedule="linear", decay_until=until)
    assert [decay_factor(linear, fraction) for fraction in (0, 0.25, 0.5, 0.75, 1)] == pytest.approx(expected)


def test_a_constant_penalty_stays():
    assert [decay_factor(FitConfig(decay_until=0.5), fraction) for fraction in (0, 0.5, 1)] == [1, 1, 1]
