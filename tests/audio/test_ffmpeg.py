"""ffmpeg: how it is called, and which formats it reads."""

import shutil
import stat
import subprocess
from itertools import chain

import numpy as np
import pytest
import soundfile
from made_sounds import noise, raw_wav

from ligeia.audio import ffmpeg, limits
from ligeia.audio.reading import read_audio
from ligeia.audio.writing import write_audio
from ligeia.errors import InputError

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg")


def stand_in(folder, monkeypatch, script):
    """Put a program named ffmpeg that runs `script` before all others."""
    program = folder / "ffmpeg"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(ffmpeg.shutil, "which", lambda name: str(program))


def test_a_missing_program_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(ffmpeg.shutil, "which", lambda name: None)
    with pytest.raises(InputError, match="installing ffmpeg"):
        ffmpeg.decode(raw_wav(tmp_path / "a.wav", 9, 18), tmp_path / "b.wav")


def test_a_program_that_hangs_is_stopped(tmp_path, monkeypatch):
    stand_in(tmp_path, monkeypatch, "while :; do :; done")
    monkeypatch.setattr(ffmpeg, "_SECONDS", 0.1)
    with pytest.raises(InputError, match=r"longer than 0\.101 s"):  # 62 bytes have little more
        ffmpeg.decode(raw_wav(tmp_path / "a.wav", 9, 18), tmp_path / "b.wav")


def test_the_last_line_that_it_says_is_the_reason(tmp_path, monkeypatch):
    stand_in(tmp_path, monkeypatch, "echo first >&2; echo second >&2; exit 3")
    with pytest.raises(InputError, match=r"\(ffmpeg: second\)$"):
        ffmpeg.encode(raw_wav(tmp_path / "a.wav", 9, 18), tmp_path / "b.m4a", ".m4a", rate=8000, channels=1)


@pytest.mark.parametrize("says", ["No space left on device", "Disk quota exceeded", "Failed to perform internal IO"])
def test_no_room_for_its_output(tmp_path, monkeypatch, says):
    stand_in(tmp_path, monkeypatch, f"echo av_interleaved_write_frame: {says} >&2; exit 1")
    with pytest.raises(InputError, match=r"cannot write a temporary file in .*; set TMPDIR to a folder with more room"):
        ffmpeg.decode(raw_wav(tmp_path / "a.wav", 9, 18), tmp_path / "b.wav")
    with pytest.raises(InputError, match=r"^cannot write .*b\.m4a: (No space left on device|Disk quota exceeded)$"):
        write_audio(tmp_path / "b.m4a", noise())
    assert not (tmp_path / "b.m4a").exists()


def test_a_program_that_cannot_run(tmp_path, monkeypatch):
    monkeypatch.setattr(ffmpeg.shutil, "which", lambda name: str(tmp_path))
    with pytest.raises(InputError, match="does not run"):
        ffmpeg.decode(raw_wav(tmp_path / "a.wav", 9, 18), tmp_path / "b.wav")


