"""Types of arguments: what annotations allow, and the sentence where something else is given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar, Literal, TypedDict, Unpack

import numpy as np
import pytest

from ligeia.arguments import check_fields, check_type, checks_types, described, in_words
from ligeia.errors import SettingsError


@pytest.mark.parametrize(
    ("hint", "right", "wrong"),
    [
        (int, [0, -3, np.int16(4)], [True, 1.0, "1", None]),
        (float, [0, 0.5, np.float32(1), np.int64(2), Fraction(1, 2)], [False, "0.5", None, 1j]),
        (bool, [True, False], [1, "yes", None]),
        (str, ["", "x"], [b"x", 1, None]),
        (float | None, [None, 2], ["2", []]),
        (Path | None, [None, "x", Path("x")], [1, b"x"]),
        (Literal["a", "b"], ["a", "c"], [1, None]),
        (tuple[float, ...], [(1, 2.0), [], [1]], [3, "12", ("1",)]),
        (tuple[int, str], [(1, "a")], [(1.5, "a"), 1]),
        (Mapping[str, str], [{}, {"a": "b"}], [[], None]),
        (Callable[[int], int], [int, len], [1, "f"]),
        (Callable[[int], int] | None, [None, len], ["f"]),
        (Any, [1, None, "x"], []),
    ],
)
def test_what_annotations_allow(hint, right, wrong):
    for value in right:
        check_type("it", value, hint)
    for value in wrong:
        with pytest.raises(TypeError, match=r"^it must be .*, got "):
            check_type("it", value, hint)


def test_words():
    assert in_words(int | None) == "a whole number or None"
    assert in_words(Literal["a", 2]) == "one of 'a', 2"
    assert in_words(str | Path) == "a string or a path"
    assert in_words(bytes | bytearray | Path) == "bytes or a path"
    assert in_words(bytes | Settings) == "bytes, such as Path(...).read_bytes() returns, or of type Settings"
    assert described("x" * 1000) == f"the string '{'x' * 40}'"
    assert described(np.zeros(3)) == "a value of type ndarray"


class Options(TypedDict, total=False):
    rate: int


@checks_types
def function(name: str, *, unknown: "OnlyForCheckers" = 0, **options: Unpack[Options]) -> str:  # noqa: F821
    """What it does."""
    return f"{name} {unknown} {options}"


def test_functions_are_checked_at_each_call():
    assert function("a", unknown=object, rate=3).endswith("{'rate': 3}")
    assert (function.__name__, function.__doc__) == ("function", "What it does.")
    for arguments, options, name in [((3,), {}, "name"), (("a",), {"rate": "3"}, "rate")]:
        with pytest.raises(TypeError, match=f"^{name} must be"):
            function(*arguments, **options)
    with pytest.raises(TypeError, match="missing a required argument: 'name'"):
        function()


def test_unknown_arguments_come_with_the_nearest_name():
    with pytest.raises(TypeError, match=r"^function has no argument 'rat'; did you mean rate\?$"):
        function("a", rat=3)
    with pytest.raises(TypeError, match=r"^function has no argument 'zzz'; there are: name, unknown, rate$"):
        function("a", zzz=3)


@dataclass
class Settings:
    kind: ClassVar[int] = 3
    width: int = 3
    rates: tuple[float, ...] = (1,)


def test_fields_are_checked_and_class_variables_are_not():
    check_fields(Settings())
    with pytest.raises(TypeError, match=r"^width must be a whole number, got the string '3'$"):
        check_fields(Settings(width="3"))
    with pytest.raises(TypeError, match=r"^rates must be a sequence of numbers, got the number 3$"):
        check_fields(Settings(rates=3))


def test_whole_numbers_beyond_all_floats_are_refused():
    for name, hint in (("rate", int), ("kbps", float | None)):
        with pytest.raises(SettingsError, match=f"^{name} is not valid: a whole number of 1329 bits$"):
            check_type(name, 10**400, hint)
        check_type(name, 10**300, hint)
