"""States, quantisers, and what levels stand for."""

import numpy as np
import pytest

from ligeia.codec.transform.dependent import trellis


def test_every_state_is_reached_from_two_others_by_one_step_each():
    assert sorted(trellis.NEXT.ravel().tolist()) == sorted(2 * list(range(trellis.STATES)))
    assert all(even != odd for even, odd in trellis.NEXT.tolist())


def test_from_each_state_all_others_can_be_reached():
    for state in range(trellis.STATES):
        reached = {state}
        for _ in range(3):
            reached |= {int(after) for each in reached for after in trellis.NEXT[each]}
        assert reached == set(range(trellis.STATES))


def test_quantisers_follow_the_parities_before():
    levels = np.random.default_rng(0).integers(-5, 6, (7, 2, 9))
    quantisers, states = trellis.quantisers_of(levels), np.zeros((2, 9), int)
    for frame in range(7):
        assert np.array_equal(quantisers[frame], states % 2)
        states = trellis.following(states, levels[frame])
    changed = levels.copy()
    changed[3] += 2
    assert np.array_equal(trellis.quantisers_of(changed), quantisers)


def test_the_first_quantiser_has_even_multiples_of_half_a_step_and_the_second_odd_ones_and_zero():
    levels = np.arange(-4, 5)
    assert trellis.half_steps(levels, np.zeros(9, int)).tolist() == [-8, -6, -4, -2, 0, 2, 4, 6, 8]
    assert trellis.half_steps(levels, np.ones(9, int)).tolist() == [-7, -5, -3, -1, 0, 1, 3, 5, 7]


@pytest.mark.parametrize("sign", [1, -1])
def test_reconstruction_is_odd_and_near_what_levels_stand_for(sign):
    levels = np.random.default_rng(1).integers(-9, 10, (6, 20))
    values = trellis.reconstructed(sign * levels)
    assert np.array_equal(values, sign * trellis.reconstructed(levels))
    halves = trellis.half_steps(sign * levels, trellis.quantisers_of(levels))
    assert np.abs(values - halves / 2).max() < 0.25
    assert not values[levels == 0].any()
