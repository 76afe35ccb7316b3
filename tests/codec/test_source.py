import io
import os
import threading

import pytest

from ligeia.codec.source import Source, opened
from ligeia.errors import InputError


def test_bytes_from_where_a_file_stands():
    file = io.BytesIO(b"0123456789")
    file.seek(4)
    source = Source(file)
    assert (source.size, source.at(0, 3), source.at(4, 99), source.at(6, 1)) == (6, b"456", b"89", b"")
    file.write(b"more")
    assert source.at(5, 4) == b"9"


def test_files_are_closed_by_whom_they_were_opened(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    with opened(path) as source:
        assert source.at(1, 2) == b"bc"
    with pytest.raises(InputError, match="any more"):
        source.at(0, 1)
    file = io.BytesIO(b"abc")
    with opened(file):
        pass
    assert not file.closed


def test_a_fifo_is_copied(tmp_path):
    path = tmp_path / "fifo"
    os.mkfifo(path)
    thread = threading.Thread(target=lambda: path.write_bytes(b"abcdef"))
    thread.start()
    with opened(path) as source:
        assert (source.size, source.at(3, 3)) == (6, b"def")
    thread.join()
