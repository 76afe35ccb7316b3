import made_coded
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ligeia.codec.transform.quantiser import MAX_WEIGHT, levels_of, quantised, restored, signs, steps_of
from ligeia.codec.transform.scale_factors import band_edges
from ligeia.codec.transform.syntax import Numbers


def sound(grid, level: float = 0.1, blocks: int = 2) -> np.ndarray:
    shape = (blocks, grid.frames, grid.channels, grid.frame)
    return (np.random.default_rng(0).standard_normal(shape) * level).astype(np.float32)


def round_trip(grid, weights, step: int, dead: float = 0.0):
    steps = np.full(len(weights), step)
    levels = levels_of(weights, grid)
    whole = quantised(weights, grid, steps, levels, dead=dead)
    splits = np.zeros(weights.shape[:2], int)
    return levels, whole, restored(Numbers(splits, levels, whole), grid, steps, np.arange(len(weights)))


@pytest.mark.parametrize("profile", [0, 1, 2])
@pytest.mark.parametrize("step", [50, 200])
def test_errors_are_within_a_step(profile, step):
    grid = made_coded.grid(profile)
    weights = sound(grid)
    levels, whole, found = round_trip(grid, weights, step)
    size = steps_of(grid, np.full(2, step), levels)
    # Half a step, and what is taken off or put in place of zeros.
    assert (np.abs(found - weights) <= 0.5 * size + 0.36 * size).all()
    assert (np.abs(found - weights)[whole != 0] <= 0.56 * size[whole != 0]).all()


def test_levels_are_loudness():
    grid = made_coded.grid(1, frame=256)
    for k in (-10, -1, 0, 3):
        levels = levels_of(np.full((1, grid.frames, 1, 256), 2.0**k, np.float32), grid)
        assert (levels == 24 + k).all()
    assert not levels_of(np.zeros((1, grid.frames, 1, 256)), grid).any()
    assert levels_of(sound(grid, 1e30), grid).max() == 47
    assert not levels_of(sound(made_coded.grid(0)), made_coded.grid(0)).any()


def test_silent_bands_stay_silent():
    grid = made_coded.grid(1)
    weights = sound(grid)
    edges = band_edges(grid.frame, grid.rate)
    weights[..., edges[1] : edges[2]] = 0
    _, _, found = round_trip(grid, weights, 150)
    assert not found[..., edges[1] : edges[2]].any()
    assert found[..., : edges[1]].any()


def test_noise_stands_for_what_is_missing():
    grid = made_coded.grid(2, frame=256)
    weights = sound(grid, 0.01)
    levels, whole, found = round_trip(grid, weights, 330)
    assert not whole.any()
    ratio = np.square(found).sum() / np.square(weights).sum()
    assert 0.1 < ratio < 1.0  # as much as `fill` of the profile says
    assert levels.min() > 0


@given(st.floats(0, 0.3), st.integers(0, 400))
def test_a_dead_zone_makes_no_weight_larger(dead, step):
    grid = made_coded.grid(0)
    weights = sound(grid)
    _, plain, _ = round_trip(grid, weights, step)
    _, fewer, _ = round_trip(grid, weights, step, dead=dead)
    assert (np.abs(fewer) <= np.abs(plain)).all()
    assert (np.abs(fewer) >= np.abs(plain) - 1).all()


def test_weights_have_a_largest_size():
    _, whole, _ = round_trip(made_coded.grid(0), sound(made_coded.grid(0), 1e9), 0)
    assert np.abs(whole).max() == MAX_WEIGHT


def test_signs_go_by_the_place_alone():
    both = signs((3, 2, 2, 64), np.array([5, 6, 7]))
    assert np.array_equal(both[1:2], signs((1, 2, 2, 64), np.array([6])))
    assert set(np.unique(both)) == {-1.0, 1.0}
    assert abs(signs((1, 10, 1, 1024), np.array([0])).mean()) < 0.05
