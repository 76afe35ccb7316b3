"""The choice of short blocks, against all other choices."""

from itertools import product

import numpy as np
import pytest

from ligeia.dsp import window_switching
from ligeia.dsp.mdct import mdct, window_sequence
from ligeia.dsp.window_switching import CHOICES, bits_cost, cheapest_paths, choose_switching, sparse_cost
from ligeia.networks.lapped import Lapped


def restless(spec, blocks, seed=0):
    """Noise whose level jumps about: no switching suits all of it."""
    rng = np.random.default_rng(seed)
    levels = np.repeat(rng.choice([0.02, 1.0], 8 * blocks * spec.frames), spec.frame_size // 8)
    noise = rng.normal(size=(spec.channels, blocks * spec.block_samples)) * levels
    smooth = np.cumsum(noise, axis=1) - np.cumsum(noise, axis=1).mean()
    return smooth.reshape(spec.channels, -1, spec.frame_size).astype(np.float32)


def total_cost(frames, switching, spec, cost):
    return float(cost(mdct(frames, window_sequence(spec, switching))).sum())


@pytest.mark.parametrize(("sine", "cost"), [(False, sparse_cost(2.0)), (True, bits_cost(0.3))], ids=["sparse", "bits"])
def test_no_other_switching_costs_less(sine, cost):
    spec = Lapped(frame_size=64, frames=3, channels=2, sine=sine)
    frames = restless(spec, 2)
    chosen = choose_switching(frames, spec, cost)
    paths = list(product(range(3), range(5), range(3)))
    least = min(total_cost(frames, np.array([a, b]), spec, cost) for a in paths for b in paths)
    assert total_cost(frames, chosen.reshape(2, 3), spec, cost) == pytest.approx(least, rel=1e-5)


def test_blocks_of_one_frame():
    spec = Lapped(frame_size=64, frames=1)
    frames = restless(spec, 5)
    cost = sparse_cost(2.0)
    chosen = choose_switching(frames, spec, cost)
    least = total_cost(frames, chosen[:, None], spec, cost)
    for block, other in product(range(5), range(3)):
        changed = chosen.copy()
        changed[block] = other
        assert total_cost(frames, changed[:, None], spec, cost) >= least - 1e-3


def test_batches_change_nothing(monkeypatch):
    spec, shares = Lapped(frame_size=64, frames=4), []
    frames = restless(spec, 3)
    together = choose_switching(frames, spec, sparse_cost(1.0))
    monkeypatch.setattr(window_switching, "_SAMPLES_AT_ONCE", 5 * 64)
    assert np.array_equal(choose_switching(frames, spec, sparse_cost(1.0), on_share=shares.append), together)
    assert shares == [5 / 12, 10 / 12, 1.0]


def test_attacks_get_short_blocks_and_tones_long_ones():
    spec = Lapped(frame_size=512, frames=8)
    time = np.arange(spec.block_samples)
    tone = np.sin(0.2 * time).astype(np.float32)
    assert not choose_switching(tone.reshape(1, 8, 512), spec, sparse_cost(0.5))[1:-1].any()
    click = np.zeros(spec.block_samples, np.float32)
    click[2200:2204] = 1
    assert choose_switching(click.reshape(1, 8, 512), spec, sparse_cost(0.05))[4] == 4


def test_a_penalty_keeps_blocks_long():
    spec = Lapped(frame_size=64, frames=4)
    frames, cost = restless(spec, 3), sparse_cost(1.0)
    assert choose_switching(frames, spec, cost).any()
    assert not choose_switching(frames, spec, cost, (0, *[1e6] * 4)).any()


def test_the_cheapest_path_of_any_costs():
    costs = np.random.default_rng(0).uniform(size=(3, 4, CHOICES, CHOICES, CHOICES))
    chosen = cheapest_paths(costs)

    def total(block, path):
        borders = [2, *map(max, path[:-1], path[1:]), 2]
        return sum(costs[block, f, j, borders[f], borders[f + 1]] for f, j in enumerate(path))

    for block in range(3):
        paths = product(range(3), range(5), range(5), range(3))
        assert total(block, tuple(chosen[block])) == min(total(block, path) for path in paths)


def test_faint_thresholds():
    assert np.isfinite(sparse_cost(0.0)(np.array([0.0, 1e-38, 1.0], np.float32)))
    assert sparse_cost(1.0)(np.array([0.5, -3.0])) == pytest.approx(1.25)
    assert bits_cost(1.0)(np.array([1.0, 0.0])) == pytest.approx(0.5)
