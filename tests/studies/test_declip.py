"""The study of declipping: exact levels, rows of made sounds, means by kind."""

from pathlib import Path

import numpy as np
import pytest

from ligeia.enhance.restoration.restore import METHODS
from ligeia.metrics.waveform import snr
from ligeia.studies import declip
from ligeia.studies.declip import CONFIG, STUDY, Config, clip_level, clipped

SMALL = Config(clips=2, seconds=0.5, rate=16000, levels=(5,), methods=("wiener", "a-spade"))


@pytest.fixture(autouse=True)
def no_recordings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LIGEIA_DATA", str(tmp_path))


@pytest.mark.parametrize("wanted", [1, 5, 20])
def test_the_level_gives_the_ratio(wanted: int) -> None:
    clean = declip.clip_of(SMALL, 0)[0]
    stretch = clipped(clean, clip_level(clean.samples[0], wanted))
    assert snr(reference=clean.samples[0], estimate=stretch.samples[0], rate=16000) == pytest.approx(wanted, abs=1e-6)
    assert np.array_equal(np.isfinite(stretch.lower) | np.isfinite(stretch.upper), stretch.missing)


def test_rows_and_their_means() -> None:
    rows = [{"cell": cell, **declip.measure(SMALL, cell)} for cell in declip.cells(SMALL)]
    assert len(rows) == 4
    assert all(row["input_sdr_db"] == pytest.approx(5, abs=1e-3) for row in rows)
    assert all(row["gain_db"] > 10 for row in rows if row["kind"] == "speech")
    assert {row["sound"] for row in rows} == {"made bach 0", "made speech 1"}
    lines = declip.lines(rows)
    assert [line["cell"]["method"] for line in lines] == ["wiener", "a-spade"]
    for line in lines:
        assert line["gain_db"] == pytest.approx((line["gain_music"] + line["gain_speech"]) / 2)
    assert "15.1" not in STUDY.table(rows).lines[1]  # as published, of recordings: these sounds are made


def test_all_methods_exist() -> None:
    for config in CONFIG.values():
        assert set(config.methods) <= METHODS.keys()
