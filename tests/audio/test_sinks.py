import numpy as np
import pytest

from ligeia.audio.formats import FORMATS
from ligeia.audio.writing import GuardedFile, SoundSink


def test_an_exception_inside_libsndfile_comes_out(tmp_path):
    sink = SoundSink(tmp_path / "a.ogg", FORMATS[".ogg"], "VORBIS", 8000, 1)

    def interrupted(data):
        raise KeyboardInterrupt

    broken = type("Broken", (), {"write": staticmethod(interrupted), "close": sink._file._file.close})
    sink._file._file = broken()
    with pytest.raises(KeyboardInterrupt):
        sink.write(np.random.default_rng(0).standard_normal((1, 50000)).astype(np.float32))
    sink.close()


def test_the_first_error_is_kept_and_nothing_is_written_after_it(tmp_path):
    file = GuardedFile(tmp_path / "a")
    assert file.write(b"abc") == 3
    file.error = first = OSError(28, "full")
    assert file.write(b"def") == 0
    file.close()
    assert file.tell() == 0  # closed: a second error
    assert file.error is first
    assert (tmp_path / "a").read_bytes() == b"abc"


def test_a_guarded_file_moves_and_reads(tmp_path):
    file = GuardedFile(tmp_path / "a")
    file.write(b"abcdef")
    buffer = bytearray(2)
    assert file.seek(2) == file.tell() == 2
    assert file.readinto(buffer) == 2
    file.close()
    assert bytes(buffer) == b"cd"
    assert file.error is None
