"""Codecs that are programs: commands, versions, what they refuse; and, where installed, what they give back."""

import shutil
import subprocess

import numpy as np
import pytest
import soundfile

from ligeia.bench import programs
from ligeia.bench.codec import CodecError, Shape, check_channels, no_setting, number_in, one_of, shape_of
from ligeia.bench.programs import (
    ENCODED,
    RATE,
    WAV,
    ProgramCodec,
    aac,
    codec2,
    ffmpeg_with,
    flac,
    mp3,
    nearest_rate,
    opus,
    opusenc,
    packet_bytes,
    speex,
    vorbis,
)
from ligeia.errors import InputError

INSTALLABLE = [aac("48"), vorbis("1"), opusenc("24"), mp3("32"), flac("")]


def test_shape(write_tone):
    assert shape_of(write_tone(11025, 3, 0.2)) == Shape(11025, 3)


def test_file_that_is_not_there(tmp_path):
    with pytest.raises(CodecError, match="cannot read"):
        shape_of(tmp_path / "none.wav")


def test_too_many_channels():
    check_channels("lame", Shape(8000, 2), 2)
    with pytest.raises(CodecError, match=r"^lame takes 1 to 2 channels, not 3$"):
        check_channels("lame", Shape(8000, 3), 2)
    with pytest.raises(CodecError, match=r"^codec2 takes 1 channel, not 2$"):
        check_channels("codec2", Shape(8000, 2), 1)


@pytest.mark.parametrize(
    ("rate", "nearest"), [(4000, 8000), (11025, 8000), (12000, 16000), (22050, 16000), (24000, 32000), (96000, 32000)]
)
def test_nearest_rate_by_ratio(rate, nearest):
    """The borders lie at the geometric means of neighbours: 11314 and 22627 Hz."""
    assert nearest_rate(rate, (8000, 16000, 32000)) == nearest


@pytest.mark.parametrize(("text", "shortest"), [("24", "24"), ("24.0", "24"), ("6.5", "6.5"), ("1e2", "100")])
def test_numbers_take_their_shortest_form(text, shortest):
    assert number_in("opus", text, 6, 512, "kbit/s") == shortest


@pytest.mark.parametrize("text", ["", "x", "nan", "inf", "5.9", "-24", "513"])
def test_numbers_out_of_range(text):
    with pytest.raises(InputError, match=f"^opus takes kbit/s from 6 to 512, got '{text}'$"):
        number_in("opus", text, 6, 512, "kbit/s")


def test_words():
    assert one_of("mp3", "32", (16, 32)) == "32"
    with pytest.raises(InputError, match=r"^mp3 takes one of 16, 32, got '33'$"):
        one_of("mp3", "33", (16, 32))


def test_no_setting():
    assert no_setting("flac", "") == ""
    with pytest.raises(InputError, match=r"^flac takes no setting, got '8'$"):
        no_setting("flac", "8")


def test_without_ffprobe(no_programs, tmp_path):
    assert packet_bytes(tmp_path / "a.opus") is None


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("printf '10\\n20,\\n\\n5,x\\n'", 35),
        ("exit 1", None),
        ("true", None),
        ("echo N/A", None),
        ("exec sleep 30", None),
    ],
)
def test_sizes_are_added(program, monkeypatch, tmp_path, script, expected):
    program("ffprobe", script)
    monkeypatch.setattr(programs, "PROBING_SECONDS", 0.5 if "sleep" in script else 20)
    assert packet_bytes(tmp_path / "a.opus") == expected


def test_files_that_are_no_sound(installed, tmp_path):
    installed("ffprobe")
    (tmp_path / "a.mp3").write_bytes(b"garbage" * 100)
    assert packet_bytes(tmp_path / "a.mp3") is None
    assert packet_bytes(tmp_path / "none.mp3") is None


def test_info_frame_of_mp3_is_no_packet(installed, write_tone, tmp_path):
    """Every frame at 64 kbit/s and 16 kHz has 64000 / 8 * 576 / 16000 = 288 bytes; one of them is the Info frame."""
    installed("lame", "ffprobe")
    mp3 = tmp_path / "a.mp3"
    subprocess.run([shutil.which("lame"), "--quiet", "--cbr", "-b", "64", str(write_tone(16000)), str(mp3)], check=True)
    assert b"Info" in mp3.read_bytes()[:288]
    assert packet_bytes(mp3) == mp3.stat().st_size - 288


