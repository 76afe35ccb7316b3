"""Fits of the studies, and what is said of them."""

from pathlib import Path

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.audio.writing import write_audio
from ligeia.fitting.own_recipes import own_recipe
from ligeia.studies.fits import fitted, outcome, sound

TONE = Audio((0.5 * np.sin(np.arange(2000) / 5))[None].astype(np.float32), 8000)


def test_an_outcome_is_plain_and_true() -> None:
    inr = fitted(TONE, "siren-notebook", width=8, depth=2, steps=3)
    row = outcome(TONE, inr, ("snr", "stoi"))
    assert row["parameters"] == inr.parameter_count == 8 + 8 + 64 + 8 + 8 + 1
    assert row["steps"] == 3
    assert row["metrics"]["snr"] == pytest.approx(row["snr_db"], abs=0.01)
    assert row["mse"] == pytest.approx(0.125 / 10 ** (row["snr_db"] / 10), rel=1e-2)
    assert "metrics" not in outcome(TONE, inr)
    assert "coefficients" not in row


def test_a_sparse_network_has_units() -> None:
    row = outcome(TONE, fitted(TONE, own_recipe("lapped")))
    assert row["parameters"] == 2 * row["coefficients"] > 0


@pytest.mark.parametrize("kind", ["bach", "speech"])
def test_made_sounds_repeat(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIGEIA_DATA", str(tmp_path))
    audio, label = sound(kind, 1, rate=8000, seconds=0.75)
    again, _ = sound(kind, 1, rate=8000, seconds=0.75)
    assert label == f"made {kind} 1"
    assert (audio.rate, audio.channels, audio.sample_count) == (8000, 1, 6000)
    assert np.abs(audio.samples).max() == pytest.approx(1)
    assert np.array_equal(audio.samples, again.samples)
    other, _ = sound(kind, 2, rate=8000, seconds=0.75)
    assert not np.array_equal(audio.samples, other.samples)


def test_without_a_folder_of_recordings_sounds_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIGEIA_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "siren").mkdir()
    write_audio(tmp_path / "siren" / "gt_bach.wav", Audio(np.full((1, 8000), 0.25), 16000))
    assert sound("bach", 0, rate=8000, seconds=0.1)[1] == "made bach 0"


def test_recordings_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIGEIA_DATA", str(tmp_path))
    (tmp_path / "siren").mkdir()
    write_audio(tmp_path / "siren" / "gt_bach.wav", Audio(np.full((2, 8000), 0.25), 16000))
    audio, label = sound("bach", 0, rate=8000, seconds=0.1)
    assert label == "siren/gt_bach.wav"
    assert (audio.rate, audio.channels, audio.sample_count) == (8000, 1, 800)


def test_recordings_are_whole_and_keep_their_rate_where_nothing_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIGEIA_DATA", str(tmp_path))
    made, _ = sound("bach", 0, rate=None, seconds=None)
    assert (made.rate, made.seconds) == (22050, 10)
    (tmp_path / "siren").mkdir()
    samples = np.concatenate([np.zeros(300), np.full(500, 0.25)])[None]
    write_audio(tmp_path / "siren" / "gt_bach.wav", Audio(samples, 16000))
    whole, _ = sound("bach", 0, rate=None, seconds=None)
    assert (whole.rate, whole.sample_count) == (16000, 800)
    part, _ = sound("bach", 0, rate=None, seconds=10)
    assert (part.rate, part.sample_count) == (16000, 500)


def test_leading_silence_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIGEIA_DATA", str(tmp_path))
    (tmp_path / "siren").mkdir()
    samples = np.concatenate([1e-4 * np.ones(4000), 0.5 * np.ones(4000)])[None]
    write_audio(tmp_path / "siren" / "gt_bach.wav", Audio(samples, 8000), subtype="FLOAT")
    audio, _ = sound("bach", 0, rate=8000, seconds=0.25)
    assert audio.sample_count == 2000
    assert np.abs(audio.samples - 1).max() < 1e-6
