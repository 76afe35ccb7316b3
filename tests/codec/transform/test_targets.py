from math import inf, log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ligeia.audio.signal import Audio
from ligeia.codec.transform.encode import encoder_for
from ligeia.codec.transform.presets import BY_NAME
from ligeia.codec.transform.rate_control import Target, rough_step, searched, steps_for
from ligeia.codec.transform.scale_factors import MAX_STEP


@given(st.floats(10, 60), st.floats(-200, 1200), st.integers(0, 900), st.integers(0, 300))
def test_the_search_ends_at_the_border(fall, zero, start, least):
    calls = []

    def excess(step: int) -> float:
        calls.append(step)
        return (zero - step) / fall

    found = searched(excess, start, least)
    reachable = [step for step in range(least, MAX_STEP + 1) if excess(step) >= 0]
    assert found == (reachable[-1] if reachable else least)
    assert len(calls) - (MAX_STEP + 1 - least) < 40


def test_the_search_ends_where_nothing_is_reached():
    for value in (inf, -inf, 1e-9, -1e-9, log2(3)):
        calls = []
        found = searched(lambda step, value=value, calls=calls: calls.append(step) or value, 120)
        assert found == (MAX_STEP if value >= 0 else 0)
        assert len(calls) < 20


@given(st.floats(16, 40), st.floats(0, 700), st.integers(0, 700))
def test_near_is_near_enough_where_that_is_said(fall, zero, start):
    calls = []

    def excess(step: int) -> float:
        calls.append(step)
        return (zero - step) / fall

    found = searched(excess, start, near=0.06)
    assert abs(excess(found)) < 0.06 + 1 / fall
    assert len(calls) < 12


@pytest.mark.parametrize("target", [Target(kbps=20), Target(snr_db=15), Target(step=285)])
def test_a_rough_step_is_near_the_exact_ones(target):
    sound = Audio(np.random.default_rng(0).standard_normal((1, 24_000)) * 0.1, 16000)
    encoder = encoder_for(sound, BY_NAME["waveform"], 0.02)
    rough = rough_step(encoder, target)
    steps, reached = steps_for(encoder, target)
    assert reached
    assert abs(rough - steps.mean()) <= 4
