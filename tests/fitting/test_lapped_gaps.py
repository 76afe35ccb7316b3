import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.dsp.mdct import inverse_mdct, mdct, window_sequence
from ligeia.fitting.lapped import analyse
from ligeia.fitting.lapped_gaps import filled, refitted
from ligeia.networks.lapped import Lapped

RATE = 8000
SPEC = Lapped(frame_size=512, frames=4)


def tones(frames=8000):
    time = np.arange(frames) / RATE
    return sum(np.sin(2 * np.pi * hz * time + hz) for hz in (210, 433, 1200)) / 4


def gaps(frames=8000, length=80):
    trust = np.ones(frames)
    for start in range(700, frames - length, 1500):
        trust[start : start + length] = 0
    return trust


@pytest.mark.parametrize("units", [None, 600])
def test_gaps_in_tones_are_filled(units):
    sound, trust = tones(), gaps()
    spoiled = np.where(trust > 0, sound, np.random.default_rng(0).normal(size=len(sound)))
    inr = analyse(Audio(spoiled[None], RATE), SPEC, units=units, trust=trust)
    found, missing = inr.render().samples[0], trust == 0
    gap = np.sum(sound[missing] ** 2) / np.sum((found - sound)[missing] ** 2)
    known = np.sum(sound[~missing] ** 2) / np.sum((found - sound)[~missing] ** 2)
    assert 10 * np.log10(gap) > 12
    assert 10 * np.log10(known) > (30 if units else 90)
    assert inr.report["snr_db"] == pytest.approx(10 * np.log10(known), abs=0.5)


def test_trusted_samples_stay_as_they_are():
    rows = tones(2048).reshape(1, 4, 512)
    trust = gaps(2048).reshape(1, 4, 512)
    found = filled(rows, trust, window_sequence(SPEC, np.zeros((1, 4), int)))
    assert np.array_equal(found[trust == 1], rows[trust == 1])
    assert np.array_equal(filled(rows, np.ones_like(trust), window_sequence(SPEC, np.zeros((1, 4), int))), rows)


def test_nothing_known_stays_silent():
    rows = np.ones((1, 4, 512))
    assert not filled(rows, np.zeros_like(rows), window_sequence(SPEC, np.zeros((1, 4), int))).any()


def test_weights_minimise_the_weighted_error():
    """No small change of a kept weight makes the error, each sample weighted by its trust, smaller."""
    rng = np.random.default_rng(0)
    layout = window_sequence(SPEC, np.array([[0, 1, 2, 0]]))
    rows = tones(2048).reshape(1, 4, 512) + 0.1 * rng.normal(size=(1, 4, 512))
    trust = rng.uniform(0.2, 1, size=(1, 4, 512))
    weights = mdct(rows, layout)
    weights[np.abs(weights) < 0.5] = 0
    solved = refitted(weights, rows, trust, layout)
    slope = mdct(trust * (rows - inverse_mdct(solved.astype(float), layout)), layout)[weights != 0]
    before = mdct(trust * (rows - inverse_mdct(weights, layout)), layout)[weights != 0]
    assert np.abs(slope).max() < 1e-3 * np.abs(before).max()
    assert np.array_equal(solved != 0, weights != 0)


def test_the_less_a_noisy_stretch_is_trusted_the_better_the_rest():
    sound = tones()
    noisy = sound.copy()
    noisy[3000:5000] += 0.3 * np.random.default_rng(0).normal(size=2000)
    quiet = np.ones(8000, bool)
    quiet[2700:5300] = False
    scores = []
    for trust in (1.0, 0.05):
        weights = np.where((np.arange(8000) >= 3000) & (np.arange(8000) < 5000), trust, 1.0)
        inr = analyse(Audio(noisy[None], RATE), SPEC, units=300, trust=weights)
        scores.append(np.sum((inr.render().samples[0] - sound)[quiet] ** 2))
    assert scores[1] < scores[0]
