"""Labels of a recording: its pitch, its family of instruments, its word.

Corpora state these in their lists, and plain folders in the names of their files. Where neither says it, it is unknown.
"""

import re

from ligeia.datasets.manifest import Item
from ligeia.datasets.splits import group_of

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
"""The keywords zero to nine, by digit."""
FAMILIES: dict[str, tuple[str, ...]] = {
    "reed": ("sax", "clarinet", "oboe", "bassoon"),
    "mallet": ("vibraphone", "xylophone", "marimba", "glockenspiel"),
    "keyboard": ("piano", "epiano", "organ", "harpsichord", "celesta"),
    "guitar": ("guitar", "eguitar", "emilygtr", "banjo"),
    "string": ("double bass", "violin", "viola", "cello", "harp"),
    "bass": ("bass", "ebass"),
    "brass": ("trumpet", "trombone", "tuba", "horn"),
    "flute": ("flute", "ocarina", "recorder"),
    "vocal": ("voice", "soprano", "choir"),
}
"""NSynth's families, and the words that begin a part of the name of an instrument of theirs; the first one that fits.

NSynth itself counts organs apart; where it states a family, that holds."""
SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
ALTERATIONS = {"": 0, "s": 1, "#": 1, "b": -1}
HIGHEST = 127
"""The highest MIDI note."""

_NSYNTH = re.compile(r"-(\d{3})-\d{3}$")
_NUMBERED = re.compile(r"_(\d{3})_[A-Ga-g](?:[s#b]?)-?\d(?![0-9a-zA-Z])")
_NAMED = re.compile(r"(?<![0-9a-zA-Z])([A-G])([s#b]?)(-?\d)(?![0-9a-zA-Z])")
_KEYWORD = re.compile(r"([a-z]+)_[0-9a-f_a-z]*?nohash_\d+")


def pitch_of(item: Item) -> int | None:
    """Return the MIDI note of an item, C4 = 60; None where it is unknown, or not a whole number from 0 to 127.

    It is the label's `midi`, else what the file's name states as NSynth does (`organ_007-060-100`), by a number
    before the note's name (`piano_060_C4`), or by the name alone (`piano_Fs4`, `piano F#4`).

    Example:
        >>> from pathlib import Path
        >>> names = ("keyboard_acoustic_004-060-025", "harp_083_B5", "piano Eb3", "song")
        >>> [pitch_of(Item(id=name, path=Path(f"/{name}.wav"), set="")) for name in names]
        [60, 83, 51, None]
    """
    stated = item.tags.get("midi")
    if stated is not None:
        return _valid(int(stated)) if re.fullmatch(r"\d{1,3}", stated) else None
    name = item.path.stem
    if numbered := _NSYNTH.search(name) or _NUMBERED.search(name):
        return _valid(int(numbered[1]))
    if named := _NAMED.search(name.replace("_", " ")):
        return _valid(12 * (int(named[3]) + 1) + SEMITONES[named[1]] + ALTERATIONS[named[2]])
    return None


def _valid(pitch: int) -> int | None:
    return pitch if 0 <= pitch <= HIGHEST else None


def family_of(item: Item) -> str:
    """Return the family of an item's instrument as NSynth names families; nothing where it is unknown.

    It is the label's `family`, else what the name of the instrument, or else of the file, says (`FAMILIES`).

    Example:
        >>> from pathlib import Path
        >>> names = ("epiano_rhodes_060_C4", "soprano sax", "double bass arco", "ebassp_033_a1", "kazoo")
        >>> [family_of(Item(id=name, path=Path(f"/{name}.wav"), set="")) for name in names]
        ['keyboard', 'reed', 'string', 'bass', '']
    """
    return item.tags.get("family") or _family_in(item.speaker) or _family_in(item.path.stem)


def _family_in(name: str) -> str:
    words = f" {re.sub(r'[^a-z]+', ' ', name.lower())}"
    return next((family for family, signs in FAMILIES.items() if any(f" {sign}" in words for sign in signs)), "")


def word_of(item: Item) -> str:
    """Return the word that an item says, digits as words; nothing where it is unknown.

    It is the label's `word` or `digit`, else what the file's name states as Speech Commands does, else the name of the
    folder that it lies in, where that is all the label says.

    Example:
        >>> from pathlib import Path
        >>> word_of(Item(id="a", path=Path("/7_theo_3.wav"), set="fsdd", label="digit=7; take=3"))
        'seven'
    """
    tags = item.tags
    if word := tags.get("word"):
        return word
    if re.fullmatch(r"\d", digit := tags.get("digit", "")):
        return WORDS[int(digit)]
    if keyword := _KEYWORD.fullmatch(item.path.stem):
        return keyword[1]
    return "" if tags else item.label


def fact_of(item: Item, name: str) -> str:
    """Return the fact of a name: pitch, family, word, qualities, or a group as `splits.group_of` takes it."""
    if name == "pitch":
        pitch = pitch_of(item)
        return "" if pitch is None else str(pitch)
    facts = {"family": family_of, "word": word_of}
    return facts[name](item) if name in facts else group_of(item, name)
