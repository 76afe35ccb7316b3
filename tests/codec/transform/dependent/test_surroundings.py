"""Contexts of sizes: ranges, what they know, and that both ways of making them agree."""

import numpy as np
import pytest

from ligeia.codec.transform.context_model import Contexts
from ligeia.codec.transform.dependent import surroundings
from ligeia.codec.transform.dependent.blocks import Frames, all_frames
from ligeia.codec.transform.dependent.surroundings import INPUTS, PASSES, size_contexts
from ligeia.codec.transform.dependent.trellis import half_steps, quantisers_of
from ligeia.codec.transform.scale_factors import PROFILES, BlockFormat

LAYOUT = BlockFormat(64, 5, 1, 16000, PROFILES[5])


def levels_of(blocks: int, largest: int = 12, seed: int = 0) -> np.ndarray:
    """Levels `[frames, blocks, frame_size]`, many of them 0."""
    random = np.random.default_rng(seed)
    shape = (LAYOUT.frames, blocks, LAYOUT.frame_size)
    return random.integers(-largest, largest + 1, shape) * (random.random(shape) < 0.4)


def switching_of(blocks: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 5, (blocks, LAYOUT.frames))


def one_by_one(levels: np.ndarray, switching: np.ndarray) -> list[list[Contexts]]:
    """The contexts of each frame and pass, as a decoder makes them: it knows no more than what came before."""
    frames, found, quantisers = Frames(LAYOUT, switching), [], quantisers_of(levels)
    for frame, current in enumerate(levels):
        halves = half_steps(current, quantisers[frame]).T
        around, _ = frames.begin(frame, quantisers[frame].T)
        found.append([])
        for number, chosen in enumerate(PASSES):
            found[-1].append(size_contexts(around, number))
            around.note(chosen, halves[chosen])
        frames.end(halves, quantisers[frame].T)
    return found


@pytest.mark.parametrize("largest", [1, 12, 1 << 20])
def test_all_frames_at_once_see_what_a_decoder_sees(largest):
    levels, switching = levels_of(3, largest), switching_of(3)
    around, _ = all_frames(LAYOUT, switching, levels)
    for number in range(len(PASSES)):
        together = size_contexts(around, number)
        each = np.concatenate([contexts[number] for contexts in one_by_one(levels, switching)], axis=-1)
        assert together.shape[0] == INPUTS[number]
        assert np.array_equal(together, each)
        assert together.min() >= 0
        assert together.max() <= 127


def test_larger_is_larger_on_the_scale():
    scale = surroundings.sizes_on_scale(np.arange(1000), np.zeros(1000, int))
    assert scale[0] == surroundings.ZEROS[0]
    assert (np.diff(scale[2:]) >= 0).all()
    assert scale[2] == surroundings.MIDDLE
    assert surroundings.sizes_on_scale(np.zeros(1, int), np.ones(1, int))[0] == surroundings.ZEROS[1]


def test_rounding_of_logarithms_is_never_a_near_tie():
    """So that every machine rounds them alike."""
    sizes, means = np.arange(1, surroundings.LARGEST + 1) / 2, np.arange(1, 4 * surroundings.LARGEST + 2) / 8
    exact = surroundings.OCTAVE * np.log2(np.concatenate([sizes, means]))
    assert np.abs(exact - np.floor(exact) - 0.5).min() > 1e-6
