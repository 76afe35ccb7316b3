"""Files that were cut short, in every format that can be made here: refused, or at least told."""

import os
import shutil
import struct
import subprocess
from itertools import chain

import numpy as np
import pytest
import soundfile
from made_sounds import noise, raw_wav

from ligeia.audio.lengths import UNSTATED, check_whole, sound_end
from ligeia.audio.reading import open_audio
from ligeia.audio.writing import write_audio
from ligeia.errors import InputError

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg")

# RAW has no header; SD2 keeps it in a second file; the others are listed by libsndfile, and not written by it.
PAIRS = [
    (form, subtype)
    for form in soundfile.available_formats()
    for subtype in soundfile.available_subtypes(form)
    if form not in ("RAW", "SD2")
    and (form, subtype) not in {("AIFF", "DWVW_12"), ("MP3", "MPEG_LAYER_I"), ("MP3", "MPEG_LAYER_II")}
    and (form, subtype) != ("WAV", "MPEG_LAYER_III")
]
WITHOUT_LENGTH = {"PAF", "PVF", "IRCAM", "XI"}


def made_by_libsndfile(path, form, subtype):
    samples = noise(2, 4000).samples.T
    for channels in (2, 1):
        for rate in (16000, 8000):
            try:
                soundfile.write(path, samples[:, :channels], rate, format=form, subtype=subtype)
            except (soundfile.SoundFileError, ValueError):
                continue
            return path
    raise AssertionError(f"{form} {subtype} cannot be made")


def what_is_said(path):
    """The refusal or the notes of a file, as one text: empty where it passes without a word."""
    try:
        with open_audio(path) as sound:
            sound.read(0, sound.sample_count)
            return " ".join(sound.notes)
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017 - no error is fine too
        return str(error)


