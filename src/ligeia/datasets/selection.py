"""Selections: which items of a dataset, by what they are of, in what balance; among them those of Zuiderveld 2021, 5.5.

A selection is a rule and an order. The order is seeded and turns through the groups that are to be balanced, so that
its first N items are balanced for any N, and an item that turns out to be unreadable is followed by the next one.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from ligeia.datasets.labels import HIGHEST, WORDS, fact_of, family_of, pitch_of, word_of
from ligeia.datasets.manifest import Item
from ligeia.datasets.splits import place_of
from ligeia.errors import InputError

FACTS = ("pitch", "family", "word", "speaker")
"""Facts that items can be balanced by, besides those of a label."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Choice of items, and of what is balanced among them; an empty field selects everything.

    Raises:
        InputError: the range of pitches is empty.

    Source: Zuiderveld 2021, section 5.5.
    """

    families: tuple[str, ...] = ()
    """Families of instruments, as NSynth names them (`labels.FAMILIES`)."""
    words: tuple[str, ...] = ()
    """Words, such as keywords."""
    lowest_pitch: int | None = None
    """The lowest MIDI note; an item of unknown pitch is then left out."""
    highest_pitch: int | None = None
    """The highest MIDI note; an item of unknown pitch is then left out."""
    plain: bool = False
    """Only notes that have none of NSynth's ten qualities; one whose qualities are damaged is left out."""
    official: str = ""
    """Part of the official split: train, validation or test."""
    balanced: tuple[str, ...] = ()
    """Facts (`FACTS`, or any of a label) whose combinations come equally often, as far as there are items."""

    def __post_init__(self) -> None:
        low, high = self.pitches
        if not 0 <= low <= high <= HIGHEST:
            raise InputError(f"lowest_pitch and highest_pitch must satisfy 0 <= {low} <= {high} <= {HIGHEST}")

    @property
    def pitches(self) -> tuple[int, int]:
        """The lowest and the highest MIDI note."""
        low = 0 if self.lowest_pitch is None else self.lowest_pitch
        return low, HIGHEST if self.highest_pitch is None else self.highest_pitch

    def reason_against(self, item: Item) -> str:
        """Return why an item is not chosen, in a word or two; nothing where it is."""
        low, high = self.pitches
        pitched = (self.lowest_pitch, self.highest_pitch) != (None, None)
        pitch = pitch_of(item) if pitched else low
        checks = {
            "another family": bool(self.families) and family_of(item) not in self.families,
            "another word": bool(self.words) and word_of(item) not in self.words,
            "no pitch": pitched and pitch is None,
            "another pitch": pitch is not None and not low <= pitch <= high,
            "unknown qualities": self.plain and item.tags.get("qualities") == "unknown",
            "qualities": self.plain and "qualities" in item.tags,
            "another official part": bool(self.official) and item.tags.get("official") != self.official,
        }
        return next((reason for reason, holds in checks.items() if holds), "")


SELECTIONS: dict[str, Selection] = {
    "keyboard": Selection(families=("keyboard",), lowest_pitch=60, highest_pitch=64, plain=True, balanced=("pitch",)),
    "diverse": Selection(
        families=("keyboard", "mallet", "guitar"),
        lowest_pitch=24,
        highest_pitch=84,
        plain=True,
        balanced=("pitch", "family"),
    ),
    "keywords": Selection(words=WORDS, balanced=("word",)),
    "digits": Selection(words=WORDS, balanced=("word", "speaker")),
}
"""Selections by name: the three of the thesis (NSynth Keyboard, NSynth Diverse, Speech Commands, of each 1024 items),
and the Free Spoken Digit Dataset."""


def selection_named(name: str) -> Selection:
    """Return the selection of a name.

    Raises:
        InputError: there is none.
    """
    if name not in SELECTIONS:
        raise InputError(f"unknown selection {name!r}; there are: {', '.join(SELECTIONS)}")
    return SELECTIONS[name]


def matching(items: Iterable[Item], folder: Path, include: Sequence[str], exclude: Sequence[str] = ()) -> list[Item]:
    """Return the items whose path below `folder` matches one of the patterns to include and none of those to exclude.

    Raises:
        InputError: there are none.
    """

    def chosen(item: Item) -> bool:
        path = item.path.relative_to(folder).as_posix() if item.path.is_relative_to(folder) else item.path.name
        matched = [any(fnmatchcase(path, pattern) for pattern in patterns) for patterns in (include, exclude)]
        return matched == [True, False]

    if not (found := [item for item in items if chosen(item)]):
        raise InputError(f"no recording below {folder} matches {', '.join(include)}")
    return found


def candidates(items: Iterable[Item], selection: Selection, *, seed: int = 0) -> tuple[list[Item], Counter[str]]:
    """Return all items that a selection allows, in its balanced order, and how many others there are for each reason.

    Every round of the order takes one item of each combination of the balanced facts that still has some; which one,
    and in which order within the round, depends on names and seed alone. An item of which a fact is unknown is left
    out where that fact is balanced.
    """
    left_out: Counter[str] = Counter()
    groups: defaultdict[tuple[str, ...], list[Item]] = defaultdict(list)
    for item in items:
        reason = selection.reason_against(item)
        facts = tuple(fact_of(item, name) for name in selection.balanced) if not reason else ()
        if not reason and not all(facts):
            reason = f"no {selection.balanced[facts.index('')]}"
        if reason:
            left_out[reason] += 1
        else:
            groups[facts].append(item)
    return _in_turns(groups, seed), left_out


def _in_turns(groups: dict[tuple[str, ...], list[Item]], seed: int) -> list[Item]:
    """Return the items of all groups, one of each in a round; the order of a round is another one each time."""
    turns = []
    for facts, members in groups.items():
        members.sort(key=lambda item: (place_of(f"{item.set}/{item.id}", seed), item.id))
        turns += [(lap, place_of(f"{lap}:{facts}", seed), facts, item) for lap, item in enumerate(members)]
    return [item for *_, item in sorted(turns, key=lambda turn: turn[:3])]


def in_words(left_out: Counter[str]) -> str:
    """Return why items are left out, with numbers, as the end of a sentence; nothing where none is."""
    reasons = ", ".join(f"{number} of {reason}" for reason, number in left_out.most_common())
    return f" ({sum(left_out.values())} are left out: {reasons})" if left_out else ""


def smallest_range(items: Iterable[Item], count: int) -> Selection:
    """Return the smallest range of subsequent notes within one family of instruments that has `count` items.

    So was NSynth Keyboard chosen (MIDI 60 to 64, 1024 items) among the notes without qualities. Of several ranges of
    that size the one with most items is taken, then the lowest.

    Raises:
        InputError: no family has as many items whose pitch is known.

    Source: Zuiderveld 2021, section 5.5.
    """
    notes: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for item in items:
        pitch, family = pitch_of(item), family_of(item)
        if pitch is not None and family:
            notes[family][pitch] += 1
    ranges = [
        (high - low, -total, low, family)
        for family, counts in sorted(notes.items())
        for low in sorted(counts)
        for high in range(low, HIGHEST + 1)
        if (total := sum(counts[pitch] for pitch in range(low, high + 1))) >= count
    ]
    if not ranges:
        most = max((sum(counts.values()) for counts in notes.values()), default=0)
        raise InputError(f"no family has {count} notes: the largest has {most}")
    width, _, low, family = min(ranges)
    return Selection(families=(family,), lowest_pitch=low, highest_pitch=low + width, plain=True, balanced=("pitch",))
