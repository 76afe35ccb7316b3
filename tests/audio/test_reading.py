"""Files that are read, at any place; and files that are not: missing, cut, damaged, not recordings."""

import os
import shutil
import struct
import subprocess

import numpy as np
import pytest
import soundfile
from made_sounds import noise, raw_wav

from ligeia.audio.reading import DecodedSource, SeekSource, open_audio, open_source, read_audio
from ligeia.audio.writing import write_audio
from ligeia.errors import InputError

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg")


def refusal(path):
    with pytest.raises(InputError) as caught:
        read_audio(path)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_what_is_no_file(tmp_path):
    assert "No such file" in refusal(tmp_path / "missing.wav")
    assert "folder" in refusal(tmp_path)
    assert "not a regular file" in refusal("/dev/null")
    assert "null byte" in refusal("a\0b.wav")


def test_empty_file(tmp_path):
    (tmp_path / "a.wav").touch()
    assert "empty (0 bytes)" in refusal(tmp_path / "a.wav")


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.raw", "a.flac", "a"])
def test_text_is_no_recording(tmp_path, name):
    (tmp_path / name).write_text("Once upon a midnight dreary\n" * 100)
    assert "not a recording that can be read" in refusal(tmp_path / name)


def test_without_ffmpeg_the_error_says_what_would_help(tmp_path, monkeypatch):
    (tmp_path / "a.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(20))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "installing ffmpeg" in refusal(tmp_path / "a.m4a")
    with pytest.raises(InputError, match="installing ffmpeg"):
        write_audio(tmp_path / "b.m4a", noise())


def test_permission(tmp_path, monkeypatch):
    write_audio(tmp_path / "a.wav", noise())
    os.chmod(tmp_path / "a.wav", 0)
    if os.access(tmp_path / "a.wav", os.R_OK):  # root may read everything

        def refused(*arguments):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("ligeia.audio.reading.check_whole", refused)
    assert "Permission denied" in refusal(tmp_path / "a.wav")


@pytest.mark.parametrize("tail", [b"", b"LIST" + struct.pack("<I", 4) + b"INFO"])
def test_no_samples(tmp_path, tail):
    assert "no samples" in refusal(raw_wav(tmp_path / "a.wav", 0, 0, outer=36 + len(tail), tail=tail))


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite(tmp_path, subtype, bad):
    samples = np.zeros((1000, 2))
    samples[700, 1] = bad
    samples[701, 0] = bad
    soundfile.write(tmp_path / "a.wav", samples, 8000, subtype=subtype)
    assert "sample 700 of channel 1" in refusal(tmp_path / "a.wav")
    with open_audio(tmp_path / "a.wav") as file:
        assert not file.read(0, 700).any()
        with pytest.raises(InputError, match=r"a\.wav .*sample 700 of channel 1"):
            file.read(690, 710)


@pytest.mark.parametrize(("value", "is_sound"), [(2.0**31, True), (2.0**40, True), (-1e30, False), (3e38, False)])
def test_samples_that_are_no_sound(tmp_path, value, is_sound):
    soundfile.write(tmp_path / "a.wav", np.array([0, value]), 8000, subtype="FLOAT")
    if is_sound:
        assert read_audio(tmp_path / "a.wav").samples[0, 1] == value
    else:
        assert f"holds a sample of {value:.3g} (sample 1 of channel 0)" in refusal(tmp_path / "a.wav")


def test_wav_that_promises_too_much(tmp_path):
    assert "promises 2500 samples per channel, it holds 1000" in refusal(raw_wav(tmp_path / "a.wav", 1000, 5000))


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFF000, 0x80000000])
def test_wav_from_a_pipe(tmp_path, size):
    assert read_audio(raw_wav(tmp_path / "a.wav", 1000, size)).sample_count == 1000


@needs_ffmpeg
@pytest.mark.parametrize("outer", [0, 36, 0xFFFFFFFF])
def test_wav_from_a_pipe_with_length_zero(tmp_path, outer):
    samples = read_audio(raw_wav(tmp_path / "a.wav", 1000, 0, outer=outer)).samples
    assert np.array_equal(samples[0] * 32768, np.arange(1000) % 100 + 1)


@needs_ffmpeg
@pytest.mark.parametrize(("ending", "options"), [("flac", []), ("mp3", ["-q:a", "2", "-write_xing", "0"])])
def test_streams_that_do_not_state_their_length(tmp_path, ending, options):
    source = ["-f", "lavfi", "-i", "sine=d=2", *options, "-f", ending, "-"]
    made = subprocess.run(["ffmpeg", "-v", "error", *source], capture_output=True, check=True)
    (tmp_path / f"a.{ending}").write_bytes(made.stdout)
    assert 88200 <= read_audio(tmp_path / f"a.{ending}").sample_count < 88200 + 4000


def complete_or_refused(path, whole):
    """Read `path`: refused, or every sample there is, the same as in `whole`; gives the frames read."""
    try:
        samples = read_audio(path).samples
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017 - no error is fine too
        return None
    assert np.array_equal(samples, whole[:, : samples.shape[1]])
    return samples.shape[1]


