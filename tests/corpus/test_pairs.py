"""Pairs of two folders."""

from ligeia.corpus.pairs import paired
from ligeia.corpus.places import Found


def found(*names: str) -> list[Found]:
    return [Found(name, 1, "1") for name in names]


def test_names_are_compared_without_endings_and_by_their_letters() -> None:
    entries = list(paired(found("b/é.wav", "a.flac", "x.wav"), found("x.lig", "b/e\u0301.lig", "a.wav", "a.lig")))
    assert [(entry["source"], entry["estimate"]) for entry in entries] == [
        ("a.flac", "a.wav"), ("b/é.wav", "b/e\u0301.lig"), ("x.wav", "x.lig"),
    ]  # fmt: skip
    assert "several files of one folder" in entries[0]["error"]
    assert "error" not in entries[1]
    assert entries[2]["bytes"] == 2


def test_the_error_of_a_listing_is_that_of_the_pair() -> None:
    (entry,) = paired(found("a.wav"), [Found("a.lig", 0, "", "a.lig is not a regular file")])
    assert entry["error"] == "a.lig is not a regular file"
