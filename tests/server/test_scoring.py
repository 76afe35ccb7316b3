"""Figures of a report: what cannot be computed here is left out, as the visitor cannot install it."""

from dataclasses import replace

from made_place import tone

from ligeia.audio.reading import open_audio
from ligeia.audio.writing import write_audio
from ligeia.metrics.table import METRICS
from ligeia.server import scoring
from ligeia.server.tasks.task import Made


def test_metrics_without_their_package_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setitem(METRICS, "pesq_wb", replace(METRICS["pesq_wb"], package="no-such-package"))
    write_audio(tmp_path / "a.wav", tone())
    made = Made(estimate=tmp_path / "a.wav", ending="", metrics=("pesq_wb", "snr"))
    with open_audio(tmp_path / "a.wav") as sound:
        assert [score.metric for score in scoring.scores_of(made, sound, lambda share: None)] == ["snr"]
    assert not scoring.is_here(METRICS["pesq_wb"])
    assert scoring.is_here(METRICS["snr"])
