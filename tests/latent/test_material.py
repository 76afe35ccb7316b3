"""Material of families: what is chosen, how it gets one shape, and recordings that are not as they should be."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from made_nsynth import plain_notes, write_nsynth

from ligeia.errors import Cancelled, InputError
from ligeia.latent.material import LEVEL, DataSettings, Material, gain_of, read_material
from ligeia.progress import Progress
from ligeia.training.config import settings_from


def wave(path: Path, samples: np.ndarray[Any, Any], rate: int = 16000, subtype: str = "FLOAT") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, subtype=subtype)


def tone(seconds: float, rate: int = 16000, hertz: float = 440.0) -> np.ndarray[Any, Any]:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def material(folder: Path, **changes: Any) -> Material:
    return read_material(DataSettings(**({"folder": folder, "seconds": 0.1} | changes)))


# --- one shape -------------------------------------------------------------------------------------------


def test_all_recordings_get_one_rate_length_and_channel(tmp_path: Path) -> None:
    wave(tmp_path / "a_060_C4.wav", tone(0.1))
    wave(tmp_path / "b.wav", tone(0.3, 44100), 44100)
    wave(tmp_path / "c.wav", np.stack([tone(0.05), 0 * tone(0.05)], 1))
    made = material(tmp_path)
    assert made.waveforms.dtype == np.float32
    assert made.waveforms.shape == (3, 1600) == (len(made), made.samples)
    expected = tone(0.1)
    assert made.waveforms[0] == pytest.approx(expected, abs=1e-6)
    assert made.waveforms[1, 100:] == pytest.approx(expected[100:], abs=1e-3), "the end knows what follows it"
    assert made.waveforms[2, :800] == pytest.approx(expected[:800] / 2, abs=1e-6)
    assert not made.waveforms[2, 800:].any()
    facts = made.facts()
    names = ("items", "resampled", "mixed_to_mono", "cut", "padded", "left_out", "pitches")
    assert [facts[name] for name in names] == [3, 1, 1, 1, 1, {}, [60, 60]]
    assert [item.name for item in made.items] == ["a_060_C4.wav", "b.wav", "c.wav"]


def test_low_rates_are_not_taken_for_other_lengths(tmp_path: Path) -> None:
    wave(tmp_path / "a.wav", tone(0.1, 8000), 8000)
    facts = material(tmp_path).facts()
    assert (facts["resampled"], facts["cut"], facts["padded"]) == (1, 0, 0)


@pytest.mark.parametrize(("scaling", "gain"), [("none", 1.0), ("peak", 2.0), ("level", LEVEL / (0.5 / 2**0.5))])
def test_scaling(tmp_path: Path, scaling: str, gain: float) -> None:
    wave(tmp_path / "a.wav", tone(0.1, hertz=1000.0))
    made = material(tmp_path, scaling=scaling)
    assert made.gains == pytest.approx([gain], rel=1e-5)
    assert made.waveforms[0] == pytest.approx(gain * tone(0.1, hertz=1000.0), abs=1e-6)


def test_level_leaves_peaks_below_full_scale() -> None:
    click = np.zeros(1000, np.float32)
    click[3] = 0.5
    assert gain_of(click, "level") == pytest.approx(2.0)


def test_identity_is_that_of_names_rate_and_samples(tmp_path: Path) -> None:
    for name in ("a", "b"):
        wave(tmp_path / f"{name}.wav", tone(0.1))
    first = material(tmp_path)
    assert material(tmp_path, seed=5).identity() == first.identity(), "nothing is chosen"
    assert material(tmp_path, rate=8000, seconds=0.2).identity() != first.identity()
    assert material(tmp_path, include=("a*",)).identity() != first.identity()
    wave(tmp_path / "b.wav", 0.9 * tone(0.1))
    assert material(tmp_path).identity() != first.identity()


# --- what is chosen --------------------------------------------------------------------------------------


def test_selections_of_the_thesis(tmp_path: Path) -> None:
    cells = [(family, pitch, 3) for family in ("keyboard", "guitar", "mallet", "bass") for pitch in (24, 60, 64, 85)]
    write_nsynth(tmp_path, plain_notes(*cells))
    keyboard = material(tmp_path, selection="keyboard", items=4)
    assert sorted((item.family, item.pitch) for item in keyboard.items) == [("keyboard", p) for p in (60, 60, 64, 64)]
    diverse = material(tmp_path, selection="diverse", items=9)
    assert {(item.family, item.pitch) for item in diverse.items} == {
        (family, pitch) for family in ("keyboard", "guitar", "mallet") for pitch in (24, 60, 64)
    }
    narrowed = material(tmp_path, selection="diverse", families=("guitar",))
    assert len(narrowed) == 9, "what is stated replaces what the rule says"


def test_exact_items_by_a_published_list(tmp_path: Path) -> None:
    notes = plain_notes(("keyboard", 60, 3))
    write_nsynth(tmp_path, notes)
    names = [*notes][::-2]
    ids = tmp_path / "ids.json"
    ids.write_text(json.dumps(names))
    made = material(tmp_path, ids=ids)
    assert [item.name for item in made.items] == names
    ids.write_text(json.dumps([*names, "keyboard_acoustic_009-060-100"]))
    with pytest.raises(InputError, match="1 of 3 ids have no item: 'keyboard_acoustic_009-060-100'"):
        material(tmp_path, ids=ids)


def test_unseen_notes_are_never_learned_from(tmp_path: Path) -> None:
    write_nsynth(tmp_path, plain_notes(*(("keyboard", pitch, 3) for pitch in range(40, 60))))
    parts = [
        material(tmp_path, unseen_share=0.3, unseen_by="midi", seed=1, part=part) for part in ("learned", "unseen")
    ]
    learned, unseen = ({item.pitch for item in part.items} for part in parts)
    assert not learned & unseen
    assert len(parts[0]) + len(parts[1]) == 60
    assert parts[1].facts()["not_selected"] == {"the other part": len(parts[0])}


def test_what_results_are_reported_on_is_never_learned_from(tmp_path: Path) -> None:
    wave(tmp_path / "ls_clean_103-1240-0000.wav", tone(0.1))
    with pytest.raises(InputError, match=r"all 1 recordings of .* are held out"):
        material(tmp_path)
    wave(tmp_path / "a.wav", tone(0.1))
    made = material(tmp_path)
    assert [item.name for item in made.items] == ["a.wav"]
    assert made.others == {"held out": 1}


def test_keywords_in_folders_of_their_names(tmp_path: Path) -> None:
    for word in ("zero", "two", "marvin"):
        for k in range(3):
            wave(tmp_path / word / f"0a{k}_nohash_0.wav", tone(0.1))
    made = material(tmp_path, selection="keywords", items=4)
    assert sorted(item.label for item in made.items) == ["two", "two", "zero", "zero"]


# --- recordings that cannot be used --------------------------------------------------------------------------


def broken(folder: Path) -> None:
    """Six recordings of which two can be used."""
    for k in range(2):
        wave(folder / f"good_{k}.wav", tone(0.1))
    wave(folder / "silent.wav", 1e-5 * tone(0.1))
    wave(folder / "nan.wav", np.where(np.arange(1600) == 7, np.nan, tone(0.1)))
    (folder / "empty.wav").write_bytes(b"")
    (folder / "text.wav").write_text("not a recording")


def test_what_cannot_be_used_is_left_out_and_named(tmp_path: Path) -> None:
    broken(tmp_path)
    made = material(tmp_path)
    assert [item.name for item in made.items] == ["good_0.wav", "good_1.wav"]
    assert set(made.left_out) == {"silent.wav", "nan.wav", "empty.wav", "text.wav"}
    assert made.left_out["silent.wav"] == "silent"
    assert "NaN" in made.left_out["nan.wav"]
    assert made.facts()["left_out"] == made.left_out
    assert str(tmp_path) not in " ".join(made.left_out.values())


def test_the_next_candidate_takes_the_place_of_an_unusable_one(tmp_path: Path) -> None:
    broken(tmp_path)
    for seed in range(4):
        made = material(tmp_path, items=2, seed=seed)
        assert [item.name for item in made.items] == ["good_0.wav", "good_1.wav"]


def test_fewer_items_than_asked_are_an_error_with_the_numbers(tmp_path: Path) -> None:
    broken(tmp_path)
    with pytest.raises(
        InputError, match=r"3 items are asked for.* has 2 that fit; 4 cannot be used, the first is \w+\."
    ):
        material(tmp_path, items=3)
    with pytest.raises(InputError, match=r"9 items are asked for.* has 6 that fit"):
        material(tmp_path, items=9)
    write_nsynth(tmp_path / "n", plain_notes(("keyboard", 60, 2), ("bass", 60, 1)))
    with pytest.raises(InputError, match=r"3 items .* has 2 that fit \(1 are left out: 1 of another family\)"):
        material(tmp_path / "n", selection="keyboard", items=3)
    with pytest.raises(InputError, match="the selection leaves no recording"):
        material(tmp_path / "n", families=("flute",))


def test_a_listed_recording_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    broken(tmp_path)
    ids = tmp_path / "ids.json"
    ids.write_text('["good_0.wav", "silent.wav"]')
    with pytest.raises(InputError, match=r"1 of 2 listed recordings cannot be used; silent\.wav: silent"):
        material(tmp_path, ids=ids)


def test_nothing_usable_is_an_error(tmp_path: Path) -> None:
    wave(tmp_path / "a.wav", np.zeros(1600))
    with pytest.raises(InputError, match="0 that fit; 1 cannot be used"):
        material(tmp_path)


# --- settings --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"items": 0}, "items must be at least 1, got 0"),
        ({"seconds": 0}, "seconds must lie above 0"),
        ({"rate": 0}, "rate must lie between"),
        ({"rate": 1, "seconds": 1.0}, "1.0 s at 1 Hz are 1 samples: at least 2"),
        ({"include": ()}, "include must not be empty"),
        ({"unseen_share": 1.0}, "unseen_share must lie in"),
        ({"part": "unseen"}, "part is unseen, but nothing is"),
        ({"scaling": "loud"}, "scaling must be one of none, peak, level"),
        ({"selection": "piano"}, "unknown selection 'piano'"),
        ({"lowest_pitch": 70, "highest_pitch": 60}, "0 <= 70 <= 60"),
    ],
)
def test_invalid_settings_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        DataSettings(**changes)


def test_settings_come_from_a_table() -> None:
    table = {"folder": "notes", "selection": "keyboard", "families": ["guitar"], "balanced": ["pitch", "family"]}
    settings = settings_from(DataSettings, table, "x.toml [data]")
    rule = settings.rule()
    assert (rule.families, rule.pitches, rule.plain, rule.balanced) == (
        ("guitar",),
        (60, 64),
        True,
        ("pitch", "family"),
    )


def test_folders_are_looked_up_below_the_common_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wave(tmp_path / "notes" / "a.wav", tone(0.1))
    monkeypatch.setenv("LIGEIA_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path.parent)
    assert len(material(Path("notes"))) == 1
    assert DataSettings().found_folder() == tmp_path.resolve()
    with pytest.raises(InputError, match="the folder of recordings does not exist: none nor"):
        material(Path("none"))
    monkeypatch.delenv("LIGEIA_DATA")
    with pytest.raises(InputError, match="LIGEIA_DATA, below which it is looked up too, is not set"):
        material(Path("notes"))
    with pytest.raises(InputError, match="no folder of recordings: set folder in"):
        DataSettings().found_folder()


def test_memory_is_bounded_before_anything_is_read(tmp_path: Path) -> None:
    for k in range(3):
        wave(tmp_path / f"{k}.wav", tone(0.1))
    with pytest.raises(InputError, match="3 items of 230400000 samples are too many"):
        material(tmp_path, seconds=600.0, rate=384_000)


def test_reading_reports_and_can_be_cancelled(tmp_path: Path) -> None:
    wave(tmp_path / "a.wav", tone(0.1))
    seen: list[Progress] = []
    read_material(DataSettings(folder=tmp_path, seconds=0.1), on_progress=seen.append)
    assert seen[-1].done == 1

    def stop(_: Progress) -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        read_material(DataSettings(folder=tmp_path, seconds=0.1), on_progress=stop)


@pytest.mark.parametrize(("folder", "selection", "least"), [("notes", "diverse", 100), ("keywords", "keywords", 40)])
def test_recordings_of_the_common_folder(
    data_folder: Path, folder: str, selection: str, least: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIGEIA_DATA", str(data_folder))
    made = material(Path(folder), selection=selection, seconds=1.0)
    assert len(made) >= least
    assert np.isfinite(made.waveforms).all()
    assert not made.left_out
