"""Headers: the data chunk of WAV files, length tags of MP3 files, and the limits of the formats."""

import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from made_sounds import noise, raw_wav

from ligeia.audio.formats import (
    FORMATS,
    MUXERS,
    DataChunk,
    ForwardFile,
    check_limits,
    check_riff,
    checked_subtype,
    data_chunk,
    format_for,
    has_length_tag,
    nearest_subtype,
)
from ligeia.audio.writing import write_audio
from ligeia.errors import InputError, SettingsError


def test_endings_name_formats_in_any_case():
    assert format_for(Path("a.WAV")) is FORMATS[".wav"]
    assert format_for(Path("a.m4a")) is None
    with pytest.raises(InputError, match="ending"):
        format_for(Path("wav"))


@pytest.mark.parametrize("ending", ["m3u8", "MPD", "ffconcat", "ism", "sdp", "png", "ts", "rtp", "nonsense", "lig"])
def test_only_containers_of_one_file_are_written(ending):
    with pytest.raises(
        SettingsError, match=rf"^\.{ending.lower()} is not valid as the ending of a\..*valid: \.wav, \.flac"
    ):
        format_for(Path(f"a.{ending}"))
    with pytest.raises(SettingsError, match="is not valid as a format"):
        format_for(Path("a.wav"), ending)


def test_a_format_outdoes_the_ending():
    assert format_for(Path("a.flac"), "WAV") is format_for(Path("-"), ".wav") is FORMATS[".wav"]


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg")
def test_ffmpeg_knows_every_muxer_of_the_table():
    listed = subprocess.run(["ffmpeg", "-v", "error", "-muxers"], capture_output=True, text=True, check=True).stdout
    known = {line.split()[1] for line in listed.splitlines() if line.startswith("  E ")}
    assert set(MUXERS.values()) <= known
    assert not set(MUXERS.values()) & {
        "hls",
        "dash",
        "segment",
        "tee",
        "image2",
        "smoothstreaming",
        "webm_chunk",
        "rtp",
    }


@pytest.mark.parametrize(
    ("name", "source", "kept"),
    [
        *(("a.wav", name, name) for name in ("PCM_16", "PCM_24", "PCM_32", "FLOAT")),
        *(("a.wav", "DOUBLE", "FLOAT"), ("a.wav", "PCM_U8", "PCM_16"), ("a.wav", None, "PCM_16")),
        *(("a.flac", "PCM_24", "PCM_24"), ("a.flac", "FLOAT", "PCM_24"), ("a.flac", "VORBIS", "PCM_16")),
        *(("a.ogg", "PCM_24", "VORBIS"), ("a.m4a", "PCM_24", None)),
    ],
)
def test_the_subtype_of_a_source_is_kept_where_there_is_one(name, source, kept):
    assert nearest_subtype(Path(name), source) == kept


def test_the_first_subtype_is_the_default():
    assert checked_subtype(FORMATS[".flac"], None) == "PCM_16"
    assert checked_subtype(FORMATS[".flac"], "pcm_24") == "PCM_24"
    with pytest.raises(InputError, match="PCM_16, PCM_24"):
        checked_subtype(FORMATS[".flac"], "PCM_32")


@pytest.mark.parametrize(("ending", "rate"), [(".opus", 44100), (".mp3", 7999), (".flac", 655360), (".ogg", 200001)])
def test_rates_that_are_refused(ending, rate):
    with pytest.raises(InputError, match=f"do not take {rate} Hz; they take [^()]*$"):
        check_limits(FORMATS[ending], rate, 1)


@pytest.mark.parametrize("ending", FORMATS)
def test_channels_are_limited(ending):
    most = FORMATS[ending].channels
    check_limits(FORMATS[ending], 48000, most)
    for channels in (0, most + 1):
        with pytest.raises(InputError, match="channels"):
            check_limits(FORMATS[ending], 48000, channels)