def made_up(**changes):
    fields = {
        "family": "made",
        "setting": "5",
        "suffix": ".made",
        "encoder": ("madeenc", "-q"),
        "options": ("-ar", RATE, "-b", "5"),
        "decoder": ("madedec", ENCODED, WAV),
        "banner": lambda: "madeenc 1.0",
        "most_channels": 2,
    }
    return ProgramCodec(**{**fields, **changes})


@pytest.fixture
def made_programs(program):
    program("madeenc", 'echo "$@" > "$7"')
    program("madedec", 'cp "$1" "$2"')


def test_commands(made_programs, write_tone, tmp_path, monkeypatch):
    codec, wav = made_up(rates=(8000, 16000)), write_tone(11025)
    monkeypatch.chdir(tmp_path)
    usage = codec.encode(wav.relative_to(tmp_path), (tmp_path / "-x.made").relative_to(tmp_path), 20)
    assert (tmp_path / "-x.made").read_text() == f"-q -ar 8000 -b 5 {wav} {tmp_path}/-x.made\n"
    assert usage.seconds > 0
    codec.decode(tmp_path / "-x.made", tmp_path / "back.wav", 20)
    assert (tmp_path / "back.wav").read_bytes() == (tmp_path / "-x.made").read_bytes()


def test_rate_of_the_sound_where_all_are_taken(made_programs, write_tone, tmp_path):
    made_up().encode(write_tone(11025), tmp_path / "a.made", 20)
    assert "-ar 11025 " in (tmp_path / "a.made").read_text()


def test_version_needs_both_programs(program, made_programs):
    assert made_up(rates=(8, 16)).version() == "madeenc 1.0; -ar 8|16 -b 5"
    with pytest.raises(CodecError, match="other is not installed"):
        made_up(decoder=("other", ENCODED, WAV)).version()
    with pytest.raises(CodecError, match="other is not installed"):
        made_up(encoder=("other",)).version()


def test_missing_programs(no_programs, write_tone, tmp_path):
    with pytest.raises(CodecError, match="madeenc is not installed"):
        made_up().encode(write_tone(8000), tmp_path / "a", 20)
    with pytest.raises(CodecError, match="madedec is not installed"):
        made_up().decode(tmp_path / "a", tmp_path / "b", 20)


def test_sounds_that_are_refused(made_programs, write_tone, tmp_path):
    with pytest.raises(CodecError, match=r"^made takes 1 to 2 channels, not 3$"):
        made_up().encode(write_tone(8000, 3), tmp_path / "a", 20)


def test_programs_that_fail(program, write_tone, tmp_path):
    program("madeenc", "echo no >&2; exit 1")
    program("madedec", "exec sleep 30")
    with pytest.raises(CodecError, match=r"^madeenc: no$"):
        made_up().encode(write_tone(8000), tmp_path / "a", 20)
    with pytest.raises(CodecError, match=r"^madedec: no answer within 0\.2 s$"):
        made_up().decode(tmp_path / "a", tmp_path / "b", 0.2)


ABOUT = """ffmpeg version 5.1-made Copyright (c)
built with gcc
libavcodec     59. 37.100 / 59. 37.100
"""


def made_ffmpeg(program, encoder_help):
    program("ffmpeg", f"case $1 in -version) printf '{ABOUT}';; *) echo '{encoder_help}';; esac")


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


def test_speex_is_decoded_by_libspeex(needs, write_tone, tmp_path):
    """Which correlates with this tone at 0.959; ffmpeg's own decoder (5.1.9) only at 0.932."""
    codec, wav = speex("24"), write_tone(16000, 1, 1.0)
    needs(codec)
    codec.encode(wav, tmp_path / "a.spx", 20)
    codec.decode(tmp_path / "a.spx", tmp_path / "b.wav", 20)
    before, after = soundfile.read(wav)[0], soundfile.read(tmp_path / "b.wav")[0]
    best = max(np.corrcoef(before[:15000], after[delay : delay + 15000])[0, 1] for delay in range(400))
    assert best > 0.945