def assert_cuts_are_told(path, shares=(1, 10, 50, 90, 99)):
    data = path.read_bytes()
    cut = path.with_name("cut.bin")
    for share in shares:
        cut.write_bytes(data[: max(1, len(data) * share // 100)])
        assert what_is_said(cut), f"cut at {share} %"


@pytest.mark.parametrize(("form", "subtype"), PAIRS)
def test_formats_of_libsndfile(tmp_path, monkeypatch, form, subtype):
    if form != "MP3":  # for speed
        monkeypatch.setattr("ligeia.audio.ffmpeg.shutil.which", lambda name: None)
    path = made_by_libsndfile(tmp_path / "whole.bin", form, subtype)
    with open_audio(path) as sound:
        assert sound.sample_count >= 4000
        assert bool(sound.notes) == (form in WITHOUT_LENGTH)
        whole = sound.read(0, sound.sample_count)
        for start in (3100, 7, 1500):  # wherever one looks, the samples are the same
            assert np.array_equal(sound.read(start, start + 300), whole[:, start : start + 300])
    assert_cuts_are_told(path)


STATED = {
    "m4a": ["-f", "mp4"],
    "m4a, index first": ["-f", "mp4", "-movflags", "+faststart"],
    "m4a in fragments": ["-f", "mp4", "-movflags", "+frag_keyframe+empty_moov"],
    "alac": ["-c:a", "alac", "-f", "ipod"],
    "mkv": ["-c:a", "flac", "-f", "matroska"],
    "webm": ["-f", "webm"],
    "wma": ["-f", "asf"],
    "wavpack": ["-f", "wv"],
    "tta": ["-f", "tta"],
    "mp3": ["-f", "mp3"],
    "ogg flac": ["-c:a", "flac", "-f", "ogg"],
    "opus": ["-c:a", "libopus", "-f", "ogg"],
    "vorbis": ["-c:a", "libvorbis", "-f", "ogg"],
    "avi": ["-c:a", "mp3", "-f", "avi"],
    "flv": ["-ar", "44100", "-f", "flv"],
    "caf": ["-f", "caf"],
    "aiff": ["-f", "aiff"],
    "w64": ["-f", "w64"],
    "au": ["-f", "au"],
    "voc": ["-f", "voc"],
    "flac": ["-f", "flac"],
    "adpcm": ["-c:a", "adpcm_ima_wav", "-f", "wav"],
}
OPEN = {
    "aac": ["-f", "adts"],
    "ac3": ["-f", "ac3"],
    "eac3": ["-f", "eac3"],
    "mp2": ["-f", "mp2"],
    "mp3 without length": ["-f", "mp3", "-write_xing", "0"],
    "mpeg": ["-f", "mpeg"],
    "mpegts": ["-c:a", "mp2", "-f", "mpegts"],
    "dts": ["-c:a", "dca", "-strict", "-2", "-f", "dts"],
    "nut": ["-f", "nut"],
    "rm": ["-c:a", "ac3", "-f", "rm"],
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A file of each format of ffmpeg."""
    folder = tmp_path_factory.mktemp("formats")
    kinds = STATED | OPEN
    paths = {kind: folder / f"song{number}.bin" for number, kind in enumerate(kinds)}
    source = ["-f", "lavfi", "-i", "anoisesrc=d=0.5:a=0.3:r=48000:seed=1"]
    outputs = chain.from_iterable([*options, paths[kind]] for kind, options in kinds.items())
    subprocess.run(["ffmpeg", "-v", "error", *source, *outputs], check=True)
    return paths


@needs_ffmpeg
@pytest.mark.parametrize("kind", STATED)
def test_formats_that_state_a_length(made, kind):
    assert what_is_said(made[kind]) == ""
    assert_cuts_are_told(made[kind], (10, 50, 99))


@needs_ffmpeg
@pytest.mark.parametrize("kind", OPEN)
def test_formats_that_state_none_say_so(made, kind):
    said = "the file states no length, so whether it was cut short cannot be known"
    assert what_is_said(made[kind]) == said
    assert_cuts_are_told(made[kind], (50,))


@needs_ffmpeg
@pytest.mark.parametrize("kind", [["-f", "flac"], ["-f", "au"], ["-f", "matroska"], ["-f", "w64"]])
def test_what_a_program_wrote_to_a_pipe(tmp_path, kind):
    source = ["-f", "lavfi", "-i", "sine=d=0.3", *kind, "-"]
    made = subprocess.run(["ffmpeg", "-v", "error", *source], capture_output=True, check=True).stdout
    (tmp_path / "a.bin").write_bytes(made)
    with open_audio(tmp_path / "a.bin") as sound:
        assert sound.sample_count >= 13230
        assert "states no length" in sound.notes[0]


def test_a_wav_file_from_a_pipe_says_so(tmp_path):
    (note,) = check_whole(raw_wav(tmp_path / "a.wav", 1000, 0xFFFFFFFF))
    assert "states no length" in note
    assert check_whole(raw_wav(tmp_path / "a.wav", 1000, 2000)) == ()


def test_bytes_behind_the_sound_do_no_harm(tmp_path):
    for ending in ("flac", "ogg", "wav"):
        write_audio(tmp_path / f"a.{ending}", noise(1, 3000))
        with open(tmp_path / f"a.{ending}", "ab") as file:
            file.write(b"TAG" + bytes(125))
        with open_audio(tmp_path / f"a.{ending}") as sound:
            assert (sound.sample_count, sound.notes) == (3000, ())


def test_a_live_ogg_stream_has_no_last_page(tmp_path):
    write_audio(tmp_path / "a.ogg", noise(1, 300000))
    data = (tmp_path / "a.ogg").read_bytes()
    (tmp_path / "a.ogg").write_bytes(data[: data.rfind(b"OggS")])
    with open_audio(tmp_path / "a.ogg") as sound:
        assert 0 < sound.sample_count < 300000
        assert "states no length" in sound.notes[0]


@pytest.mark.parametrize(
    "head",
    [
        b"FORM\0\0\0\0AIFF" + b"JUNK\0\0\0\0" * 100000,
        b"caff\0\x01\0\0" + (b"free" + bytes(8)) * 100000,
        b"riff\x2e\x91\xcf\x11" + bytes(10**6),
        b"Creative Voice File\x1a\x1a\0" + b"\1\0\0\0" * 200000,
        b"\0\0\0\x08ftyp" * 100000,
        b"MATLAB 5.0 MAT-file".ljust(126) + b"IM" + struct.pack("<II", 14, 0) * 100000,
        b"NIST_1A\n9999999999\nsample_count -i 99999999999999999999\nsample_n_bytes -i 2\n",
        b"NIST_1A\nx\n",
        b"\x1a\x45\xdf\xa3\0" + bytes(100),
        b"2BIT",
        b"\xf0\x7e" + bytes(20),
        b"OggS" + bytes(30),
    ],
    ids=lambda head: head[:4].hex(),
)
def test_hostile_headers_end_soon_and_in_one_line(tmp_path, head):
    for more in (b"", os.urandom(1000)):
        (tmp_path / "a.bin").write_bytes(head + more)
        assert head.startswith(b"Creative") or what_is_said(tmp_path / "a.bin")  # a sound of empty blocks is one
        with open(tmp_path / "a.bin", "rb") as file:
            sound_end(file)


@pytest.mark.parametrize(("form", "end"), [("AIFF", 54 + 200), ("AU", 24 + 200), ("PVF", UNSTATED), ("WAV", None)])
def test_where_the_sound_ends(tmp_path, form, end):
    soundfile.write(tmp_path / "a", np.zeros(100), 8000, format=form, subtype="PCM_16")
    with open(tmp_path / "a", "rb") as file:
        assert sound_end(file) == end
