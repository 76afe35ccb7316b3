"""Contexts of signs: what they know, and that they are the same for a sound and its negative."""

import numpy as np
import pytest

from ligeia.codec.transform.dependent import signs
from ligeia.codec.transform.dependent.blocks import all_frames
from ligeia.codec.transform.dependent.surroundings import PASSES
from ligeia.codec.transform.dependent.trellis import half_steps, quantisers_of

from .test_surroundings import LAYOUT, levels_of, switching_of


def contexts_of(levels: np.ndarray, number: int) -> signs.Signs:
    _, values = all_frames(LAYOUT, switching_of(levels.shape[1]), levels)
    halves = half_steps(np.abs(levels), quantisers_of(levels))
    by_unit = np.moveaxis(halves, -1, 0).reshape(LAYOUT.frame_size, -1)
    return signs.sign_contexts(values, number, by_unit[PASSES[number]])


@pytest.mark.parametrize("number", range(len(PASSES)))
def test_the_negative_of_a_sound_has_the_same_contexts_turned(number):
    levels = levels_of(2)
    one, other = contexts_of(levels, number), contexts_of(-levels, number)
    assert np.array_equal(one.contexts, other.contexts)
    assert np.array_equal(one.turned, -other.turned)
    assert one.contexts.shape == (signs.INPUTS[number], len(one.turned))


@pytest.mark.parametrize("number", range(len(PASSES)))
def test_signs_of_the_same_pass_are_not_known(number):
    """A decoder reads all of them after the contexts of the first one are made."""
    levels = levels_of(1)
    turned = levels.copy()
    turned[-1, 0, PASSES[number]] *= -1
    one, other = contexts_of(levels, number), contexts_of(turned, number)
    assert np.array_equal(one.contexts, other.contexts)


def test_contexts_are_in_range_and_the_first_neighbour_is_positive():
    for number in range(len(PASSES)):
        found = contexts_of(levels_of(2, 1 << 20), number)
        neighbours = found.contexts[: len(signs.PLACES[number])]
        assert np.abs(neighbours).max() == signs.SCALE
        first = neighbours[(neighbours != 0).argmax(axis=0), np.arange(neighbours.shape[1])]
        assert (first >= 0).all()
        assert found.contexts[len(neighbours) :].min() >= 0
        assert found.contexts.max() <= 127


def test_signs_above_the_limit_are_not_predicted():
    assert signs.last_predicted(320, 16000) == 160
    assert signs.last_predicted(320, 8000) == 320
    levels = levels_of(1)
    levels[..., :40] = 0
    assert len(contexts_of(levels, 2).turned) == 0
