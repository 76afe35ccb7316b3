"""The encoder's choice: against every other choice, and what a bit is worth."""

from itertools import product

import made_dependent
import numpy as np
import pytest

from ligeia.codec.transform.dependent import choosing
from ligeia.codec.transform.dependent.choosing import Costs, Rule, choose_levels
from ligeia.codec.transform.dependent.encoding import bits_of_blocks, passes_of
from ligeia.codec.transform.dependent.trellis import BIAS, NEXT, half_steps, quantisers_of, reconstructed
from ligeia.codec.transform.quantiser import Spectra

from .test_surroundings import LAYOUT

MODEL = made_dependent.model()


def exact_of(blocks: int, spread: float, seed: int = 0) -> np.ndarray:
    shape = (blocks, LAYOUT.frames, LAYOUT.frame_size)
    reals = np.random.default_rng(seed).laplace(0, spread, shape)
    return reals.clip(-(1 << 19), 1 << 19).astype(np.float32)  # an encoder's steps are never finer


def test_no_other_path_costs_less():
    """Of all levels from 0 to 4 in five frames of one coefficient."""
    random = np.random.default_rng(4)
    halves = np.abs(random.normal(0, 3, (5, 1, 1))).astype(np.float32)
    tables = random.uniform(0.2, 6, (1, 128, 18)).astype(np.float32)
    rows = tuple(random.integers(64 * z, 64 * z + 64, (5, 1, 1)) for z in (0, 1))
    costs, rule = Costs(rows, np.zeros(1, int), tables, np.ones((5, 1, 1), np.float32)), Rule(0.1, BIAS)

    def total(levels: np.ndarray) -> float:
        quantisers, cost = quantisers_of(levels), 0.0
        for frame, (level, z) in enumerate(zip(levels[:, 0, 0], quantisers[:, 0, 0], strict=True)):
            value = half_steps(level, z) - BIAS[z, min(level, 2)]
            bits = tables[0, rows[z][frame, 0, 0], level] + (level > 0)
            cost += (halves[frame, 0, 0] - value) ** 2 + 0.4 * bits
        return cost

    found = choosing._best_paths(halves, costs, rule)
    least = min(total(np.array(levels).reshape(5, 1, 1)) for levels in product(range(5), repeat=5))
    assert total(found) == pytest.approx(least, rel=1e-5)


def test_sources_are_the_table_the_other_way_round():
    for state, pairs in enumerate(choosing.SOURCES.tolist()):
        assert all(NEXT[source, parity] == state for source, parity in pairs)


@pytest.mark.parametrize("spread", [0.1, 1.0, 30.0, 1e6])
def test_levels_are_near_what_they_stand_for(spread):
    exact, switching = exact_of(2, spread), np.zeros((2, LAYOUT.frames), int)
    levels = choose_levels(exact, switching, LAYOUT, MODEL, Rule(1e-6, BIAS))
    values = np.moveaxis(reconstructed(np.moveaxis(levels, 1, 0)), 0, 1)
    assert np.abs(values - exact).max() < 1.3
    assert np.square(values - exact).mean() < 1 / 12


def test_a_bit_that_is_worth_more_saves_bits():
    exact, switching = exact_of(2, 1.5), np.zeros((2, LAYOUT.frames), int)
    bits = []
    for lagrangian in (1e-6, 0.1, 0.4):
        levels = choose_levels(exact, switching, LAYOUT, MODEL, Rule(lagrangian, BIAS))
        spectra = Spectra(switching, np.zeros((2, LAYOUT.frames, 1, LAYOUT.bands), int), levels[:, :, None])
        bits.append(bits_of_blocks(passes_of(LAYOUT, MODEL, spectra), spectra, MODEL).sum())
    assert bits[0] > bits[1] > bits[2]
