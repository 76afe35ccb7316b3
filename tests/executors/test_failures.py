"""Failures in words."""

import pytest

from ligeia.errors import InputError
from ligeia.executors.failures import how_it_ended, one_line


def test_endings_in_words():
    assert how_it_ended(3) == "exit status 3"
    assert how_it_ended(-9) == "signal 9 (SIGKILL)"
    assert how_it_ended(-200) == "signal 200"


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InputError("a\n  b"), "a b"),
        (ValueError("a\nb"), "ValueError: a b"),
        (MemoryError(), "MemoryError"),
        (ValueError("x" * 1000), "ValueError: " + "x" * 285 + "..."),
    ],
)
def test_errors_are_one_line(error, line):
    assert one_line(error) == line
