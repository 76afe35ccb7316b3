from dataclasses import replace

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.enhance.restoration.restore import restore
from ligeia.enhance.restoration.siren import MaskedConfig, function_of, longest_run, network, repair, repair_zeroed
from ligeia.enhance.restoration.stretch import RestoreSettings, Stretch
from ligeia.fitting.config import FitConfig

pytest.importorskip("torch")

RATE = 4000
TONE = 0.3 * np.sin(2 * np.pi * 220 * np.arange(800) / RATE) + 0.2 * np.sin(2 * np.pi * 330 * np.arange(800) / RATE)
QUICK = MaskedConfig(density=2.0, fit=FitConfig(steps=400, device="cpu", stride=4))


def holes(count: int = 800, seed: int = 0) -> np.ndarray:
    missing = np.zeros(count, bool)
    missing[np.random.default_rng(seed).choice(count, count // 50, replace=False)] = True
    return missing


def error_db(estimate: np.ndarray, missing: np.ndarray) -> float:
    return float(10 * np.log10(np.square(estimate - TONE)[missing].sum() / np.square(TONE[missing]).sum()))


def test_a_masked_fit_does_not_look_at_missing_samples() -> None:
    missing = holes()
    estimates = []
    for value in (0.0, 5.0):
        stretch = Stretch(np.where(missing, value, TONE)[None], missing[None], RATE)
        estimates.append(repair(stretch, RestoreSettings(), QUICK)[0])
    np.testing.assert_array_equal(*estimates)
    assert error_db(estimates[0], missing) < -10


def test_only_what_is_wanted_changes_and_trusted_samples_steer_it() -> None:
    missing = holes()
    samples = np.where(missing, 0, TONE)
    whole = function_of(samples, np.ones_like(missing), missing, RATE, QUICK)
    masked = function_of(samples, ~missing, missing, RATE, QUICK)
    np.testing.assert_array_equal(whole[~missing], TONE[~missing])
    assert error_db(masked, missing) < error_db(whole, missing) - 3


def test_the_published_way_fits_the_zeros() -> None:
    missing = holes()
    stretch = Stretch(np.where(missing, 0, TONE)[None], missing[None], RATE)
    zeroed = repair_zeroed(stretch, RestoreSettings(steps=40, device="cpu"))[0]
    assert np.abs(zeroed[missing]).mean() < 0.5 * np.abs(TONE[missing]).mean()
    assert "zeroed ones included" in str(stretch.findings["loss"])


def test_blocks_are_longer_than_gaps_and_networks_small() -> None:
    assert longest_run(np.array([0, 1, 1, 1, 0, 1], bool)) == 3
    assert longest_run(np.zeros(4, bool)) == 0
    config = MaskedConfig()
    assert network(800, 16000, config).parameters <= config.density * 800
    assert network(8, 8000, replace(config, density=0.1)).parameters > 0


@pytest.mark.parametrize("method", ["siren", "siren-zeroed"])
@pytest.mark.parametrize("case", ["silence", "one known", "stereo"])
def test_odd_stretches(method: str, case: str) -> None:
    samples = np.zeros((2, 60), np.float32)
    mask = np.zeros(60, bool)
    mask[20:24] = True
    if case == "one known":
        samples, mask = np.ones((1, 3), np.float32), np.array([True, False, True])
    elif case == "stereo":
        samples = np.random.default_rng(0).normal(0, 0.1, (2, 60)).astype(np.float32)
    audio = Audio(np.where(mask, 0, samples), 8000)
    fixed = restore(audio, method, mask=mask, steps=3, device="cpu").audio.samples
    assert fixed.shape == audio.samples.shape
    np.testing.assert_array_equal(fixed[:, ~mask], audio.samples[:, ~mask])
