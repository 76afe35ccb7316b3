import shutil
import struct
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from ligeia.audio.ffmpeg import parse_tags
from ligeia.audio.reading import open_audio
from ligeia.audio.signal import Audio
from ligeia.audio.tags import MAX_BYTES, NAMES, check_tags, cleaned, is_text, shown
from ligeia.audio.writing import AudioWriter, write_audio
from ligeia.errors import SettingsError

TAGS = {
    "title": "Ночной поезд – Café ☃ 𝄞",
    "artist": "A = B; C\\D",
    "album": "Été",
    "date": "2021-03-04",
    "track": "3/12",
    "genre": "Hörspiel",
    "comment": "first line\nsecond line",
    "copyright": "(c) somebody",
    "license": "CC BY 4.0",
}
TONE = Audio(np.sin(np.arange(24000) / 30)[None] / 2, 48000)
LOST = {"wav": {"license"}, "flac": set(), "ogg": set(), "opus": set(), "mp3": {"license"}}
"""Tags that a format has no place for in libsndfile."""


@pytest.mark.parametrize("ending", LOST)
def test_tags_survive_a_file(ending, tmp_path):
    path = tmp_path / f"a.{ending}"
    write_audio(path, TONE, tags=TAGS)
    wanted = {name: value for name, value in TAGS.items() if name not in LOST[ending]}
    if ending == "mp3":
        wanted["date"] = "2021"
    with open_audio(path) as file:
        assert file.tags == wanted
        assert file.tag_notes == ()
        tagged = file.read(0, file.sample_count)
    plain = tmp_path / f"plain.{ending}"
    write_audio(plain, TONE)
    with open_audio(plain) as file:
        assert file.tags == {}
        assert np.array_equal(tagged, file.read(0, file.sample_count))


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg")
@pytest.mark.parametrize("ending", ["m4a", "mka", "mp4", "aiff"])
def test_tags_survive_ffmpeg(ending, tmp_path):
    write_audio(tmp_path / f"a.{ending}", TONE, tags=TAGS)
    with open_audio(tmp_path / f"a.{ending}") as file:
        # MP4 has no place for a licence, AIFF in ffmpeg for little else.
        lost = {"mka": set(), "aiff": {"license", "artist", "album", "date", "track", "genre"}}.get(ending, {"license"})
        assert file.tags == {name: value for name, value in TAGS.items() if name not in lost}


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg")
def test_a_chapter_is_no_title_of_the_recording(tmp_path):
    listed = tmp_path / "chapters.txt"
    listed.write_text(";FFMETADATA1\nartist=me\n[CHAPTER]\nSTART=0\nEND=100000000\ntitle=chapter\n")
    write_audio(tmp_path / "a.wav", TONE)
    command = ["ffmpeg", "-v", "error", "-i", tmp_path / "a.wav", "-i", listed, "-map_metadata", "1"]
    subprocess.run([*command, tmp_path / "a.m4a"], check=True)
    with open_audio(tmp_path / "a.m4a") as file:
        assert file.tags == {"artist": "me"}


def test_ffmpegs_list_is_read():
    listed = (
        b";FFMETADATA1\nTitle=a \\= b\\\nc\nx\\=y=1\nartist=ends with \\\\\nempty=\ncomment=\xff\n[STREAM]\ntitle=no\n"
    )
    assert parse_tags(listed) == [
        ("Title", "a = b\nc"),
        ("x=y", "1"),
        ("artist", "ends with \\"),
        ("empty", ""),
        ("comment", "\ufffd"),
    ]
    assert parse_tags(b"") == []
    started = time.process_time()
    parse_tags(b"a\\=" * 40_000)
    parse_tags(b"a=" * 60_000)
    assert time.process_time() - started < 2


# --- hostile tags -----------------------------------------------------------------------------------


def info_chunk(**values: bytes) -> bytes:
    """A LIST chunk of a WAV file, such as INAM="...", without any care."""
    fields = [
        name.encode() + struct.pack("<I", len(value)) + value + bytes(len(value) % 2) for name, value in values.items()
    ]
    body = b"INFO" + b"".join(fields)
    return b"LIST" + struct.pack("<I", len(body)) + body


