"""The searches for a rate or an SNR: on functions, and on a sound."""

from math import inf, log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ligeia.audio.signal import Audio
from ligeia.codec.transform.encoder import TransformEncoder, Trials
from ligeia.codec.transform.presets import BY_NAME
from ligeia.codec.transform.rate_control import (
    MOST_TRIALS,
    RateSearch,
    Steps,
    Target,
    choose_steps,
    evenly_spread,
    least_count,
    mixed,
    nearest_mix,
    rough_step,
    search_step,
)
from ligeia.codec.transform.rate_curve import Counts, RateCurve
from ligeia.codec.transform.scale_factors import MAX_STEP, MIN_STEP


@given(st.floats(10, 60), st.floats(-200, 1200), st.integers(0, 900), st.integers(0, 300))
def test_the_search_ends_at_the_border(fall, zero, start, least):
    calls = []

    def excess(step: int) -> float:
        calls.append(step)
        return (zero - step) / fall

    result = search_step(excess, start, least)
    reachable = [step for step in range(least, MAX_STEP + 1) if excess(step) >= 0]
    assert result == (reachable[-1] if reachable else least)
    assert len(calls) - (MAX_STEP + 1 - least) < 40


def test_the_search_ends_where_nothing_is_reached():
    for value in (inf, -inf, 1e-9, -1e-9, log2(3)):
        calls = []
        result = search_step(lambda step, value=value, calls=calls: calls.append(step) or value, 120)
        assert result == (MAX_STEP if value >= 0 else 0)
        assert len(calls) < 20


@given(st.integers(1, 500), st.data())
def test_so_many_and_evenly(blocks, data):
    count = data.draw(st.integers(0, blocks))
    chosen = evenly_spread(count, blocks)
    assert chosen.shape == (blocks,)
    assert chosen.sum() == count
    for size in (2, 5, 17):
        windows = [chosen[k : k + size].sum() for k in range(blocks - size + 1)]
        assert not windows or max(windows) - min(windows) <= 1 + (count > 0)


def test_mixed_sums():
    fine, coarse = np.arange(6.0) + 10, np.arange(6.0)
    assert [mixed(fine, coarse, count) for count in (0, 6)] == [75, 15]
    assert mixed(fine, coarse, 2) == 55


@given(st.integers(0, 300), st.integers(0, 300))
def test_the_least_count(blocks, limit):
    assert least_count(lambda count: count >= limit, blocks) == min(limit, blocks)


@given(st.lists(st.tuples(st.floats(10, 100), st.floats(0, 10)), min_size=1, max_size=30), st.floats(0, 1))
def test_a_mix_is_as_near_as_can_be(pairs, part):
    coarse = np.array([pair[0] for pair in pairs])
    fine = coarse + [pair[1] for pair in pairs]
    total_wanted = coarse.sum() + part * (fine - coarse).sum()
    mask = nearest_mix(fine, coarse, total_wanted)
    total = np.where(mask, coarse, fine).sum()
    assert total <= 1.01 * total_wanted
    assert abs(total - total_wanted) <= (fine - coarse).max() + 1e-9


def test_blocks_that_differ_much_are_moved_one_by_one():
    coarse, fine = np.full(13, 10.0), np.full(13, 10.0)
    fine[[3, 7, 12]] = 12, 12, 11  # evenly spread choices of these jump from 130 to 135
    total = np.where(nearest_mix(fine, coarse, 132.5), coarse, fine).sum()
    assert abs(total - 132.5) <= 0.5


def test_a_mix_out_of_reach_is_the_nearest_end():
    fine, coarse = np.full(5, 3.0), np.full(5, 2.0)
    assert nearest_mix(fine, coarse, 1.0).all()
    assert not nearest_mix(fine, coarse, 99.0).any()
    assert nearest_mix(fine[:0], coarse[:0], 1.0).shape == (0,)


