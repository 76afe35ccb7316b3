"""Rows as charts: points that are left out, labels, a chart for each metric."""

from dataclasses import replace

import pytest

from ligeia.records.columns import Column
from ligeia.studies.run import STUDIES
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


def test_a_table_of_made_sounds_says_so_and_prints_nothing_published() -> None:
    columns = (Column("k", "cell.clip"), Column("bytes", "bytes"), Column("published bytes", "bytes", published=True))
    study = replace(STUDIES["sine_a4"], columns=columns)
    assert study.table(ROWS).header == ("k", "bytes", "published bytes")
    made = [row | {"sound": "made speech 0"} for row in ROWS]
    assert study.table(made).header == ("k", "sounds are", "bytes")
    assert [line[1] for line in study.table(made).lines] == ["synthetic"] * 3
    assert [line[1] for line in study.table([made[0], *ROWS[1:]]).lines] == ["synthetic", "recorded", "recorded"]
    means = replace(study, lines=lambda rows: [dict(rows[0])])
    assert [line[1] for line in means.table([made[0], ROWS[1]]).lines] == ["some synthetic"]
    assert [line[1] for line in means.table(made).lines] == ["synthetic"]


@pytest.mark.parametrize("study", STUDIES.values(), ids=lambda study: study.name)
def test_columns_of_published_values_are_marked(study) -> None:
    for column in study.columns:
        assert column.published == ("published" in column.header or "in print" in column.header), column.header
