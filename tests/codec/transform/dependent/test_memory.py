"""Means that reach long back: of all frames at first, later weighted, and rounded as §8.8 says."""

import numpy as np

from ligeia.codec.transform.dependent import memory, surroundings
from ligeia.codec.transform.dependent.memory import MEMORIES, Memory, long_logarithms


def means_after(frames: list[int]) -> np.ndarray:
    found = Memory((8, 1))
    for size in frames:
        found.take_in(surroundings.weights_of(np.full((8, 1), size)))
    return found._means[0, 0, 0] / 2**memory.SHIFT


def test_nothing_is_known_before_the_first_frame():
    assert (Memory((8, 2)).contexts() == 0).all()


def test_the_first_frames_count_alike_and_later_ones_take_over():
    assert means_after([3, 5, 10]) == (13 + 21 + 41) / 3
    frames = MEMORIES[0][0]
    steady = [7] * frames
    assert means_after(steady) == means_after(7 * steady) == 29
    assert abs(means_after([*steady, 100]) - (29 + (401 - 29) / frames)) < 1
    assert 390 < means_after([*steady, *[100] * 4 * frames]) <= 401


def test_all_frames_at_once_are_those_of_one_after_the_other():
    random, blocks = np.random.default_rng(0), 2
    halves = random.integers(-300, 300, (16, 50 * blocks)) * (random.random((16, 50 * blocks)) < 0.5)
    together = Memory.of_frames(halves, blocks).reshape(len(MEMORIES), 16, -1, blocks)
    alone = Memory((16, blocks))
    for frame in range(50):
        assert np.array_equal(alone.contexts(), together[:, :, frame])
        alone.take_in(surroundings.weights_of(halves[:, frame * blocks : (frame + 1) * blocks]))


def test_logarithms_cover_every_mean_and_are_never_a_near_tie():
    logarithms = long_logarithms()
    assert logarithms[1 << memory.KEPT] == surroundings.mean_logarithms()[1]
    assert len(logarithms) == (4 * surroundings.LARGEST + 1 << memory.KEPT) + 1
    exact = surroundings.OCTAVE * np.log2(np.arange(1, len(logarithms)) / 32)
    assert np.abs(exact - np.floor(exact) - 0.5).min() > 1e-6