@pytest.mark.parametrize("ending", ["wav", "flac"])
def test_files_cut_anywhere_are_refused(tmp_path, monkeypatch, ending):
    monkeypatch.setattr("ligeia.audio.ffmpeg.shutil.which", lambda name: None)  # for speed
    write_audio(tmp_path / f"a.{ending}", noise(2, 10000))
    data, whole = (tmp_path / f"a.{ending}").read_bytes(), read_audio(tmp_path / f"a.{ending}").samples
    cut = tmp_path / f"cut.{ending}"
    places = [*range(1, 100), *np.linspace(100, len(data) - 1, 80).astype(int)]
    for place in places:
        cut.write_bytes(data[:place])
        assert complete_or_refused(cut, whole) is None
    cut.write_bytes(data)
    assert complete_or_refused(cut, whole) == 10000


def test_float_wav_cut_in_its_last_frame_is_refused(tmp_path):
    write_audio(tmp_path / "a.wav", noise(2, 100), subtype="FLOAT")
    data = (tmp_path / "a.wav").read_bytes()
    for less in range(1, 17):
        (tmp_path / "a.wav").write_bytes(data[:-less])
        assert "promises 100 samples" in refusal(tmp_path / "a.wav")


@needs_ffmpeg
@pytest.mark.parametrize("ending", ["mp3", "ogg", "opus", "m4a"])
def test_lossy_files_cut_anywhere_never_break_anything_else(tmp_path, ending):
    write_audio(tmp_path / f"a.{ending}", noise(1, 30000, 48000))
    data = (tmp_path / f"a.{ending}").read_bytes()
    for place in np.linspace(1, len(data) - 1, 8).astype(int):
        (tmp_path / f"cut.{ending}").write_bytes(data[:place])
        try:
            assert 0 < read_audio(tmp_path / f"cut.{ending}").sample_count <= 32000
        except InputError as error:
            assert "\n" not in str(error)  # noqa: PT017 - no error is fine too


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "mp3"])
def test_damaged_bytes_never_raise_anything_else(tmp_path, monkeypatch, ending):
    monkeypatch.setattr("ligeia.audio.ffmpeg.shutil.which", lambda name: None)  # for speed
    write_audio(tmp_path / f"a.{ending}", noise(1, 20000, 48000))
    data, random = (tmp_path / f"a.{ending}").read_bytes(), np.random.default_rng(3)
    for _ in range(60):
        damaged = bytearray(data)
        damaged[random.integers(len(data)) if random.random() < 0.5 else random.integers(60)] ^= 0xFF
        (tmp_path / f"b.{ending}").write_bytes(damaged)
        try:
            assert read_audio(tmp_path / f"b.{ending}").sample_count >= 1
        except InputError as error:
            assert "\n" not in str(error)  # noqa: PT017 - no error is fine too


def test_flac_damaged_in_the_middle_is_refused_while_reading(tmp_path):
    write_audio(tmp_path / "a.flac", noise(1, 100000))
    data = bytearray((tmp_path / "a.flac").read_bytes())
    middle = len(data) // 2
    data[middle : middle + 20000] = bytes(20000)
    (tmp_path / "a.flac").write_bytes(data)
    assert "damaged" in refusal(tmp_path / "a.flac")


def test_a_closed_file_says_so(tmp_path):
    write_audio(tmp_path / "a.wav", noise())
    file = open_audio(tmp_path / "a.wav")
    file.close()
    file.close()
    with pytest.raises(ValueError, match="closed"):
        file.read(0, 1)


@pytest.mark.parametrize(
    ("ending", "kind"),
    [("wav", SeekSource), ("flac", SeekSource), ("ogg", DecodedSource), ("mp3", DecodedSource)],
)
def test_only_formats_with_exact_seeking_are_read_in_place(tmp_path, ending, kind):
    write_audio(tmp_path / f"a.{ending}", noise(2, 4000))
    source = open_source(tmp_path / f"a.{ending}")
    assert type(source) is kind
    assert source.read(100, 350).shape == (250, 2)
    source.close()


def test_a_file_says_its_subtype(tmp_path):
    for ending, subtype in ((".wav", "PCM_24"), (".flac", "PCM_24"), (".wav", "FLOAT"), (".ogg", None)):
        path = tmp_path / f"{subtype}{ending}"
        write_audio(path, noise(1, 4000), subtype=subtype)
        with open_audio(path) as file:
            assert file.subtype == subtype


@pytest.mark.parametrize("subtype", ["IMA_ADPCM", "MS_ADPCM", "ULAW", "PCM_U8"])
def test_subtypes_of_old_are_read_the_same_at_any_place(tmp_path, subtype):
    soundfile.write(tmp_path / "a.wav", noise(1, 6000).samples[0], 8000, subtype=subtype)
    whole = soundfile.read(tmp_path / "a.wav", dtype="float32", always_2d=True)[0]
    source = open_source(tmp_path / "a.wav")
    for start in (5900, 3001, 0, 17):
        assert np.array_equal(source.read(start, start + 90), whole[start : start + 90])
    source.close()


def test_an_mp3_that_is_cut_says_how_much_is_left(tmp_path):
    write_audio(tmp_path / "a.mp3", noise(1, 100000))
    data = (tmp_path / "a.mp3").read_bytes()
    (tmp_path / "a.mp3").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match=r"promises 100000 samples per channel, \d+ can be read"):
        open_source(tmp_path / "a.mp3")


def test_decoded_samples_outlive_the_file(tmp_path):
    write_audio(tmp_path / "a.ogg", noise(1, 3000))
    source = open_source(tmp_path / "a.ogg")
    (tmp_path / "a.ogg").unlink()
    assert np.abs(source.read(0, 3000)).max() > 0.05
    source.close()
