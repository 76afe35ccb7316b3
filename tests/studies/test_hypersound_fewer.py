"""The table of hypersound_fewer: means over clips, and leads over the best closed form of the same ratio."""

import pytest

from ligeia.studies import hypersound_fewer
from ligeia.studies.hypersound_fewer import ATOMS, CLOSED, Config


def row(ratio, method, clip, si_snr, pesq=None):
    cell = {"ratio": ratio, "method": method, "clip": clip}
    return {"cell": cell, "numbers": 1000, "seconds": 2.0, "metrics": {"si_snr": si_snr, "pesq_wb": pesq}}


def test_leads_are_over_the_best_closed_form_of_the_same_ratio():
    rows = [
        row(8, "largest coefficients", 0, 10.0, 1.5),
        row(8, "largest coefficients", 1, 12.0, 1.7),
        row(8, "lowest band", 0, 2.0, 1.8),
        row(8, ATOMS, 0, 14.0, 2.0),
        row(8, ATOMS, 1, 18.0, 2.4),
        row(16, "largest coefficients", 0, 1.0, 1.1),
    ]
    lines = hypersound_fewer.lines(rows)
    assert [line["metrics"]["si_snr"] for line in lines] == [11.0, 2.0, 16.0, 1.0]
    assert lines[0]["deviation"] == pytest.approx(2**0.5)
    assert lines[0]["per_second"] == 500
    names = ["si_snr above the best closed form", "pesq_wb above the best closed form"]
    assert [lines[2]["lead"][name] for name in names] == pytest.approx([5.0, 0.4])
    assert all(value is None for line in lines if line["cell"]["method"] in CLOSED for value in line["lead"].values())


def test_what_is_exact_is_said_to_be():
    (line,) = hypersound_fewer.lines([row(1, "all coefficients", 0, 131.0, 4.6)])
    assert line["metrics"] == {"si_snr": "exact", "pesq_wb": 4.6}


def test_every_method_is_measured_on_every_clip_and_ratio():
    cells = hypersound_fewer.cells(Config(clips=3, ratios=(8, 16)))
    assert len(cells) == 3 + 2 * 3 * len(Config().methods)
    assert {cell["method"] for cell in cells if cell["ratio"] == 1} == {"all coefficients"}