def test_sizes(tmp_path):
    assert data_chunk(raw_wav(tmp_path / "a.wav", 100, 200)) == DataChunk(200, 200, 2, open_ended=False)
    assert data_chunk(raw_wav(tmp_path / "a.wav", 100, 900)) == DataChunk(900, 200, 2, open_ended=False)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFF000])
def test_sizes_of_streaming_programs(tmp_path, size):
    chunk = data_chunk(raw_wav(tmp_path / "a.wav", 100, size))
    assert chunk is not None
    assert chunk.open_ended
    check_riff(tmp_path / "a.wav")


def test_an_empty_sound_is_no_stream(tmp_path):
    tail = b"LIST" + struct.pack("<I", 4) + b"INFO"
    chunk = data_chunk(raw_wav(tmp_path / "a.wav", 0, 0, outer=36 + len(tail), tail=tail))
    assert chunk is not None
    assert not chunk.open_ended


def test_what_is_no_wav(tmp_path):
    for data in (b"", b"RIFF", b"RIFF\0\0\0\0WAVE", b"RIFF\0\0\0\0AVI data\0\0\0\0", b"fLaC" * 20):
        (tmp_path / "a.wav").write_bytes(data)
        assert data_chunk(tmp_path / "a.wav") is None
        check_riff(tmp_path / "a.wav")


def test_big_endian_files(tmp_path):
    soundfile.write(tmp_path / "a.wav", noise(1, 100).samples[0], 8000, endian="BIG")
    assert data_chunk(tmp_path / "a.wav") == DataChunk(200, 200, 2, open_ended=False)


def test_rf64_files_state_their_size_elsewhere(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, noise(1, 100).samples[0], 8000, format="RF64")
    assert data_chunk(path) == DataChunk(200, 200, 2, open_ended=False)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(InputError, match="promises 100 samples per channel, it holds 95"):
        check_riff(path)


def test_chunks_behind_the_sound_do_not_count_as_sound(tmp_path):
    """Raising nothing is the claim: a cut chunk behind the samples is not a cut recording."""
    write_audio(tmp_path / "a.wav", noise(1, 50))
    data = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "a.wav").write_bytes(data + b"LIST" + struct.pack("<I", 4) + b"IN")
    check_riff(tmp_path / "a.wav")


FRAME = b"\xff\xfb\x90\x00" + bytes(32)


@pytest.mark.parametrize("tag", [b"Xing", b"Info", b"VBRI"])
def test_tags_in_the_first_frame_are_seen(tmp_path, tag):
    (tmp_path / "a.mp3").write_bytes(FRAME + tag + bytes(400))
    assert has_length_tag(tmp_path / "a.mp3")


def test_no_tag(tmp_path):
    for data in (b"", b"ID3", FRAME + bytes(500), FRAME + bytes(9000) + b"Xing"):
        (tmp_path / "a.mp3").write_bytes(data)
        assert not has_length_tag(tmp_path / "a.mp3")


def test_long_titles_before_the_first_frame_are_passed(tmp_path):
    title = b"ID3\x04\x00\x00" + bytes([0, 0, 0x4E, 0x10]) + b"Info" + bytes(9996)  # 78 * 128 + 16
    (tmp_path / "a.mp3").write_bytes(title + FRAME + b"Xing" + bytes(99))
    assert has_length_tag(tmp_path / "a.mp3")
    (tmp_path / "a.mp3").write_bytes(title + FRAME + bytes(99))
    assert not has_length_tag(tmp_path / "a.mp3")


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "opus", "mp3"])
def test_blocks_are_the_whole(tmp_path, ending):
    write_audio(tmp_path / f"a.{ending}", noise(2, 40000, 48000))
    whole = soundfile.read(tmp_path / f"a.{ending}", always_2d=True)[0]
    with ForwardFile(tmp_path / f"a.{ending}") as sound:
        blocks = [sound.read(3000, always_2d=True) for _ in range(15)]
    assert np.array_equal(np.concatenate(blocks), whole)
