"""A sound in the time of its phases: exact where nothing is bent, and back again where it is."""

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.codec.phased.bending import AROUND, BentSound, Finely, stretch
from ligeia.networks.phase import Phase


def smooth(samples: int = 4000) -> np.ndarray:
    """A sum of sines below half of half the rate."""
    frequencies, phases = np.random.default_rng(0).uniform(0, [[0.5], [6.28]], (2, 20))
    return np.sin(np.outer(np.arange(samples), np.pi * frequencies) + phases).sum(axis=1)


def test_between_samples():
    frequency = 0.7
    samples = np.sin(np.arange(-AROUND, 2000 + AROUND) * frequency)[None]
    places = np.random.default_rng(0).uniform(0, 2000, 300)
    finely = Finely.of(samples)
    assert np.abs(finely.at(places) - np.sin(places * frequency)).max() < 1e-4
    assert np.abs(finely.near(places) - np.sin(places * frequency)).max() < 1e-2
    assert finely.at(places.reshape(3, 100)).shape == (1, 3, 100)


def test_an_unbent_sound_is_the_sound_and_silence():
    sound = Audio(smooth(1500)[None], 8000)
    straight = BentSound(sound, Phase(np.zeros((2, 4)), 960, 20))
    assert straight.sample_count == 1920
    assert np.array_equal(straight.read(0, 1500), sound.samples)
    assert not straight.read(1500, 5000).any()
    assert straight.read(1500, 5000).shape == (1, 420)
    assert straight.read(1920, 1930).shape == (1, 0)


def test_any_part_is_that_of_the_whole():
    sound = Audio(np.stack([smooth(2500), -smooth(2500)]), 8000)
    slopes = np.random.default_rng(1).uniform(-0.4, 0.4, (3, 6))
    parts = BentSound(sound, Phase(slopes, 960, 20))
    whole = parts.read(0, 2880)
    for start, stop in ((0, 1), (900, 1000), (959, 960), (100, 2800)):
        assert np.array_equal(BentSound(sound, parts.phase).read(start, stop), whole[:, start:stop])


def test_energy_is_kept_and_the_phase_leads_back():
    sound, slopes = Audio(smooth()[None], 8000), np.random.default_rng(1).uniform(-0.4, 0.4, (4, 6))
    phase = Phase(slopes, 1000, 20)
    bent = BentSound(sound, phase).read(0, 4000)
    assert np.square(bent).sum() == pytest.approx(np.square(sound.samples).sum(), rel=0.01)
    places = np.arange(200.0, 800.0) + 0.5
    block = np.full(600, 1)
    back = Finely.of(bent[:, 1000 - AROUND : 2000 + AROUND]).at(phase.at(block, places) - 0.5)
    back *= np.sqrt(phase.slope(block, places))
    assert np.abs(back - sound.samples[:, 1200:1800]).max() < 0.01


def test_stretches_reach_beyond_a_sound():
    sound = Audio(np.arange(1.0, 6.0)[None], 8000)
    assert stretch(sound, -2, 3).tolist() == [[0, 0, 1, 2, 3]]
    assert stretch(sound, 3, 8).tolist() == [[4, 5, 0, 0, 0]]
    assert stretch(sound, 7, 9).tolist() == [[0, 0]]
    assert stretch(sound, -9, -7).tolist() == [[0, 0]]
