"""Damage of studies: the ratios, the made sounds, and what the protocol of the report does."""

import numpy as np
import pytest

from ligeia.audio.corrupt import dropouts
from ligeia.audio.signal import Audio
from ligeia.studies import damaged, gaps
from ligeia.studies.dropouts import CONFIG, beside_spline
from ligeia.studies.gaps import PUBLISHED


def test_ratio_in_the_gap_and_over_everything() -> None:
    clean, other = Audio(np.ones((1, 100)), 8000), Audio(np.r_[np.ones(90), np.full(10, 0.9)][None], 8000)
    mask = np.arange(100) >= 90
    assert damaged.sdr_db(clean, other, mask) == pytest.approx(20, abs=1e-4)
    assert damaged.sdr_db(clean, other) == pytest.approx(30, abs=1e-4)
    assert damaged.sdr_db(clean, clean) == damaged.MOST_DB


def test_the_protocol_is_that_of_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIGEIA_DATA", raising=False)
    clean, label = damaged.clip_of(damaged.CLIPS[0], 1.0)
    assert label.startswith("made")
    _, mask = dropouts(clean, fraction=CONFIG["paper"].fraction, seed=0)
    chunks = mask[: len(mask) // 100 * 100].reshape(-1, 2, 50).sum(axis=2)
    assert (np.sort(chunks, axis=1) == [0, 1]).all()


def test_means_are_over_the_same_sounds() -> None:
    rows = [
        {"sound": sound, "cell": {"method": method}, "snr_db": value}
        for sound, method, value in (("a", "x", 1.0), ("b", "x", 3.0), ("a", "y", 5.0))
    ]
    lines = damaged.with_means(rows, "cell.method")
    assert [(line["sound"], line["snr_db"]) for line in lines[3:]] == [("mean of 2", 2.0)]
    assert {row["spline_db"] for row in beside_spline(rows)} == {None}


def test_published_figures_belong_to_means() -> None:
    row = {"sound": "mean of 9", "cell": {"method": "janssen", "milliseconds": 20}}
    assert gaps._published(row) == PUBLISHED["janssen"][20] == 16.3
    assert gaps._published({**row, "sound": "a"}) is None
