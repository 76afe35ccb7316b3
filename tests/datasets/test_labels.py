"""What recordings are of, by their labels and by their names."""

from pathlib import Path

import pytest

from ligeia.datasets.labels import fact_of, family_of, pitch_of, word_of
from ligeia.datasets.manifest import Item


def item(name: str, label: str = "", speaker: str = "") -> Item:
    return Item(id=name, path=Path(f"/data/{name}.wav"), set="s", label=label, speaker=speaker)


@pytest.mark.parametrize(
    ("name", "label", "pitch"),
    [
        ("a_072_C5", "midi=60", 60),
        ("keyboard_acoustic_004-060-025", "velocity=25", 60),
        ("keyboard_acoustic_004-160-025", "", None),
        ("piano_kw_upright_021_A0_vH", "", 21),
        ("emilygtr_069_a4_mp_rr1", "", 69),
        ("guitar F#3", "", 54),
        ("guitar_Gs1", "", 32),
        ("Bb-1 low", "", 10),
        ("C-1", "", 0),
        ("E4x", "", None),
        ("take_060", "", None),
        ("a_072_C5", "midi=sixty", None),
        ("a_072_C5", "midi=300", None),
        ("a_072_C5", "midi=60.5", None),
    ],
)
def test_pitches(name: str, label: str, pitch: int | None) -> None:
    """The label goes before the name; what it states wrongly is not replaced by a guess."""
    assert pitch_of(item(name, label)) == pitch


@pytest.mark.parametrize(
    ("name", "label", "speaker", "family"),
    [
        ("x", "family=organ", "piano", "organ"),
        ("piano_1", "", "epiano_rhodes_fluid", "keyboard"),
        ("x", "", "soprano saxophone (MTG)", "reed"),
        ("soprano_064_E4", "", "", "vocal"),
        ("x", "", "electric bass (Squier Jazz Bass)", "bass"),
        ("x", "", "double bass pizzicato", "string"),
        ("contrabassoon", "", "", ""),
        ("ls_clean", "", "LibriSpeech-1", ""),
    ],
)
def test_families(name: str, label: str, speaker: str, family: str) -> None:
    assert family_of(item(name, label, speaker)) == family


@pytest.mark.parametrize(
    ("name", "label", "word"),
    [
        ("x", "word=yes; take=1", "yes"),
        ("x", "digit=0; take=1", "zero"),
        ("x", "digit=12", ""),
        ("two_two_87070229_nohash_1", "midi=3", "two"),
        ("stop_87070229_nohash_1", "", "stop"),
        ("recording", "marvin", "marvin"),
        ("recording", "", ""),
    ],
)
def test_words(name: str, label: str, word: str) -> None:
    assert word_of(item(name, label)) == word


def test_facts_by_name() -> None:
    one = item("piano_060_C4", "velocity=3", "piano")
    assert [fact_of(one, name) for name in ("pitch", "family", "velocity", "speaker")] == [
        "60",
        "keyboard",
        "3",
        "piano",
    ]
    assert fact_of(item("x"), "pitch") == ""
