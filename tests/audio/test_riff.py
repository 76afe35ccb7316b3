import struct

import pytest
import soundfile
from made_sounds import noise, raw_wav

from ligeia.audio.formats import DataChunk, check_riff, data_chunk
from ligeia.audio.writing import write_audio
from ligeia.errors import InputError


def test_sizes(tmp_path):
    assert data_chunk(raw_wav(tmp_path / "a.wav", 100, 200)) == DataChunk(200, 200, 2, open_ended=False)
    assert data_chunk(raw_wav(tmp_path / "a.wav", 100, 900)) == DataChunk(900, 200, 2, open_ended=False)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFF000])
def test_sizes_of_streaming_programs(tmp_path, size):
    chunk = data_chunk(raw_wav(tmp_path / "a.wav", 100, size))
    assert chunk is not None
    assert chunk.open_ended
    check_riff(tmp_path / "a.wav")


def test_an_empty_sound_is_no_stream(tmp_path):
    tail = b"LIST" + struct.pack("<I", 4) + b"INFO"
    chunk = data_chunk(raw_wav(tmp_path / "a.wav", 0, 0, outer=36 + len(tail), tail=tail))
    assert chunk is not None
    assert not chunk.open_ended


def test_what_is_no_wav(tmp_path):
    for data in (b"", b"RIFF", b"RIFF\0\0\0\0WAVE", b"RIFF\0\0\0\0AVI data\0\0\0\0", b"fLaC" * 20):
        (tmp_path / "a.wav").write_bytes(data)
        assert data_chunk(tmp_path / "a.wav") is None
        check_riff(tmp_path / "a.wav")


def test_big_endian_files(tmp_path):
    soundfile.write(tmp_path / "a.wav", noise(1, 100).samples[0], 8000, endian="BIG")
    assert data_chunk(tmp_path / "a.wav") == DataChunk(200, 200, 2, open_ended=False)


def test_rf64_files_state_their_size_elsewhere(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, noise(1, 100).samples[0], 8000, format="RF64")
    assert data_chunk(path) == DataChunk(200, 200, 2, open_ended=False)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(InputError, match="promises 100 frames, it holds 95"):
        check_riff(path)


def test_chunks_behind_the_sound_do_not_count_as_sound(tmp_path):
    write_audio(tmp_path / "a.wav", noise(1, 50))
    data = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "a.wav").write_bytes(data + b"LIST" + struct.pack("<I", 4) + b"IN")
    check_riff(tmp_path / "a.wav")
