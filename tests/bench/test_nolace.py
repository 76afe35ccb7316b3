"""Opus decoded by the libopus of the system: the same sound as FFmpeg's, and NoLACE only where the library has it."""

import ctypes.util

import numpy as np
import pytest

from ligeia.audio.reading import read_audio
from ligeia.bench import nolace as room
from ligeia.bench.codec import CodecError
from ligeia.bench.libopus import voip
from ligeia.bench.nolace import NOLACE, PLAIN, decoded, nolace
from ligeia.errors import InputError


@pytest.fixture
def forgetful():
    """Libraries are looked for anew, before and after."""
    caches = (room._library, room._check_for_nolace)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.fixture
def encoded(needs, write_tone, tmp_path):
    """`encoded(rate, channels)` gives a recording, and a file of Opus for it."""
    needs(voip("24"))
    try:
        room._library()
    except CodecError as error:
        pytest.skip(str(error))

    def encode(rate, channels=1):
        wav = write_tone(rate, channels)
        voip("24").encode(wav, tmp_path / "a.opus", 30)
        return wav, tmp_path / "a.opus"

    return encode


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (16000, 1), (24000, 2), (48000, 2)])
def test_without_the_network_it_is_what_ffmpeg_decodes(rate, channels, encoded, tmp_path):
    wav, stream = encoded(rate, channels)
    voip("24").decode(stream, tmp_path / "b.wav", 30)
    ours, other = decoded(stream, PLAIN), read_audio(tmp_path / "b.wav")
    assert (ours.rate, ours.channels, ours.sample_count) == (rate, channels, read_audio(wav).sample_count)
    for one, two in zip(ours.samples, other.samples, strict=True):
        spectra = np.fft.rfft(one, 2**16), np.fft.rfft(two, 2**16)
        correlation = np.fft.irfft(np.conj(spectra[0]) * spectra[1])
        assert np.argmax(correlation) in (*range(4), *range(2**16 - 3, 2**16))  # its own filters at lower rates delay
        assert correlation.max() > 0.9 * np.sqrt(np.square(one).sum() * np.square(two).sum())


def test_sounds_at_other_rates_come_at_48_khz(encoded):
    wav, stream = encoded(44100, 2)
    after = decoded(stream, PLAIN)
    assert after.rate == 48000
    assert abs(after.seconds - read_audio(wav).seconds) < 1e-4


def test_there_and_back_with_the_network(needs, write_tone, tmp_path):
    codec = nolace("12")
    needs(codec)
    assert codec.version().startswith(f"{voip('12').version()}; decoded by libopus ")
    wav = write_tone(16000)
    codec.encode(wav, tmp_path / "a.opus", 30)
    assert codec.payload_bytes(tmp_path / "a.opus") == voip("12").payload_bytes(tmp_path / "a.opus")
    assert codec.decode(tmp_path / "a.opus", tmp_path / "b.wav", 30).seconds > 0
    assert read_audio(tmp_path / "b.wav").sample_count == read_audio(wav).sample_count
    assert not np.array_equal(decoded(tmp_path / "a.opus", PLAIN).samples, decoded(tmp_path / "a.opus", NOLACE).samples)


def test_a_library_without_the_network_is_refused(encoded, forgetful, monkeypatch):
    monkeypatch.setattr(room, "NOLACE", PLAIN)
    with pytest.raises(CodecError, match=r"^libopus .* was built without NoLACE, or is older than 1\.5"):
        nolace("12").version()


def test_without_a_library(needs, forgetful, monkeypatch):
    needs(voip("12"))
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: "libnosuch.so.9")
    with pytest.raises(CodecError, match=r"^libopus is not installed \(Debian 13: apt-get install libopus0\)$"):
        nolace("12").version()


def test_packets_that_are_none(encoded):
    with pytest.raises(CodecError, match=r"^libopus: "):
        room._samples([b"\xff\xff\xff"], 16000, 1, PLAIN)


def test_settings():
    assert nolace("12.0").setting == "12"
    with pytest.raises(InputError, match=r"^libopus-nolace takes kbit/s from 6 to 510, got '5'$"):
        nolace("5")
