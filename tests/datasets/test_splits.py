"""Splits: groups stay together, stay in place, and nothing is empty unnoticed."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ligeia.datasets.manifest import Item
from ligeia.datasets.splits import SHARES, group_of, hold_out, official_split, split, subset, with_ids
from ligeia.errors import InputError


def items(speakers: int, each: int = 3) -> list[Item]:
    return [
        Item(id=f"{who}-{k}", path=Path(f"/{who}-{k}.wav"), set="s", speaker=f"A-{who}", label=f"chapter={k}")
        for who in range(speakers)
        for k in range(each)
    ]


@given(st.integers(40, 120), st.integers(0, 5))
def test_groups_never_cross_and_stay_when_others_come(speakers: int, seed: int) -> None:
    few, many = split(items(speakers), seed=seed), split(items(speakers + 30, each=4), seed=seed)
    names = {part: {item.speaker for item in members} for part, members in few.items()}
    assert sum(map(len, names.values())) == speakers
    assert all(names[part] <= {item.speaker for item in many[part]} for part in SHARES)


def test_shares_are_met_on_average_and_seeds_differ() -> None:
    parts = split(items(2000, each=1))
    assert {part: len(members) / 2000 for part, members in parts.items()} == pytest.approx(SHARES, abs=0.02)
    assert split(items(2000, each=1), seed=1) != parts


def test_what_groups_are() -> None:
    known, unknown = items(1)[0], Item(id="x", path=Path("/x"), set="s")
    assert (group_of(known), group_of(known, "chapter"), group_of(known, "source")) == ("A-0", "0", "s/0-0")
    assert group_of(unknown) == "s/x"


def test_invalid_splits_are_refused() -> None:
    with pytest.raises(InputError, match="sum to 1"):
        split(items(9), {"train": 0.5, "test": 0.4})
    with pytest.raises(InputError, match=r"no item falls into .*there are 1 groups by speaker"):
        split(items(1))


def test_held_out_groups() -> None:
    kept, held = hold_out(items(4), {"A-1"})
    assert {item.speaker for item in held} == {"A-1"}
    assert {item.speaker for item in kept} == {"A-0", "A-2", "A-3"}
    with pytest.raises(InputError, match="no item has the speaker A-9"):
        hold_out(items(4), {"A-1", "A-9"})


def test_official_splits() -> None:
    given_ = [Item(id=part, path=Path(f"/{part}"), set="s", label=f"official={part}") for part in ("test", "train")]
    assert {part: len(members) for part, members in official_split(given_).items()} == {"test": 1, "train": 1}
    with pytest.raises(InputError, match="has no official split"):
        official_split(items(1))


def test_subsets_hardly_change_with_the_dataset() -> None:
    before, after = subset(items(300), 100), subset(items(310), 100)
    assert len(before) == 100
    assert before == sorted(before, key=items(300).index)
    assert len({item.id for item in before} & {item.id for item in after}) > 90
    assert subset(items(300), 100, seed=1) != before
    with pytest.raises(InputError, match="cannot choose 10 of 9 items"):
        subset(items(3), 10)


def test_items_by_a_published_list(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_text(json.dumps(["2-0", "0-1"]))
    assert [item.id for item in with_ids(items(3), path)] == ["2-0", "0-1"]
    with pytest.raises(InputError, match="1 of 2 ids have no item: 'x'"):
        with_ids(items(3), ["0-0", "x"])
    for text in ("{", "3", "[1]", "[" * 100_000):
        path.write_text(text)
        with pytest.raises(InputError, match="not a list of ids"):
            with_ids(items(3), path)
