from itertools import product

import numpy as np
import pytest

from ligeia.dsp import window_switching
from ligeia.dsp.mdct import mdct, window_sequence
from ligeia.dsp.window_switching import CHOICES, bits_cost, cheapest_paths, choose_switching, sparse_cost
from ligeia.networks.lapped import Lapped


def rows_of(spec, blocks, seed=0):
    """Noise whose level jumps about: no way of splitting suits all of it."""
    rng = np.random.default_rng(seed)
    levels = np.repeat(rng.choice([0.02, 1.0], 8 * blocks * spec.frames), spec.frame_size // 8)
    noise = rng.normal(size=(spec.channels, blocks * spec.block_samples)) * levels
    smooth = np.cumsum(noise, axis=1) - np.cumsum(noise, axis=1).mean()
    return smooth.reshape(spec.channels, -1, spec.frame_size).astype(np.float32)


def whole_cost(rows, splits, spec, cost):
    weights = mdct(rows, window_sequence(spec, splits))
    return float(cost(weights).sum())


@pytest.mark.parametrize("sine", [False, True])
@pytest.mark.parametrize("cost", [sparse_cost(2.0), bits_cost(0.3)], ids=["sparse", "bits"])
def test_no_other_splits_cost_less(sine, cost):
    spec = Lapped(frame_size=64, frames=3, channels=2, sine=sine)
    rows = rows_of(spec, 2)
    found = choose_switching(rows, spec, cost)
    ways = list(product(range(3), range(5), range(3)))
    costs = [[whole_cost(rows, np.array([a, b]), spec, cost) for b in ways] for a in ways]
    best = np.min(costs)
    assert whole_cost(rows, found.reshape(2, 3), spec, cost) == pytest.approx(best, rel=1e-5)


def test_blocks_of_one_superframe():
    spec = Lapped(frame_size=64, frames=1)
    rows = rows_of(spec, 5)
    cost = sparse_cost(2.0)
    found = choose_switching(rows, spec, cost)
    for block in range(5):
        for split in range(3):
            other = found.copy()
            other[block] = split
            assert whole_cost(rows, other[:, None], spec, cost) >= whole_cost(rows, found[:, None], spec, cost) - 1e-3


def test_batches_change_nothing(monkeypatch):
    spec = Lapped(frame_size=64, frames=4)
    rows = rows_of(spec, 3)
    whole = choose_switching(rows, spec, sparse_cost(1.0))
    monkeypatch.setattr(window_switching, "_SAMPLES_AT_ONCE", 5 * 64)
    assert np.array_equal(choose_switching(rows, spec, sparse_cost(1.0)), whole)


def test_attacks_get_short_hops_and_tones_long_ones():
    spec = Lapped(frame_size=512, frames=8)
    time = np.arange(spec.block_samples)
    tone = np.sin(0.2 * time).astype(np.float32)
    assert not choose_switching(tone.reshape(1, 8, 512), spec, sparse_cost(0.5))[1:-1].any()
    click = np.zeros(spec.block_samples, np.float32)
    click[2200:2204] = 1
    assert choose_switching(click.reshape(1, 8, 512), spec, sparse_cost(0.05))[4] == 4


def test_the_cheapest_way_of_any_costs():
    costs = np.random.default_rng(0).uniform(size=(3, 4, CHOICES, CHOICES, CHOICES))
    found = cheapest_paths(costs)

    def total(block, way):
        borders = [2, *map(max, way[:-1], way[1:]), 2]
        return sum(costs[block, f, j, borders[f], borders[f + 1]] for f, j in enumerate(way))

    for block in range(3):
        ways = product(range(3), range(5), range(5), range(3))
        assert total(block, tuple(found[block])) == min(total(block, way) for way in ways)


def test_faint_thresholds():
    assert np.isfinite(sparse_cost(0.0)(np.array([0.0, 1e-38, 1.0], np.float32)))
    assert sparse_cost(1.0)(np.array([0.5, -3.0])) == pytest.approx(1.25)
    assert bits_cost(1.0)(np.array([1.0, 0.0])) == pytest.approx(0.5)
