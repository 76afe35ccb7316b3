"""Noise on what the encoder sees: its level, its kind, and pairs that depend on the number of the crop alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from made_learning import TINY, tiny, write_recordings

from ligeia.errors import InputError
from ligeia.hypersound.augmentation import Augmentation
from ligeia.hypersound.configuration import named, read_configuration
from ligeia.hypersound.learning import Reconstruction, learn
from ligeia.hypersound.material import DataConfig, Material, read_material
from ligeia.hypersound.noise import NoiseConfig, at_noisy_peak
from ligeia.training.processes import Processes

NOISE = NoiseConfig(snr_db=(0.0, 0.0))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_recordings(tmp_path / "data")
    return tmp_path / "data"


def material(data: Path, noise: NoiseConfig = NOISE) -> Material:
    config = DataConfig(folder=data, last_speakers=1, skip_seconds=0.1, samples_per_epoch=30, batch=6)
    return read_material(config, Augmentation(), rate=8000, samples=256, seed=5, noise=noise)


@pytest.mark.parametrize("kind", ["white", "pink"])
def test_noise_has_the_level_that_is_asked_for(kind: str) -> None:
    config = NoiseConfig(snr_db=(6.0, 6.0), kind=kind)  # type: ignore[arg-type]
    random = np.random.default_rng(0)
    power = np.mean([np.mean(config.drawn(4000, 0.5, 8000, random) ** 2) for _ in range(20)])
    assert 10 * np.log10(0.25 / power) == pytest.approx(6, abs=0.3)


def test_pink_noise_falls_by_three_decibels_an_octave() -> None:
    noise = NoiseConfig(snr_db=(0.0, 0.0), kind="pink").drawn(2**16, 1.0, 16000, np.random.default_rng(0))
    power = np.abs(np.fft.rfft(noise)) ** 2
    hz = np.fft.rfftfreq(2**16, 1 / 16000)
    octaves = [power[(hz >= low) & (hz < 2 * low)].mean() for low in (500, 1000, 2000, 4000)]
    assert 10 * np.log10(np.divide(octaves[:-1], octaves[1:])) == pytest.approx([3, 3, 3], abs=0.5)


def test_pairs_share_the_gain_of_the_noisy_one() -> None:
    noisy, clean = at_noisy_peak(np.float32([0.1, -0.2]), np.float32([0.1, -0.2]))
    assert noisy.tolist() == pytest.approx([0.5, -1.0])
    assert clean.tolist() == pytest.approx([0.25, -0.5])
    assert not at_noisy_peak(np.zeros(3, np.float32), np.zeros(3, np.float32))[0].any()


def test_the_level_is_that_of_the_recording(data: Path) -> None:
    made = material(data)
    noisy, clean = zip(*(made.pair(number, 0) for number in range(30)), strict=True)
    peaks = [1 / np.abs(x).max() for x in noisy]  # all are at a peak of 1
    assert peaks == pytest.approx([1] * 30)
    error = np.stack(noisy) - np.stack(clean)
    signal = np.stack(clean)
    # quiet crops have more noise than speech, loud ones less
    ratios = np.sum(signal**2, axis=1) / np.sum(error**2, axis=1)
    assert ratios.min() < 0.7 < 1.4 < ratios.max()


def test_pairs_depend_on_their_number_alone(data: Path) -> None:
    first, second = (material(data).pairs(3, 7, Processes()) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(first[0], first[1])
    plain = material(data, NoiseConfig())
    assert plain.noisy_validation is None
    np.testing.assert_array_equal(*plain.pairs(3, 7, Processes()))


def test_clips_that_validate_are_noisy_for_the_model_alone(data: Path) -> None:
    made, plain = material(data), material(data, NoiseConfig())
    assert made.noisy_validation is not None
    assert np.abs(made.noisy_validation).max(axis=1) == pytest.approx(1)
    for found, expected in zip(made.validation, plain.validation, strict=True):
        assert np.corrcoef(found, expected)[0, 1] == pytest.approx(1, abs=1e-3)
    assert made.identity() != plain.identity()


def test_the_model_sees_noise_and_the_loss_does_not(data: Path, tmp_path: Path) -> None:
    config = tiny(tmp_path, TINY + "\n[noise]\nsnr_db = [0.0, 3.0]\n")
    made = read_material(config.data, config.augmentation, rate=8000, samples=256, noise=config.noise)
    objective = Reconstruction(config, made, torch.device("cpu"))
    assert not torch.equal(objective.validation_inputs, objective.validation)
    learned = learn(replace(config, training=replace(config.training, steps=3)))
    assert np.isfinite(learned.scores["validation_loss"])


def test_the_shipped_configuration_and_mistakes(tmp_path: Path) -> None:
    assert named("denoise").noise == NoiseConfig(snr_db=(-5.0, 10.0))
    assert named("speech").noise.snr_db is None
    path = tmp_path / "mine.toml"
    for line, message in (
        ("snr_db = [3.0, 1.0]", "the lower first"),
        ('snr_db = [0.0, 1.0]\nkind = "blue"', "kind must be of type"),
        ("snr_db = 3", "snr_db must be of type"),
    ):
        path.write_text(f'base = "tiny"\n[noise]\n{line}\n')
        with pytest.raises(InputError, match=message):
            read_configuration(path)
