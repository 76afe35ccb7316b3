"""Files of weights: safetensors, whose header is read without trusting it before an array is allocated."""

import json
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ligeia.errors import InputError

MAX_BYTES = 2**32
"""Size of a model's file at most; the largest model of the paper has 0.5 GB."""
MAX_HEADER = 2**26
"""Size of a header at most."""


NUMBER_BYTES = {"F32": 4, "F16": 2, "I8": 1}
"""Types of the numbers that `arrays_of` reads, and their bytes."""
MAX_AXES = 8


def read_weights(path: Path) -> tuple[bytes, dict[str, str]]:
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
    return stream, strings_of(stream, path)


def read_header(path: Path) -> dict[str, str]:
    """Return the strings in the header of a model's file; the rest of the file is not read.

    Raises:
        InputError: the file cannot be read, or has no such header.
    """
    try:
        if path.is_fifo():  # it would wait for a writer
            raise InputError(f"{path} cannot be read: it is a pipe")
        with path.open("rb") as file:
            length = file.read(8)
            header = file.read(min(int.from_bytes(length, "little"), MAX_HEADER))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    return strings_of(length + header, path)


def from_json(text: str) -> object:
    """Return the value of a JSON text; one that is nested too deeply is not valid either.

    Raises:
        ValueError: the text is not JSON.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def shapes_of(stream: bytes, place: str) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the arrays of a file by name, from its header alone.

    Raises:
        InputError: the header is not valid, an array has numbers of another type, or more than the file has bytes.
    """
    header = _header(stream, place)
    entries = header.items() if isinstance(header, dict) else ()
    return {name: _shape(name, entry, len(stream), place) for name, entry in entries if name != "__metadata__"}


def _shape(name: str, entry: object, size: int, place: str) -> tuple[int, ...]:
    if not isinstance(entry, dict) or not isinstance(shape := entry.get("shape"), list):
        raise InputError(f"{place} is not a valid safetensors file, or is damaged ({name!r} has no shape)")
    if entry.get("dtype") not in NUMBER_BYTES:
        raise InputError(f"{place}: the numbers of {name!r} must be of {', '.join(NUMBER_BYTES)}")
    if len(shape) > MAX_AXES or not all(type(side) is int and 0 <= side <= size for side in shape):
        raise InputError(f"{place}: {name!r} has the impossible shape {shape[:MAX_AXES]}")
    if prod(shape) * NUMBER_BYTES[entry["dtype"]] > size:
        raise InputError(f"{place}: {name!r} is larger than the file: it is cut short, or damaged")
    return tuple(shape)


def arrays_of(stream: bytes, place: str) -> dict[str, NDArray[np.float32]]:
    """Return the arrays of a file as float32; all of them are finite.

    Raises:
        InputError: the file is damaged, or an array holds NaN or infinity.
    """
    from safetensors.numpy import load

    shapes_of(stream, place)
    try:
        arrays = load(stream)
    except Exception as error:  # safetensors raises its own type, which it does not export in every version
        raise InputError(f"{place} is not a valid safetensors file, or is damaged ({error})") from error
    for name, value in arrays.items():
        if not np.isfinite(value).all():
            raise InputError(f"{place}: {name!r} holds NaN or infinity")
    return {name: np.ascontiguousarray(value, np.float32) for name, value in arrays.items()}


def _header(stream: bytes, place: Path | str) -> object:
    length = int.from_bytes(stream[:8], "little")
    if length > MAX_HEADER:
        problem = f"its header claims {length:,} bytes, and {MAX_HEADER:,} is the most"
        raise InputError(f"{place} is not a valid safetensors file, or is damaged ({problem})")
    try:
        return from_json(stream[8 : 8 + length].decode())
    except ValueError as error:
        raise InputError(f"{place} is not a valid safetensors file, or is damaged (its header is not JSON)") from error


def strings_of(stream: bytes, place: Path | str) -> dict[str, str]:
    """Return the strings in the header of a file.

    Raises:
        InputError: it has no valid header.
    """
    header = _header(stream, place)
    strings = header.get("__metadata__", {}) if isinstance(header, dict) else None
    if not isinstance(strings, dict) or not all(isinstance(value, str) for value in strings.values()):
        raise InputError(f"{place} is not a valid safetensors file, or is damaged (its metadata are not strings)")
    return strings
