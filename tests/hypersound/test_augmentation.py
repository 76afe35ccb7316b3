import numpy as np
import pytest

from ligeia.errors import InputError
from ligeia.hypersound.augmentation import Augmentation, all_pass, augmented, normalised

RATE = 22050
PLAIN = Augmentation(phase_mangle=0.0, dequantise=False, normalise=False)


def noise(count: int = 4096) -> np.ndarray:
    return (0.1 * np.random.default_rng(0).standard_normal(count)).astype(np.float32)


def random(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_all_pass_changes_the_phase_alone() -> None:
    impulse = np.zeros(2**14, np.float32)
    impulse[0] = 1
    response = np.fft.rfft(all_pass(impulse, 500.0, RATE, 0.99))
    assert np.abs(response) == pytest.approx(np.ones(len(response)), abs=1e-4)
    hz = np.arange(len(response)) * RATE / 2**14
    turns = -np.unwrap(np.angle(response)) / (2 * np.pi)
    assert turns[-1] == pytest.approx(1, abs=0.05), "a second-order all-pass turns once up to half the rate"
    assert hz[np.searchsorted(turns, 0.5)] == pytest.approx(500, abs=10)


def test_the_all_pass_against_its_recursion() -> None:
    x, real = noise(200).astype(float), 0.99 * np.cos(2 * np.pi * 300 / RATE)
    b, a = [0.99**2, -2 * real, 1.0], [1.0, -2 * real, 0.99**2]
    y = np.zeros(200)
    for n in range(200):
        y[n] = sum(b[k] * x[n - k] for k in range(3) if n >= k) - sum(a[k] * y[n - k] for k in (1, 2) if n >= k)
    assert all_pass(x.astype(np.float32), 300.0, RATE, 0.99) == pytest.approx(y, abs=1e-6)


def test_frequencies_are_drawn_evenly_by_logarithm(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[float] = []

    def record(crop, hz, rate, pole):
        drawn.append(hz)
        return crop

    monkeypatch.setattr("ligeia.hypersound.augmentation.all_pass", record)
    draws = random()
    for _ in range(2000):
        augmented(noise(16), RATE, Augmentation(), draws)
    assert len(drawn) == pytest.approx(1600, abs=80), "four of five"
    assert 20 <= min(drawn) < 21
    assert 1900 < max(drawn) <= 2000
    assert np.median(drawn) == pytest.approx(200, rel=0.15)


def test_dequantisation_is_less_than_a_step() -> None:
    crop = noise()
    change = augmented(crop, RATE, Augmentation(phase_mangle=0.0, normalise=False), random()) - crop
    assert np.abs(change).max() <= 2**-17 * 1.01
    assert change.std() == pytest.approx(2**-16 / np.sqrt(12), rel=0.1)


def test_the_peak_comes_last() -> None:
    assert np.abs(augmented(noise(), RATE, Augmentation(), random())).max() == pytest.approx(1, abs=1e-6)


def test_silence_is_not_scaled() -> None:
    silent, quiet = np.zeros(100, np.float32), noise(100) * 1e-3
    spared = Augmentation(silence=1e-2)
    assert not normalised(silent, Augmentation()).any()
    assert np.array_equal(normalised(quiet, spared), quiet)
    assert np.abs(augmented(silent, RATE, spared, random())).max() < 2**-16
    assert np.abs(augmented(silent, RATE, Augmentation(), random())).max() == 1, "the quirk of the paper's program"


def test_the_same_draws_give_the_same_crop() -> None:
    first, second, other = (augmented(noise(), RATE, Augmentation(), random(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)
    assert np.array_equal(augmented(noise(), RATE, PLAIN, random()), noise())


def test_a_low_rate_bounds_the_frequency() -> None:
    assert np.isfinite(augmented(noise(), 100, Augmentation(phase_mangle=1.0), random())).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"phase_mangle": 1.5}, "phase_mangle must lie between 0 and 1, got 1.5"),
        ({"lowest_hz": 100.0, "highest_hz": 50.0}, "the lower first"),
        ({"pole": 1.0}, "pole must lie"),
        ({"silence": -1.0}, "silence must lie"),
    ],
    ids=str,
)
def test_settings_are_checked(settings, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Augmentation(**settings)
