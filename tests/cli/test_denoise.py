"""`ligeia denoise`: files in, files out."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from ligeia.audio.reading import open_audio, read_audio
from ligeia.audio.signal import Audio
from ligeia.audio.writing import write_audio

if TYPE_CHECKING:
    from tests.cli.conftest import Ligeia


@pytest.fixture
def noisy(tmp_path: Path) -> Path:
    """A second of noise, then a second of tone and noise: 24 bits at 8 kHz."""
    random = np.random.default_rng(0)
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(16000) / 8000) * (np.arange(16000) >= 8000)
    path = tmp_path / "noisy.wav"
    write_audio(path, Audio(tone + random.normal(0, 0.02, (2, 16000)), 8000), subtype="PCM_24")
    return path


def test_a_file_becomes_one_with_less_noise(ligeia: "Ligeia", noisy: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.wav"
    outcome = ligeia("denoise", noisy, "-o", target, "--method", "logmmse", "--noise-from", 0, 1, "--json")
    facts = json.loads(outcome.out)
    assert outcome.err == ""
    before, after = read_audio(noisy), read_audio(target)
    assert (after.rate, after.samples.shape) == (before.rate, before.samples.shape)
    assert np.abs(after.samples[:, :7000]).std() < 0.2 * np.abs(before.samples[:, :7000]).std()
    assert np.abs(after.samples[:, 9000:]).max() > 0.25
    assert facts["method"] == "logmmse"
    assert facts["noise_db"] == pytest.approx(-34, abs=0.5)
    assert facts["noise_from"] == "the stretch that was given"
    assert facts["subtype"] == "PCM_24"
    with open_audio(target) as file:
        assert file.subtype == "PCM_24"


def test_for_people_and_with_a_picture(ligeia: "Ligeia", noisy: Path, tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    outcome = ligeia("denoise", noisy, "-o", tmp_path / "out.flac", "--method", "logmmse", "--plot", picture)
    assert outcome.code == 0
    assert "times real time" in outcome.out
    assert "dB (full scale 0)" in outcome.out
    assert picture.read_bytes()[:4] == b"\x89PNG"


def test_several_files_go_to_a_folder(ligeia: "Ligeia", noisy: Path, tmp_path: Path) -> None:
    other = tmp_path / "b.ogg"
    write_audio(other, read_audio(noisy))
    folder = tmp_path / "results"
    outcome = ligeia("denoise", noisy, other, "-o", f"{folder}/", "--method", "gate", "--json", "--plot", f"{folder}/")
    names = [Path(facts["output"]).name for facts in json.loads(outcome.out)["recordings"]]
    assert names == ["noisy.wav", "b.wav"]
    assert sorted(path.name for path in folder.iterdir()) == ["b.png", "b.wav", "noisy.png", "noisy.wav"]
    again = ligeia("denoise", noisy, other, "-o", folder, "--method", "gate")
    assert again.code == 1
    assert "wrote 0 of 2; 2 exist" in again.line
    assert "pass --force" in again.line
    assert "need a folder" in ligeia("denoise", noisy, other, "-o", tmp_path / "c.wav").line


def test_strength_zero_changes_nothing(ligeia: "Ligeia", noisy: Path, tmp_path: Path) -> None:
    target = tmp_path / "same.wav"
    assert ligeia("denoise", noisy, "-o", target, "--method", "gate", "--strength", 0).code == 0
    np.testing.assert_array_equal(read_audio(target).samples, read_audio(noisy).samples)


def test_peaks_that_are_cut_are_told(ligeia: "Ligeia", tmp_path: Path) -> None:
    loud = tmp_path / "loud.wav"
    write_audio(loud, Audio(1.5 * np.sin(np.arange(8000) / 5)[None], 8000), subtype="FLOAT")
    kept = ligeia("denoise", loud, "-o", tmp_path / "a.wav", "--method", "gate", "--strength", 0)
    assert "note:" not in kept.err
    cut = ligeia("denoise", loud, "-o", tmp_path / "b.wav", "--method", "gate", "--strength", 0, "--subtype", "pcm_16")
    assert "samples beyond full scale were clipped, the loudest at 1.5" in cut.err


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (["--method", "magic"], 2, "not a valid method to denoise"),
        (["--method", "logmmse", "--noise-from", "1", "0.5"], 2, "START < STOP <= 2 seconds"),
        (["--method", "logmmse", "--noise-from", "1", "99"], 1, "START < STOP <= 2 seconds"),
        (["--method", "logmmse", "--noise-from", "1", "1.00001"], 1, "holds no sample"),
        (["--method", "logmmse", "--steps", "5"], 2, "no use for steps"),
        (["--subtype", "PCM_99"], 2, "not a valid subtype"),
        (["--plot", "a.jpg"], 2, "its ending must be"),
        (["--plot", "/no-such-folder/a.png"], 1, "does not exist"),
    ],
)
def test_wrong_options_are_one_line(
    ligeia: "Ligeia", noisy: Path, tmp_path: Path, options: list[str], code: int, says: str
) -> None:
    outcome = ligeia("denoise", noisy, "-o", tmp_path / "a.wav", *options)
    assert outcome.code == code
    assert says in outcome.line
    assert not (tmp_path / "a.wav").exists()


def test_what_is_no_recording_is_refused(ligeia: "Ligeia", noisy: Path, tmp_path: Path) -> None:
    text = tmp_path / "a.txt"
    text.write_text("no sound")
    assert "no known audio format" in ligeia("denoise", text, "-o", tmp_path / "b.wav").line
    soundfile.write(tmp_path / "nan.wav", np.array([0.1, np.nan, 0.2]), 8000, subtype="FLOAT")
    assert "NaN" in ligeia("denoise", tmp_path / "nan.wav", "-o", tmp_path / "b.wav").line
    assert "the recording itself" in ligeia("denoise", noisy, "-o", noisy, "--force").line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "nan.wav", "noisy.wav"]


def test_an_interruption_leaves_nothing(
    ligeia: "Ligeia", noisy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ligeia.enhance.denoising.logmmse.log_mmse_gains", interrupted)
    outcome = ligeia("denoise", noisy, "-o", tmp_path / "a.wav", "--method", "logmmse")
    assert outcome.code == 130
    assert "nothing was written" in outcome.line
    assert [path.name for path in tmp_path.iterdir()] == ["noisy.wav"]


def test_the_list(ligeia: "Ligeia") -> None:
    outcome = ligeia("denoise", "--list")
    assert outcome.code == 0
    assert "logmmse" in outcome.out
    assert "noise-from" in outcome.out  # options are named as they are typed
