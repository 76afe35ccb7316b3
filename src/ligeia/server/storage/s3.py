"""Files in a bucket of Amazon's S3, or of anything that speaks its protocol.

Keys of access come from where boto3 looks for them: the environment (AWS_ACCESS_KEY_ID and so on), or the machine.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ligeia.errors import needs_extra
from ligeia.server.storage.storage import CHUNK, Missing, checked_key, checked_prefix

LINK_SECONDS = 3600
"""Lifetime of the address of a file."""
_ABSENT = ("404", "NoSuchKey", "NotFound")


class S3Storage:
    """Keys are those of the bucket, behind a prefix."""

    def __init__(self, bucket: str, prefix: str = "", endpoint: str | None = None) -> None:
        with needs_extra("boto3", "s3"):
            import boto3
        self._bucket, self._prefix = bucket, f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client = boto3.client("s3", endpoint_url=endpoint)

    def put(self, path: Path, key: str) -> None:
        """Move the file at `path` to `key`: uploads of S3 appear whole or not at all."""
        self._client.upload_file(str(path), self._bucket, self._name(key))
        path.unlink()

    def open(self, key: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Return bytes `start:stop` of a file in chunks."""
        if stop is not None and stop <= start:
            return iter(())
        last = "" if stop is None else str(stop - 1)
        span = {} if start == 0 and stop is None else {"Range": f"bytes={start}-{last}"}
        body = self._asked(self._client.get_object, key, **span)
        if body is None:
            raise Missing(key)
        return _chunks(body["Body"])

    def size(self, key: str) -> int | None:
        """Return the number of bytes, None where there is no such file."""
        head = self._asked(self._client.head_object, key)
        return None if head is None else int(head["ContentLength"])

    def delete(self, prefix: str) -> None:
        """Remove all files whose keys begin with `prefix`."""
        if not checked_prefix(prefix).endswith("/"):
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + prefix)
            return
        for page in self._pages(prefix):
            names = [{"Key": item["Key"]} for item in page.get("Contents", [])]
            if names:
                self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": names, "Quiet": True})

    def url(self, key: str, name: str | None = None) -> str | None:
        """Return a signed address of a file."""
        more = {} if name is None else {"ResponseContentDisposition": f'attachment; filename="{_plain(name)}"'}
        what = {"Bucket": self._bucket, "Key": self._name(key), **more}
        return str(self._client.generate_presigned_url("get_object", Params=what, ExpiresIn=LINK_SECONDS))

    def local(self, key: str) -> Path | None:
        """Return None: the files are elsewhere."""
        return None

    def listed(self) -> Iterator[tuple[str, float]]:
        """Yield all keys, and how many seconds ago each was written."""
        now = datetime.now(UTC)
        for page in self._pages(""):
            for item in page.get("Contents", []):
                yield item["Key"].removeprefix(self._prefix), (now - item["LastModified"]).total_seconds()

    def _pages(self, prefix: str) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("list_objects_v2")
        yield from pages.paginate(Bucket=self._bucket, Prefix=self._prefix + prefix)

    def _asked(self, call: Any, key: str, **more: Any) -> dict[str, Any] | None:
        from botocore.exceptions import ClientError

        try:
            return dict(call(Bucket=self._bucket, Key=self._name(key), **more))
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise

    def _name(self, key: str) -> str:
        return self._prefix + checked_key(key)


def _chunks(body: Any) -> Iterator[bytes]:
    with body:
        yield from body.iter_chunks(CHUNK)


def _plain(name: str) -> str:
    """Return a name without what would end a quoted word of a header."""
    return "".join(
        letter if letter.isascii() and letter.isprintable() and letter not in '"\\' else "_" for letter in name
    )