@pytest.mark.parametrize("target", [Target(kbps=20), Target(snr_db=15)])
def test_a_rough_step_is_near_the_exact_ones(target):
    trials = Trials(*analysed())
    rough = rough_step(trials, target, 285)
    steps = choose_steps(trials, target, rough)
    assert steps.reached
    assert abs(rough - steps.exponents.mean()) <= 4


@pytest.mark.parametrize("target", [Target(kbps=20), Target(snr_db=15), Target(step=300)])
def test_searches_can_be_repeated_from_anywhere(target):
    """A search leaves nothing behind that another one could find; for a rate, its last trial says a little."""
    encoder, analysis = analysed()
    before = {name: np.copy(value) for name, value in vars(analysis).items() if isinstance(value, np.ndarray)}
    starts = (300,) if target.step else (285, 200, 340, 285)
    exponents = [choose_steps(Trials(encoder, analysis), target, start).exponents for start in starts]
    assert np.array_equal(exponents[-1], exponents[0])
    assert all(np.abs(other - exponents[0]).max() <= (target.kbps is not None) for other in exponents)
    assert all(np.array_equal(value, vars(analysis)[name]) for name, value in before.items())


def test_each_step_is_measured_once():
    encoder, analysis = analysed()
    calls = []
    encoder.block_bytes = lambda analysis, step, on_share=None: calls.append(step) or np.full(2, 1e6 / 2 ** (step / 24))
    trials = Trials(encoder, analysis)
    for _ in range(2):
        choose_steps(trials, Target(kbps=20), 285)
    assert (
        len(calls) == len(set(calls)) <= MOST_TRIALS + 8
    )  # the curve knows nothing of these bytes: a bracket is found


@given(st.floats(15, 45), st.integers(0, 600), st.integers(0, 767))
def test_a_rate_takes_few_trials(fall, zero, start):
    """The bytes of four blocks halve in `fall` exponents; the curve that predicts them falls a little differently."""
    measure = Falling(fall, zero)
    search = RateSearch(measure, 1.0)
    steps = search.steps(start)
    assert steps.reached
    assert abs(float(np.exp2((zero - steps.exponents) / fall).mean()) - 1) < 0.02
    assert len(measure.tried) <= MOST_TRIALS


def test_what_was_written_corrects_a_search():
    measure = Falling(24, 300)
    search = RateSearch(measure, 1.0)
    steps = search.steps(300)
    better = search.corrected(steps, measure.sizes(steps.exponents) * 1.04)
    assert better is not None
    assert 0.5 < (better.exponents - steps.exponents).mean() < 3
    assert search.corrected(Steps(steps.exponents, reached=False), measure.sizes(steps.exponents) * 1.04) is None


class Falling:
    """A measure of four blocks whose bytes are 25 at the exponent `zero`, and fall."""

    blocks, finest_step, energy = 4, MIN_STEP, 1.0

    def __init__(self, fall: float, zero: int) -> None:
        self.fall, self.zero, self.tried = fall, zero, []

    def target_bytes(self, kbps: float) -> float:
        return 100.0 * kbps

    def sizes(self, steps):
        return np.broadcast_to(25 * np.exp2((self.zero - np.asarray(steps)) / self.fall), 4)

    def block_bytes(self, step: int) -> np.ndarray:
        self.tried.append(step)
        return self.sizes(step)

    def block_errors(self, step: int, *, optimised: bool = True) -> np.ndarray:
        raise NotImplementedError

    def rate_curve(self) -> RateCurve:
        counts = 40 * np.exp2((self.zero - np.arange(MIN_STEP, MAX_STEP + 1)) / (1.15 * self.fall))
        return RateCurve(Counts(np.tile(counts, (4, 1))), 0.0)


def analysed():
    sound = Audio(np.random.default_rng(0).standard_normal((1, 24_000)) * 0.1, 16000)
    encoder = TransformEncoder(sound, BY_NAME["waveform"], 0.02)
    return encoder, encoder.analyse(285)