@needs_ffmpeg
def test_decoding_keeps_rate_channels_and_samples(tmp_path):
    samples = np.random.default_rng(1).uniform(-1, 1, (500, 3)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", samples, 12345, subtype="FLOAT")
    ffmpeg.decode(tmp_path / "a.wav", tmp_path / "b.wav")
    again, rate = soundfile.read(tmp_path / "b.wav", dtype="float32")
    assert rate == 12345
    assert np.array_equal(again, samples)


@needs_ffmpeg
def test_names_that_look_like_addresses_are_files(tmp_path):
    soundfile.write(tmp_path / "http:a.wav", np.zeros(50), 8000)
    ffmpeg.decode(tmp_path / "http:a.wav", tmp_path / "b.wav")
    assert soundfile.info(str(tmp_path / "b.wav")).frames == 50


def test_the_call_allows_one_format_and_no_file(tmp_path, monkeypatch):
    stand_in(tmp_path, monkeypatch, f"echo $@ > {tmp_path}/arguments; exit 3")
    with pytest.raises(InputError):
        ffmpeg.decode(raw_wav(tmp_path / "a.wav", 9, 18), tmp_path / "b.wav")
    arguments = (tmp_path / "arguments").read_text()
    for option in ("-f wav ", "-format_whitelist wav ", "-protocol_whitelist cache,pipe ", "-i cache:pipe:0 "):
        assert option in arguments.partition("-map")[0]


# --- formats -----------------------------------------------------------------------------------------


def sound_of(path, *options):
    """A recording of half a second made by ffmpeg."""
    source = ["-f", "lavfi", "-i", "anoisesrc=d=0.5:a=0.3:r=48000:seed=1"]
    subprocess.run(["ffmpeg", "-v", "error", *source, *options, path], check=True)
    return path


@needs_ffmpeg
def test_output_beyond_the_limit_is_refused(tmp_path, monkeypatch):
    paths = [sound_of(tmp_path / name) for name in ("a.m4a", "a.ogg", "a.mp3")]
    monkeypatch.setattr(limits, "MOST_DECODED", 40000)
    for path in paths:
        with pytest.raises(InputError, match=rf"^{path} decodes to more than"):
            read_audio(path)
    for path in paths:
        monkeypatch.setattr(limits, "MOST_DECODED", 200000)
        assert read_audio(path).sample_count >= 24000


@needs_ffmpeg
def test_ffmpeg_itself_stops_at_the_limit(tmp_path, monkeypatch):
    path = sound_of(tmp_path / "a.m4a")
    monkeypatch.setattr(limits, "MOST_DECODED", 20000)
    with pytest.raises(InputError, match="decodes to more than"):
        ffmpeg.decode(path, tmp_path / "a.wav")
    assert (tmp_path / "a.wav").stat().st_size < 40000  # of 96000


@needs_ffmpeg
def test_damage_is_refused_and_not_skipped(tmp_path):
    path = sound_of(tmp_path / "a.m4a", "-c:a", "alac")
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 2000] = bytes(2000)
    path.write_bytes(data)
    with pytest.raises(InputError, match="not a recording that can be read"):
        read_audio(path)


FORMATS = {
    "m4a": ["-f", "mp4"],
    "m4a, index first": ["-f", "mp4", "-movflags", "+faststart"],
    "m4a in fragments": ["-f", "mp4", "-movflags", "+frag_keyframe+empty_moov"],
    "alac": ["-c:a", "alac", "-f", "ipod"],
    "mov": ["-c:a", "pcm_s24le", "-f", "mov"],
    "3gp": ["-c:a", "aac", "-f", "3gp"],
    "aac": ["-f", "adts"],
    "mkv": ["-c:a", "flac", "-f", "matroska"],
    "webm": ["-f", "webm"],
    "wma": ["-f", "asf"],
    "ac3": ["-f", "ac3"],
    "eac3": ["-f", "eac3"],
    "dts": ["-c:a", "dca", "-strict", "-2", "-f", "dts"],
    "aiff": ["-f", "aiff"],
    "caf": ["-f", "caf"],
    "au": ["-f", "au"],
    "w64": ["-f", "w64"],
    "voc": ["-f", "voc"],
    "wav with adpcm": ["-c:a", "adpcm_ima_wav", "-f", "wav"],
    "wavpack": ["-f", "wv"],
    "tta": ["-f", "tta"],
    "mp2": ["-f", "mp2"],
    "mp3 without length": ["-f", "mp3", "-write_xing", "0", "-id3v2_version", "0"],
    "mp3 with a title": ["-f", "mp3", "-write_xing", "0", "-metadata", "title=a"],
    "aac with a title": ["-f", "adts", "-write_id3v2", "1", "-metadata", "title=a"],
    "ogg flac": ["-c:a", "flac", "-f", "ogg"],
    "speex": ["-c:a", "libspeex", "-ar", "16000", "-f", "ogg"],
    "nut": ["-f", "nut"],
    "avi": ["-c:a", "mp3", "-f", "avi"],
    "flv": ["-ar", "44100", "-f", "flv"],
    "rm": ["-c:a", "ac3", "-f", "rm"],
    "mpeg": ["-f", "mpeg"],
    "mpegts": ["-c:a", "mp2", "-f", "mpegts"],
    "m2ts": ["-c:a", "ac3", "-f", "mpegts", "-mpegts_m2ts_mode", "1"],
}


