"""AAC by libfdk-aac: commands, and what is refused; where installed, what it gives back."""

import pytest

from ligeia.audio.reading import read_audio
from ligeia.bench.codec import CodecError
from ligeia.bench.fdkaac import PROFILES, fdkaac
from ligeia.errors import InputError

LC, HE, HE_V2 = PROFILES
SCRIPT = """
if [ "$1" = --help ]; then echo fdkaac 1.0-made; exit 1; fi
given=""
while [ "$1" != -o ]; do given="$given $1"; shift; done
echo "$given" > "$2"
"""


@pytest.mark.parametrize(("profile", "number"), [(LC, "2"), (HE, "5"), (HE_V2, "29")])
def test_command(profile, number, program, write_tone, tmp_path):
    program("fdkaac", SCRIPT)
    program("ffmpeg", "exit 1")
    program("dpkg-query", "printf 2.0.2-1")
    options = f"--profile {number} --bitrate 24000 --gapless-mode 1 --include-sbr-delay"
    codec = fdkaac(profile, "24.0")
    assert codec.version() == f"fdkaac 1.0-made, libfdk-aac2 2.0.2-1; {options}"
    codec.encode(write_tone(44100, 2), tmp_path / "a.m4a", 20)
    assert (tmp_path / "a.m4a").read_text().split() == ["--silent", *options.split()]


@pytest.mark.parametrize(("profile", "channels"), [(LC, 1), (LC, 2), (HE, 1), (HE, 2), (HE_V2, 2)])
def test_sounds_come_back_in_their_place(profile, channels, needs, write_tone, tmp_path):
    """At the rate of the original, and longer by less than a frame of 2048 samples; the encoder's delay is skipped."""
    codec = fdkaac(profile, "48")
    needs(codec)
    wav, encoded, decoded = write_tone(32000, channels), tmp_path / "a.m4a", tmp_path / "b.wav"
    codec.encode(wav, encoded, 30)
    codec.decode(encoded, decoded, 30)
    before, after = read_audio(wav), read_audio(decoded)
    assert (after.rate, after.channels) == (before.rate, before.channels)
    assert 0 <= after.sample_count - before.sample_count < 2048
    assert abs(delay(before.samples[0], after.samples[0])) < 3


def delay(one, other):
    """The delay of the highest correlation in samples."""
    import numpy as np

    size = 2 ** (len(one) + len(other)).bit_length()
    place = int(np.argmax(np.fft.irfft(np.conj(np.fft.rfft(one, size)) * np.fft.rfft(other, size), size)))
    return place - size * (place > size // 2)


def test_bit_rate_is_kept(needs, write_tone, tmp_path):
    """`fdkaac` takes numbers below 10000 for kbit/s, and then gives the most that there is."""
    codec, encoded = fdkaac(LC, "10"), tmp_path / "a.m4a"
    needs(codec)
    codec.encode(write_tone(16000, 1, 4), encoded, 30)
    assert codec.payload_bytes(encoded) is None or 8 < codec.payload_bytes(encoded) * 0.008 / 4 < 12
    with pytest.raises(InputError, match=r"^fdkaac-he takes kbit/s from 10 to 576, got '9'$"):
        fdkaac(HE, "9")


def test_two_channels_are_for_v2(program, write_tone, tmp_path):
    program("fdkaac", "exit 1")
    with pytest.raises(CodecError, match=r"^fdkaac-hev2 takes 2 channels, not 1$"):
        fdkaac(HE_V2, "24").encode(write_tone(16000), tmp_path / "a.m4a", 20)


def test_files_that_are_no_aac(program, tmp_path):
    program("ffmpeg", "echo no >&2; exit 1")
    (tmp_path / "garbage").write_bytes(b"\x05\x80\x80\x80")
    with pytest.raises(CodecError, match=r"^ffmpeg: no$"):
        fdkaac(HE, "24").decode(tmp_path / "garbage", tmp_path / "b.wav", 20)
    with pytest.raises(CodecError, match=r"^fdkaac: .*No such file"):
        fdkaac(HE, "24").decode(tmp_path / "none", tmp_path / "b.wav", 20)


def test_without_the_program(no_programs):
    with pytest.raises(CodecError, match=r"^fdkaac is not installed \(Debian: apt-get install fdkaac\)$"):
        fdkaac(LC, "24").version()
