import numpy as np
import pytest
import soundfile

from ligeia.bench.codec import CodecError
from ligeia.bench.through_ffmpeg import aac, codec2, ffmpeg_with, speex, vorbis
from ligeia.errors import InputError

ABOUT = """ffmpeg version 5.1-made Copyright (c)
built with gcc
libavcodec     59. 37.100 / 59. 37.100
"""


def made_ffmpeg(program, encoder_help):
    program("ffmpeg", f"case $1 in -version) printf '{ABOUT}';; *) echo '{encoder_help}';; esac")


@pytest.mark.parametrize(
    ("make", "setting"),
    [
        (aac, "7"),
        (aac, "x"),
        (vorbis, "-2"),
        (vorbis, "11"),
        (codec2, "700"),
        (codec2, ""),
        (speex, "1"),
        (speex, "64"),
    ],
)
def test_settings_that_do_not_exist(make, setting):
    with pytest.raises(InputError, match=f"{make.__name__} takes"):
        make(setting)


def test_versions_hold_program_library_and_options(program):
    made_ffmpeg(program, "Encoder x [x]:")
    assert ffmpeg_with("libopus") == "ffmpeg 5.1-made, libavcodec 59.37.100, libopus"
    assert "libavcodec 59.37.100, libvorbis; -c:a libvorbis -global_quality:a -118 " in vorbis("-1").version()
    assert "-ar 8000|16000|32000 -c:a libspeex -b:a 8k" in speex("8").version()


def test_ffmpeg_without_the_encoder(program):
    made_ffmpeg(program, "Codec libspeex is not recognized by FFmpeg.")
    with pytest.raises(CodecError, match=r"^this ffmpeg was built without libspeex$"):
        speex("8").version()


def test_ffmpeg_that_says_little(program):
    program("ffmpeg", "echo Encoder x")
    assert ffmpeg_with("aac") == "ffmpeg, aac"


@pytest.mark.parametrize("codec", [aac("48"), vorbis("1"), codec2("3200"), speex("8")], ids=lambda codec: codec.family)
def test_missing_ffmpeg(no_programs, write_tone, tmp_path, codec):
    for call in (codec.version, lambda: codec.encode(write_tone(8000), tmp_path / "a", 9)):
        with pytest.raises(CodecError, match=r"^ffmpeg is not installed \(Debian: apt-get install ffmpeg\)$"):
            call()


@pytest.mark.parametrize(
    ("codec", "channels", "reason"),
    [
        (codec2("3200"), 2, "codec2 takes 1 channel, not 2"),
        (speex("8"), 3, "speex takes 1 to 2 channels, not 3"),
        (aac("48"), 9, "aac takes 1 to 8 channels, not 9"),
        (vorbis("1"), 9, "vorbis takes 1 to 8 channels, not 9"),
    ],
)
def test_channels_that_are_refused(needs, write_tone, tmp_path, codec, channels, reason):
    needs(codec)
    with pytest.raises(CodecError, match=f"^{reason}$"):
        codec.encode(write_tone(8000, channels), tmp_path / "a", 20)


def test_speex_is_decoded_by_libspeex(needs, write_tone, tmp_path):
    """Which correlates with this tone at 0.959; ffmpeg's own decoder (5.1.9) only at 0.932."""
    codec, wav = speex("24"), write_tone(16000, 1, 1.0)
    needs(codec)
    codec.encode(wav, tmp_path / "a.spx", 20)
    codec.decode(tmp_path / "a.spx", tmp_path / "b.wav", 20)
    before, after = soundfile.read(wav)[0], soundfile.read(tmp_path / "b.wav")[0]
    best = max(np.corrcoef(before[:15000], after[delay : delay + 15000])[0, 1] for delay in range(400))
    assert best > 0.945


def test_equal_sounds_equal_files(needs, write_tone, tmp_path):
    needs(aac("48"), vorbis("1"))
    for codec in (aac("48"), vorbis("1")):
        files = [tmp_path / f"a{codec.suffix}", tmp_path / f"b{codec.suffix}"]
        for file in files:
            codec.encode(write_tone(16000), file, 20)
        assert files[0].read_bytes() == files[1].read_bytes()


def test_files_that_cannot_be_decoded(needs, tmp_path):
    needs(aac("48"))
    (tmp_path / "garbage").write_bytes(b"garbage" * 1000)
    with pytest.raises(CodecError, match=r"^ffmpeg: .*Invalid data"):
        aac("48").decode(tmp_path / "garbage", tmp_path / "b.wav", 20)
