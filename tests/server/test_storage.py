"""Both storages keep the same promises: a folder, and a real server that speaks S3."""

import errno
import os
import urllib.request
from pathlib import Path

import pytest

from ligeia.errors import SettingsError
from ligeia.server.settings import Settings
from ligeia.server.storage.folder import FolderStorage
from ligeia.server.storage.opening import open_storage
from ligeia.server.storage.s3 import S3Storage
from ligeia.server.storage.storage import Missing, Storage, checked_key, fetched

KEY = "sounds/0a/original"


@pytest.fixture(params=["folder", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "folder":
        return open_storage(Settings(data=tmp_path / "data"))
    endpoint, bucket = request.getfixturevalue("s3")
    return open_storage(Settings(data=tmp_path, storage=f"s3://{bucket}/{tmp_path.name}", s3_endpoint=endpoint))


def put(storage: Storage, folder: Path, key: str = KEY, data: bytes = b"0123456789") -> None:
    path = folder / "given"
    path.write_bytes(data)
    storage.put(path, key)
    assert not path.exists()


def test_files_come_back_whole_and_in_part(storage, tmp_path):
    put(storage, tmp_path)
    assert storage.size(KEY) == 10
    assert b"".join(storage.open(KEY)) == b"0123456789"
    assert b"".join(storage.open(KEY, 3, 7)) == b"3456"
    assert b"".join(storage.open(KEY, 8)) == b"89"
    assert b"".join(storage.open(KEY, 4, 4)) == b""
    assert fetched(storage, KEY, tmp_path).read_bytes() == b"0123456789"


def test_what_is_not_there_is_said_at_once(storage, tmp_path):
    assert storage.size(KEY) is None
    with pytest.raises(Missing):
        storage.open(KEY)
    with pytest.raises(Missing):
        fetched(storage, KEY, tmp_path)
    storage.delete(KEY)
    storage.delete("sounds/0a/")


def test_a_folder_is_deleted_with_all_in_it_and_no_other(storage, tmp_path):
    for key in (KEY, "sounds/0a/reference-8000.wav", "sounds/0ab/original", "jobs/0a/lig-1.lig"):
        put(storage, tmp_path, key)
    storage.delete("sounds/0a/")
    assert sorted(key for key, _ in storage.listed()) == ["jobs/0a/lig-1.lig", "sounds/0ab/original"]
    storage.delete("jobs/0a/lig-1.lig")
    assert [key for key, _ in storage.listed()] == ["sounds/0ab/original"]
    assert all(-5 < age < 60 for _, age in storage.listed())


def test_the_second_of_two_writers_wins(storage, tmp_path):
    put(storage, tmp_path)
    put(storage, tmp_path, data=b"abc")
    assert b"".join(storage.open(KEY)) == b"abc"


@pytest.mark.parametrize(
    "key",
    ["../x", "sounds/../x", "sounds/0a/../../x", "/etc/passwd", "sounds/0A/x", "other/0a/x", "sounds/0a/x/y", ""],
)
def test_no_key_leads_out(storage, tmp_path, key):
    with pytest.raises(ValueError, match="is not a valid key"):
        checked_key(key)
    with pytest.raises(ValueError, match="is not a valid key"):
        put(storage, tmp_path, key)
    for call in (storage.open, storage.size, storage.delete):
        with pytest.raises(ValueError, match="is not a valid key"):
            call(key)


def test_signed_addresses_give_the_file_under_its_name(s3, tmp_path):
    endpoint, bucket = s3
    storage = S3Storage(bucket, "signed", endpoint)
    put(storage, tmp_path)
    address = storage.url(KEY, 'a "b".wav')
    with urllib.request.urlopen(address) as answer:
        assert answer.read() == b"0123456789"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="a _b_.wav"'


def test_another_file_system_gets_a_copy_that_appears_whole(tmp_path, monkeypatch):
    def replace(source, target):
        if not str(source).endswith(".part"):
            raise OSError(errno.EXDEV, "another file system")
        rename(source, target)

    rename = os.replace
    monkeypatch.setattr(os, "replace", replace)
    storage = FolderStorage(tmp_path / "files")
    put(storage, tmp_path)
    assert b"".join(storage.open(KEY)) == b"0123456789"
    assert [key for key, _ in storage.listed()] == [KEY]


@pytest.mark.parametrize("address", ["ftp://x/y", "s3://", "/a/folder"])
def test_other_addresses_are_refused(tmp_path, address):
    with pytest.raises(SettingsError, match="storage is not a valid address"):
        open_storage(Settings(data=tmp_path, storage=address))
