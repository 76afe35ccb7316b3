"""Coefficients to integers and back, noise filling, mid/side."""

import made_coded
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ligeia.codec.transform.quantiser import (
    MAX_SIZE,
    CodedBlocks,
    Spectra,
    in_steps,
    noise_signs,
    quantise,
    reconstruct,
    step_sizes,
    to_mid_side,
)
from ligeia.codec.transform.scale_factors import band_edges, scale_factors_of


def noise(layout, level: float = 0.1, blocks: int = 2) -> np.ndarray:
    shape = (blocks, layout.frames, layout.channels, layout.frame_size)
    return (np.random.default_rng(0).standard_normal(shape) * level).astype(np.float32)


def round_trip(layout, coefficients, step: int, dead_zone: float = 0.0):
    blocks = len(coefficients)
    steps, scale_factors = np.full(blocks, step), scale_factors_of(coefficients, layout)
    integers = quantise(coefficients, layout, steps, scale_factors, dead_zone=dead_zone)
    spectra = Spectra(np.zeros(coefficients.shape[:2], int), scale_factors, integers)
    coded = CodedBlocks(steps, np.zeros(blocks, bool), spectra)
    return scale_factors, integers, reconstruct(coded, layout, np.arange(blocks))


@pytest.mark.parametrize("profile", [0, 1, 2])
@pytest.mark.parametrize("step", [50, 200])
def test_errors_are_within_a_step(profile, step):
    layout = made_coded.layout(profile)
    coefficients = noise(layout)
    scale_factors, integers, decoded = round_trip(layout, coefficients, step)
    size = step_sizes(layout, np.full(2, step), scale_factors)
    # Half a step, and what is taken off or put in place of zeros.
    assert (np.abs(decoded - coefficients) <= 0.5 * size + 0.36 * size).all()
    assert (np.abs(decoded - coefficients)[integers != 0] <= 0.56 * size[integers != 0]).all()
    exact = in_steps(coefficients, layout, np.full(2, step), scale_factors)
    assert np.abs(exact - integers).max() <= 0.5


def test_silent_bands_stay_silent():
    layout = made_coded.layout(1)
    coefficients = noise(layout)
    edges = band_edges(layout.frame_size, layout.rate)
    coefficients[..., edges[1] : edges[2]] = 0
    scale_factors, _, decoded = round_trip(layout, coefficients, 150)
    assert not decoded[..., edges[1] : edges[2]].any()
    assert decoded[..., : edges[1]].any()
    exact = in_steps(np.ones_like(coefficients), layout, np.full(2, 150), scale_factors)
    assert not exact[..., edges[1] : edges[2]].any()


def test_noise_fills_what_is_missing():
    layout = made_coded.layout(2, frame_size=256)
    coefficients = noise(layout, 0.01)
    scale_factors, integers, decoded = round_trip(layout, coefficients, 330)
    assert not integers.any()
    ratio = np.square(decoded).sum() / np.square(coefficients).sum()
    assert 0.1 < ratio < 1.0  # as much as the profile says
    assert scale_factors.min() > 0


@given(st.floats(0, 0.3), st.integers(0, 400))
def test_a_dead_zone_makes_no_coefficient_larger(dead_zone, step):
    layout = made_coded.layout(0)
    coefficients = noise(layout)
    _, nearest, _ = round_trip(layout, coefficients, step)
    _, fewer, _ = round_trip(layout, coefficients, step, dead_zone=dead_zone)
    assert (np.abs(fewer) <= np.abs(nearest)).all()
    assert (np.abs(fewer) >= np.abs(nearest) - 1).all()


def test_integers_have_a_largest_size():
    _, integers, _ = round_trip(made_coded.layout(0), noise(made_coded.layout(0), 1e9), 0)
    assert np.abs(integers).max() == MAX_SIZE


def test_signs_go_by_the_place_alone():
    both = noise_signs((3, 2, 2, 64), np.array([5, 6, 7]))
    assert np.array_equal(both[1:2], noise_signs((1, 2, 2, 64), np.array([6])))
    assert set(np.unique(both).tolist()) == {0, 1 << 63}
    assert abs((noise_signs((1, 10, 1, 1024), np.array([0])) > 0).mean() - 0.5) < 0.025


def test_silent_blocks():
    spectra = Spectra.zeros(made_coded.layout(1), 3)
    spectra.coefficients[1, 0, 0, 5], spectra.scale_factors[2, 1, 0, 0] = 1, 3
    assert spectra.silent.tolist() == [True, False, False]


def test_mid_side_is_its_own_inverse_and_leaves_other_blocks_alone():
    before = noise(made_coded.layout(0, channels=2), 1.0, blocks=3)
    chosen = np.array([True, False, True])
    after = to_mid_side(before, chosen)
    assert np.array_equal(after[1], before[1])
    assert np.allclose(after[0, :, 0], (before[0, :, 0] + before[0, :, 1]) / np.sqrt(2), atol=1e-6)
    assert np.allclose(after[0, :, 1], (before[0, :, 0] - before[0, :, 1]) / np.sqrt(2), atol=1e-6)
    assert np.allclose(to_mid_side(after, chosen), before, atol=1e-6)
    assert np.isclose(np.square(after).sum(), np.square(before).sum())


@pytest.mark.parametrize("channels", [1, 3])
def test_only_two_channels_have_a_mid_and_a_side(channels):
    before = noise(made_coded.layout(0, channels=channels))
    assert to_mid_side(before, np.ones(2, bool)) is before
