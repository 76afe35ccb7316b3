import pytest
import soundfile

from ligeia.bench.codec import CodecError
from ligeia.bench.standalone import flac, mp3, opusenc
from ligeia.errors import InputError


@pytest.mark.parametrize(
    ("make", "setting"), [(opusenc, "5"), (opusenc, "fast"), (mp3, "33"), (mp3, "32.5"), (mp3, ""), (flac, "8")]
)
def test_settings_that_do_not_exist(make, setting):
    with pytest.raises(InputError, match=f"{make.__name__} takes"):
        make(setting)


def test_versions_hold_program_library_and_options(program):
    for name in ("opusenc", "opusdec", "lame", "flac"):
        program(name, f"echo '{name} 9 (using libopus 7)'; echo Copyright")
    assert opusenc("24.0").version() == (
        "opusenc 9 (using libopus 7); --bitrate 24 --vbr --comp 10 --padding 0 --serial 0"
    )
    assert mp3("32").version() == "lame 9; --cbr -b 32"
    assert flac("").version() == "flac 9 (using libopus 7); -8 --no-padding --no-seektable"


@pytest.mark.parametrize(
    ("make", "setting", "program_name"), [(opusenc, "24", "opusenc"), (mp3, "32", "lame"), (flac, "", "flac")]
)
def test_missing_programs(no_programs, write_tone, tmp_path, make, setting, program_name):
    codec = make(setting)
    for call in (
        codec.version,
        lambda: codec.encode(write_tone(8000), tmp_path / "a", 9),
        lambda: codec.decode(tmp_path / "a", tmp_path / "b", 9),
    ):
        with pytest.raises(CodecError, match=r"is not installed \(Debian: apt-get install"):
            call()


def test_flac_is_lossless_with_any_channels(needs, write_tone, tmp_path):
    """WAV files of more than two channels come with and without a channel mask; flac must take both."""
    needs(flac(""))
    for channels in (1, 3, 8):
        wav = write_tone(22050, channels, 0.1)
        flac("").encode(wav, tmp_path / "a.flac", 20)
        flac("").decode(tmp_path / "a.flac", tmp_path / "b.wav", 20)
        before, after = (soundfile.read(path, dtype="int16", always_2d=True)[0] for path in (wav, tmp_path / "b.wav"))
        assert (before == after).all()


def test_channels_that_are_refused(needs, write_tone, tmp_path):
    needs(mp3("64"), opusenc("47"), flac(""))
    with pytest.raises(CodecError, match=r"^lame takes 1 to 2 channels, not 3$"):
        mp3("64").encode(write_tone(8000, 3), tmp_path / "a", 20)
    with pytest.raises(
        CodecError, match=r"^opusenc would mix 3 channels down to 2 at 47 kbit/s; it keeps them from 48"
    ):
        opusenc("47").encode(write_tone(8000, 3), tmp_path / "a", 20)
    with pytest.raises(CodecError, match=r"^flac takes 1 to 8 channels, not 9$"):
        flac("").encode(write_tone(8000, 9), tmp_path / "a", 20)


def test_opus_keeps_more_channels_where_there_is_room(needs, write_tone, tmp_path):
    needs(opusenc("48"))
    opusenc("48").encode(write_tone(16000, 3), tmp_path / "a.opus", 20)
    opusenc("48").decode(tmp_path / "a.opus", tmp_path / "b.wav", 20)
    assert soundfile.info(tmp_path / "b.wav").channels == 3


def test_equal_sounds_equal_files(needs, write_tone, tmp_path):
    needs(opusenc("24"), mp3("32"), flac(""))
    for codec in (opusenc("24"), mp3("32"), flac("")):
        files = [tmp_path / f"a{codec.suffix}", tmp_path / f"b{codec.suffix}"]
        for file in files:
            codec.encode(write_tone(16000), file, 20)
        assert files[0].read_bytes() == files[1].read_bytes()


def test_files_that_cannot_be_decoded(needs, tmp_path):
    needs(opusenc("24"), mp3("32"), flac(""))
    for codec in (opusenc("24"), mp3("32"), flac("")):
        garbage = tmp_path / f"garbage{codec.suffix}"
        garbage.write_bytes(b"garbage" * 1000)
        with pytest.raises(CodecError) as caught:
            codec.decode(garbage, tmp_path / "b.wav", 20)
        assert "\n" not in str(caught.value)
