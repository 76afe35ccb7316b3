"""Records in order, however many."""

import json
import random

import pytest

from ligeia.corpus import ordering
from ligeia.corpus.ordering import in_order, key_of, latest, line_of, matched

NAMES = ["a", "a b", "a.wav", "b\n", "\udce9.wav", "ü", "a/x", "A", "𝄞", '"', "\\"]


def records(names: list[str]) -> list[dict[str, object]]:
    return [{"output": name, "number": number} for number, name in enumerate(names)]


def readable_line_of(record: dict[str, object]) -> bytes:
    """As a journal writes it, or somebody else, with another field first."""
    number = {"number": record["number"]} if record["number"] == 3 else {}
    return json.dumps(number | record, ensure_ascii="\udce9" in str(record["output"])).encode() + b"\n"


@pytest.mark.parametrize("part", [3, 11, 100])
def test_parts_on_disk_give_the_order_of_one(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordering, "PART", part)
    shuffled = NAMES * 2
    random.Random(0).shuffle(shuffled)
    for line in (line_of, readable_line_of):
        lines = map(line, records(shuffled))
        assert list(in_order(lines)) == sorted(records(shuffled), key=key_of)  # which is stable
    assert list(in_order([])) == []


def test_the_last_of_each_counts() -> None:
    assert [record["number"] for record in latest(in_order(map(line_of, records(["b", "a", "b", "a", "c"]))))] == [
        3,
        2,
        4,
    ]


def test_streams_are_matched_by_key() -> None:
    one, two = records(["a", "b", "d"]), records(["b", "c", "d"])
    assert list(matched(one, two)) == [(one[0], None), (one[1], two[0]), (None, two[1]), (one[2], two[2])]


def test_a_line_holds_any_name() -> None:
    for record in records(NAMES):
        assert line_of(record).count(b"\n") == 1
        assert line_of(record).isascii()
