"""."""

import math

import pytest
from made_rows import HOSTILE, METRICS, metric

from ligeia.plots.style import one_line
from ligeia.records.statistics import Summary
from ligeia.records.tables import (
    arrow,
    decimals,
    escaped,
    fixed,
    heading,
    interval,
    markdown,
    mebibytes,
    milliseconds,
    rate,
    speed,
    table,
)


@pytest.mark.parametrize(
    ("number", "places", "text"),
    [
        (1.25, 1, "1.2"),
        (-3.0, 2, "−3.00"),
        (-0.001, 1, "0.0"),
        (math.nan, 1, "–"),
        (math.inf, 1, "∞"),
        (-math.inf, 1, "−∞"),
        (0, None, "0"),
        (0.12345, None, "0.123"),
        (12.345, None, "12.3"),
        (123456, None, "123456"),
        (9.996, None, "10.0"),
        (-1.234e-7, None, "−1.23e−7"),
        (2.5e9, None, "2.50e9"),
    ],
)
def test_numbers(number: float, places: int | None, text: str) -> None:
    assert fixed(number, places) == text


def test_decimals_go_by_the_unit() -> None:
    assert decimals(METRICS["snr"]) == 1
    assert decimals(METRICS["snr"], more=1) == 2
    assert decimals(METRICS["stoi"]) == 3
    assert decimals(metric("visqol", unit="MOS")) == 2
    assert decimals(metric("mse", unit="")) is None
    assert decimals(metric("mse", unit=""), more=1) is None


def test_intervals() -> None:
    assert interval(Summary(2.0, 1.0, 3.0, 5, 0), 1) == "2.0 [1.0, 3.0]"
    assert interval(Summary(2.0, 2.01, 1.99, 1, 0), 1) == "2.0"
    assert interval(Summary(math.inf, 20, math.inf, 3, 0), 1) == "∞ [20.0, ∞]"
    assert interval(Summary(2.0, 1.0, 3.0, 4, 1), 1, clips=5) == "2.0 [1.0, 3.0] (4 of 5)"
    assert interval(Summary(math.nan, math.nan, math.nan, 0, 5), 1, clips=5) == "–"


def test_rates_speeds_sizes_and_times() -> None:
    assert [rate(number) for number in (6.04, 99.94, 99.96, 1411.2)] == ["6.0", "99.9", "100", "1411"]
    assert [speed(number) for number in (0.051, 0.999, 9.94, 9.96, 320)] == ["0.05", "1.0", "9.9", "10", "320"]
    assert [mebibytes(number) for number in (2**20, 7e6, 2**30, math.nan)] == ["1.0", "6.7", "1024", "–"]
    assert [milliseconds(number) for number in (0, 0.0025, 0.0252, -0.0065, math.nan)] == [
        "0",
        "2.5",
        "25",
        "−6.5",
        "–",
    ]


def test_headings_say_which_way_is_better() -> None:
    assert heading(METRICS["snr"]) == "snr dB ↑"
    assert heading(METRICS["stoi"]) == "stoi ↑"
    assert arrow(METRICS["lsd"]) == "↓"


def test_a_table() -> None:
    text = markdown(table(["codec", "kbps", "remark"], [["opus", "24", "-"], ["mp3", "32", ""]], texts=(0, 2)))
    assert text.splitlines() == [
        "| codec | kbps | remark |",
        "| --- | ---: | --- |",
        "| opus | 24 | - |",
        "| mp3 | 32 |  |",
    ]


def test_a_table_without_lines_is_false() -> None:
    assert not table(["a"], [])
    assert table(["a"], [["b"]])


def test_hostile_cells_stay_cells() -> None:
    text = markdown(table(["clip", "kbps"], [[HOSTILE, "24"]]))
    assert len(text.splitlines()) == 3
    line = text.splitlines()[2]
    assert line.replace("\\|", "").count("|") == 3
    assert "<" not in text
    assert "](" not in text.replace("\\]", "")


@pytest.mark.parametrize("sign", list("\\`*_[]|~#"))
def test_signs_are_disarmed(sign: str) -> None:
    assert escaped(f"a{sign}b") == f"a\\{sign}b"


def test_text_is_on_one_line_and_can_be_encoded() -> None:
    assert one_line("a\r\nb\x00c\u2028d\ud800e\u202ef \n") == "a b c d e f"
    one_line(HOSTILE).encode()
