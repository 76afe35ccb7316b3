import io
import os
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ligeia.errors import FormatError
from ligeia.metrics import torch_legacy
from ligeia.metrics.inert_pickle import Name
from ligeia.metrics.torch_legacy import read_state_dict


def saved(content: Any) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=False)
    return file.getvalue()


def read(data: bytes, folder: Path, entry: str = "state") -> dict[str, NDArray[Any]]:
    path = folder / "weights.pth"
    path.write_bytes(data)
    return read_state_dict(path, entry)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all examples of a property."""
    return tmp_path_factory.mktemp("legacy")


def network() -> torch.nn.Module:
    return torch.nn.Sequential(torch.nn.Conv1d(1, 3, 5), torch.nn.BatchNorm1d(3), torch.nn.Linear(4, 2))


def test_a_network_comes_back(folder: Path) -> None:
    state = network().state_dict()
    optimiser = {"param_groups": [{"lr": 0.1, "betas": (0.9, 0.999), "params": [1, 2]}], "state": {7: torch.ones(2)}}
    arrays = read(saved({"epochs": 3, "optim": optimiser, "state": state}), folder)
    assert list(arrays) == list(state)
    for name, tensor in state.items():
        assert arrays[name].dtype == tensor.numpy().dtype
        np.testing.assert_array_equal(arrays[name], tensor.numpy(), strict=True)


@pytest.mark.parametrize(
    "kind",
    [torch.float16, torch.float32, torch.float64, torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64],
)
def test_kinds_of_elements(kind: torch.dtype, folder: Path) -> None:
    tensor = torch.tensor([[1, 2, 3], [4, 5, 100]], dtype=kind)
    np.testing.assert_array_equal(read(saved({"state": {"x": tensor}}), folder)["x"], tensor.numpy(), strict=True)


def test_views_of_one_storage(folder: Path) -> None:
    whole = torch.arange(24.0)
    state = {
        "transposed": whole.reshape(4, 6).T,
        "part": whole[5:17:3],
        "scalar": whole[7],
        "repeated": whole[3].expand(2, 5),
    }
    arrays = read(saved({"state": state}), folder)
    for name, tensor in state.items():
        np.testing.assert_array_equal(arrays[name], tensor.numpy(), strict=True)
    assert all(array.flags.owndata and array.flags.writeable for array in arrays.values())


def test_an_ordered_dict_of_python_2(folder: Path) -> None:
    # there its arguments are a list of [key, value], as in the weights of CDPAM
    assert torch_legacy._Content().call(Name("collections OrderedDict"), ([["a", 1]],)) == {"a": 1}


@pytest.mark.parametrize(
    "content",
    [
        {"state": {"x": 1}},
        {"state": [torch.ones(1)]},
        {"other": {}},
        [torch.ones(1)],
        {"state": {"x": torch.ones(0)}},
        {"state": {"x": torch.ones(2, dtype=torch.bfloat16)}},
        {"state": {"x": torch.nn.Parameter(torch.ones(1))}},
        {"state": {}, "path": Path("x")},
        {"state": {}, "network": torch.nn.Linear(1, 1)},
    ],
)
def test_other_content_is_refused(content: Any, folder: Path) -> None:
    with pytest.raises(FormatError):
        read(saved(content), folder)


class Shell:
    """Unpickling an instance runs a command."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (self.command,)


