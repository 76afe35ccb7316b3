import numpy as np
import pytest
import soundfile

from ligeia.bench.codec import CodecError
from ligeia.bench.uncompressed import mulaw, pcm16
from ligeia.errors import InputError


@pytest.fixture
def there_and_back(write_tone, tmp_path):
    def run(codec, rate, channels):
        wav, encoded, decoded = write_tone(rate, channels), tmp_path / f"a{codec.suffix}", tmp_path / "b.wav"
        codec.encode(wav, encoded, 20)
        codec.decode(encoded, decoded, 20)
        sounds = [soundfile.read(path, dtype="int16", always_2d=True) for path in (wav, decoded)]
        assert sounds[0][1] == sounds[1][1] == rate
        return encoded, sounds[0][0], sounds[1][0]

    return run


def test_pcm16_is_the_file(there_and_back):
    encoded, before, after = there_and_back(pcm16(""), 44100, 2)
    assert (before == after).all()
    assert pcm16("").payload_bytes(encoded) == 22050 * 2 * 2 == encoded.stat().st_size - 44
    assert pcm16("").lossless


def test_mulaw_follows_the_law_of_g711(there_and_back):
    """Steps are at most 1/16 of the value, of which decoding to the middle leaves half, and 8 (of 32768) near zero."""
    encoded, before, after = there_and_back(mulaw(""), 11025, 3)
    error = np.abs(before.astype(int) - after)
    assert (error <= np.abs(before.astype(int)) / 32 + 8).all()
    assert error.any()
    assert mulaw("").payload_bytes(encoded) == 5512 * 3
    assert not mulaw("").lossless


def test_long_sounds_are_copied_in_pieces(there_and_back, monkeypatch):
    monkeypatch.setattr("ligeia.bench.uncompressed.AT_ONCE", 100)
    _, before, after = there_and_back(mulaw(""), 8000, 1)
    assert before.shape == after.shape


def test_version_and_settings():
    assert mulaw("").version().endswith("; G.711 mu-law in WAV")
    with pytest.raises(InputError, match="pcm16 takes no setting"):
        pcm16("16")


def test_files_that_cannot_be_used(tmp_path):
    (tmp_path / "garbage").write_bytes(b"garbage")
    with pytest.raises(CodecError, match=r"^mulaw: .*garbage"):
        mulaw("").decode(tmp_path / "garbage", tmp_path / "b.wav", 20)
    with pytest.raises(CodecError, match=r"^pcm16: .*No such file"):
        pcm16("").encode(tmp_path / "none", tmp_path / "b.wav", 20)
    assert mulaw("").payload_bytes(tmp_path / "garbage") is None
    assert mulaw("").payload_bytes(tmp_path / "none") is None
