import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

import ligeia as library
from ligeia.audio.blocks import Segments
from ligeia.cli import progress
from ligeia.codec.container import Block, parse, write_block, write_header
from ligeia.codec.header import Header
from ligeia.codec.parameters.coding import ParameterCoding
from ligeia.codec.parameters.quantise import Bits
from ligeia.networks import Siren

if TYPE_CHECKING:
    from tests.cli.conftest import Ligeia


def test_a_decoded_file_is_the_library_s_render(ligeia: "Ligeia", lig: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.wav"
    facts = json.loads(ligeia("decode", lig, "-o", target, "--subtype", "FLOAT", "--json").out)
    samples, rate = soundfile.read(target, dtype="float32", always_2d=True)
    assert (facts["sample_count"], facts["rate"], facts["channels"]) == (1600, 8000, 2)
    assert rate == 8000
    np.testing.assert_allclose(samples.T, library.decode(lig.read_bytes()).render().samples, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("rate", "frames"), [(16000, 3200), (11025, 2205), (4000, 800)])
def test_any_rate(ligeia: "Ligeia", lig: Path, tmp_path: Path, rate: int, frames: int) -> None:
    target = tmp_path / "a.wav"
    assert ligeia("decode", lig, "-o", target, "--rate", rate).code == 0
    info = soundfile.info(target)
    assert (info.samplerate, info.frames) == (rate, frames)


def test_a_part(ligeia: "Ligeia", lig: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.wav"
    assert ligeia("decode", lig, "-o", target, "--start", 0.05, "--stop", 0.15, "--subtype", "FLOAT").code == 0
    samples, _ = soundfile.read(target, dtype="float32", always_2d=True)
    whole = library.decode(lig.read_bytes()).render().samples
    np.testing.assert_allclose(samples.T, whole[:, 400:1200], rtol=0, atol=1e-5)


@pytest.mark.parametrize("ending", ["flac", "ogg", "opus", "mp3"])
def test_the_ending_says_the_format(ligeia: "Ligeia", lig: Path, tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"a.{ending}"
    assert ligeia("decode", lig, "-o", target).code == 0
    assert library.read_audio(target).channels == 2


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--rate", "0"], 2),
        (["--rate", "-5"], 2),
        (["--start", "9"], 1),  # of a shorter sound
        (["--start=-1"], 2),
        (["--start", "0.1", "--stop", "0.05"], 2),
        (["--start", "1:60"], 2),
        (["--format", "flac"], 2),
        (["--format", "m3u8"], 2),
        (["--subtype", "PCM_8"], 2),
    ],
)
def test_impossible_parts_and_rates_are_one_line(
    ligeia: "Ligeia", lig: Path, tmp_path: Path, options: list[str], code: int
) -> None:
    target = tmp_path / "a.wav"
    outcome = ligeia("decode", lig, "-o", target, *options)
    assert outcome.code == code
    assert outcome.err
    assert not target.exists()


def test_damage_is_refused_and_can_be_salvaged(ligeia: "Ligeia", lig: Path, tmp_path: Path) -> None:
    stream = bytearray(lig.read_bytes())
    stream[-20] ^= 0x10
    lig.write_bytes(stream)
    target = tmp_path / "a.wav"
    outcome = ligeia("decode", lig, "-o", target)
    assert outcome.code == 1
    assert "damaged" in outcome.line
    assert not target.exists()
    salvaged = ligeia("decode", lig, "-o", target, "--salvage", "--json")
    assert salvaged.code == 0
    assert json.loads(salvaged.out)["lost_blocks"] == [json.loads(salvaged.out)["blocks"] - 1]
    assert "damaged and silent" in ligeia("decode", lig, "-o", target, "--salvage", "--force").out
    assert soundfile.info(target).frames == 1600


@pytest.mark.parametrize("content", [b"", b"RIFF", b"LIG", b"LI", b"LIG\x09rest", b"\x00" * 100])
def test_what_is_no_stream_is_one_line(ligeia: "Ligeia", tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.lig"
    path.write_bytes(content)
    for verb in (["decode", path, "-o", tmp_path / "a.wav"], ["info", path]):
        outcome = ligeia(*verb)
        assert outcome.code == 1
        assert outcome.line.startswith("ligeia: ")


def test_an_existing_output_is_refused(ligeia: "Ligeia", lig: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.wav"
    target.write_bytes(b"precious")
    assert ligeia("decode", lig, "-o", target).code == 1
    assert target.read_bytes() == b"precious"


def test_long_decoding_shows_its_progress(
    ligeia: "Ligeia", lig: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    outcome = ligeia("decode", lig, "-o", tmp_path / "a.wav", "--start", 0.1)
    assert "100 %  rendering  0:00 left" in outcome.err


def test_an_unknown_ending_is_refused_without_naming_temporary_files(
    ligeia: "Ligeia", lig: Path, tmp_path: Path
) -> None:
    outcome = ligeia("decode", lig, "-o", tmp_path / "a.xyz")
    assert outcome.code == 2
    assert ".xyz" in outcome.line
    assert ".ligeia-" not in outcome.line


@pytest.fixture
def low(tmp_path: Path) -> Path:
    """A stream of speech at a low rate."""
    time = np.arange(16000) / 16000
    console = 0.2 * np.sin(2 * np.pi * 150 * time) * np.abs(np.sin(12 * time)) ** 2
    path = tmp_path / "low.lig"
    path.write_bytes(library.encode(library.Audio(console[None], 16000), "speech", kbps=3))
    return path


@pytest.mark.parametrize(("choice", "enhanced"), [("auto", True), ("on", True), ("off", False)])
def test_a_network_rewrites_speech_at_low_rates(
    ligeia: "Ligeia", low: Path, tmp_path: Path, choice: str, enhanced: bool
) -> None:
    target = tmp_path / "a.wav"
    facts = json.loads(ligeia("decode", low, "-o", target, "--subtype", "FLOAT", "--enhance", choice, "--json").out)
    assert facts["enhanced"] is enhanced
    samples, _ = soundfile.read(target, dtype="float32", always_2d=True)
    expected = library.decode(low.read_bytes(), enhance=choice).render().samples
    np.testing.assert_allclose(samples.T, expected, rtol=0, atol=1e-6)
    said = ligeia("decode", low, "-o", tmp_path / "b.wav", "--enhance", choice).out
    assert ("--enhance off gives the sound as coded" in said) is enhanced


def test_the_network_stays_away_from_what_it_has_not_learned(ligeia: "Ligeia", lig: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.wav"
    outcome = ligeia("decode", lig, "-o", target, "--enhance", "on")
    assert outcome.code == 1
    assert "this stream cannot be enhanced" in outcome.line
    assert not target.exists()
    outcome = ligeia("decode", lig, "-o", target, "--enhance", "maybe")
    assert outcome.code == 2
    assert not json.loads(ligeia("decode", lig, "-o", target, "--json").out)["enhanced"]


def bomb(samples: int = 2**33) -> bytes:
    """A short stream of silence that claims so many samples at 8 kHz."""
    cut = Segments(samples, min(samples, 2**26))
    header = write_header(Header(Siren(width=1), 8000, cut, ParameterCoding(Bits())))
    return header + b"".join(write_block(Block(number, b"")) for number in range(cut.count))


@pytest.mark.parametrize("options", [[], ["--salvage"]])
def test_a_claim_that_its_bytes_do_not_justify_is_refused(ligeia: "Ligeia", tmp_path: Path, options: list[str]) -> None:
    stream, target = tmp_path / "bomb.lig", tmp_path / "a.wav"
    for content in (bomb(), bomb()[:40]) if options else (bomb(),):
        stream.write_bytes(content)
        outcome = ligeia("decode", stream, "-o", target, *options)
        assert outcome.code == 1
        assert "ligeia decode --max-seconds 1073742 allows it" in outcome.line
        assert [*tmp_path.iterdir()] == [stream]
    assert ligeia("decode", stream, "-o", target, *options, "--start", 1, "--stop", 2).code == 0
    assert soundfile.info(target).frames == 8000


def test_max_seconds_is_a_bound_both_ways(ligeia: "Ligeia", lig: Path, tmp_path: Path) -> None:
    stream, target = tmp_path / "long.lig", tmp_path / "a.wav"
    assert "0.1 s are allowed" in ligeia("decode", lig, "-o", target, "--max-seconds", 0.1).line
    assert ligeia("decode", lig, "-o", target, "--max-seconds", 0.2).code == 0
    assert ligeia("decode", lig, "-o", target, "--force", "--max-seconds", 0).code == 2
    stream.write_bytes(bomb(25 * 3600 * 8000))
    assert ligeia("decode", stream, "-o", target, "--force", "--rate", 10).code == 1
    assert ligeia("decode", stream, "-o", target, "--force", "--rate", 10, "--max-seconds", 1e5).code == 0
    assert soundfile.info(target).frames == 25 * 36000


def test_a_cut_stream_tells_how_far_it_is_whole(ligeia: "Ligeia", tmp_path: Path) -> None:
    time = np.arange(64000) / 8000
    sound = library.Audio(0.3 * np.sin(1000 * time + 40 * time**2)[None], 8000)
    stream, target = tmp_path / "cut.lig", tmp_path / "a.wav"
    whole = library.encode(sound, "music", kbps=24)
    stream.write_bytes(whole[: 3 * len(whole) // 4])
    outcome = ligeia("decode", stream, "-o", target)
    assert outcome.code == 1
    assert "--salvage puts silence" in outcome.line
    assert not target.exists()
    found = re.search(r"whole up to ([0-9.]+) s", outcome.line)
    assert found is not None
    seconds = float(found[1])
    assert seconds > 3
    assert ligeia("decode", stream, "-o", target, "--stop", seconds, "--subtype", "FLOAT").code == 0
    samples, _ = soundfile.read(target, dtype="float32", always_2d=True)
    before = library.open(whole).read(0, seconds).samples
    assert np.array_equal(samples.T, before)
    facts = json.loads(ligeia("decode", stream, "-o", target, "--stop", 1, "--force", "--json").out)
    assert facts["lost_blocks"] == []  # there are some, beyond
    facts = json.loads(ligeia("decode", stream, "-o", target, "--salvage", "--force", "--json").out)
    assert facts["sample_count"] == 64000
    assert facts["lost_blocks"]
    assert "whole up to" in ligeia("info", stream).line


def test_salvage_names_blocks_that_are_whole_but_not_valid(ligeia: "Ligeia", lig: Path, tmp_path: Path) -> None:
    parsed = parse(lig.read_bytes())
    number = max(parsed.payloads)
    wrong = write_block(Block(number, parsed.payloads[number][:2] + b"\x99" * (len(parsed.payloads[number]) - 2)))
    lig.write_bytes(lig.read_bytes()[: -len(wrong)] + wrong)
    target = tmp_path / "a.wav"
    assert ligeia("decode", lig, "-o", target).code == 1
    outcome = ligeia("decode", lig, "-o", target, "--salvage", "--json")
    assert outcome.code == 0
    assert json.loads(outcome.out)["lost_blocks"] == [number]
    assert f"silent: {number}" in ligeia("decode", lig, "-o", target, "--salvage", "--force").out
