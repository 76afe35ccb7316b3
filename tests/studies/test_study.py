"""Rows as charts: points that are left out, labels, a chart for each metric."""

import pytest

from ligeia.records.columns import Column
from ligeia.studies.study import Chart, metric_charts

ROWS = [
    {"cell": {"clip": 0, "network": "a"}, "bytes": 2, "sound": "x", "metrics": {"snr": 1.0, "stoi": None}},
    {"cell": {"clip": 0, "network": "b"}, "bytes": 5, "sound": "x", "metrics": {"snr": "inf", "stoi": None}},
    {"cell": {"clip": 1, "network": "a"}, "bytes": 4, "sound": "y", "metrics": {"snr": 2.0, "stoi": 0.5}},
]


def test_charts_leave_out_points_without_a_number() -> None:
    pytest.importorskip("matplotlib")
    charts = Chart(lambda row: row["sound"], "cell.network", Column("bytes", "bytes"), Column("SNR", "metrics.snr"))
    figures = charts(ROWS)
    assert {name: len(figure.axes[0].lines) for name, figure in figures.items()} == {"x": 1, "y": 1}
    assert figures["x"].axes[0].get_xlabel() == "bytes"
    assert set(metric_charts(Column("bytes", "bytes"))(ROWS)) == {"snr", "stoi"}
    assert set(metric_charts(Column("bytes", "bytes"))(ROWS[:2])) == {"snr"}
