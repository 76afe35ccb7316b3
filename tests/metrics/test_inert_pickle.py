import io
import os
import pickle
import sys
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ligeia.errors import FormatError
from ligeia.metrics.inert_pickle import PLAIN, Meaning, Name, read_pickle

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.lists(inner, max_size=4).map(tuple)  # protocol 2 has own operations for up to three
    ),
    max_leaves=20,
)


def read(data: bytes, meaning: Meaning = PLAIN) -> Any:
    return read_pickle(io.BytesIO(data), meaning)


class Shell:
    """Unpickling an instance runs a command."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (self.command,)


@given(plain)
def test_plain_data_comes_back(data: Any) -> None:
    assert read(pickle.dumps(data, protocol=2)) == data


def test_shared_things_stay_shared() -> None:
    inner = [1]
    ours, theirs = read(pickle.dumps([inner, inner], protocol=2))
    assert ours is theirs


def test_the_next_pickle_can_be_read_from_the_same_file() -> None:
    file = io.BytesIO(pickle.dumps("one", protocol=2) + pickle.dumps({"two": 2}, protocol=2) + b"rest")
    assert (read_pickle(file), read_pickle(file), file.read()) == ("one", {"two": 2}, b"rest")


def test_a_name_stays_a_name_and_a_call_means_what_the_caller_says() -> None:
    data = pickle.dumps(OrderedDict(a=1), protocol=2)
    names = frozenset({"collections OrderedDict"})
    found = []

    def call(*what: Any) -> dict[str, int]:
        found.append(what)
        return {}

    made = read(data, Meaning(names, call, persistent=str))
    assert made == {"a": 1}
    assert found == [(Name("collections OrderedDict"), ())]


def test_attributes_of_an_ordered_dict_are_dropped() -> None:
    ordered = OrderedDict(a=1)
    vars(ordered)["note"] = "set on the object"  # as torch does with _metadata
    names = frozenset({"collections OrderedDict"})
    assert read(pickle.dumps(ordered, protocol=2), Meaning(names, lambda *_: {}, str)) == {"a": 1}


def test_nothing_runs(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    data = pickle.dumps(Shell(f"touch {mark}"), protocol=2)
    with pytest.raises(FormatError, match="posix system"):
        read(data)
    assert not mark.exists()


def test_nothing_runs_where_the_name_is_allowed(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    data = pickle.dumps(Shell(f"touch {mark}"), protocol=2)
    names = frozenset({"posix system", "nt system"})
    assert read(data, Meaning(names, lambda name, given: (name.text, *given), str))[1] == f"touch {mark}"
    assert not mark.exists()


def test_nothing_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wicked_module.py").write_text("raise SystemExit\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(FormatError, match="wicked_module Thing"):
        read(b"\x80\x02cwicked_module\nThing\n.")
    assert "wicked_module" not in sys.modules


WRONG = {
    "empty": b"",
    "no operation": b"\xff.",
    "no stop": b"\x80\x02N",
    "nothing to give back": b"\x80\x02.",
    "unknown operation": pickle.dumps(b"bytes", protocol=4),
    "text that wants escapes resolved": b"S'\\q'\n.",
    "tuple without mark": b"\x80\x02t.",
    "recall of nothing": b"\x80\x02h\x05.",
    "store of nothing": b"\x80\x02q\x05.",
    "append to a number": b"\x80\x02K\x01K\x02a.",
    "item of a list": b"\x80\x02]K\x01K\x02s.",
    "odd items": b"\x80\x02}(K\x01u.",
    "build of a list": b"\x80\x02]}b.",
    "call of a number": b"\x80\x02K\x01)R.",
    "persistent id": b"\x80\x02K\x01Q.",
    "short text": b"\x80\x02X\xff\xff\xff\xff12.",
    "broken text": b"\x80\x02X\x01\x00\x00\x00\xff.",
    "broken number": b"Iseven\n.",
    "number of many digits": b"I" + b"9" * 10_000 + b"\n.",  # would take quadratic time
    "list as a key": b"\x80\x02}]K\x01s.",
    "float as a key": pickle.dumps({0.5: 1}, protocol=2),
    "deep tuple as a key": b"\x80\x02})" + b"\x85" * 100_000 + b"K\x01s.",  # its hash would overflow the C stack
    "endless operations": b"\x80\x02" + b"}" * 200_000 + b".",
}


@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError) as caught:
        read(data)
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)


def test_every_truncation_is_refused() -> None:
    data = pickle.dumps({"a": [1, 2.5, "text"], 3: (None, True, -(2**40))}, protocol=2)
    for length in range(len(data)):
        with pytest.raises(FormatError):
            read(data[:length])


@given(st.binary(max_size=200))
@example(b"(((ttt.")
def test_random_bytes_are_refused_or_read(noise: bytes) -> None:
    with suppress(FormatError):
        read(noise)


@given(plain, st.data())
def test_damaged_pickles_are_refused_or_read(data: Any, draw: st.DataObject) -> None:
    damaged = bytearray(pickle.dumps(data, protocol=2))
    where = draw.draw(st.integers(0, len(damaged) - 1))
    damaged[where] = draw.draw(st.integers(0, 255))
    with suppress(FormatError):
        read(bytes(damaged))
