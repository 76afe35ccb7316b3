"""Folders elsewhere: an object store that speaks S3, and a file system of fsspec whose files could be half-written."""

from contextlib import suppress
from pathlib import Path

import pytest

from ligeia.corpus.folder import checked_name
from ligeia.corpus.places import LocalFolder, digest_of, open_folder
from ligeia.corpus.remote import RemoteFolder, is_remote, without_keys
from ligeia.errors import InputError

pytest.importorskip("fsspec", reason="fsspec is not installed")


@pytest.fixture(params=["memory", "file", "s3"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    places = {"memory": f"memory://{tmp_path.name}", "file": f"file://{tmp_path}/remote"}
    return places.get(request.param) or request.getfixturevalue("in_store")


def write(address: str, name: str, data: bytes) -> None:
    with open_folder(address).writing(name) as path:
        path.write_bytes(data)


def listed(address: str, without: str | None = None) -> dict[str, int]:
    return {found.name: found.bytes for found in open_folder(address, without=without).list((".wav", ".lig"))}


def test_what_is_written_is_listed_and_read(address: str) -> None:
    assert listed(address) == {}
    for name in ("a.wav", "deep/er/ü y.WAV", ".hidden.wav", ".deep/b.wav", "out/c.lig", "d.txt", "%41 #?.wav"):
        write(address, name, b"abc")
    assert listed(address) == {"%41 #?.wav": 3, "a.wav": 3, "deep/er/ü y.WAV": 3, "out/c.lig": 3}
    assert listed(address, without=f"{address}/out").keys() == {"%41 #?.wav", "a.wav", "deep/er/ü y.WAV"}
    with open_folder(address).reading("%41 #?.wav") as path:
        assert path.read_bytes() == b"abc"
    with open_folder(address).reading("deep/er/ü y.WAV") as path:
        assert digest_of(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2
        assert path.suffix == ".WAV"
    assert not path.exists()


def test_the_stamp_is_that_of_the_listing_and_changes_with_the_content(address: str) -> None:
    folder = open_folder(address)
    assert folder.stamp("a.wav") is None
    write(address, "a.wav", b"abc")
    before = folder.stamp("a.wav")
    assert [found.stamp for found in folder.list((".wav",))] == [before]
    write(address, "a.wav", b"abd")
    assert folder.stamp("a.wav") != before


def test_what_fails_leaves_the_file_as_it_was(address: str) -> None:
    write(address, "a.wav", b"abc")
    with suppress(ValueError), open_folder(address).writing("a.wav") as path:
        path.write_bytes(b"x")
        raise ValueError
    assert listed(address) == {"a.wav": 3}


def test_what_killed_writers_left_is_swept(tmp_path: Path) -> None:
    import fsspec

    address = f"memory://{tmp_path.name}"
    write(address, "deep/a.wav", b"abc")
    system = fsspec.filesystem("memory")
    system.pipe_file(f"/{tmp_path.name}/deep/.ligeia-0-b.wav", b"a")
    RemoteFolder(address).sweep()
    assert system.find(f"/{tmp_path.name}") == [f"/{tmp_path.name}/deep/a.wav"]


def test_what_is_not_there_is_said(address: str) -> None:
    with (
        pytest.raises(InputError, match=r"cannot read a\.wav in .*: it is not there"),
        open_folder(address).reading("a.wav"),
    ):
        pass
    for give in (open_folder(address).reading, open_folder(address).writing):
        with pytest.raises(InputError, match="not a valid name"), give("../x"):
            pass


def test_no_key_is_told(in_store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_SECRET_KEY", "hush-hush")
    told = without_keys(
        OSError("hush-hush at https://me:word@host/x?X-Amz-Signature=abc failed\n\nDebug source:\nmore")
    )
    assert told == "OSError: *** at https://***@host/x?*** failed"
    with pytest.raises(InputError, match="must not hold a password"):
        list(open_folder("ftp://me:word@host/x").list((".wav",)))
    with pytest.raises(InputError, match=r"cannot list s3://nowhere-at-all/x: .*404"):
        list(open_folder("s3://nowhere-at-all/x").list((".wav",)))


def test_addresses_and_paths_are_told_apart(tmp_path: Path) -> None:
    assert isinstance(open_folder("s3://bucket/x"), RemoteFolder)
    assert isinstance(open_folder(str(tmp_path)), LocalFolder)
    assert not is_remote("a/b://c")
    assert checked_name("a/b") == "a/b"
