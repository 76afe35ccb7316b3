import os
import stat

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
    source, link = tmp_path / "a.wav", tmp_path / "link.wav"
    source.touch()
    link.symlink_to(source)
    for target in (source, link):
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
