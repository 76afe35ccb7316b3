import json
from math import inf, nan

import pytest

from ligeia.cli.output import decibels, plain, show, show_notes


def test_json_has_null_for_what_it_cannot_say(capsys: pytest.CaptureFixture[str]) -> None:
    show({"a": nan, "b": [inf, 1.5], "c": {"d": (1, -inf)}}, as_json=True, lines=[])
    assert json.loads(capsys.readouterr().out) == {"a": None, "b": [None, 1.5], "c": {"d": [1, None]}}


def test_tables_are_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    show({}, as_json=False, lines=[("a", "1"), ("long", "2")])
    assert capsys.readouterr().out == "a     1\nlong  2\n"


def test_notes_go_to_stderr_and_not_beside_json(capsys: pytest.CaptureFixture[str]) -> None:
    show_notes(["one", "two"], as_json=False)
    assert tuple(capsys.readouterr()) == ("", "note: one\nnote: two\n")
    show_notes(["one"], as_json=True)
    assert tuple(capsys.readouterr()) == ("", "")


def test_plain_leaves_the_rest_alone() -> None:
    assert plain({"x": [1, "two", None, True]}) == {"x": [1, "two", None, True]}


def test_silence_has_no_ratio() -> None:
    assert decibels(nan) == "undefined (silence)"
    assert decibels(12.25) == "12.25 dB"
