"""Bands, profiles, scale factors, and the steps that follow from them."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import reference_coded
from hypothesis import example, given
from hypothesis import strategies as st

from ligeia.codec.transform.scale_factors import (
    MAX_STEP,
    MIN_BAND_COEFFICIENTS,
    MIN_BAND_HZ,
    MIN_STEP,
    NO_FILLING,
    PROFILES,
    BlockFormat,
    Profile,
    band_edges,
    band_of,
    band_tilt,
    log2_16,
    profile_of,
    scale_factors_of,
    step_exponents,
)
from ligeia.errors import FormatError

SIZE, RATE = 256, 16000
BANDS = len(band_tilt(SIZE, RATE))
FLAT = Profile(wire_id=9, name="flat", has_scale_factors=True)
sizes = st.integers(1, 2048).map(lambda k: 32 * k)
rates = st.integers(1, 200_000) | st.just(2**31 - 1)


@given(sizes, rates)
@example(32, 1)
@example(65536, 2**31 - 1)
def test_bands_cover_the_frame(size, rate):
    edges = band_edges(size, rate)
    assert edges[0] == 0
    assert edges[-1] == size
    widths = [high - low for low, high in pairwise(edges)]
    assert min(widths) >= min(MIN_BAND_COEFFICIENTS, size)
    if len(widths) > 1:
        assert min(widths) * rate >= 2 * size * MIN_BAND_HZ
    assert list(edges) == reference_coded.edges_of(size, rate)
    which = band_of(size, rate)
    assert which.shape == (size,)
    assert all(which[low] == which[high - 1] == b for b, (low, high) in enumerate(pairwise(edges)))


@given(sizes, rates)
def test_tilts_rise_from_0(size, rate):
    tilt = band_tilt(size, rate)
    assert tilt.min() >= 0
    assert (tilt[1:] >= tilt[:-1]).all()


def test_tilt_is_16_for_an_octave_above_700_hz():
    edges, tilt = band_edges(1024, 32000), band_tilt(1024, 32000)
    centres = [(low + high) / 2 * 32000 / 2048 for low, high in pairwise(edges)]
    assert all(value == 0 for value, centre in zip(tilt, centres, strict=True) if centre < 700)
    octave = [value for value, centre in zip(tilt, centres, strict=True) if 1300 < centre < 1500]
    assert octave
    assert all(13 <= value <= 18 for value in octave)


@given(st.integers(1, 2**60))
def test_the_logarithm_is_computed_in_integers(number):
    k = log2_16(number)
    assert 2**k <= number**16 < 2 ** (k + 1)


def test_profiles_by_number():
    assert all(profile_of(number) is profile and profile.wire_id == number for number, profile in PROFILES.items())
    assert len({profile.name for profile in PROFILES.values()}) == len(PROFILES)
    with pytest.raises(FormatError, match=r"9 is not a known profile; there are: 0, 1"):
        profile_of(9)


def test_without_scale_factors_nothing_follows_them():
    for profile in PROFILES.values():
        if not profile.has_scale_factors:
            assert (profile.slope, profile.loud, profile.spread, profile.past, profile.tilt) == (0, 0, 0, 0, 0)
            assert profile.filling == profile.empty_filling == NO_FILLING


def layout(profile: Profile, rate: int = RATE) -> BlockFormat:
    return BlockFormat(SIZE, 3, 1, rate, profile)


def test_scale_factors_are_octaves_of_rms():
    speech, waveform = layout(PROFILES[1]), layout(PROFILES[0])
    for k in (-10, -1, 0, 3):
        assert (scale_factors_of(np.full((1, 3, 1, SIZE), 2.0**k, np.float32), speech) == 24 + k).all()
    assert not scale_factors_of(np.zeros((1, 3, 1, SIZE)), speech).any()
    assert scale_factors_of(np.full((1, 3, 1, SIZE), 1e30), speech).max() == 47
    assert not scale_factors_of(np.ones((1, 3, 1, SIZE)), waveform).any()


def exponents(profile: Profile, scale_factors: np.ndarray, step: int = 10) -> np.ndarray:
    return step_exponents(layout(profile), np.array([step]), scale_factors)


def random_scale_factors() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 48, (1, 3, 1, BANDS))


def test_without_terms_all_steps_are_those_of_the_block():
    assert (exponents(FLAT, random_scale_factors()) == 10).all()
    two = step_exponents(layout(FLAT), np.array([10, 20]), np.zeros((2, 3, 1, BANDS), int))
    assert two[:, 0, 0, 0].tolist() == [10, 20]


def test_each_term_alone():
    random = random_scale_factors()
    assert np.array_equal(exponents(replace(FLAT, slope=3), random), 10 + 3 * random)
    assert np.array_equal(exponents(replace(FLAT, tilt=5), random)[0, 0, 0], 10 + (5 * band_tilt(SIZE, RATE) >> 4))
    for loud in (2, -1):
        means = [loud * sum(row) // BANDS for row in random[0, :, 0].tolist()]
        assert exponents(replace(FLAT, loud=loud), random)[0, :, 0, 0].tolist() == [10 + mean for mean in means]


def test_loud_neighbours_and_loud_pasts():
    one = np.zeros((1, 3, 1, BANDS), int)
    one[0, 1, 0, 4] = 7
    neighbours = exponents(replace(FLAT, spread=2), one) - 10
    assert np.argwhere(neighbours).tolist() == [[0, 1, 0, 3], [0, 1, 0, 5]]
    assert set(neighbours[neighbours > 0]) == {14}
    later = exponents(replace(FLAT, past=3), one) - 10
    assert np.argwhere(later).tolist() == [[0, 2, 0, 4]]
    assert later.max() == 21


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
@pytest.mark.parametrize("rate", [1, 16000, 2**31 - 1])
def test_exponents_fit_16_bits_together_with_magnitudes(profile, rate):
    bands = len(band_tilt(SIZE, rate))
    for scale_factor in (0, 47):
        for step in (MIN_STEP, MAX_STEP):
            same = np.full((1, 2, 1, bands), scale_factor)
            extremes = step_exponents(layout(profile, rate), np.array([step]), same)
            assert extremes.min() > -5000
            assert extremes.max() < 5000
