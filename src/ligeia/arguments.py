"""Types of what callers give: a `TypeError` with one sentence where an argument or a setting is of another type.

The annotations say what is right. Whole numbers are numbers too, but True and False are not; numpy's scalars count as
Python's, and lists as tuples. What cannot be told from an annotation alone, such as an array, passes.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import fields
from difflib import get_close_matches
from functools import cache, wraps
from inspect import get_annotations, signature
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    IO,
    Any,
    BinaryIO,
    Literal,
    ParamSpec,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

import numpy as np

from ligeia.errors import SettingsError

P = ParamSpec("P")
R = TypeVar("R")

_WORDS: dict[Any, str] = {
    NoneType: "None",
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    str: "a string",
    Path: "a path",
    PathLike: "a path",
    Mapping: "a mapping",
    dict: "a mapping",
    tuple: "a sequence",
    Callable: "a function",
    BinaryIO: "a binary file object",
    np.ndarray: "an array",
    bytes: "bytes",
    bytearray: "bytes",
    memoryview: "bytes",
}
_LARGEST = 2**1023
_CUT = 40
"""Characters of a value that a message shows, at most."""


def checks_types(function: Callable[P, R]) -> Callable[P, R]:
    """Check the arguments of each call of `function` against its annotations.

    Raises:
        TypeError: (at a call) an argument is of another type.

    Example:
        >>> @checks_types
        ... def twice(number: float) -> float:
        ...     return 2 * number
        >>> twice("3")
        Traceback (most recent call last):
        TypeError: number must be a number, got the string '3'
    """
    parameters = signature(function)
    keywords = next((name for name, one in parameters.parameters.items() if one.kind is one.VAR_KEYWORD), None)

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        hints = _hints(function)
        _check_names(function, kwargs, keywords, hints)
        given = parameters.bind(*args, **kwargs).arguments
        for name, value in (given | given.pop(keywords or "", {})).items():
            if name in hints:
                check_type(name, value, hints[name])
        return function(*args, **kwargs)

    return checked


def _check_names(function: Any, given: Mapping[str, Any], keywords: str | None, hints: Mapping[str, Any]) -> None:
    """Refuse unknown keywords, with the nearest name; those of an untyped `**keywords` are for others to judge."""
    if keywords is not None and keywords in hints:
        return
    known = [name for name in dict.fromkeys([*signature(function).parameters, *hints]) if name != keywords]
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
            raise TypeError(f"{function.__name__} has no argument {name!r}; {hint}")


def check_fields(settings: Any) -> None:
    """Check the fields of a dataclass against their annotations.

    Raises:
        TypeError: one is of another type.
    """
    kind: Any = type(settings)
    hints = _hints(kind)
    for field in fields(settings):
        if field.name in hints:
            check_type(field.name, getattr(settings, field.name), hints[field.name])


def check_type(name: str, value: object, hint: Any) -> None:
    """Raise `TypeError` where `value` is not of the type that the annotation `hint` means.

    Raises:
        SettingsError: it is a whole number beyond all floats, with which nothing can be computed.
    """
    if not _fits(value, hint):
        raise TypeError(f"{name} must be {in_words(hint)}, got {described(value)}")
    if isinstance(value, Integral) and not -_LARGEST < int(value) < _LARGEST:
        raise SettingsError(f"{name} is not valid: a whole number of {int(value).bit_length()} bits")


def described(value: object) -> str:
    """Return a value, or its type where that says more, for a message.

    Example:
        >>> described("16"), described(None), described([1, 2])
        ("the string '16'", 'None', 'a value of type list')
    """
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, str):
        return f"the string {value[:_CUT]!r}"
    if isinstance(value, int | float):
        return f"the number {value!r}"[:_CUT]
    return f"a value of type {type(value).__name__}"


def in_words(hint: Any) -> str:
    """Return the types that an annotation allows, in words.

    Example:
        >>> in_words(float | None), in_words(tuple[float, ...])
        ('a number or None', 'a sequence of numbers')
    """
    if get_origin(hint) is Literal:
        return f"one of {', '.join(repr(choice) for choice in get_args(hint))}"
    if get_origin(hint) is tuple and float in get_args(hint):
        return "a sequence of numbers"
    choices = _choices(hint)
    if len(choices) == 1:
        return _word(hint)
    words = [in_words(choice) for choice in choices]
    if "bytes" in words and "a path" not in words:
        words[words.index("bytes")] += ", such as Path(...).read_bytes() returns,"
    return " or ".join(dict.fromkeys(words))


def _word(hint: Any) -> str:
    kind = get_origin(hint) or hint
    return _WORDS.get(kind) or f"of type {getattr(kind, '__name__', kind)}"


def _choices(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _fits(value: object, hint: Any) -> bool:
    return any(_fits_one(value, choice) for choice in _choices(hint))


def _fits_one(value: object, hint: Any) -> bool:
    kind, members = get_origin(hint) or hint, get_args(hint)
    if kind is Literal:
        return isinstance(value, tuple({type(member) for member in members}))  # which words there are, others say
    if kind in (int, float):
        return isinstance(value, Integral if kind is int else Real) and not isinstance(value, bool)
    if kind is Path:
        return isinstance(value, str | PathLike)
    if kind is tuple:
        known = members[:1] if members[1:] == (...,) else members
        return isinstance(value, tuple | list) and all(any(_fits(one, member) for member in known) for one in value)
    if kind is Callable or kind is Callable[..., Any] or getattr(kind, "__name__", "") == "Callable":
        return callable(value)
    if kind is bytes:
        return isinstance(value, bytes | bytearray | memoryview)
    if isinstance(kind, type) and issubclass(kind, IO):
        return hasattr(value, "read") or hasattr(value, "write")
    if kind is Any or not isinstance(kind, type) or getattr(kind, "_is_protocol", False):
        return True
    return isinstance(value, kind)


@cache
def _hints(owner: Any) -> dict[str, Any]:
    """Return the annotations of a function or class that mean something here; those of `**keywords` by name."""
    namespace = vars(sys.modules[owner.__module__])
    found: dict[str, Any] = {}
    classes = reversed(owner.__mro__) if isinstance(owner, type) else [owner]
    for one in classes:
        home = vars(sys.modules.get(one.__module__, sys)) | namespace
        for name, hint in get_annotations(one).items():
            resolved = _resolved(name, hint, home)
            if is_typeddict(get_args(resolved)[0] if get_args(resolved) else None):
                found |= get_type_hints(get_args(resolved)[0])
            elif resolved is not None:
                found[name] = resolved
    found.pop("return", None)
    return found


def _resolved(name: str, hint: Any, namespace: dict[str, Any]) -> Any:
    """Return an annotation as a type; None where it names what is imported for type checkers alone."""
    try:
        return get_type_hints(type("Owner", (), {"__annotations__": {name: hint}}), namespace)[name]
    except NameError:
        return None
