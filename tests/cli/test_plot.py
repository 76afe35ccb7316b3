"""`ligeia plot`: pictures of recordings and streams, alone and beside another."""

import io
import json
from pathlib import Path

import pytest

from ligeia.audio.reading import read_audio
from ligeia.audio.signal import Audio
from ligeia.audio.writing import write_audio


@pytest.fixture
def lig(tmp_path: Path, tone: Path, ligeia) -> Path:
    """A stream that resembles the tone."""
    path = tmp_path / "tone.lig"
    assert ligeia("encode", tone, "-o", path, "--kbps", 64, "--json").code == 0
    return path


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("A.PDF", b"%PDF")])
def test_one_recording(ligeia, tone: Path, tmp_path: Path, name: str, start: bytes) -> None:
    done = ligeia("plot", tone, "-o", tmp_path / name)
    assert (done.code, done.err) == (0, "")
    assert "0 to 0.2 s, 8000 Hz, 2 channel(s)" in done.out
    assert (tmp_path / name).read_bytes().startswith(start)


def test_a_recording_beside_its_stream(ligeia, tone: Path, lig: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.png"
    facts = json.loads(ligeia("plot", tone, lig, "-o", out, "--json").out)
    assert facts["output"] == str(out)
    assert facts["inputs"] == [str(tone), str(lig)]
    assert facts["delay_samples"] == 0
    scored = json.loads(ligeia("score", "--reference", tone, "--estimate", lig, "--metrics", "snr", "--json").out)
    assert facts["snr_db"] == pytest.approx(scored["values"]["snr"], abs=1)  # which is the mean over channels
    assert "SNR" in ligeia("plot", lig, tone, "-o", out, "--force").out


def test_a_stretch_from_standard_input(ligeia, tone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tone.open("rb") as file:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(file))
        done = ligeia(
            "plot",
            "-",
            "-o",
            tmp_path / "a.png",
            "--start",
            "0.05",
            "--stop",
            "0:00.15",
            "--kind",
            "waveform",
            "--json",
        )
    facts = json.loads(done.out)
    assert (facts["start"], facts["stop"]) == (0.05, 0.15)


def test_into_a_folder(ligeia, tone: Path, tmp_path: Path) -> None:
    assert ligeia("plot", tone, "-o", f"{tmp_path}/pictures/", "--kind", "waveform").code == 0
    assert (tmp_path / "pictures/tone.png").is_file()


def test_more_channels_than_two_are_mixed_and_it_is_said(ligeia, tone: Path, tmp_path: Path) -> None:
    wide = tmp_path / "wide.wav"
    audio = read_audio(tone)
    write_audio(wide, Audio(audio.samples[[0, 1, 0]], audio.rate))
    done = ligeia("plot", wide, "-o", tmp_path / "a.png", "--kind", "waveform")
    assert "the 3 channels are shown as their mean" in done.err


def test_wrong_usage_and_wrong_input(ligeia, tone: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.png"
    for arguments, code, words in (
        ((tone, tone, tone, "-o", out), 2, "one recording, or two"),
        (("-", "-", "-o", out), 2, "not both"),
        ((tone, "-o", tmp_path / "a.gif"), 2, "its ending must be .svg, .png, .pdf"),
        ((tone, "-o", out, "--kind", "phase"), 2, "'phase' is not a valid kind"),
        ((tone, "-o", out, "--start", "0.1", "--stop", "0.1"), 2, "0.1 s is not a valid stop"),
        ((tone, "-o", out, "--start", "5"), 1, "ends at 0.2 s"),
        ((tmp_path / "no.wav", "-o", out), 1, "no.wav"),
    ):
        done = ligeia("plot", *arguments)
        assert (done.code, out.exists()) == (code, False), arguments
        assert words in done.line
    out.write_text("mine")
    assert "exists" in ligeia("plot", tone, "-o", out).line
    assert out.read_text() == "mine"
