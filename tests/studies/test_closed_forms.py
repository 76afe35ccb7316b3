"""Closed forms: no more numbers than allowed are used, each is what it says, and with all numbers it is exact."""

import numpy as np
import pytest

from ligeia.studies.closed_forms import FORMS, basis_plane, closed_form


@pytest.fixture(scope="module")
def samples():
    time = np.arange(4000) / 16000
    random = np.random.default_rng(0)
    tones = np.sin(2 * np.pi * 440 * time) + 0.5 * np.sin(2 * np.pi * 1250 * time)
    return (tones * np.exp(-8 * time) + 0.01 * random.standard_normal(4000)).astype(np.float32)


def snr(reference, estimate):
    return 10 * np.log10(np.square(reference).sum() / max(np.square(reference - estimate).sum(), 1e-12))


@pytest.mark.parametrize("name", [name for name in FORMS if name != "all coefficients"])
def test_more_numbers_are_closer_and_none_is_overspent(name, samples):
    values = []
    for numbers in (250, 500, 1000):
        closed = closed_form(name, samples, numbers)
        assert 0.9 * numbers < closed.numbers <= numbers
        values.append(snr(samples, closed.estimate))
    assert values == sorted(values)


def test_with_as_many_numbers_as_samples_it_is_exact(samples):
    closed = closed_form("all coefficients", samples, 4000)
    assert closed.numbers == 4000
    assert snr(samples, closed.estimate) > 90


def test_with_fewer_there_is_no_exact_form(samples):
    closed = closed_form("all coefficients", samples, 1000)
    assert closed.numbers == 0
    assert not closed.estimate.any()


def test_the_largest_are_better_than_any_others_of_a_transform(samples):
    plane = basis_plane(samples, np.eye(500), "samples")
    closed = closed_form("largest coefficients", samples, 1000, [plane])
    kept = np.flatnonzero(closed.estimate)
    assert len(kept) == 500
    assert np.abs(samples[kept]).min() >= np.abs(np.delete(samples, kept)).max()


def test_blocks_are_whole(samples):
    plane = basis_plane(samples, np.eye(500), "samples")
    closed = closed_form("largest blocks", samples, 600, [plane])
    assert "blocks of" in closed.setting
    assert closed.numbers <= 600