def decoded_plainly(folder, paths):
    """The samples that ffmpeg gives for each file when it is free to guess the format."""
    inputs = [argument for path in paths for argument in ("-i", path)]
    names = [folder / f"{number}.f32" for number in range(len(paths))]
    outputs = [["-map", f"{number}:a:0", "-f", "f32le", name] for number, name in enumerate(names)]
    subprocess.run(["ffmpeg", "-v", "error", *inputs, *chain.from_iterable(outputs)], check=True)
    return [np.fromfile(name, np.float32) for name in names]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """A file of each format, named so that the name does not help, and its samples."""
    folder = tmp_path_factory.mktemp("formats")
    paths = [folder / f"song{number}.bin" for number in range(len(FORMATS))]
    source = ["-f", "lavfi", "-i", "anoisesrc=d=0.5:a=0.3:r=48000:seed=1"]
    outputs = [[*options, path] for options, path in zip(FORMATS.values(), paths, strict=True)]
    subprocess.run(["ffmpeg", "-v", "error", *source, *chain.from_iterable(outputs)], check=True)
    return dict(zip(FORMATS, zip(paths, decoded_plainly(folder, paths), strict=True), strict=True))


@needs_ffmpeg
@pytest.mark.parametrize("kind", FORMATS)
def test_formats_are_told_by_their_bytes_and_decode_as_before(tmp_path, recordings, kind):
    path, expected = recordings[kind]
    ffmpeg.decode(path, tmp_path / "decoded.wav")
    samples = soundfile.read(tmp_path / "decoded.wav", dtype="float32")[0]
    assert len(samples) > 0.4 * 16000
    assert np.array_equal(samples, expected)


@needs_ffmpeg
def test_amr_speech(tmp_path):
    random = np.random.default_rng(3)
    frames = b"".join(b"\x3c" + random.bytes(31) for _ in range(25))  # 12.2 kbit/s, 20 ms each
    (tmp_path / "song.bin").write_bytes(b"#!AMR\n" + frames)
    (expected,) = decoded_plainly(tmp_path, [tmp_path / "song.bin"])
    assert np.array_equal(read_audio(tmp_path / "song.bin").samples[0], expected)


@needs_ffmpeg
def test_ffmpeg_knows_every_demuxer_of_the_table():
    listed = subprocess.run(["ffmpeg", "-v", "error", "-demuxers"], capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in listed.splitlines() if line.startswith(" D "))
    known = {name for row in rows for name in row[1].split(",")}
    assert {demuxer for _, demuxer in ffmpeg._MAGIC} <= known


def test_none_of_them_reads_other_files():
    followers = {
        "hls",
        "dash",
        "concat",
        "sdp",
        "rtsp",
        "imf",
        "lavfi",
        "image2",
        "vobsub",
        "mxf",
        "webm_dash_manifest",
    }
    assert not followers & {demuxer for _, demuxer in ffmpeg._MAGIC}


@pytest.mark.parametrize(
    ("head", "demuxer"),
    [
        (b"MAC \x96\x0f", "ape"),
        (b"MPCKSH", "mpc8"),
        (b"tBaK", "tak"),
        (b"ID3\x04\0\0\0\0\0\x02xxMAC ", "ape"),
        (b"\0" * 40 + b"\xff\xfb\x90\x00", "mp3"),
        (b"\xff\xfb\xf0\x00", None),  # no such bit rate
        (b"\xff\xfe#\0E\0X\0T\0M\0", None),  # text in UTF-16
        (b"#EXTM3U", None),
        (b"", None),
    ],
)
def test_first_bytes(tmp_path, head, demuxer):
    (tmp_path / "a").write_bytes(head)
    with open(tmp_path / "a", "rb") as file:
        assert ffmpeg.find_demuxer(file) == demuxer
