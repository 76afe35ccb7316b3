"""Pipes and file objects as recordings; temporary files that leave nothing behind."""

import errno
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

import numpy as np
import pytest
from made_sounds import left_in, noise

from ligeia.audio.reading import open_audio, read_audio
from ligeia.audio.spool import name_of, room_for_temporary, spooled, temporary_file
from ligeia.audio.writing import write_audio
from ligeia.errors import InputError

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg")


class Endless(io.RawIOBase):
    def read(self, size=-1):
        return bytes(size)


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """An empty folder for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


def test_a_copy_lasts_as_long_as_its_block(temporary):
    with spooled(io.BytesIO(b"abc")) as path:
        assert path.read_bytes() == b"abc"
    assert not path.exists()
    assert left_in(temporary) == []


def test_a_file_object_is_read_from_where_it_stands():
    file = io.BytesIO(b"abcdef")
    file.seek(4)
    with spooled(file) as path:
        assert path.read_bytes() == b"ef"


def test_without_nameless_files_there_is_a_folder(temporary, monkeypatch):
    monkeypatch.setattr("ligeia.audio.spool.os.getpid", lambda: 0)
    with temporary_file() as path:
        assert path.is_relative_to(temporary)
        path.write_bytes(b"a")
    assert left_in(temporary) == []


@pytest.mark.parametrize("limit", [0, 9, 3_000_000])
def test_endless_input_is_refused(temporary, limit):
    with (
        pytest.raises(InputError, match=f"the Endless object gives more than {limit} bytes"),
        spooled(Endless(), limit=limit),
    ):
        pass
    assert left_in(temporary) == []


def test_text_is_refused_by_type():
    with pytest.raises(TypeError, match="must give bytes, got str; open it in binary mode"):
        read_audio(io.StringIO("abc"))
    with pytest.raises(TypeError, match="a path or a binary file object, got int"):
        read_audio(3)


def test_files_that_cannot_be_read(tmp_path):
    closed = io.BytesIO()
    closed.close()
    with pytest.raises(InputError, match="cannot read the BytesIO object: I/O operation on closed file"):
        read_audio(closed)
    with open(tmp_path / "a", "wb") as written, pytest.raises(InputError, match=r"cannot read .*/a: "):
        read_audio(written)


@pytest.mark.parametrize("ending", ["wav", "flac", "mp3", "ogg"])
def test_a_file_object_holds_what_the_file_holds(tmp_path, ending):
    path = tmp_path / f"a.{ending}"
    write_audio(path, noise(2, 5000))
    with open(path, "rb") as file:
        assert np.array_equal(read_audio(file).samples, read_audio(path).samples)
    assert np.array_equal(read_audio(io.BytesIO(path.read_bytes())).samples, read_audio(path).samples)


def test_errors_name_the_file_object_and_not_its_copy(tmp_path):
    with pytest.raises(InputError, match=r"^the BytesIO object is not a recording that can be read"):
        read_audio(io.BytesIO(b"Once upon a midnight dreary"))
    with pytest.raises(InputError, match=r"^the BytesIO object is empty \(0 bytes\)"):
        read_audio(io.BytesIO())
    (tmp_path / "a.wav").write_bytes(b"no")
    with open(tmp_path / "a.wav", "rb") as file, pytest.raises(InputError, match=f"^{tmp_path / 'a.wav'} is not"):
        read_audio(file)


def test_a_fifo_is_read(tmp_path):
    write_audio(tmp_path / "a.wav", noise(1, 70000))
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes((tmp_path / "a.wav").read_bytes()))
    writer.start()
    with open_audio(tmp_path / "pipe") as sound:
        writer.join()
        assert (sound.path, sound.sample_count) == (tmp_path / "pipe", 70000)
        assert np.array_equal(sound.read(60000, 70000), read_audio(tmp_path / "a.wav").samples[:, 60000:])


@pytest.mark.parametrize("source", ["'/dev/stdin'", "sys.stdin.buffer"])
def test_standard_input(tmp_path, source):
    write_audio(tmp_path / "a.wav", noise(1, 70000))
    code = f"import sys; from ligeia.audio.reading import read_audio; print(read_audio({source}).sample_count)"
    for data, said in (((tmp_path / "a.wav").read_bytes(), "70000"), (b"no", "is not a recording"), (b"", "is empty")):
        done = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True)
        assert said in (done.stdout + done.stderr).decode()
    with open(tmp_path / "a.wav", "rb") as file:
        done = subprocess.run([sys.executable, "-c", code], stdin=file, capture_output=True, check=True)
    assert done.stdout.strip() == b"70000"


def test_names():
    assert name_of(io.BytesIO()) == "the BytesIO object"
    with open(os.devnull, "rb") as file:
        assert name_of(file) == os.devnull
    with tempfile.TemporaryFile() as file:  # its name is a number
        assert name_of(file).startswith("the ")


def test_a_temporary_folder_that_is_none(monkeypatch):
    monkeypatch.setattr("ligeia.audio.spool.tempfile.TemporaryFile", lambda: os.open("/none/x", os.O_RDONLY))
    with pytest.raises(InputError, match=r"cannot write a temporary file in .*No such file.*set TMPDIR"):
        read_audio(io.BytesIO(b"abc"))


LIMITED = """
import io, resource, sys
from ligeia.audio.reading import read_audio
from ligeia.audio.writing import write_audio
from ligeia.errors import InputError
source, target, limit = sys.argv[1], sys.argv[2], int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    if target == "-":
        audio = read_audio(sys.stdin.buffer if source == "-" else source)
    else:
        write_audio(target, read_audio(source), overwrite=True)
