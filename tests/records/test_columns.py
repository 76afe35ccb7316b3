"""Rows as tables: values by path, formats, groups and means."""

import pytest

from ligeia.records.columns import Column, Spread, averaged, grouped, spread, table_of, value_of

ROWS = [
    {"cell": {"clip": 0, "network": "a"}, "bytes": 2, "sound": "x", "metrics": {"snr": 1.0, "stoi": None}},
    {"cell": {"clip": 0, "network": "b"}, "bytes": 5, "sound": "x", "metrics": {"snr": "inf", "stoi": None}},
    {"cell": {"clip": 1, "network": "a"}, "bytes": 4, "sound": "y", "metrics": {"snr": 2.0, "stoi": 0.5}},
]


def test_values_by_path() -> None:
    assert value_of(ROWS[0], "cell.network") == "a"
    assert value_of(ROWS[0], "cell.missing") is None
    assert value_of(ROWS[0], "missing.network") is None
    assert value_of(ROWS[0], lambda row: row["bytes"] + 1) == 3


def test_texts_of_a_column() -> None:
    column = Column("v", "v", ".4g", "undefined")
    assert [column.text({"v": value}) for value in (1.23456, "inf", None)] == ["1.235", "inf", "undefined"]
    assert Column("v", "v", ",").text({"v": 12345}) == "12,345"


def test_a_column_of_each_metric() -> None:
    columns = (Column("network", "cell.network"), Column("", "metrics", ".1f", "undefined"))
    table = table_of(columns, ROWS)
    assert table.header == ("network", "snr", "stoi")
    assert table.lines == (("a", "1.0", "undefined"), ("b", "inf", "undefined"), ("a", "2.0", "0.5"))
    assert table_of(columns, []).header == ("network",)


def test_groups_keep_their_order() -> None:
    assert [[row["bytes"] for row in group] for group in grouped(ROWS, "cell.network")] == [[2, 4], [5]]
    assert len(grouped(ROWS, "cell.network", "sound")) == 3


def test_means_leave_out_what_is_not_a_number() -> None:
    a, b = averaged(ROWS, "cell.network")
    assert (a["bytes"], a["metrics"], a["sound"]) == (3, {"snr": 1.5, "stoi": 0.5}, "x")
    assert b["metrics"] == {"snr": None, "stoi": None}
    assert a["cell"] == {"clip": 0, "network": "a"}


def test_spreads_are_means_that_tell_their_deviation() -> None:
    a, b = spread(ROWS, "cell.network")
    assert (a["bytes"], a["fits"], b["fits"]) == (3, 2, 1)
    column = Column("bytes", "bytes", ".2f")
    assert (column.text(a), column.text(b)) == ("3.00 ± 1.41", "5.00")
    assert a["metrics"]["snr"].deviation == pytest.approx(0.5**0.5)
    assert a["metrics"]["snr"].count == 2
    assert a["metrics"]["stoi"] == 0.5  # the other one is undefined
    assert Column("parameters", "p", ",").text(spread([{"p": 1234}, {"p": 1234}])[0]) == "1,234"
    assert Spread([7.0, 7.0, 7.0]).deviation == 0
