"""`ligeia score`: values, the recipe, and one clear line where it cannot."""

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ligeia.audio.reading import read_audio
from ligeia.audio.signal import Audio
from ligeia.audio.writing import write_audio


def quieter(tone: Path) -> Path:
    audio = read_audio(tone)
    path = tone.with_name("quieter.wav")
    write_audio(path, Audio(0.9 * audio.samples, audio.rate), subtype="FLOAT")
    return path


@pytest.fixture
def lig(tmp_path: Path, tone: Path, ligeia) -> Path:
    """A stream that resembles the tone, as one of 20 steps does not."""
    path = tmp_path / "tone.lig"
    assert ligeia("encode", tone, "-o", path, "--kbps", 64, "--json").code == 0
    return path


def test_values_and_recipe(ligeia, tone: Path) -> None:
    done = ligeia("score", "--reference", tone, "--estimate", quieter(tone), "--metrics", "snr,mse", "--json")
    facts = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert abs(facts["values"]["snr"] - 20) < 0.01
    assert facts["scores"]["snr"]["channels"] == "each"
    assert facts["recipe"]["delay_samples"] == 0


def test_table(ligeia, tone: Path) -> None:
    done = ligeia("score", "--reference", tone, "--estimate", quieter(tone), "--metrics", "snr")
    assert done.code == 0
    assert "snr" in done.out
    assert "higher is better" in done.out
    assert "compared 1600 samples at 8000 Hz; delay 0 samples" in done.out


def test_default_is_everything_that_is_quick(ligeia, tone: Path) -> None:
    done = ligeia("score", "--reference", tone, "--estimate", tone, "--json")
    values = json.loads(done.out)["values"]
    assert {"snr", "mse", "si_sdr"} <= values.keys()
    assert values["snr"] == "inf"


def test_one_file_twice_is_said(ligeia, tone: Path) -> None:
    done = ligeia("score", "--reference", tone, "--estimate", tone, "--metrics", "snr")
    assert done.err == "note: reference and estimate are the same file\n"
    facts = json.loads(ligeia("score", "--reference", tone, "--estimate", quieter(tone), "--json").out)
    assert facts["notes"] == []


def test_list(ligeia) -> None:
    done = ligeia("score", "--list")
    assert done.code == 0
    assert "snr" in done.out


def test_silence_is_undefined_not_zero(ligeia, tmp_path: Path) -> None:
    path = tmp_path / "silence.wav"
    write_audio(path, Audio(np.zeros((1, 800)), 8000))
    done = ligeia("score", "--reference", path, "--estimate", path, "--metrics", "snr")
    assert "undefined" in done.out
    assert "the reference is silent" in done.out


def test_errors_are_one_line(ligeia, tone: Path, tmp_path: Path) -> None:
    missing = ligeia("score", "--reference", tone, "--estimate", tmp_path / "no.wav")
    assert missing.code == 1
    assert "no.wav" in missing.line
    assert ligeia("score", "--reference", tone).code == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--metrics", "loudness"), "unknown metric 'loudness'; there are: mse"),
        (("--metrics", ","), "no metric is named"),
        (("--level", "loud"), "'loud' is not a valid treatment of the level"),
        (("--channels", "left"), "'left' is not a valid treatment of channels"),
        (("--max-delay", "-1"), "'-1' is not a valid time"),
        (("--max-delay", "nan"), "'nan' is not a valid time"),
    ],
)
def test_wrong_usage(ligeia, tone: Path, options: tuple[str, str], words: str) -> None:
    done = ligeia("score", "--reference", tone, "--estimate", tone, *options)
    assert done.code == 2
    assert words in done.err


def test_a_stream_on_either_side(ligeia, tone: Path, lig: Path) -> None:
    one = ligeia("score", "--reference", tone, "--estimate", lig, "--metrics", "snr", "--json")
    two = ligeia("score", "--reference", lig, "--estimate", tone, "--metrics", "snr", "--json")
    assert (one.code, two.code) == (0, 0)
    values = [json.loads(done.out)["values"]["snr"] for done in (one, two)]
    assert abs(values[0] - values[1]) < 3
    assert json.loads(ligeia("score", "--reference", lig, "--estimate", lig, "--metrics", "snr", "--json").out)[
        "values"
    ] == {"snr": "inf"}


