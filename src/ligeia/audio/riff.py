"""What a WAV header promises, against what the file holds; libsndfile shortens the sound silently."""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from ligeia.errors import InputError

_ORDERS = {b"RIFF": "<", b"RF64": "<", b"RIFX": ">"}
_IN_DS64 = 0xFFFFFFFF


@dataclass(frozen=True)
class DataChunk:
    """Bytes `promised` by the header, `found` in the file, `block` in a frame; `open_ended` if streamed."""

    promised: int
    found: int
    block: int
    open_ended: bool


def check_riff(path: Path) -> None:
    """Check that a WAV file is not cut short; other files pass.

    Raises:
        InputError: the data chunk is longer than the rest of the file.
    """
    chunk = data_chunk(path)
    if chunk is None or chunk.open_ended or chunk.promised <= chunk.found:
        return
    promised, found = chunk.promised // chunk.block, chunk.found // chunk.block
    raise InputError(f"{path} is cut short: its header promises {promised} frames, it holds {found}")


def data_chunk(path: Path) -> DataChunk | None:
    """The data chunk of a WAV file, or None where `path` is no WAV file or has none."""
    with open(path, "rb") as file:
        head = file.read(12)
        order = _ORDERS.get(head[:4])
        if order is None or head[8:] != b"WAVE":
            return None
        chunk = _find_data(file, order)
        # An empty sound with further chunks behind it is no stream: its outer size is right.
        outer = struct.unpack(order + "I", head[4:8])[0] + 8
        is_stated = outer >= os.fstat(file.fileno()).st_size and outer < _IN_DS64
        return replace(chunk, open_ended=False) if chunk and chunk.promised == 0 and is_stated else chunk


def _find_data(file: BinaryIO, order: str) -> DataChunk | None:
    block, long_size = 1, None
    for name, size in _chunks(file, order):
        if name == b"fmt ":
            block = _block(file.read(16), order)
        elif name == b"ds64":
            long_size = _ds64_data_size(file.read(16))
        elif name == b"data":
            return _measured(file, size, block, long_size)
    return None


def _chunks(file: BinaryIO, order: str) -> Iterator[tuple[bytes, int]]:
    while len(header := file.read(8)) == 8:
        name, size = struct.unpack(order + "4sI", header)
        body = file.tell()
        yield name, size
        file.seek(body + size + size % 2)  # chunks begin at even positions


def _measured(file: BinaryIO, size: int, block: int, long_size: int | None) -> DataChunk:
    found = os.fstat(file.fileno()).st_size - file.tell()
    if size == _IN_DS64 and long_size is not None:
        return DataChunk(long_size, found, block, open_ended=long_size == 0)
    return DataChunk(size, found, block, open_ended=_is_placeholder(size))


def _is_placeholder(size: int) -> bool:
    # Programs that write to a pipe cannot come back to fill in the size. They leave 0, the greatest
    # number (ffmpeg; some subtract the header), or about 2 GiB (sox, arecord).
    return size == 0 or size >= 0xFFFFFF00 or 0x7FFFF000 <= size <= 0x80000000


def _block(fmt: bytes, order: str) -> int:
    if len(fmt) < 14:
        return 1
    return max(1, int(struct.unpack(order + "H", fmt[12:14])[0]))


def _ds64_data_size(ds64: bytes) -> int | None:
    return int(struct.unpack("<Q", ds64[8:16])[0]) if len(ds64) == 16 else None
