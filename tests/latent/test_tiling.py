"""Designs within two budgets."""

import numpy as np
import pytest

from ligeia.errors import InputError
from ligeia.latent.tiling import allotted, designed


def sounds(items=10, samples=2000, seed=1):
    random, times = np.random.default_rng(seed), np.arange(samples) / 8000
    tones = [np.sin(2 * np.pi * random.uniform(200, 2000) * times + random.uniform(0, 6)) for _ in range(items)]
    return (np.array(tones) * np.exp(-8 * times)).astype(np.float32)


@pytest.mark.parametrize(("numbers", "code"), [(3000, 64), (12000, 16), (12000, 64)])
def test_budgets_are_kept(numbers, code):
    design = designed(sounds(), numbers=numbers, code=code, frame_sizes=(128,))
    assert design.settings.numbers(2000) <= numbers
    assert design.settings.code <= code


def test_larger_budgets_leave_less():
    left = [designed(sounds(), numbers=n, code=64, frame_sizes=(128,)).left for n in (1000, 4000, 16000)]
    assert left == sorted(left, reverse=True)
    assert left[-1] < 0.1


def test_the_dear_atom_is_left_for_cheap_ones():
    assert allotted([np.array([9.0]), np.array([4.0, 4.0])], [10, 3], numbers=10, code=10) == [1, 0]
    assert allotted([np.array([7.0]), np.array([4.0, 4.0])], [10, 3], numbers=10, code=10) == [0, 2]
    assert allotted([np.array([7.0]), np.array([4.0, 4.0])], [10, 3], numbers=10, code=1) == [1, 0]


def test_nothing_fits():
    with pytest.raises(InputError, match="not enough for any"):
        designed(sounds(), numbers=3, code=4, frame_sizes=(128,))