def test_nothing_runs(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with pytest.raises(FormatError, match="system"):
        read(saved({"state": {"x": torch.ones(1)}, "more": Shell(f"touch {mark}")}), tmp_path)
    assert not mark.exists()


def test_a_file_of_today_is_refused(folder: Path) -> None:
    path = folder / "new.pth"
    torch.save({"state": {}}, path)
    with pytest.raises(FormatError):
        read_state_dict(path, "state")


def test_a_missing_file_is_the_callers_affair(folder: Path) -> None:
    with pytest.raises(OSError, match="absent"):
        read_state_dict(folder / "absent.pth", "state")


# --- files made by hand -----------------------------------------------------------------------------


class Storage:
    """Pickled as a persistent id, as torch does."""

    def __init__(self, *identity: Any) -> None:
        self.identity = identity


class Writer(pickle.Pickler):
    def persistent_id(self, thing: Any) -> Any:
        return thing.identity if isinstance(thing, Storage) else None


class Call:
    """Pickled as a call of a function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call


START = (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})


def by_hand(
    tensor: Call | None = None, *, keys: Any = ("k",), count: int = 6, start: Any = START, elements: int = 6
) -> bytes:
    """A legacy file with a tensor, its list of keys, and one storage that says it holds `count` elements."""
    file = io.BytesIO()
    for part in (*start, {"state": OrderedDict(x=tensor or made())}, list(keys)):
        Writer(file, protocol=2).dump(part)
    return file.getvalue() + count.to_bytes(8, "little") + np.arange(elements, dtype="<f4").tobytes()


def made(
    shape: Any = (2, 3),
    strides: Any = (3, 1),
    offset: int = 0,
    length: int = 6,
    word: str = "storage",
    kind: Any = torch.FloatStorage,
    more: tuple[Any, ...] = (None,),
) -> Call:
    storage = Storage(word, kind, "k", "cpu", length, *more)
    return Call(torch._utils._rebuild_tensor_v2, storage, offset, shape, strides, False, OrderedDict())


def test_by_hand(folder: Path) -> None:
    np.testing.assert_array_equal(read(by_hand(), folder)["x"], np.arange(6.0).reshape(2, 3))


WRONG = {
    "magic number": by_hand(start=(5, *START[1:])),
    "version": by_hand(start=(START[0], 1002, START[2])),
    "big-endian": by_hand(start=(*START[:2], {"little_endian": False})),
    "system is no dict": by_hand(start=(*START[:2], 3)),
    "no keys": by_hand(keys=()),
    "unknown key": by_hand(keys=("k", "l")),
    "key twice": by_hand(keys=("k", "k")),
    "keys are numbers": by_hand(keys=(1,)),
    "fewer elements than announced": by_hand(count=5),
    "huge count": by_hand(count=2**63),
    "huge storage": by_hand(made(length=2**62), count=2**62),
    "storage of absurd length": by_hand(made(length=2**200)),
    "negative storage": by_hand(made(length=-1)),
    "truncated storage": by_hand(elements=5),
    "beyond the storage": by_hand(made(offset=1)),
    "huge offset": by_hand(made(offset=2**64)),
    "negative offset": by_hand(made(offset=-1)),
    "negative stride": by_hand(made(strides=(-3, 1), offset=3)),
    "negative size": by_hand(made(shape=(-2, 3))),
    "more elements than stored": by_hand(made(shape=(2**40, 3), strides=(0, 1))),
    "as many strides as dimensions": by_hand(made(strides=(1,))),
    "too many dimensions": by_hand(made(shape=(1,) * 100, strides=(1,) * 100)),
    "size is no number": by_hand(made(shape=("2", 3))),
    "shape is no tuple": by_hand(made(shape=6, strides=1)),
    "no storage": by_hand(Call(torch._utils._rebuild_tensor_v2, 1, 0, (1,), (1,), False, None)),
    "too few arguments": by_hand(Call(torch._utils._rebuild_tensor_v2, 1)),
    "another persistent id": by_hand(made(word="module")),
    "kind of storage is a text": by_hand(made(kind="float")),
    "kind of storage is a function": by_hand(made(kind=torch._utils._rebuild_tensor_v2)),
    "view of a storage": by_hand(made(more=(("v", 0, 1),))),
    "ordered dict of numbers": by_hand(Call(OrderedDict, 5)),
    "ordered dict with a list as key": by_hand(Call(OrderedDict, [[[], 1]])),
}


@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_refused(data: bytes, folder: Path) -> None:
    with pytest.raises(FormatError):
        read(data, folder)


def test_two_accounts_of_one_storage_are_refused(folder: Path) -> None:
    content = {"state": OrderedDict(x=made(), y=made(length=7))}
    file = io.BytesIO()
    for part in (*START, content, ["k"]):
        Writer(file, protocol=2).dump(part)
    with pytest.raises(FormatError, match="two accounts"):
        read(file.getvalue(), folder)


GOOD = by_hand()


@given(length=st.integers(0, len(GOOD) - 1))
def test_every_truncation_is_refused(length: int, folder: Path) -> None:
    with pytest.raises(FormatError):
        read(GOOD[:length], folder)


@given(where=st.integers(0, len(GOOD) - 25), byte=st.integers(0, 255))
def test_damage_is_refused_or_harmless(where: int, byte: int, folder: Path) -> None:
    try:
        arrays = read(GOOD[:where] + bytes([byte]) + GOOD[where + 1 :], folder)
    except FormatError:
        return
    assert sum(array.size for array in arrays.values()) <= 6
