from dataclasses import replace

import numpy as np
import pytest

from ligeia.codec.transform.scale_factors import MAX_STEP, MIN_STEP, PROFILES, Profile, band_tilt, exponents

FRAME, RATE = 256, 16000
BANDS = len(band_tilt(FRAME, RATE))
FLAT = Profile(wire_id=9, name="flat", levelled=True)


def of(profile: Profile, levels: np.ndarray, steps: int = 10) -> np.ndarray:
    return exponents(profile, FRAME, RATE, np.array([steps]), levels)


def levels(frames: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 48, (1, frames, 1, BANDS))


def test_without_terms_all_steps_are_those_of_the_block():
    assert (of(FLAT, levels()) == 10).all()
    assert exponents(FLAT, FRAME, RATE, np.array([10, 20]), np.zeros((2, 3, 1, BANDS), int))[:, 0, 0, 0].tolist() == [
        10,
        20,
    ]


def test_each_term_alone():
    own = levels()
    assert np.array_equal(of(replace(FLAT, slope=3), own), 10 + 3 * own)
    assert np.array_equal(of(replace(FLAT, tilt=5), own)[0, 0, 0], 10 + (5 * band_tilt(FRAME, RATE) >> 4))
    for loud in (2, -1):
        means = [loud * sum(row) // BANDS for row in own[0, :, 0].tolist()]
        assert of(replace(FLAT, loud=loud), own)[0, :, 0, 0].tolist() == [10 + mean for mean in means]


def test_loud_neighbours_and_loud_pasts():
    own = np.zeros((1, 3, 1, BANDS), int)
    own[0, 1, 0, 4] = 7
    neighbours = of(replace(FLAT, spread=2), own) - 10
    assert np.argwhere(neighbours).tolist() == [[0, 1, 0, 3], [0, 1, 0, 5]]
    assert set(neighbours[neighbours > 0]) == {14}
    later = of(replace(FLAT, past=3), own) - 10
    assert np.argwhere(later).tolist() == [[0, 2, 0, 4]]
    assert later.max() == 21


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
@pytest.mark.parametrize("rate", [1, 16000, 2**31 - 1])
def test_exponents_of_any_levels_fit_16_bits_with_sizes_of_weights(profile, rate):
    bands = len(band_tilt(FRAME, rate))
    for level in (0, 47):
        for step in (MIN_STEP, MAX_STEP):
            found = exponents(profile, FRAME, rate, np.array([step]), np.full((1, 2, 1, bands), level))
            assert found.min() > -5000
            assert found.max() < 5000