def test_standard_input(ligeia, tone: Path, lig: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for side, other, piped in (("--reference", "--estimate", tone), ("--estimate", "--reference", lig)):
        with piped.open("rb") as file:
            monkeypatch.setattr("sys.stdin", io.TextIOWrapper(file))
            done = ligeia("score", side, "-", other, tone, "--metrics", "snr", "--json")
        assert done.code == 0, done.err
        assert json.loads(done.out)["recipe"]["sample_count"] == 1600
    both = ligeia("score", "--reference", "-", "--estimate", "-")
    assert both.code == 2
    assert "not both" in both.line


# --- folders --------------------------------------------------------------------------------------------


@pytest.fixture
def folders(tmp_path: Path, tone: Path, lig: Path) -> tuple[Path, Path]:
    """Two folders: two good pairs, one bad, one without a partner."""
    reference, estimate = tmp_path / "reference", tmp_path / "estimate"
    for folder in (reference / "deep", estimate / "deep"):
        folder.mkdir(parents=True)
    for name in ("deep/one.wav", "two.wav", "bad.wav", "alone.wav"):
        shutil.copy(tone, reference / name)
    shutil.copy(lig, estimate / "deep/one.lig")
    shutil.copy(quieter(tone), estimate / "two.wav")
    (estimate / "bad.wav").write_bytes(b"no recording")
    return reference, estimate


def test_folders_become_a_table(ligeia, folders: tuple[Path, Path]) -> None:
    done = ligeia("score", "--reference", folders[0], "--estimate", folders[1], "--metrics", "snr,mae")
    assert done.code == 1
    lines = [line.split() for line in done.out.splitlines()]
    values = {line[0]: line[1:] for line in lines if line and line[0] in ("deep/one", "two", "mean", "median")}
    assert list(values) == ["deep/one", "two", "mean", "median"]
    assert values["two"][0] == "20.0"
    assert "3 pairs: 2 compared, 1 failed" in done.out
    assert "1 file of the reference folder without a partner: alone.wav" in done.out
    assert [line for line in done.err.splitlines() if "bad" in line] == [done.err.splitlines()[-1]]


def test_folders_as_one_document(ligeia, folders: tuple[Path, Path]) -> None:
    done = ligeia("score", "--reference", folders[0], "--estimate", folders[1], "--metrics", "snr", "--json")
    facts = json.loads(done.out)
    assert (done.code, done.err) == (1, "")
    assert {pair["name"]: pair["error"] is None for pair in facts["pairs"]} == {
        "bad": False,
        "deep/one": True,
        "two": True,
    }
    snrs = [pair["values"]["snr"] for pair in facts["pairs"] if pair["error"] is None]
    assert facts["mean"]["snr"] == pytest.approx(sum(snrs) / 2)
    assert (facts["only_reference"], facts["only_estimate"], facts["defined"]) == (["alone.wav"], [], {"snr": 2})


def test_folders_that_match_exit_with_0(ligeia, folders: tuple[Path, Path]) -> None:
    (folders[0] / "alone.wav").unlink()
    (folders[0] / "bad.wav").unlink()
    (folders[1] / "bad.wav").unlink()
    done = ligeia("score", "--reference", folders[0], "--estimate", folders[1], "--metrics", "snr")
    assert (done.code, done.err) == (0, "")


def test_folders_that_cannot_be_compared(ligeia, folders: tuple[Path, Path], tone: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for reference, estimate, code, words in (
        (folders[0], tone, 2, "two recordings, or two folders"),
        (folders[0], folders[0] / "deep/..", 2, "compared with themselves"),
        (folders[0], empty, 1, "holds no recordings"),
        (folders[0], tmp_path / "none", 1, "none does not exist"),
    ):
        done = ligeia("score", "--reference", reference, "--estimate", estimate)
        assert done.code == code
        assert words in done.line


# --- careless input -------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 100])
def test_very_short_sounds_have_values_or_reasons(ligeia, tmp_path: Path, count: int) -> None:
    path = tmp_path / "short.wav"
    write_audio(path, Audio(np.full((1, count), 0.5), 8000))
    done = ligeia("score", "--reference", path, "--estimate", path, "--json")
    facts = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert all(facts["values"][name] is not None or entry["reason"] for name, entry in facts["scores"].items())


def test_other_rates_lengths_and_channels_are_said(ligeia, tone: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.wav"
    write_audio(path, Audio(0.1 * np.random.default_rng(0).standard_normal((1, 700)), 4000))
    done = ligeia("score", "--reference", tone, "--estimate", path, "--metrics", "snr")
    assert done.code == 0
    for words in ("resampled from 4000 to 8000 Hz", "mixed to mono", "count as silence"):
        assert words in done.out


def test_samples_that_are_no_numbers(ligeia, tone: Path, tmp_path: Path) -> None:
    path = tmp_path / "nan.wav"
    soundfile.write(path, np.array([0.1, np.nan, 0.1]), 8000, subtype="FLOAT")
    done = ligeia("score", "--reference", tone, "--estimate", path)
    assert done.code == 1
    assert "nan.wav" in done.line
