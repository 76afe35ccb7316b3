"""The header of a model's file: safetensors, whose metadata are strings, read without trusting them."""

import json
from pathlib import Path

from ligeia.errors import InputError

MAX_BYTES = 2**32
"""Size of a model's file at most; the largest model of the paper has 0.5 GB."""
MAX_HEADER = 2**26
"""Size of a header at most."""


def read_model(path: Path) -> tuple[bytes, dict[str, str]]:
    """Return the bytes of a model's file, and the strings in its header.

    Raises:
        InputError: the file cannot be read, is too large, or has no such header.
    """
    try:
        if (size := path.stat().st_size) > MAX_BYTES:
            raise InputError(f"{path} is not a model: it has {size:,} bytes, and {MAX_BYTES:,} is the most")
        stream = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    return stream, _strings(stream, path)


def read_header(path: Path) -> dict[str, str]:
    """Return the strings in the header of a model's file; the rest of the file is not read.

    Raises:
        InputError: the file cannot be read, or has no such header.
    """
    try:
        with path.open("rb") as file:
            length = file.read(8)
            header = file.read(min(int.from_bytes(length, "little"), MAX_HEADER))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    return _strings(length + header, path)


def from_json(text: str) -> object:
    """Return the value of a JSON text; one that is nested too deeply is not valid either.

    Raises:
        ValueError: the text is not JSON.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _strings(stream: bytes, path: Path) -> dict[str, str]:
    length = int.from_bytes(stream[:8], "little")
    try:
        header = from_json(stream[8 : 8 + min(length, MAX_HEADER)].decode())
    except ValueError as error:
        raise InputError(f"{path} is not a valid safetensors file, or is damaged (its header is not JSON)") from error
    strings = header.get("__metadata__", {}) if isinstance(header, dict) else None
    if not isinstance(strings, dict) or not all(isinstance(value, str) for value in strings.values()):
        raise InputError(f"{path} is not a valid safetensors file, or is damaged (its metadata are not strings)")
    return strings
