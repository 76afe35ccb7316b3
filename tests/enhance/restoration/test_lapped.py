"""The default method and its parts: windowed sines, local models, and what combines them."""

import numpy as np
import pytest

from ligeia.enhance.restoration.autoregressive import burg, iterated
from ligeia.enhance.restoration.lapped import bridged, predictions, repaired
from ligeia.enhance.restoration.leave_out import weights_from
from ligeia.enhance.restoration.short_runs import interpolated_locally, shares_from
from ligeia.enhance.restoration.spline import interpolated
from ligeia.enhance.restoration.windowed_sines import Frames, filled

RATE = 8000


def chord(count: int = 12000, seed: int = 0) -> np.ndarray:
    """Partials that swell and beat, over noise: nothing that one model of any kind describes to the end."""
    time = np.arange(count) / RATE
    drawn = np.random.default_rng(seed)
    partials = [np.sin(2 * np.pi * f * time + f) / (1 + k) for k, f in enumerate((220.0, 331.0, 447.0, 1203.0))]
    return 0.3 * sum(partials) * (1 + 0.4 * np.sin(2 * np.pi * 1.5 * time)) + drawn.normal(0, 1e-3, count)


def snr(truth: np.ndarray, made: np.ndarray) -> float:
    return float(10 * np.log10(np.sum(truth**2) / np.sum((truth - made) ** 2)))


def test_frames_put_a_sound_together_again() -> None:
    frames = Frames(np.arange(-48, 400, 16)[3:-4], 64, 400)
    sound = chord(400)
    inside = slice(64, 320)
    assert np.allclose(frames.weighted(sound, np.ones((len(frames.starts), 33)))[inside], 2 * sound[inside])


def test_windowed_sines_continue_partials() -> None:
    sound = chord()
    broken = sound.copy()
    broken[6000:6200] = 0
    assert snr(sound[6000:6200], filled(broken, 6000, 6200, 2048)) > 15


def test_windowed_sines_solve_their_equations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ligeia.enhance.restoration.windowed_sines.ROUNDS", 1)
    monkeypatch.setattr("ligeia.enhance.restoration.windowed_sines.CG_STEPS", 200)
    sound = chord(3000)
    solution = filled(sound, 1500, 1540, 256)
    nearby = [filled(np.r_[sound[:1500], solution + change, sound[1540:]], 1500, 1540, 256) for change in (0, 0)]
    assert np.allclose(nearby[0], nearby[1])
    assert np.isfinite(solution).all()


def test_a_gap_without_room_for_frames_keeps_its_guess() -> None:
    sound = chord(100)
    assert np.array_equal(filled(sound, 40, 60, 256), sound[40:60])


def test_the_combination_is_close_to_the_best_of_its_methods() -> None:
    sound = chord(16000)
    broken = sound.copy()
    broken[8000:8160] = 0
    each = [snr(sound[8000:8160], made) for made in predictions(broken, 8000, 8160, RATE)]
    assert len(each) == 7
    assert snr(sound[8000:8160], bridged(broken, 8000, 8160, RATE)) > max(each) - 3


def test_local_models_follow_a_sound_that_changes() -> None:
    drawn = np.random.default_rng(2)
    low, high = chord(4000), np.sin(np.arange(4000) * 0.9) * 0.2 + drawn.normal(0, 1e-3, 4000)
    sound = np.concatenate([low, high, low])
    missing = np.zeros(len(sound), bool)
    missing[np.arange(60, len(sound) - 60, 100)] = True
    broken = np.where(missing, 0, sound)
    ours = snr(sound, interpolated_locally(broken, missing, RATE))
    assert ours > snr(sound, interpolated(broken, missing)) + 10
    assert ours > snr(sound, iterated(broken, missing, order=32, steps=1, estimate=burg))


def test_short_and_long_damage_at_once() -> None:
    sound = chord(8000)
    missing = np.zeros(len(sound), bool)
    missing[np.arange(60, 7000, 100)], missing[4000:4100], missing[:3], missing[-40:] = True, True, True, True
    whole = repaired(np.where(missing, 0, sound), missing, RATE)
    assert np.array_equal(whole[~missing], sound[~missing])
    assert snr(sound[200:7500], whole[200:7500]) > 30


def test_weights_favour_what_fits_and_shrink_what_does_not() -> None:
    drawn = np.random.default_rng(0)
    truth = [drawn.standard_normal(200) for _ in range(4)]
    good = [np.array([row + 0.1 * drawn.standard_normal(200), drawn.standard_normal(200)]) for row in truth]
    weights = weights_from(truth, good)
    assert weights[0] > 0.9
    assert weights[1] < 0.05
    hopeless = [drawn.standard_normal((2, 200)) for _ in truth]
    assert weights_from(truth, hopeless).sum() < 0.6
    assert weights_from([np.zeros(5)], [np.ones((2, 5))]).tolist() == [0.5, 0.5]


def test_shares_cancel_opposite_errors() -> None:
    drawn = np.random.default_rng(0)
    error = drawn.standard_normal(100)
    shares = shares_from(np.array([error, -error, 10 * drawn.standard_normal(100)]))
    assert shares.sum() == pytest.approx(1)
    assert shares[0] == pytest.approx(shares[1], abs=0.05)
    assert shares_from(np.zeros((3, 4))).tolist() == pytest.approx([1 / 3] * 3)


def test_silence_stays_silent() -> None:
    missing = np.zeros(4000, bool)
    missing[[100, 200]], missing[2000:2100] = True, True
    assert not repaired(np.zeros(4000), missing, RATE).any()
