"""The table at the end, counted as rows come."""

import random
from pathlib import Path
from statistics import mean, median

import pytest

from ligeia.corpus.order import Order
from ligeia.corpus.report import MOST_KINDS, OTHERS, Spread, Totals, tables_of, write_corpus_report
from tests.corpus.conftest import Run, rows_of


def test_mean_median_and_worst(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = random.Random(0)
    values = [numbers.gauss(15, 8) for _ in range(501)]
    for count in (1, 2, 500, 501):
        spread = Spread()
        for number, value in enumerate(values[:count]):
            spread.add(value, str(number))
        assert spread.mean == pytest.approx(mean(values[:count]))
        assert spread.median == pytest.approx(median(values[:count]), rel=5e-4)  # it is kept to four digits
        assert (spread.worst, spread.where) == (min(values[:count]), str(values.index(min(values[:count]))))


def test_what_stands_in_the_report_is_in_the_rows(order: Order, run: Run) -> None:
    (Path(order.sources) / "empty.wav").touch()
    totals, _ = run(order)
    path = write_corpus_report(totals, order)
    rows = [row for row in rows_of(Path(order.results)) if row["error"] is None]
    snr = [row["figures"]["snr_db"] for row in rows]
    text = path.read_text()
    assert f"| SNR dB ↑ | {mean(snr):.2f} | {median(snr):.2f} | {min(snr):.2f} |" in text
    assert f"{sum(row['output_bytes'] for row in rows):,}" in text
    assert "| empty.wav is empty (0 bytes) | 1 | empty.wav |" in text
    assert totals.kbps == pytest.approx(8e-3 * sum(row["output_bytes"] for row in rows) / 0.6)
    assert order.sources not in text


def test_reasons_are_grouped_without_names_and_numbers() -> None:
    totals = Totals()
    for number in range(5):
        entry = {"source": f"f{number}.wav", "output": f"f{number}.lig"}
        totals.add(entry, {"error": f"f{number}.wav holds NaN (sample {number} of channel 0)"})
    assert [(found.count, found.example) for found in totals.failures] == [(5, "f0.wav")]
    for number in range(2 * MOST_KINDS):
        totals.add({"source": "x", "output": "y"}, {"error": "".join(chr(97 + int(digit)) for digit in str(number))})
    kinds = totals.failures.facts()
    assert len(kinds) == MOST_KINDS + 1
    assert {"files": MOST_KINDS + 1, "example": "x", "text": OTHERS} in kinds


def test_reasons_that_name_the_result_are_grouped_too() -> None:
    totals = Totals()
    for name in ("a", "b", "two\nlines"):
        line = " ".join(name.split())
        totals.add({"source": f"{name}.wav", "output": f"{name}.lig"}, {"error": f"cannot write {line}.lig: no"})
    totals.add({"source": "a.wav", "output": "a", "estimate": "a.lig"}, {"error": "a.wav has no partner"})
    assert [said.count for said in totals.failures] == [3, 1]


def test_files_without_a_row_are_not_reached() -> None:
    totals = Totals()
    totals.add({"source": "a", "output": "b"}, None)
    assert totals.missing == 1
    assert ("not reached", "1") in tables_of(totals)[0].lines
