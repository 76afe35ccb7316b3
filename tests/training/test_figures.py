from pathlib import Path

import pytest

from ligeia.training.checkpoint import remove_checkpoint
from ligeia.training.figures import draw_curve

ROWS = [
    {"step": 10, "seconds": 1.0, "learning_rate": 0.1, "loss": 2.0},
    {"step": 20, "seconds": 2.0, "learning_rate": 0.1, "loss": 1.0, "validation_loss": 1.5, "si_snr": -3.0},
    {"step": 30, "seconds": 3.0, "learning_rate": 0.1, "loss": 0.5, "validation_loss": 1.2, "si_snr": 1.0},
]


def test_each_scalar_has_a_figure(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert [path.name for path in draw_curve(ROWS, tmp_path)] == ["loss.svg", "si_snr.svg"]
    assert "validation" in (tmp_path / "loss.svg").read_text()
    remove_checkpoint(tmp_path)
    assert not tmp_path.exists(), "figures are cleared away with a run"
