"""Tensors from files of `torch.save` before torch 1.6, read as plain data: nothing in the file is executed.

Layout: five pickles (magic number, version, byte order, content, keys of the storages), then for each key the number
of elements (int64) and the elements, all little-endian. A tensor in the content is a view of a storage.
"""

import io
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.errors import FormatError
from ligeia.metrics.inert_pickle import Meaning, Name, keyed, read_pickle

_MAGIC, _VERSION = 0x1950A86A20F9469CFC6C, 1001
_ORDERED_DICT, _REBUILD = "collections OrderedDict", "torch._utils _rebuild_tensor_v2"
_ELEMENTS = {
    "torch FloatStorage": "<f4",
    "torch DoubleStorage": "<f8",
    "torch HalfStorage": "<f2",
    "torch LongStorage": "<i8",
    "torch IntStorage": "<i4",
    "torch ShortStorage": "<i2",
    "torch CharStorage": "<i1",
    "torch ByteStorage": "<u1",
}
_MOST_DIMENSIONS = 32


@dataclass(frozen=True)
class _Storage:
    """A run of elements that lies further on in the file."""

    key: str
    elements: np.dtype[Any]
    length: int


@dataclass(frozen=True)
class _Tensor:
    """A view of a storage; offset and strides in elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


@dataclass(frozen=True)
class _Content:
    """What the pickle of the content says, collected while it is read."""

    storages: dict[str, _Storage] = field(default_factory=dict)

    def call(self, function: Name, arguments: tuple[Any, ...]) -> Any:
        if function.text == _ORDERED_DICT:
            return keyed(*arguments or [()])
        if function.text == _REBUILD:
            return _tensor(*arguments[:4])
        raise FormatError(f"unexpected call in a file of tensors: {function.text}")

    def storage(self, persistent: Any) -> _Storage:
        word, kind, key, _, length, *view = persistent
        if word != "storage" or type(kind) is not Name or type(key) is not str or view not in ([], [None]):
            raise FormatError("unexpected persistent id in a file of tensors")
        storage = _Storage(key, np.dtype(_ELEMENTS[kind.text]), _count(length))
        if self.storages.setdefault(key, storage) != storage:
            raise FormatError("two accounts of one storage in a file of tensors")
        return storage


def read_state_dict(path: Path, entry: str) -> dict[str, NDArray[Any]]:
    """The arrays by name in one entry of the content of a legacy file of `torch.save`, such as the state of a network.

    Takes memory for the file and for these arrays. Nothing in the file is imported, called or executed.

    Raises:
        FormatError: the file is damaged, of another kind, or holds anything but plain data and tensors.
        OSError: it cannot be read.
    """
    data = path.read_bytes()
    file = io.BytesIO(data)
    _check_start(file)
    content = _Content()
    meaning = Meaning(frozenset({_ORDERED_DICT, _REBUILD, *_ELEMENTS}), content.call, content.storage)
    root = read_pickle(file, meaning)
    values = _values(data, file, content.storages)
    state = root.get(entry) if isinstance(root, dict) else None
    if not isinstance(state, dict) or not all(type(tensor) is _Tensor for tensor in state.values()):
        raise FormatError(f'the file of tensors has no entry "{entry}" with nothing but tensors')
    return {str(name): _array(tensor, values) for name, tensor in state.items()}


def _check_start(file: io.BytesIO) -> None:
    magic, version, system = (read_pickle(file) for _ in range(3))
    if (type(magic), magic, type(version), version) != (int, _MAGIC, int, _VERSION):
        raise FormatError("not a file that torch.save wrote before torch 1.6")
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise FormatError("the file of tensors was not written on a little-endian machine")


def _count(number: Any) -> int:
    if type(number) is not int or number < 0:
        raise FormatError("a size in a file of tensors is no whole number")
    return number


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any) -> _Tensor:
    """A tensor that lies inside its storage and has no more elements than it.

    Raises:
        FormatError: it does not, or is no tensor at all.
    """
    if type(storage) is not _Storage or type(shape) is not tuple or type(strides) is not tuple:
        raise FormatError("a tensor without storage or shape")
    sizes, steps = tuple(map(_count, shape)), tuple(map(_count, strides))
    if len(sizes) != len(steps) or len(sizes) > _MOST_DIMENSIONS or not all(sizes):
        raise FormatError(f"a tensor of {len(sizes)} dimensions and {len(steps)} strides, or without elements")
    last = _count(offset) + sum((size - 1) * step for size, step in zip(sizes, steps, strict=True))
    if last >= storage.length or prod(sizes) > storage.length:
        raise FormatError("a tensor reaches beyond its storage")
    return _Tensor(storage, offset, sizes, steps)


def _values(data: bytes, file: io.BytesIO, storages: dict[str, _Storage]) -> dict[str, NDArray[Any]]:
    """The elements of every storage, as views of `data`; `file` stands at the list of keys.

    Raises:
        FormatError: a storage is missing, unknown, of another length than announced, or longer than the file.
    """
    keys = read_pickle(file)
    if type(keys) is not list or not all(type(key) is str for key in keys) or sorted(keys) != sorted(storages):
        raise FormatError("the storages of a file of tensors do not match its content")
    values = {}
    for key in keys:
        length, elements = int.from_bytes(file.read(8), "little"), storages[key].elements
        end = file.tell() + length * elements.itemsize
        if length != storages[key].length or end > len(data):
            raise FormatError("a storage is truncated, or not as long as announced")
        values[key] = np.frombuffer(data, elements, length, file.tell())
        file.seek(end)
    return values


def _array(tensor: _Tensor, values: dict[str, NDArray[Any]]) -> NDArray[Any]:
    """A tensor as an array of its own, in the machine's byte order."""
    elements = values[tensor.storage.key][tensor.offset :]
    steps = tuple(step * elements.itemsize for step in tensor.strides)
    view = np.lib.stride_tricks.as_strided(elements, tensor.shape, steps, writeable=False)
    return np.array(view, dtype=view.dtype.newbyteorder("="), order="C")