def test_flac_is_lossless_with_any_channels(needs, write_tone, tmp_path):
    """WAV files of more than two channels come with and without a channel mask; flac must take both."""
    needs(flac(""))
    for channels in (1, 3, 8):
        wav = write_tone(22050, channels, 0.1)
        flac("").encode(wav, tmp_path / "a.flac", 20)
        flac("").decode(tmp_path / "a.flac", tmp_path / "b.wav", 20)
        before, after = (soundfile.read(path, dtype="int16", always_2d=True)[0] for path in (wav, tmp_path / "b.wav"))
        assert (before == after).all()


def test_opus_keeps_more_channels_where_there_is_room(needs, write_tone, tmp_path):
    needs(opusenc("48"))
    opusenc("48").encode(write_tone(16000, 3), tmp_path / "a.opus", 20)
    opusenc("48").decode(tmp_path / "a.opus", tmp_path / "b.wav", 20)
    assert soundfile.info(tmp_path / "b.wav").channels == 3


@pytest.mark.parametrize(
    ("make", "settings"),
    [
        (opus, ("5", "511", "fast")),
        (aac, ("7", "x")),
        (vorbis, ("-2", "11")),
        (codec2, ("700", "")),
        (speex, ("1", "64")),
        (opusenc, ("5", "513")),
        (mp3, ("33", "32.5", "")),
        (flac, ("8",)),
    ],
)
def test_settings_that_do_not_exist(make, settings):
    for setting in settings:
        with pytest.raises(InputError, match=f"{make.__name__} takes"):
            make(setting)


def test_versions_of_programs_of_their_own(program):
    for name in ("opusenc", "opusdec", "lame", "flac"):
        program(name, f"echo '{name} 9 (using libopus 7)'; echo Copyright")
    assert opusenc("24.0").version() == (
        "opusenc 9 (using libopus 7); --bitrate 24 --vbr --comp 10 --padding 0 --serial 0"
    )
    assert mp3("32").version() == "lame 9; --cbr -b 32"
    assert flac("").version() == "flac 9 (using libopus 7); -8 --no-padding --no-seektable"


@pytest.mark.parametrize("codec", [*INSTALLABLE, codec2("3200"), speex("8")], ids=lambda codec: codec.family)
def test_missing_program(no_programs, write_tone, tmp_path, codec):
    for call in (
        codec.version,
        lambda: codec.encode(write_tone(8000), tmp_path / "a", 9),
        lambda: codec.decode(tmp_path / "a", tmp_path / "b", 9),
    ):
        with pytest.raises(CodecError, match=r"is not installed \(Debian: apt-get install "):
            call()


@pytest.mark.parametrize(
    ("codec", "channels", "reason"),
    [
        (codec2("3200"), 2, "codec2 takes 1 channel, not 2"),
        (opus("24"), 3, "opus takes 1 to 2 channels, not 3"),
        (speex("8"), 3, "speex takes 1 to 2 channels, not 3"),
        (mp3("64"), 3, "mp3 takes 1 to 2 channels, not 3"),
        (aac("48"), 9, "aac takes 1 to 8 channels, not 9"),
        (vorbis("1"), 9, "vorbis takes 1 to 8 channels, not 9"),
        (flac(""), 9, "flac takes 1 to 8 channels, not 9"),
        (opusenc("47"), 3, "opusenc would mix 3 channels down to 2 at 47 kbit/s; it keeps them from 48 kbit/s"),
    ],
)
def test_channels_that_are_refused(program, write_tone, tmp_path, codec, channels, reason):
    program(codec.encoder[0], "exit 1")
    with pytest.raises(CodecError, match=f"^{reason}$"):
        codec.encode(write_tone(8000, channels), tmp_path / "a", 20)


@pytest.mark.parametrize("codec", INSTALLABLE, ids=lambda codec: codec.family)
def test_equal_sounds_equal_files_and_garbage_is_refused(needs, write_tone, tmp_path, codec):
    needs(codec)
    files = [tmp_path / f"{name}{codec.suffix}" for name in ("a", "b", "garbage")]
    for file in files[:2]:
        codec.encode(write_tone(16000), file, 20)
    assert files[0].read_bytes() == files[1].read_bytes()
    files[2].write_bytes(b"garbage" * 1000)
    with pytest.raises(CodecError) as caught:
        codec.decode(files[2], tmp_path / "b.wav", 20)
    assert "\n" not in str(caught.value)
