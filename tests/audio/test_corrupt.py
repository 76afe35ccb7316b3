import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_sounds import noise, tone

from ligeia.audio.corrupt import add_noise, clip, dropouts, gaps
from ligeia.audio.signal import Audio
from ligeia.errors import InputError

ONES = Audio(np.ones((2, 1000)), 1000)


@given(st.floats(-60, 60), st.integers(0, 2**32))
def test_noise_has_exactly_the_stated_level(snr_db, seed):
    audio = noise(2, 500)
    added = add_noise(audio, snr_db=snr_db, seed=seed).samples.astype(float) - audio.samples
    measured = 10 * np.log10(np.sum(audio.samples.astype(float) ** 2) / np.sum(added**2))
    assert measured == pytest.approx(snr_db, abs=2e-3)


def test_noise_is_white_and_gaussian():
    audio = tone(440, 48000)
    added = add_noise(audio, snr_db=0, seed=1).samples[0] - audio.samples[0]
    added = added / added.std()
    assert abs(np.mean(added[1:] * added[:-1])) < 0.02
    assert np.mean(added**4) == pytest.approx(3, abs=0.15)


def test_same_seed_same_damage_other_seed_other_damage():
    audio = noise(1, 2000)
    for damage in (
        lambda seed: add_noise(audio, snr_db=10, seed=seed),
        lambda seed: dropouts(audio, fraction=0.01, seed=seed)[0],
        lambda seed: gaps(audio, gap_seconds=0.001, count=3, seed=seed)[0],
    ):
        assert np.array_equal(damage(1).samples, damage(1).samples)
        assert not np.array_equal(damage(1).samples, damage(2).samples)


def test_one_per_cent_of_dropouts_is_one_in_every_second_chunk_of_fifty():
    _, mask = dropouts(Audio(np.ones((1, 10000)), 44100), fraction=0.01, seed=5)
    chunks = mask.reshape(-1, 50).sum(axis=1)
    assert chunks[::2].tolist() == [1] * 100
    assert not chunks[1::2].any()


@given(st.integers(1, 500), st.floats(0, 0.5), st.integers(0, 99))
def test_dropouts_are_isolated_and_as_many_as_asked(frames, fraction, seed):
    audio = Audio(np.ones((2, frames)), 8000)
    damaged, mask = dropouts(audio, fraction=fraction, seed=seed)
    assert not (mask[1:] & mask[:-1]).any()
    assert abs(mask.sum() - fraction * frames) <= 0.5
    assert np.array_equal(damaged.samples, np.broadcast_to(~mask, (2, frames)))


@given(st.integers(1, 30), st.integers(0, 20), st.integers(0, 99))
def test_gaps_are_separate_runs(length, count, seed):
    damaged, mask = gaps(ONES, gap_seconds=length / 1000, count=count, seed=seed)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]])))
    assert (edges[1::2] - edges[::2]).tolist() == [length] * count
    assert np.array_equal(damaged.samples, np.broadcast_to(~mask, (2, 1000)))


def test_gaps_may_fill_the_sound_as_far_as_they_stay_apart():
    _, mask = gaps(Audio(np.ones((1, 11)), 1), gap_seconds=1, count=6, seed=0)
    assert mask.tolist() == [True, False] * 5 + [True]
    with pytest.raises(InputError, match="fit"):
        gaps(Audio(np.ones((1, 10)), 1), gap_seconds=1, count=6, seed=0)


def test_clipping_limits_and_marks():
    audio = Audio(np.array([[0.1, 0.5, -0.9, 0.2], [0.0, -0.5, 0.0, 0.6]]), 8000)
    damaged, mask = clip(audio, threshold=0.5)
    assert mask.tolist() == [False, False, True, True]
    assert np.array_equal(damaged.samples, np.clip(audio.samples, -0.5, 0.5))


@pytest.mark.parametrize(
    "damage",
    [
        lambda: add_noise(ONES, snr_db=float("nan"), seed=0),
        lambda: add_noise(ONES, snr_db=float("-inf"), seed=0),
        lambda: add_noise(Audio(np.zeros((1, 9)), 9), snr_db=0, seed=0),
        lambda: add_noise(ONES, snr_db=0, seed=-1),
        lambda: dropouts(ONES, fraction=0.51, seed=0),
        lambda: dropouts(ONES, fraction=float("nan"), seed=0),
        lambda: dropouts(ONES, fraction=-0.1, seed=0),
        lambda: gaps(ONES, gap_seconds=0.0001, count=1, seed=0),
        lambda: gaps(ONES, gap_seconds=float("inf"), count=1, seed=0),
        lambda: gaps(ONES, gap_seconds=0.1, count=-1, seed=0),
        lambda: gaps(ONES, gap_seconds=2, count=1, seed=0),
        lambda: clip(ONES, threshold=0),
        lambda: clip(ONES, threshold=float("nan")),
    ],
)
def test_refused_settings(damage):
    with pytest.raises(InputError):
        damage()
