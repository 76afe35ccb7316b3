"""The selections of the thesis, on folders that are laid out as NSynth, Speech Commands and FSDD are."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from made_nsynth import note_facts, note_name, plain_notes, write_nsynth

from ligeia.datasets.labels import family_of, pitch_of
from ligeia.datasets.layouts import QUALITIES, read_dataset, read_part
from ligeia.datasets.manifest import Item
from ligeia.datasets.selection import (
    SELECTIONS,
    Selection,
    candidates,
    in_words,
    matching,
    selection_named,
    smallest_range,
)
from ligeia.datasets.splits import official_split, with_ids
from ligeia.errors import InputError


def items_of(*cells: tuple[str, int, int]) -> list[Item]:
    return [
        Item(id=name, path=Path(f"/{name}.wav"), set="nsynth", label=f"midi={facts['pitch']}; family={family}")
        for family, pitch, count in cells
        for name, facts in plain_notes((family, pitch, count)).items()
    ]


def words(*counts: tuple[str, int]) -> list[Item]:
    return [
        Item(id=f"{word}/{k}", path=Path(f"/{word}/{k}.wav"), set="sc", label=f"word={word}", speaker=f"SC-{k}")
        for word, count in counts
        for k in range(count)
    ]


def chosen_of(items: list[Item], selection: Selection, count: int, *, seed: int = 0) -> list[Item]:
    """The first `count` items of a selection, in its balanced order."""
    return candidates(items, selection, seed=seed)[0][:count]


# --- balance ---------------------------------------------------------------------------------------------


def test_any_number_of_items_is_balanced() -> None:
    """Equally many of each note, one more of some where the number does not divide."""
    items = items_of(*(("keyboard", pitch, 40) for pitch in range(58, 68)))
    for count in (5, 23, 128):
        chosen = chosen_of(items, SELECTIONS["keyboard"], count)
        counts = Counter(pitch_of(item) for item in chosen)
        assert set(counts) == {60, 61, 62, 63, 64}
        assert max(counts.values()) - min(counts.values()) == (count % 5 > 0)


def test_a_larger_choice_keeps_a_smaller_one() -> None:
    items = items_of(("keyboard", 60, 30), ("keyboard", 61, 30))
    names = [item.id for item in chosen_of(items, SELECTIONS["keyboard"], 40)]
    assert [item.id for item in chosen_of(items, SELECTIONS["keyboard"], 10)] == names[:10]
    assert [item.id for item in chosen_of(items, SELECTIONS["keyboard"], 40, seed=1)] != names
    assert [item.id for item in chosen_of(items[::-1], SELECTIONS["keyboard"], 40)] == names, "order of reading"


def test_notes_and_families_are_balanced_together_and_the_rest_is_filled_up() -> None:
    cells = [(family, pitch, 6) for family in ("keyboard", "mallet", "guitar") for pitch in (24, 50, 84)]
    items = items_of(*cells, ("mallet", 23, 9), ("bass", 50, 9), ("guitar", 85, 9))
    chosen = chosen_of(items, SELECTIONS["diverse"], 27)
    assert set(Counter((family_of(item), pitch_of(item)) for item in chosen).values()) == {3}
    scarce = items_of(("keyboard", 60, 20), ("keyboard", 61, 2))
    counts = Counter(pitch_of(item) for item in chosen_of(scarce, SELECTIONS["keyboard"], 12))
    assert counts == {60: 10, 61: 2}


def test_keywords_are_the_ten_digits() -> None:
    items = words(*((word, 9) for word in (*SELECTIONS["keywords"].words, "yes", "marvin")))
    chosen = chosen_of(items, SELECTIONS["keywords"], 50)
    counts = Counter(item.tags["word"] for item in chosen)
    assert counts == dict.fromkeys(SELECTIONS["keywords"].words, 5)


def test_what_is_left_out_is_told_with_the_reasons() -> None:
    items = items_of(("keyboard", 60, 3), ("keyboard", 70, 4), ("bass", 60, 2))
    found, left_out = candidates(items, SELECTIONS["keyboard"])
    assert len(found) == 3
    assert in_words(left_out) == " (6 are left out: 4 of another pitch, 2 of another family)"


def test_items_of_unknown_pitch_are_left_out_where_it_counts() -> None:
    unknown = Item(id="u", path=Path("/u.wav"), set="s", label="family=keyboard")
    _, why = candidates([unknown], SELECTIONS["keyboard"])
    assert why == {"no pitch": 1}
    _, why = candidates([unknown], Selection(balanced=("pitch",)))
    assert why == {"no pitch": 1}
    found, why = candidates([unknown], Selection())
    assert (found, why) == ([unknown], {})


def test_invalid_selections_are_refused() -> None:
    with pytest.raises(InputError, match="0 <= 64 <= 60 <= 127"):
        Selection(lowest_pitch=64, highest_pitch=60)
    with pytest.raises(InputError, match="unknown selection 'piano'; there are: keyboard, diverse, keywords, digits"):
        selection_named("piano")
    with pytest.raises(InputError, match="no recording below / matches b"):
        matching(words(("one", 1)), Path("/"), ["b*"])
    with pytest.raises(InputError, match="no recording"):
        matching(words(("one", 1)), Path("/"), ["*"], ["one/*"])


# --- the smallest range of subsequent notes ------------------------------------------------------------------


def test_smallest_range_is_that_of_the_fewest_notes() -> None:
    items = items_of(
        ("keyboard", 59, 3), ("keyboard", 60, 5), ("keyboard", 61, 5), ("guitar", 40, 4), ("guitar", 44, 9)
    )
    found = smallest_range(items, 10)
    assert (found.families, found.pitches) == (("keyboard",), (60, 61))
    assert smallest_range(items, 9).families == ("guitar",), "one note is enough"
    assert smallest_range(items, 13).pitches == (59, 61), "keyboard in 3 notes, guitar only in 5"
    with pytest.raises(InputError, match="no family has 14 notes: the largest has 13"):
        smallest_range(items, 14)


def test_smallest_range_of_equal_ones_has_the_most_items() -> None:
    items = items_of(("keyboard", 60, 4), ("keyboard", 61, 5), ("guitar", 50, 5), ("guitar", 51, 5))
    assert smallest_range(items, 9).families == ("guitar",)


# --- NSynth as it is on disk -----------------------------------------------------------------------------


def test_notes_with_any_quality_are_filtered(tmp_path: Path) -> None:
    notes = plain_notes(("keyboard", 60, 3))
    notes |= {
        (name := note_name("keyboard", 10 + k, 60)): note_facts(name, quality) for k, quality in enumerate(QUALITIES)
    }
    write_nsynth(tmp_path, notes)
    found, why = candidates(read_dataset(tmp_path), SELECTIONS["keyboard"])
    assert len(found) == 3
    assert why == {"qualities": 10}


@pytest.mark.parametrize(
    "changes",
    [
        {"qualities": [0] * 9},
        {"qualities": [0] * 9 + [7]},
        {"qualities": "none"},
        {"qualities": [1, *[0] * 9]},
        {"qualities_str": "bright"},
        {"qualities": None, "qualities_str": None},
    ],
)
def test_damaged_qualities_do_not_count_as_none(tmp_path: Path, changes: dict[str, Any]) -> None:
    name = note_name("keyboard", 0, 60)
    write_nsynth(tmp_path, {name: note_facts(name, **changes)})
    _, why = candidates(read_dataset(tmp_path), SELECTIONS["keyboard"])
    assert why == {"unknown qualities": 1}


def test_flags_alone_are_enough(tmp_path: Path) -> None:
    names = [note_name("keyboard", k, 60) for k in range(2)]
    facts = [note_facts(names[0], qualities_str=None), note_facts(names[1], "dark", qualities_str=None)]
    write_nsynth(tmp_path, dict(zip(names, facts, strict=True)))
    found, why = candidates(read_dataset(tmp_path), SELECTIONS["keyboard"])
    assert ([item.id for item in found], why) == ([names[0]], {"qualities": 1})
    assert read_dataset(tmp_path)[1].tags["qualities"] == "dark"


def test_a_missing_pitch_is_read_from_the_name_and_a_wrong_one_is_none(tmp_path: Path) -> None:
    names = [note_name("keyboard", k, 60) for k in range(3)]
    changes: list[dict[str, Any]] = [{"pitch": None}, {"pitch": "C4"}, {"pitch": -3}]
    facts = [note_facts(name, **change) for name, change in zip(names, changes, strict=True)]
    write_nsynth(tmp_path, dict(zip(names, facts, strict=True)))
    assert [pitch_of(item) for item in read_dataset(tmp_path)] == [60, None, None]


def test_broken_lists_are_refused(tmp_path: Path) -> None:
    inner = write_nsynth(tmp_path, plain_notes(("keyboard", 60, 1)))
    whole = (inner / "examples.json").read_text()
    for text in (whole[:-5], "[]", '{"a/../b": {}}', '{"a": 3}', "[" * 10_000):
        (inner / "examples.json").write_text(text)
        with pytest.raises(InputError, match="is not a list of NSynth notes"):
            read_dataset(tmp_path)


def test_published_ids_give_the_exact_items_in_their_order(tmp_path: Path) -> None:
    notes = plain_notes(("keyboard", 60, 4), ("guitar", 30, 2))
    write_nsynth(tmp_path, notes)
    items = read_dataset(tmp_path)
    names = [*notes][::-2]
    for content in (names, [f"{name}.wav" for name in names], {name: notes[name] for name in names}):
        (tmp_path / "ids.json").write_text(json.dumps(content))
        assert [item.id for item in with_ids(items, tmp_path / "ids.json")] == names
    (tmp_path / "ids.json").write_text(json.dumps([*names, "organ_000-001-002"]))
    with pytest.raises(InputError, match=r"1 of 4 ids have no item: 'organ_000-001-002'$"):
        with_ids(items, tmp_path / "ids.json")
    with pytest.raises(InputError, match=r"9 of 9 ids have no item: 'n0', 'n1', 'n2', 'n3', 'n4', \.\.\.$"):
        with_ids(items, [f"n{k}" for k in range(9)])


def test_ids_without_a_file_are_named(tmp_path: Path) -> None:
    notes = plain_notes(("keyboard", 60, 2))
    inner = write_nsynth(tmp_path, notes)
    gone = next(iter(notes))
    (inner / "audio" / f"{gone}.wav").unlink()
    with pytest.raises(InputError, match=f"1 of 2 ids have no item: '{gone}'"):
        with_ids(read_dataset(tmp_path), list(notes))


def test_ids_that_come_twice_or_not_at_all_are_refused() -> None:
    items = words(("one", 2))
    for names in (["one/0", "one/0"], ["one/0", "one/0.wav"], []):
        with pytest.raises(InputError, match="names no id, or one twice"):
            with_ids(items, names)


def test_official_parts_select(tmp_path: Path) -> None:
    write_nsynth(tmp_path, plain_notes(("keyboard", 60, 2)))
    write_nsynth(tmp_path, plain_notes(("keyboard", 61, 3)), part="test")
    items = read_dataset(tmp_path)
    found, _ = candidates(items, Selection(official="test"))
    assert sorted(item.id for item in found) == sorted(item.id for item in official_split(items)["test"])


# --- parts of a dataset ----------------------------------------------------------------------------------


def test_a_folder_below_a_manifest_has_its_facts(tmp_path: Path) -> None:
    (tmp_path / "train" / "notes").mkdir(parents=True)
    for name in ("train/notes/a.wav", "train/b.wav"):
        (tmp_path / name).write_bytes(b"x")
    rows = "train/notes/a.wav,n,1,8000,1,harp,midi=60,CC0\ntrain/b.wav,n,1,8000,1,,,\n"
    (tmp_path / "MANIFEST.csv").write_text(f"path,set,seconds,rate,channels,speaker,label,licence\n{rows}")
    (only,) = read_part(tmp_path / "train" / "notes")
    assert (only.speaker, pitch_of(only), only.licence) == ("harp", 60, "CC0")
    assert len(read_part(tmp_path)) == 2
    (plain,) = read_part(tmp_path / "train" / "notes", "folder")
    assert plain.speaker == ""
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="lists no recording below empty"):
        read_part(tmp_path / "empty")
    with pytest.raises(InputError, match="not a folder"):
        read_part(tmp_path / "none")