def wav_with(chunk: bytes, path: Path) -> Path:
    write_audio(path, TONE)
    data = path.read_bytes()
    path.write_bytes(data[:4] + struct.pack("<I", len(data) + len(chunk) - 8) + data[8:36] + chunk + data[36:])
    return path


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (b"\x1b]0;owned\x07\x1b[2J title", "]0;owned[2J title"),
        (b"before\0after", "before"),
        (b"a\r\nb\rc", "a\nb\nc"),
        (b" \t\r\n ", None),
        (b"", None),
    ],
)
def test_control_characters_are_taken_out(value, kept, tmp_path):
    with open_audio(wav_with(info_chunk(INAM=value), tmp_path / "a.wav")) as file:
        assert file.tags.get("title") == kept


def test_what_is_no_utf_8_is_left_out_with_a_note(tmp_path):
    with open_audio(wav_with(info_chunk(INAM=b"Caf\xe9", IART=b"me"), tmp_path / "a.wav")) as file:
        assert file.tags == {"artist": "me"}
        assert file.tag_notes == ("the tag title was left out: it is not valid UTF-8",)


@pytest.mark.parametrize("ending", ["flac", "ogg", "mp3"])
def test_a_title_of_a_megabyte_is_cut(ending, tmp_path):
    path = tmp_path / f"a.{ending}"
    form = {"flac": ("FLAC", "PCM_16"), "ogg": ("OGG", "VORBIS"), "mp3": ("MP3", "MPEG_LAYER_III")}[ending]
    with soundfile.SoundFile(path, "w", samplerate=48000, channels=1, format=form[0], subtype=form[1]) as file:
        file.title = "title " * 170_000
        file.write(TONE.samples.T)
    with open_audio(path) as file:
        assert file.sample_count == TONE.sample_count
        assert 1000 < len(file.tags["title"].encode()) <= MAX_BYTES
        assert file.tag_notes == (f"the tag title was cut to {MAX_BYTES} bytes",)


def test_a_written_file_holds_no_more_than_readers_take(tmp_path):
    long = dict.fromkeys(NAMES, "x" * 4096)
    with AudioWriter(tmp_path / "a.wav", rate=48000, channels=1, tags=long) as writer:
        writer.write(TONE.samples)
    with open_audio(tmp_path / "a.wav") as file:
        assert file.tags == {name: "x" * MAX_BYTES for name in NAMES if name != "license"}
        assert file.sample_count == TONE.sample_count


# --- the rules --------------------------------------------------------------------------------------


def test_names_are_recognised_and_the_first_counts():
    found = [("TITLE", "a"), ("title", "b"), ("Year", "1999"), ("author", "c"), ("TrackNumber", "7"), ("encoder", "x")]
    assert cleaned(found).tags == {"title": "a", "artist": "c", "date": "1999", "track": "7"}


def test_a_cut_does_not_break_a_character():
    found = cleaned([("title", "☃" * 400)])
    assert found.tags["title"] == "☃" * 341
    assert found.notes == (f"the tag title was cut to {MAX_BYTES} bytes",)


@pytest.mark.parametrize("tags", [{"Title": "x"}, {"a b": "x"}, {"title": ""}, {"title": "\x07"}, {"title": "\ud800"}])
def test_a_caller_is_told_what_is_not_valid(tags, tmp_path):
    with pytest.raises(SettingsError):
        check_tags(tags)
    with pytest.raises(SettingsError):
        write_audio(tmp_path / "a.wav", TONE, tags=tags)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("tags", [{"track": 3}, [("title", "x")], "title", {3: "x"}])
def test_a_wrong_type_is_a_type_error(tags):
    with pytest.raises(TypeError, match="tags map names to texts"):
        check_tags(tags)


@given(st.text())
def test_any_text_is_shown_on_one_line_that_prints(text):
    assert shown(text).isprintable()
    assert len(shown(text)) < 2500


@given(st.lists(st.tuples(st.sampled_from([*NAMES, "other"]), st.text())))
def test_what_was_cleaned_is_valid(found):
    tags = cleaned(found).tags
    assert check_tags(tags) == dict(sorted(tags.items()))


def test_right_to_left_marks_are_shown_as_escapes():
    assert shown("invoice\u202egpj.exe\u200f") == "invoice\\u202egpj.exe\\u200f"
    assert shown("x" * 500) == "x" * 200 + "..."
    assert is_text("\u202e")  # a stream keeps them: right-to-left titles need such marks
    assert not is_text("\ud800")
