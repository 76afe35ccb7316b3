"""LC3 by the programs of liblc3: commands, sizes, and what it refuses; where installed, what it gives back."""

import struct

import pytest

from ligeia.audio.reading import read_audio
from ligeia.bench.codec import CodecError
from ligeia.bench.lc3 import lc3
from ligeia.errors import InputError

HEADER = struct.pack("<9H", 0xCC1C, 18, 160, 160, 1, 1000, 0, 16000, 0)


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (16000, 1), (24000, 1), (32000, 2), (48000, 2)])
def test_rate_and_length_are_those_of_the_original(rate, channels, needs, write_tone, tmp_path):
    codec = lc3("32")
    needs(codec)
    wav, encoded, decoded = write_tone(rate, channels, 0.503), tmp_path / "a.lc3", tmp_path / "b.wav"
    codec.encode(wav, encoded, 30)
    codec.decode(encoded, decoded, 30)
    before, after = read_audio(wav), read_audio(decoded)
    assert (after.rate, after.channels, after.sample_count) == (rate, channels, before.sample_count)
    frames = -(-before.sample_count // (rate // 100))
    payload = codec.payload_bytes(encoded)
    assert payload in (40 * frames, 40 * (frames + 1))  # the delay may begin one more
    assert encoded.stat().st_size == 18 + payload + 2 * payload // 40


def test_command(program, write_tone, tmp_path):
    program("elc3", 'echo "$@" > "$6"')
    program("dlc3", 'cp "$3" "$4"')
    program("dpkg-query", "printf 1.0.1-1")
    assert lc3("24").version() == "liblc3-0 1.0.1-1; -m 10 -b 24000"
    wav = write_tone(16000)
    lc3("24").encode(wav, tmp_path / "a.lc3", 20)
    assert (tmp_path / "a.lc3").read_text() == f"-m 10 -b 24000 {wav} {tmp_path}/a.lc3\n"
    lc3("24").decode(tmp_path / "a.lc3", tmp_path / "b.wav", 20)
    assert (tmp_path / "b.wav").read_bytes() == (tmp_path / "a.lc3").read_bytes()


def test_payload_is_the_frames(tmp_path):
    path = tmp_path / "a.lc3"
    path.write_bytes(HEADER + struct.pack("<H3sH2s", 3, b"abc", 2, b"de"))
    assert lc3("16").payload_bytes(path) == 5
    path.write_bytes(HEADER)
    assert lc3("16").payload_bytes(path) == 0


@pytest.mark.parametrize(
    "data", [b"", b"\x1c\xcc", b"garbage of some length", HEADER + b"\x05", HEADER + b"\x05\x00abc"]
)
def test_files_that_are_not_lc3(data, tmp_path):
    path = tmp_path / "a.lc3"
    path.write_bytes(data)
    assert lc3("16").payload_bytes(path) is None
    assert lc3("16").payload_bytes(tmp_path / "none") is None


@pytest.mark.parametrize(
    ("setting", "rate", "channels", "reason"),
    [
        ("24", 44100, 1, "lc3 takes a rate of 8000, 16000, 24000, 32000, 48000 Hz, not 44100: resample first"),
        ("24", 16000, 2, "lc3 takes 16 to 320 kbit/s a channel, not 24 in all"),
        ("400", 48000, 1, "lc3 takes 16 to 320 kbit/s a channel, not 400 in all"),
        ("96", 16000, 3, "lc3 takes 1 to 2 channels, not 3"),
    ],
)
def test_sounds_that_are_refused(setting, rate, channels, reason, program, write_tone, tmp_path):
    program("elc3", "exit 1")
    with pytest.raises(CodecError, match=f"^{reason}$"):
        lc3(setting).encode(write_tone(rate, channels, 0.1), tmp_path / "a.lc3", 20)


def test_settings():
    with pytest.raises(InputError, match=r"^lc3 takes kbit/s from 16 to 640, got '12'$"):
        lc3("12")


def test_without_the_programs(no_programs, write_tone, tmp_path):
    for call in (lc3("16").version, lambda: lc3("16").encode(write_tone(16000), tmp_path / "a.lc3", 20)):
        with pytest.raises(CodecError, match=r"^elc3 is not installed \(Debian: apt-get install liblc3-tools\)$"):
            call()
