"""Reading the plain data in a pickle without unpickling: nothing is ever imported, called or executed.

Only the few operations that occur in files of `torch.save` are known. A name of a class or function stays a name;
what it would make of its arguments is decided by the caller, from plain data to plain data.
"""

import pickletools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from ligeia.errors import FormatError

_MOST_OPERATIONS = 2**17  # a network of a thousand tensors has about 40 000
_ARGUMENT = frozenset(["INT", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "SHORT_BINSTRING", "BINUNICODE"])
_CONSTANT: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
}
_MEMORY = frozenset(["BINPUT", "LONG_BINPUT", "BINGET", "LONG_BINGET"])
_TUPLE = frozenset(["TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"])
_FILL = frozenset(["APPEND", "APPENDS", "SETITEM", "SETITEMS", "BUILD"])
_NAMED = frozenset(["GLOBAL", "BINPERSID", "REDUCE"])
_KNOWN = _ARGUMENT | _CONSTANT.keys() | _MEMORY | _TUPLE | _FILL | _NAMED | {"PROTO", "MARK", "STOP"}
_BY_CODE = {one.code.encode("latin-1"): one for one in pickletools.opcodes if one.name in _KNOWN}


@dataclass(frozen=True)
class Name:
    """The name of a class or function, "module name"; never looked up."""

    text: str


@dataclass(frozen=True)
class Meaning:
    """What the caller makes of names and persistent ids, all of it plain data."""

    names: frozenset[str]
    """The only names that may occur."""
    call: Callable[[Name, tuple[Any, ...]], Any]
    """The stand-in for a call of a name with arguments."""
    persistent: Callable[[Any], Any]
    """The stand-in for a persistent id."""


def _refused(*_: Any) -> Any:
    raise FormatError("a pickle of plain data holds a call or a persistent id")


PLAIN = Meaning(frozenset(), _refused, _refused)
"""No names at all: numbers, texts, lists, tuples and dicts."""


def read_pickle(file: IO[bytes], meaning: Meaning = PLAIN) -> Any:
    """The plain data of the next pickle in `file`, which is then placed behind it.

    `file` must be in memory (`io.BytesIO`), so that a false length cannot claim more than there is.

    Raises:
        FormatError: the pickle is damaged or truncated, or holds an operation or a name that is not expected.
    """
    machine = _Machine(meaning)
    try:
        for name, argument in _operations(file):
            machine.step(name, argument)
        return machine.stack.pop()
    except (LookupError, ValueError, TypeError) as error:
        raise FormatError(f"damaged pickle: {error}") from error


def _operations(file: IO[bytes]) -> Iterator[tuple[str, Any]]:
    """Name and argument of each operation up to the end of the pickle; the known ones only."""
    for _ in range(_MOST_OPERATIONS):
        code = file.read(1)
        if code not in _BY_CODE:
            raise FormatError(f"unexpected operation in a pickle: {code!r}")
        known = _BY_CODE[code]
        yield known.name, known.arg.reader(file) if known.arg else None
        if known.name == "STOP":
            return
    raise FormatError(f"a pickle of more than {_MOST_OPERATIONS} operations")


class _Machine:
    """A stack, the stacks set aside by marks, and what is remembered by number."""

    def __init__(self, meaning: Meaning) -> None:
        self.meaning = meaning
        self.stack: list[Any] = []
        self.aside: list[list[Any]] = []
        self.memory: dict[int, Any] = {}

    def step(self, name: str, argument: Any) -> None:
        if name in _ARGUMENT:
            self.stack.append(argument)
        elif name in _CONSTANT:
            self.stack.append(_CONSTANT[name]())
        elif name in _MEMORY:
            self._remember_or_recall(name, argument)
        elif name in _TUPLE:
            items = self._popped(int(name[5:])) if name[5:] else self._since_mark()
            self.stack.append(tuple(items))
        elif name in _FILL:
            self._fill(name)
        elif name in _NAMED:
            self._named(name, argument)
        elif name == "MARK":
            self.aside.append(self.stack)
            self.stack = []

    def _since_mark(self) -> list[Any]:
        items, self.stack = self.stack, self.aside.pop()
        return items

    def _popped(self, count: int) -> list[Any]:
        items = [self.stack.pop() for _ in range(count)]
        return items[::-1]

    def _remember_or_recall(self, name: str, number: int) -> None:
        if name.endswith("PUT"):
            self.memory[number] = self.stack[-1]
        else:
            self.stack.append(self.memory[number])

    def _fill(self, name: str) -> None:
        single = {"APPEND": 1, "SETITEM": 2, "BUILD": 1}
        items = self._popped(single[name]) if name in single else self._since_mark()
        target = self.stack[-1]
        if name.startswith("APPEND") and type(target) is list:
            target += items
        elif name.startswith("SETITEM") and type(target) is dict:
            target.update(keyed(zip(items[::2], items[1::2], strict=True)))
        elif not (name == "BUILD" and type(target) is dict):  # attributes of an ordered dict are not data: dropped
            raise FormatError(f"{name} of a {type(target).__name__} in a pickle")

    def _named(self, name: str, argument: Any) -> None:
        if name == "GLOBAL":
            if argument not in self.meaning.names:
                raise FormatError(f"unexpected name in a pickle: {argument[:80]!r}")
            self.stack.append(Name(argument))
        elif name == "BINPERSID":
            self.stack.append(self.meaning.persistent(self.stack.pop()))
        else:
            function, arguments = self._popped(2)
            if type(function) is not Name or type(arguments) is not tuple:
                raise FormatError("a pickle calls what has no name")
            self.stack.append(self.meaning.call(function, arguments))


def keyed(pairs: Any) -> dict[str | int, Any]:
    """A dict of key-value pairs whose keys are texts or whole numbers.

    Raises:
        FormatError: another kind of key, which could be made to cost without bound.
    """
    made = {}
    for key, value in pairs:
        if type(key) not in (str, int):
            raise FormatError(f"a key of type {type(key).__name__} in a pickle")
        made[key] = value
    return made
