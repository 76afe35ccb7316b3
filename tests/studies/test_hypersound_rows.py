"""Rows of trainings: means and deviations over seeds, metrics of clips, curves."""

import numpy as np
import pytest

from ligeia.studies.hypersound_compression import _solved
from ligeia.studies.hypersound_rows import METRICS, clip_metrics, loss_curves, over_seeds

RATE = 8000


def made_row(seed: int, mse: float) -> dict:
    curve = [{"step": 2, "validation_loss": mse}, {"step": 4, "validation_loss": mse / 2}]
    return {"cell": {"p": 1, "seed": seed}, "metrics": {"mse": mse, "si_snr": None}, "curve": curve, "steps": 4}


def test_seeds_become_a_mean_and_a_deviation() -> None:
    (line,) = over_seeds([made_row(0, 0.1), made_row(1, 0.2), made_row(2, 0.3)])
    assert line["runs"] == 3
    assert line["metrics"]["mse"] == pytest.approx(0.2)
    assert line["deviations"]["mse"] == pytest.approx(0.1)
    texts = {column.header: column.text(line) for column in METRICS}
    assert texts["MSE"] == "0.2000 ± 0.1000"
    assert texts["SI-SNR dB"] == "–"


def test_one_run_has_no_deviation() -> None:
    (line,) = over_seeds([made_row(0, 0.1)])
    assert METRICS[0].text(line) == "0.1000"


def test_curves_are_means_over_seeds() -> None:
    figures = loss_curves(lambda row: f"p = {row['cell']['p']}")([made_row(0, 0.1), made_row(1, 0.3)])
    (line,) = figures["loss"].axes[0].get_lines()
    np.testing.assert_allclose(line.get_xydata(), [[2, 0.2], [4, 0.1]])


def test_metrics_of_clips() -> None:
    clips = np.random.default_rng(0).uniform(-1, 1, (3, 256)).astype(np.float32)
    found = clip_metrics(clips, 0.5 * clips, RATE)
    assert found["mse"] == pytest.approx(0.25 * float(np.square(clips).mean()))
    assert found["snr"] == pytest.approx(20 * np.log10(2))
    assert found["si_snr"] is None or found["si_snr"] > 100  # the level does not count


def test_the_closed_form_is_exact_with_as_many_numbers() -> None:
    clip = np.random.default_rng(0).uniform(-1, 1, 128).astype(np.float32)
    np.testing.assert_allclose(_solved(clip, "all coefficients", 128, (32, 64, 128)), clip, atol=1e-5)
    error = clip - _solved(clip, "largest coefficients", 64, (32, 64, 128))
    assert 0 < np.square(error).sum() < 0.6 * np.square(clip).sum()
