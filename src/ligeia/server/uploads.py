"""Take a recording in: bytes to a file beside the others, counted, hashed, in time, and looked at before it is kept.

What it is called is a label. The file is called after an id that we make, and is gone on every way out but one.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import os
import re
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from anyio import to_thread
from starlette.datastructures import Headers

from ligeia.server.problems import Refusal
from ligeia.server.settings import Settings

GRACE_SECONDS = 5.0
"""Time before an upload has to keep up with the least rate."""
_AT_ONCE = 2**20  # bytes that are written and hashed in one go
_MOST_NAME = 200  # characters; results get longer names, of which the table takes 255
_KINDS = re.compile(r"application/octet-stream|(audio|video)/[\w.+-]+", re.ASCII)
_FORBIDDEN = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
_TURNS = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # show a name as another one


@dataclass(frozen=True)
class Received:
    """A file that has arrived."""

    bytes: int
    sha256: str


def label(name: str) -> str:
    """Return what a recording is called: the last part of a path, without what is not seen or turns the text.

    Example:
        >>> label("C:\\\\takes\\\\one.wav"), label("../../etc/passwd\\0.wav"), label("..")
        ('one.wav', 'passwd.wav', 'recording')
    """
    last = re.split(r"[/\\]", name)[-1]
    seen = "".join(
        letter for letter in last if unicodedata.category(letter) not in _FORBIDDEN and letter not in _TURNS
    ).strip()
    return seen[:_MOST_NAME] if seen.strip(".") else "recording"


def declared_size(headers: Headers, settings: Settings) -> int:
    """Return how many bytes an upload says that it has.

    Raises:
        Refusal: it says none (411), too many (413), or is not a plain body (415).
    """
    kind = headers.get("content-type", "application/octet-stream").partition(";")[0].strip().lower()
    if not _KINDS.fullmatch(kind):
        raise Refusal(415, "The body has to be the recording itself, as application/octet-stream: no form, no JSON.")
    stated = headers.get("content-length", "")
    if "transfer-encoding" in headers or not (stated.isascii() and stated.isdigit()):
        raise Refusal(411, "The size has to be stated beforehand, in Content-Length.")
    if len(stated) > 18 or int(stated) > settings.max_bytes:
        raise Refusal(413, f"The file is too large: {settings.max_bytes / 1e6:g} MB are the most that is taken.")
    if int(stated) == 0:
        raise Refusal(422, "The file is empty.", "empty")
    return int(stated)


async def receive(stream: AsyncIterator[bytes], size: int, part: Path, settings: Settings) -> Received:
    """Write a body of `size` bytes to the file `part`, to the disk itself.

    Raises:
        Refusal: it is longer or shorter than stated (400), or too slow (408).
        ClientDisconnect: the client has left.
    """
    digest = hashlib.sha256()
    with open(part, "xb", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # as long as it comes, it is somebody's
        count = 0
        async for block in _in_blocks(_in_time(stream, settings)):
            count += len(block)
            if count > size:
                break
            await to_thread.run_sync(_take, block, file, digest)
        if count != size:
            more = "more" if count > size else "fewer"
            raise Refusal(400, f"The body has {more} bytes than Content-Length states.", "wrong_length")
        await to_thread.run_sync(os.fsync, file.fileno())
    return Received(size, digest.hexdigest())


def _take(block: bytes, file: BinaryIO, digest: "hashlib._Hash") -> None:
    view = memoryview(block)
    while view:  # an unbuffered file may take less than it is given
        view = view[file.write(view) :]
    digest.update(block)


async def _in_time(stream: AsyncIterator[bytes], settings: Settings) -> AsyncIterator[bytes]:
    """Pass on what comes, as long as it comes fast enough on the whole."""
    loop = asyncio.get_running_loop()
    began, count = loop.time(), 0
    last = began + settings.upload_seconds
    blocks = aiter(stream)
    while True:
        due = began + GRACE_SECONDS + (count + 1) / max(settings.least_bytes_per_second, 1e-9)
        try:
            async with asyncio.timeout_at(min(due, last)):
                block = await anext(blocks)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise Refusal(408, "The recording came too slowly.", connection="close") from error
        count += len(block)
        yield block


async def _in_blocks(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    held = bytearray()
    async for piece in stream:
        held += piece
        if len(held) >= _AT_ONCE:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


def clear_incoming(settings: Settings) -> None:
    """Make the folder of uploads, and remove what a killed server has left there; another may be at work in it."""
    settings.incoming.mkdir(parents=True, exist_ok=True)
    for path in settings.incoming.iterdir():
        with contextlib.suppress(OSError), path.open("rb") as file:  # locked, or gone by now
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
