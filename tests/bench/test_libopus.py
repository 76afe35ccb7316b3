"""The newest libopus by PyAV: lengths, rates, sizes, what it says of itself, and what it refuses."""

import sys
from pathlib import PurePosixPath

import numpy as np
import pytest
import soundfile

from ligeia.audio.reading import read_audio
from ligeia.bench import libopus
from ligeia.bench.codec import CodecError
from ligeia.bench.libopus import LIBRARY, OPTIONS, audio, library_version, voip
from ligeia.errors import InputError


@pytest.fixture
def there_and_back(needs, write_tone, tmp_path):
    """`there_and_back(codec, rate, channels)` gives the encoded file, and the sound before and after."""

    def run(codec, rate, channels=1):
        needs(codec)
        wav, encoded, decoded = write_tone(rate, channels), tmp_path / "a.opus", tmp_path / "b.wav"
        codec.encode(wav, encoded, 30)
        codec.decode(encoded, decoded, 30)
        return encoded, read_audio(wav), read_audio(decoded)

    return run


@pytest.mark.parametrize("codec", [voip("24"), audio("24")])
@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (12000, 1), (16000, 1), (24000, 2), (48000, 2)])
def test_rate_and_length_are_those_of_the_original(codec, rate, channels, there_and_back):
    _, before, after = there_and_back(codec, rate, channels)
    assert (after.rate, after.channels, after.sample_count) == (rate, channels, before.sample_count)


@pytest.mark.parametrize("rate", [11025, 22050, 44100])
def test_other_rates_go_to_48_khz(rate, there_and_back):
    _, before, after = there_and_back(audio("24"), rate)
    assert after.rate == 48000
    assert abs(after.seconds - before.seconds) < 2 / rate


def test_sounds_come_back_in_their_place(there_and_back):
    """What encoder and decoder delay (312 samples at 48 kHz) is taken off."""
    _, before, after = there_and_back(audio("64"), 48000)
    spectra = [np.fft.rfft(sound.samples[0], 2**16) for sound in (before, after)]
    assert np.argmax(np.fft.irfft(np.conj(spectra[0]) * spectra[1])) in (0, 1, 2**16 - 1)


def test_equal_sounds_are_equal_files(there_and_back):
    first = there_and_back(voip("16"), 16000)[0].read_bytes()
    assert there_and_back(voip("16"), 16000)[0].read_bytes() == first


def test_payload_is_what_pages_and_headers_leave(there_and_back):
    encoded, *_ = there_and_back(voip("16"), 16000)
    assert voip("16").payload_bytes(encoded) == sum(map(len, packets(encoded.read_bytes())[2:]))


def packets(data):
    """The packets of an Ogg file (RFC 3533 §6): the lacing values of each page say how long they are."""
    found, unfinished = [], b""
    while data:
        laces, place = data[27 : 27 + data[26]], 27 + data[26]
        for lace in laces:
            unfinished, place = unfinished + data[place : place + lace], place + lace
            if lace < 255:
                found.append(unfinished)
                unfinished = b""
        data = data[place:]
    return found


def test_applications_differ(there_and_back):
    """`voip` takes off what lies below 60 Hz and more of the lows; the coded bytes must tell them apart."""
    one, *_ = there_and_back(voip("16"), 16000)
    first = one.read_bytes()
    other, *_ = there_and_back(audio("16"), 16000)
    assert other.read_bytes() != first


def test_version_names_the_library(needs):
    needs(voip("16"))
    start, _, options = voip("16").version().partition("; ")
    assert start.startswith("av ")
    assert "libopus " in start
    assert options == f"application voip {' '.join(f'{name} {value}' for name, value in OPTIONS.items())} bit_rate 16k"


def test_library_of_a_wheel_or_of_the_system(monkeypatch):
    names = ["av.libs/libopus-114e2b1a.so.0.11.1", "av/.dylibs/libopus.0.dylib", "av.libs/libopus-0.dll"]
    assert all(LIBRARY.search(name) for name in names)
    assert not any(LIBRARY.search(name) for name in ("av.libs/libopusfile-1.so", "av/codec/codec.so"))
    monkeypatch.setattr(libopus, "files", lambda name: [PurePosixPath("av/codec/codec.so")])
    library_version.cache_clear()
    assert library_version() == "libopus of unknown version"
    library_version.cache_clear()


def test_without_pyav(monkeypatch, write_tone, tmp_path):
    monkeypatch.setitem(sys.modules, "av", None)
    for call in (
        voip("16").version,
        lambda: voip("16").encode(write_tone(8000), tmp_path / "a", 20),
        lambda: voip("16").decode(tmp_path / "a", tmp_path / "b", 20),
    ):
        with pytest.raises(CodecError, match=r"^PyAV is not installed: pip install av, or ligeia\[bench\]$"):
            call()


def test_sounds_and_files_that_are_refused(needs, write_tone, tmp_path):
    needs(voip("16"))
    with pytest.raises(CodecError, match=r"^libopus-voip takes 1 to 2 channels, not 3$"):
        voip("16").encode(write_tone(8000, 3), tmp_path / "a.opus", 20)
    (tmp_path / "garbage").write_bytes(b"garbage")
    soundfile.write(tmp_path / "empty.opus", np.zeros(0), 48000, format="OGG", subtype="OPUS")
    for name in ("garbage", "none", "empty.opus"):
        with pytest.raises(CodecError, match=r"^libopus-voip: "):
            voip("16").decode(tmp_path / name, tmp_path / "b.wav", 20)
    assert voip("16").payload_bytes(tmp_path / "garbage") is None
    assert voip("16").payload_bytes(tmp_path / "none") is None


def test_settings():
    assert voip("16.0").setting == "16"
    with pytest.raises(InputError, match=r"^libopus-audio takes kbit/s from 6 to 510, got '5'$"):
        audio("5")
