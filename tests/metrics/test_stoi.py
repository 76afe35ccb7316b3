"""STOI and ESTOI: every value that is known for our recordings, silence, too little speech, repeatability."""

import csv
import sys
from pathlib import Path

import numpy as np
import pytest

from ligeia.audio.reading import read_audio
from ligeia.errors import MissingExtra, UndefinedScore
from ligeia.metrics.metric import Compare
from ligeia.metrics.stoi import estoi, stoi

pytest.importorskip("pystoi", reason="the package pystoi is not installed (extra: metrics)")

BOTH = [stoi, estoi]
SOUND = np.random.default_rng(0).standard_normal(16000)


@pytest.mark.slow
@pytest.mark.parametrize("metric", BOTH, ids=lambda metric: metric.__name__)
def test_known_values(metric: Compare, data_folder: Path) -> None:
    with (data_folder / "EXPECTED.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["metric"] == metric.__name__.upper()]
    assert len(rows) >= 29
    for row in rows:
        x, y = read_audio(data_folder / row["ref"]), read_audio(data_folder / row["deg"])
        found = metric(reference=x.samples[0], estimate=y.samples[0], rate=x.rate)
        assert found == pytest.approx(float(row["value"]), abs=1e-6), (row["deg"], found)


@pytest.mark.parametrize("metric", BOTH, ids=lambda metric: metric.__name__)
@pytest.mark.parametrize("rate", [8000, 10000, 16000, 44100])
def test_identity(metric: Compare, rate: int) -> None:
    sound = np.tile(SOUND, 3)
    assert metric(reference=sound, estimate=sound, rate=rate) == pytest.approx(1)


@pytest.mark.parametrize("metric", BOTH, ids=lambda metric: metric.__name__)
def test_level_does_not_count(metric: Compare) -> None:
    assert metric(reference=SOUND, estimate=SOUND / 10, rate=16000) == pytest.approx(1)


@pytest.mark.parametrize("metric", BOTH, ids=lambda metric: metric.__name__)
def test_reference_comes_first(metric: Compare) -> None:
    import pystoi

    half = np.where(np.arange(16000) < 8000, SOUND, 0.001 * SOUND)  # silence counts where the reference has it
    found = metric(reference=half, estimate=SOUND, rate=16000)
    assert found == pytest.approx(pystoi.stoi(half, SOUND, 16000, extended=metric is estoi), abs=1e-9)
    assert found != pytest.approx(metric(reference=SOUND, estimate=half, rate=16000), abs=1e-3)


@pytest.mark.parametrize("metric", BOTH, ids=lambda metric: metric.__name__)
def test_silence(metric: Compare) -> None:
    with pytest.raises(UndefinedScore, match="the estimate is silent"):
        metric(reference=SOUND, estimate=np.zeros(16000), rate=16000)
    with pytest.raises(UndefinedScore, match="the reference is silent"):
        metric(reference=np.zeros(16000), estimate=SOUND, rate=16000)


@pytest.mark.parametrize("samples", [1, 100, 400, 4096])
def test_too_short(samples: int) -> None:
    # At 10 kHz the 30 frames of a segment need 4097 samples, as the package drops a frame twice.
    with pytest.raises(UndefinedScore, match=r"STOI needs 0\.41 s"):
        stoi(reference=SOUND[:samples], estimate=SOUND[:samples], rate=10000)


def test_just_long_enough() -> None:
    assert stoi(reference=SOUND[:4097], estimate=SOUND[:4097], rate=10000) == pytest.approx(1)


def test_too_long() -> None:
    with pytest.raises(UndefinedScore, match="1200 s at most"):
        stoi(reference=SOUND, estimate=SOUND, rate=10)


@pytest.mark.parametrize("metric", BOTH, ids=lambda metric: metric.__name__)
def test_too_little_speech(metric: Compare) -> None:
    # A fifth of a second of sound, the rest 80 dB below: the package returns 1e-5 as if that were a score.
    sound = np.where(np.arange(16000) < 3200, 1, 1e-4) * SOUND
    with pytest.raises(UndefinedScore, match=r"less than 0\.4 s of speech"):
        metric(reference=sound, estimate=sound, rate=16000)


def test_values_repeat_and_the_generator_is_left_alone() -> None:
    half = np.where(np.arange(16000) < 8000, SOUND, 0)  # where the estimate is silent only the package's noise is left
    np.random.seed(5)  # noqa: NPY002
    first = estoi(reference=SOUND, estimate=half, rate=16000)
    drawn = np.random.rand()  # noqa: NPY002
    assert estoi(reference=SOUND, estimate=half, rate=16000) == first
    np.random.seed(5)  # noqa: NPY002
    assert np.random.rand() == drawn  # noqa: NPY002


@pytest.mark.parametrize("metric", BOTH, ids=lambda metric: metric.__name__)
def test_absurd_levels(metric: Compare) -> None:
    with pytest.raises(UndefinedScore):
        metric(reference=SOUND, estimate=1e300 * SOUND, rate=16000)


def test_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pystoi", None)
    with pytest.raises(MissingExtra, match=r"ligeia\[metrics\]"):
        stoi(reference=SOUND, estimate=SOUND, rate=16000)
