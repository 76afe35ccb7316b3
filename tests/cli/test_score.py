"""`ligeia score`: values, the recipe, and one clear line where it cannot."""

import json
from pathlib import Path

import numpy as np

from ligeia.audio.reading import read_audio
from ligeia.audio.signal import Audio
from ligeia.audio.writing import write_audio


def quieter(tone: Path) -> Path:
    audio = read_audio(tone)
    path = tone.with_name("quieter.wav")
    write_audio(path, Audio(0.9 * audio.samples, audio.rate), subtype="FLOAT")
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
    unknown = ligeia("score", "--reference", tone, "--estimate", tone, "--metrics", "loudness")
    assert unknown.code == 1
    assert "unknown metric" in unknown.line
    assert ligeia("score", "--reference", tone).code == 2
