"""Files that appear whole or not at all, and once."""

import errno
import os
import shutil
import stat
import subprocess
import sys

import pytest
from made_sounds import left_in

from ligeia.audio.atomic import atomic_path, checked_target, write_bytes
from ligeia.errors import InputError


def test_bytes_appear_whole(tmp_path):
    write_bytes(tmp_path / "a.lig", b"abc")
    assert (tmp_path / "a.lig").read_bytes() == b"abc"
    assert left_in(tmp_path) == ["a.lig"]
    with pytest.raises(InputError, match="exists"):
        write_bytes(tmp_path / "a.lig", b"other")
    assert (tmp_path / "a.lig").read_bytes() == b"abc"


def test_targets_that_cannot_be(tmp_path):
    (tmp_path / "file").touch()
    for target in (tmp_path, tmp_path / "none" / "a", tmp_path / "file" / "a", "a\0b"):
        with pytest.raises(InputError, match="cannot write") as caught:
            write_bytes(target, b"")
        assert "\n" not in str(caught.value)


def test_a_recording_is_not_overwritten_by_what_is_made_of_it(tmp_path):
    source, link, hard = tmp_path / "a.wav", tmp_path / "link.wav", tmp_path / "hard.wav"
    source.touch()
    link.symlink_to(source)
    hard.hardlink_to(source)
    for target in (source, link, hard):
        with pytest.raises(InputError, match="it is the recording itself"):
            checked_target(target, overwrite=True, source=source)
    assert checked_target(source, overwrite=True, source=tmp_path / "b.wav") == source.resolve()


def test_errors_of_reading_other_files_stay_what_they_are(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "a"):
        (tmp_path / "missing").read_bytes()
    assert left_in(tmp_path) == []


def test_fifo_gets_the_bytes(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    end = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_bytes(tmp_path / "pipe", b"abc")
        assert os.read(end, 10) == b"abc"
    finally:
        os.close(end)
    assert stat.S_ISFIFO(os.stat(tmp_path / "pipe").st_mode)


def test_an_exception_leaves_the_old_file(tmp_path):
    (tmp_path / "a.lig").write_bytes(b"old")
    with pytest.raises(RuntimeError), atomic_path(tmp_path / "a.lig", overwrite=True) as temporary:  # noqa: PT012
        temporary.write_bytes(b"new")
        assert (temporary.suffix, temporary.parent) == (".lig", tmp_path)
        raise RuntimeError
    assert (tmp_path / "a.lig").read_bytes() == b"old"
    assert left_in(tmp_path) == ["a.lig"]


def test_output_that_appears_while_writing_is_kept(tmp_path):
    with pytest.raises(InputError, match="exists"), atomic_path(tmp_path / "a") as temporary:  # noqa: PT012
        temporary.write_bytes(b"mine")
        (tmp_path / "a").write_bytes(b"theirs")
    assert (tmp_path / "a").read_bytes() == b"theirs"
    assert left_in(tmp_path) == ["a"]


def test_rights_follow_the_umask_and_the_old_file(tmp_path):
    old = os.umask(0o027)
    try:
        write_bytes(tmp_path / "a", b"1")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640
    os.chmod(tmp_path / "a", 0o604)
    write_bytes(tmp_path / "a", b"2", overwrite=True)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o604


def test_links_stay_links(tmp_path):
    (tmp_path / "real").write_bytes(b"1")
    (tmp_path / "link").symlink_to("real")
    write_bytes(tmp_path / "link", b"2", overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"2"


def test_devices_are_written_directly():
    write_bytes("/dev/null", b"abc")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    with pytest.raises(InputError, match="No space left"):
        write_bytes("/dev/full", b"abc")


def no_links(*arguments):
    raise PermissionError(1, "Operation not permitted")


WRITERS = """
import sys, time
from ligeia.audio.atomic import atomic_path
from ligeia.errors import InputError
if sys.argv[3] == "without links":
    import ligeia.audio.atomic as atomic
    def no_links(*arguments):
        raise PermissionError(1, "Operation not permitted")
    atomic.os.link = no_links
won = []
for number in range(100):
    while time.time() * 50 % 1 > 0.2:  # both begin each round in the same instant
        pass
    try:
        with atomic_path(f"{sys.argv[1]}/{number}") as temporary:
            temporary.write_text(sys.argv[2])
        won.append(number)
    except InputError as error:
        assert "exists" in str(error), error
print(*won)
"""


@pytest.mark.parametrize("links", ["with links", "without links"])
def test_of_two_writers_one_wins_and_the_other_is_told(tmp_path, links):
    start = [sys.executable, "-c", WRITERS, str(tmp_path)]
    writers = [subprocess.Popen([*start, name, links], stdout=subprocess.PIPE) for name in ("a", "b")]
    wins = [set(map(int, writer.communicate()[0].split())) for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert wins[0] & wins[1] == set()
    assert wins[0] | wins[1] == set(range(100))
    for number in range(100):
        assert (tmp_path / str(number)).read_text() == ("a" if number in wins[0] else "b")
    assert len(left_in(tmp_path)) == 100


def test_both_wrote_before_either_was_done(tmp_path, monkeypatch):
    for way in (os.link, no_links):
        monkeypatch.setattr("ligeia.audio.atomic.os.link", way)
        target = tmp_path / way.__name__
        with pytest.raises(InputError, match="exists"), atomic_path(target) as mine:  # noqa: PT012
            mine.write_text("mine")
            with atomic_path(target) as theirs:
                theirs.write_text("theirs")
        assert target.read_text() == "theirs"
    assert left_in(tmp_path) == ["link", "no_links"]


def test_a_reserved_name_is_given_back(tmp_path, monkeypatch):
    def vanished(*arguments):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("ligeia.audio.atomic.os.link", no_links)
    monkeypatch.setattr("ligeia.audio.atomic.os.replace", vanished)
    with pytest.raises(InputError, match="Input/output error"):
        write_bytes(tmp_path / "a", b"1")
    assert left_in(tmp_path) == []


def test_a_folder_that_vanishes(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(InputError, match=rf"cannot write {folder}/a: "), atomic_path(folder / "a") as path:  # noqa: PT012
        path.write_bytes(b"1")
        shutil.rmtree(folder)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG])
def test_a_disk_that_takes_no_more(tmp_path, monkeypatch, number):
    def full(path, data):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("ligeia.audio.atomic.Path.write_bytes", full)
    with pytest.raises(InputError, match=f"cannot write {tmp_path}/a: {os.strerror(number)}$"):
        write_bytes(tmp_path / "a", b"1")
    assert left_in(tmp_path) == []
