"""Tags go with a recording through encode and decode, and hostile ones do no harm."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from ligeia.audio.reading import open_audio
from ligeia.audio.signal import Audio
from ligeia.audio.writing import write_audio
from ligeia.codec.container import with_tags

if TYPE_CHECKING:
    from tests.cli.conftest import Ligeia

TAGS = {"title": "Ночной поезд", "artist": "A. N. Other", "album": "Été", "date": "2021", "track": "3/12"}


@pytest.fixture
def tagged(tmp_path: Path) -> Path:
    path = tmp_path / "tagged.flac"
    write_audio(path, Audio(np.sin(np.arange(8000) / 9)[None] / 2, 16000), tags=TAGS)
    return path


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "mp3"])
def test_tags_survive_encode_and_decode(ligeia: "Ligeia", tagged: Path, tmp_path: Path, ending: str) -> None:
    lig, out = tmp_path / "a.lig", tmp_path / f"a.{ending}"
    facts = json.loads(ligeia("encode", tagged, "-o", lig, "--json").out)
    assert facts["tags"] == TAGS
    assert json.loads(ligeia("info", lig, "--json").out)["tags"] == TAGS
    assert "Ночной поезд" in ligeia("info", lig).out
    assert ligeia("decode", lig, "-o", out).code == 0
    with open_audio(out) as file:
        assert file.tags == TAGS


def test_tags_may_be_left_out(ligeia: "Ligeia", tagged: Path, tone: Path, tmp_path: Path) -> None:
    with_tags, without = tmp_path / "a.lig", tmp_path / "b.lig"
    assert ligeia("encode", tagged, "-o", with_tags).code == 0
    assert json.loads(ligeia("encode", tagged, "-o", without, "--no-tags", "--json").out)["tags"] == {}
    assert json.loads(ligeia("info", without, "--json").out)["tags"] == {}
    assert b"A. N. Other" in with_tags.read_bytes()
    assert len(without.read_bytes()) < len(with_tags.read_bytes())


def test_info_sends_nothing_to_the_terminal_that_it_would_obey(ligeia: "Ligeia", tmp_path: Path) -> None:
    path, lig = tmp_path / "a.flac", tmp_path / "a.lig"
    with soundfile.SoundFile(path, "w", samplerate=8000, channels=1, subtype="PCM_16") as file:
        file.title = "\x1b]0;owned\x07\x1b[31mred\u202etxt.exe\x9b2J"
        file.artist = "a\nsize  0 bytes"
        file.write(np.sin(np.arange(8000) / 9))
    for call in (("encode", path, "-o", lig), ("info", lig), ("encode", path, "-o", lig, "--force", "--json")):
        outcome = ligeia(*call)
        assert outcome.code == 0
        assert all(line.isprintable() for line in (outcome.out + outcome.err).splitlines())
    # A tag cannot pass for a line of the report.
    lig.write_bytes(with_tags(lig.read_bytes(), {"size": "0 bytes", "artist": "a\nsize  0 bytes", "title": "b"}))
    names = [line.split()[0] for line in ligeia("info", lig).out.splitlines()]
    assert names[-3:] == ["artist", "tag", "title"]
    assert names.count("size") == 1


def test_a_cut_tag_is_said(ligeia: "Ligeia", tmp_path: Path) -> None:
    path, lig = tmp_path / "a.flac", tmp_path / "a.lig"
    with soundfile.SoundFile(path, "w", samplerate=8000, channels=1, subtype="PCM_16") as file:
        file.comment = "long " * 200_000
        file.write(np.sin(np.arange(8000) / 9))
    outcome = ligeia("encode", path, "-o", lig)
    assert "note: the tag comment was cut to 1024 bytes" in outcome.err
    assert lig.stat().st_size < 5000
