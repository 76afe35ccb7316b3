"""A whole training, tiny: it learns, resumes to the same bytes, and says what it learned from."""

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from made_learning import TINY, rows_of, tiny, write_recordings

from ligeia.errors import InputError
from ligeia.hypersound.configuration import Configuration, named
from ligeia.hypersound.learning import LearnedModel, Reconstruction, learn, mean_metrics
from ligeia.records.journal import read_lines

SCRIPT = str(Path(__file__).with_name("made_learning.py"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with recordings."""
    folder = tmp_path_factory.mktemp("home")
    write_recordings(folder / "data")
    return folder


@pytest.fixture(scope="module")
def config(home: Path) -> Configuration:
    return tiny(home)


@pytest.fixture(scope="module")
def whole(home: Path, config: Configuration) -> LearnedModel:
    """A training that nothing stopped."""
    return learn(config, folder=home / "whole")


def assert_same(one: LearnedModel, other: LearnedModel) -> None:
    assert rows_of(one.curve) == rows_of(other.curve)
    states = one.model.state_dict(), other.model.state_dict()
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


def test_the_curve_holds_losses_and_metrics(whole: LearnedModel, home: Path) -> None:
    evaluated = [row for row in whole.curve if "validation_loss" in row]
    assert [row["step"] for row in evaluated] == [10, 20, 30]
    for row in evaluated:
        assert {"loss", "learning_rate", "mse", "si_snr", "validation_waveform", "validation_spectral"} <= row.keys()
        terms = row["validation_waveform"] + row["validation_spectral"]
        assert row["validation_loss"] == pytest.approx(terms, rel=1e-5)
    assert rows_of(read_lines(home / "whole" / "curve.jsonl", {"step"})) == rows_of(whole.curve)
    facts = whole.facts()
    assert (facts["steps"], facts["validation_segments"], facts["unreadable"]) == (30, 5, {})


def test_the_best_weights_are_kept(whole: LearnedModel, config: Configuration) -> None:
    """Their validation loss, by the weights alone, is the lowest of the curve."""
    again = Reconstruction(config, whole.material, torch.device("cpu"))
    again.module.load_state_dict(whole.model.state_dict())
    lowest = min((row for row in whole.curve if "validation_loss" in row), key=lambda row: row["validation_loss"])
    assert again.evaluate()["validation_loss"] == pytest.approx(lowest["validation_loss"], rel=1e-6)
    assert whole.scores["validation_loss"] == pytest.approx(lowest["validation_loss"], rel=1e-6)
    assert whole.facts()["best_step"] == lowest["step"]


def test_metrics_of_the_end_are_those_of_the_finished_model(home: Path) -> None:
    config = tiny(home, TINY.replace('final_metrics = ["stoi"]', 'final_metrics = ["snr"]').replace("30", "10"))
    learned = learn(config)
    estimates = learned.model(torch.from_numpy(learned.material.validation)).detach().numpy()
    expected = mean_metrics(("snr",), learned.material.validation, estimates, 8000)
    assert learned.scores["snr"] == pytest.approx(expected["snr"], rel=1e-4)
    assert not any("snr" in row for row in learned.curve)


def test_a_killed_training_goes_on_to_the_same_bytes(
    tmp_path: Path, home: Path, config: Configuration, whole: LearnedModel
) -> None:
    (tmp_path / "data").symlink_to(home / "data")
    killed = subprocess.run([sys.executable, SCRIPT, str(tmp_path), "17"], timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert_same(learn(config, folder=tmp_path / "run", resume=True), whole)


def test_a_training_of_other_settings_or_data_is_not_resumed(home: Path, config: Configuration, tmp_path: Path) -> None:
    learn(config, folder=tmp_path / "run")
    other = tiny(home, TINY.replace("frequency_power = 1.0", "frequency_power = 0.5"))
    for changed in (other, replace(config, data=replace(config.data, exclude=("1-1-0000*",)))):
        with pytest.raises(InputError, match="other data or other settings"):
            learn(changed, folder=tmp_path / "run", resume=True)


def test_sixteen_clips_are_learned_by_heart(home: Path) -> None:
    """To 15 dB and more: model, loss and optimiser work together."""
    config = named("overfit_siren").on(home / "data")
    learned = learn(
        replace(
            config,
            model=replace(
                config.model, samples=256, target=dict(config.model.target) | {"first_omega": 75.0, "width": 24}
            ),
            loss=replace(config.loss, sizes=(128, 64, 32)),
            data=replace(config.data, skip_seconds=0.0, segment_crops=1.0),
            training=replace(config.training, steps=100, device="cpu", threads=1),
        )
    )
    assert learned.scores["si_snr"] > 15
    assert len(learned.material.validation) == 16


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_mixed_precision(precision: str, home: Path, config: Configuration, whole: LearnedModel) -> None:
    """Products of half precision, losses of single: nearly the same curve."""
    mixed = learn(replace(config, training=replace(config.training, precision=precision)))
    assert rows_of(mixed.curve) != rows_of(whole.curve)
    for row, expected in zip(mixed.curve, whole.curve, strict=True):
        assert row["loss"] == pytest.approx(expected["loss"], rel=0.05)


def test_clips_without_a_value_do_not_count() -> None:
    tone = np.sin(np.arange(64), dtype=np.float32)
    references, estimates = np.stack([0 * tone, tone]), np.stack([tone, np.float32(0.9) * tone])
    assert mean_metrics(("snr", "si_snr"), references, estimates, 8000)["snr"] == pytest.approx(20, abs=1e-3)
    assert mean_metrics(("snr",), references[:1], estimates[:1], 8000) == {}
    assert mean_metrics((), references, estimates, 8000) == {}
