"""The blind estimate of a steady noise."""

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.dsp.spectra import Stft
from ligeia.enhance.denoising.noise_floor import (
    CELL_BINS,
    CELL_FRAMES,
    CELL_FREEDOM,
    LOW_HZ,
    NoiseFloor,
    band_edges,
    find_noise_floors,
    profile_of,
    with_rumble_spared,
)

RATE = 16000


def white(seconds: float, level: float = 0.01, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, level, round(seconds * RATE))


def melody(seconds: float) -> np.ndarray:
    """Chords of decaying partials without a pause: the notes overlap."""
    time = np.arange(round(seconds * RATE)) / RATE
    rng = np.random.default_rng(1)
    sound = np.zeros_like(time)
    for onset in np.arange(0, seconds, 0.25):
        pitch = 110 * 2 ** (rng.integers(0, 36) / 12)
        since = np.maximum(time - onset, 0)
        for partial in range(1, 9):
            loud = 0.1 / partial * np.exp(-3 * since) * (time >= onset)
            sound += loud * np.sin(2 * np.pi * pitch * partial * since)
    return sound


def error_db(floor: NoiseFloor | None, level: float, least_hz: float = 0.0) -> np.ndarray:
    assert floor is not None
    return 10 * np.log10(floor.density[:, floor.hertz >= least_hz] / level**2)


def test_cells_of_white_noise_have_the_stated_freedom() -> None:
    from scipy.ndimage import uniform_filter

    power = np.abs(Stft(512, 256, sqrt_window=True).analyse(white(60)))[5:-5] ** 2
    cells = uniform_filter(power, (CELL_FRAMES, CELL_BINS))[5:-5, 5:-5]
    assert cells.mean() ** 2 / cells.var() == pytest.approx(CELL_FREEDOM, rel=0.05)


def test_noise_alone_is_found_in_every_band() -> None:
    errors = error_db(find_noise_floors(Audio(white(8)[None], RATE))[0], 0.01)
    assert np.abs(errors).max() < 1.5


def test_noise_is_found_under_music_that_never_pauses() -> None:
    floor = find_noise_floors(Audio((melody(8) + white(8, 0.003))[None], RATE))[0]
    errors = error_db(floor, 0.003, least_hz=1000)
    assert abs(np.median(errors)) < 1
    assert errors.max() < 3


def test_nothing_is_found_in_music_without_noise_and_in_silence() -> None:
    assert find_noise_floors(Audio(melody(8)[None], RATE)) == [None]
    assert find_noise_floors(Audio(np.zeros((2, RATE)), RATE)) == [None, None]
    assert find_noise_floors(Audio(np.ones((1, 1)), RATE)) == [None]


def test_pauses_of_digital_silence_do_not_hide_the_noise() -> None:
    sound = np.concatenate([white(4), np.zeros(4 * RATE)])
    assert np.abs(error_db(find_noise_floors(Audio(sound[None], RATE))[0], 0.01, LOW_HZ)).max() < 2


@pytest.mark.filterwarnings("error")
def test_nothing_is_found_at_a_rate_of_a_few_hundred_hertz() -> None:
    assert find_noise_floors(Audio(np.random.default_rng(0).normal(0, 0.1, (1, 8000)), 2 * LOW_HZ)) == [None]


def test_a_noise_that_changes_is_followed() -> None:
    swell = np.linspace(0, 1, 60 * RATE)
    floor = find_noise_floors(Audio((white(60) * 10 ** (swell / 2))[None], RATE))[0]
    assert floor is not None
    levels = 10 * np.log10(floor.at(np.array([5.0, 30.0, 55.0]), np.array([2000.0]))[:, 0] / 1e-4)
    assert levels == pytest.approx([10 / 12, 5, 110 / 12], abs=2)


def test_each_channel_has_its_own_noise() -> None:
    floors = find_noise_floors(Audio(np.stack([white(6), 10 * white(6, seed=2)]), RATE))
    assert abs(np.median(error_db(floors[0], 0.01))) < 1
    assert abs(np.median(error_db(floors[1], 0.1))) < 1


def test_a_profile_of_fewer_channels_serves_all() -> None:
    floors = profile_of(Audio(white(3)[None], RATE), 3)
    assert len(floors) == 3
    assert abs(error_db(floors[2], 0.01).mean()) < 0.5
    assert floors[0].power() == pytest.approx(1e-4, rel=0.05)


@pytest.mark.parametrize("bins", [9, 65, 129, 1025, 2049])
def test_bands_cover_all_bins(bins: int) -> None:
    edges = band_edges(bins)
    assert edges[0] == 0
    assert edges[-1] == bins
    assert (np.diff(edges) >= 3).all()


def test_rumble_is_spared_in_a_recording_that_seems_clean() -> None:
    floor = NoiseFloor(np.zeros(1), np.array([50.0, 150.0, 1000.0, 2000.0]), np.array([[1.0, 1.0, 1e-4, 1e-4]]))
    spared = with_rumble_spared(floor, 1.0)
    assert 10 * np.log10(spared.power()) == pytest.approx(-33, abs=1)
    assert np.array_equal(spared.density[0, 2:], floor.density[0, 2:])
    assert with_rumble_spared(floor, 1e-2) is floor