except InputError as error:
    sys.exit(str(error))
"""


@pytest.mark.parametrize(
    ("source", "target", "says"),
    [
        ("a.ogg", "-", "cannot write a temporary file in .*File too large.*ulimit -f"),
        pytest.param("a.m4a", "-", "cannot write a temporary file in .*File too large.*ulimit -f", marks=needs_ffmpeg),
        ("-", "-", "cannot write a temporary file in .*File too large.*ulimit -f"),
        ("a.wav", "b.wav", r"cannot write .*b\.wav: File too large"),
        ("a.wav", "b.flac", r"cannot write .*b\.flac: File too large"),
        pytest.param("a.wav", "b.m4a", "cannot write a temporary file in .*File too large", marks=needs_ffmpeg),
    ],
)
def test_no_room(temporary, tmp_path, source, target, says):
    audio = noise(2, 60000, 48000)
    for ending in ("ogg", "wav", *(["m4a"] if source == "a.m4a" else [])):
        write_audio(tmp_path / f"a.{ending}", audio, **({"subtype": "FLOAT"} if ending == "wav" else {}))
    places = [name if name == "-" else str(tmp_path / name) for name in (source, target)]
    before = left_in(tmp_path)
    command = [sys.executable, "-c", LIMITED, *places, "100000"]
    with open(tmp_path / "a.wav", "rb") as standard_input:
        done = subprocess.run(command, stdin=standard_input, capture_output=True, text=True)
    assert done.returncode == 1
    assert re.fullmatch(f".*{says}.*\n", done.stderr), done.stderr
    assert left_in(temporary) == []
    assert left_in(tmp_path) == before


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.ENOSPC, "with more room"), (errno.EDQUOT, "with more room"), (errno.EACCES, "written")],
)
def test_what_would_help(temporary, number, remedy):
    with pytest.raises(InputError, match=f"{temporary}.*{remedy}"), room_for_temporary():
        raise OSError(number, os.strerror(number))


@pytest.mark.parametrize("taken", [0, -5, 10**9])
def test_a_file_object_that_takes_an_impossible_number_of_bytes(taken):
    class Odd(io.RawIOBase):
        def writable(self):
            return True

        def write(self, block):
            return taken

    with pytest.raises(InputError, match=f"took {taken} of"):
        write_audio(Odd(), noise(1, 100), format="wav")
