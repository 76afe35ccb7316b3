from pathlib import Path

import numpy as np
import pytest
from made_recordings import RATE, plucked, write_notes

from ligeia.errors import InputError
from ligeia.latent.partials.material import (
    NoteData,
    decibels,
    facts_of,
    find_notes,
    instants,
    loudest_rms,
    read_note,
    read_targets,
    stop_seconds,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> NoteData:
    folder = write_notes(tmp_path_factory.mktemp("recordings"))
    return NoteData(folder=folder, instruments={"harp": "notes/harp_*", "flute": "notes/pipe_*"}, unseen_every=5)


def test_notes_have_instruments_voices_and_pitches(data: NoteData) -> None:
    notes = find_notes(data)
    assert len(notes) == 15
    assert sorted({note.voice for note in notes}) == ["flute/f", "flute/p", "harp"]
    assert [note.midi for note in notes[:5]] == [50, 55, 60, 64, 68]
    assert [data.unseen(note.midi) for note in notes[:5]] == [False, False, False, True, False]
    assert facts_of(notes)["harp"] == {"notes": 5, "licence": "CC0"}
    assert len(read_note(notes[0], RATE)) == RATE
    assert len(read_note(notes[0], 8000)) == 8000


def test_the_name_of_a_note_is_no_dynamic(tmp_path: Path) -> None:
    write_notes(tmp_path)
    rows = (tmp_path / "MANIFEST.csv").read_text().replace("harp_050_x.wav", "harp_050_f.wav")
    (tmp_path / "notes/harp_050_x.wav").rename(tmp_path / "notes/harp_050_f.wav")
    (tmp_path / "MANIFEST.csv").write_text(rows)
    voices = {note.voice for note in find_notes(NoteData(folder=tmp_path, instruments={"harp": "notes/harp_*"}))}
    assert voices == {"harp"}


def test_an_instrument_without_recordings_is_named(data: NoteData) -> None:
    with pytest.raises(InputError, match="no recording of the instrument horn"):
        find_notes(NoteData(folder=data.folder, instruments={"horn": "notes/horn_*"}))


def test_a_recording_without_a_pitch_is_named(tmp_path: Path) -> None:
    write_notes(tmp_path)
    rows = (tmp_path / "MANIFEST.csv").read_text().replace("midi=50", "note=D3")
    (tmp_path / "MANIFEST.csv").write_text(rows)
    with pytest.raises(InputError, match=r"harp_050_x\.wav states no pitch"):
        find_notes(NoteData(folder=tmp_path, instruments={"harp": "notes/harp_*"}))


def test_targets_are_the_levels_of_partials(data: NoteData) -> None:
    notes = find_notes(data)[:1]
    targets = read_targets(notes, data, voices=("harp",))
    assert targets.pitches[0] == pytest.approx(50, abs=0.05)
    at = int(np.argmin(np.abs(instants() - 0.3)))
    steps = np.diff(targets.levels[0, :5, at])
    np.testing.assert_allclose(steps, 20 * np.log10(0.4), atol=1)
    assert targets.counts[0] > 20
    assert targets.heard[0].sum() > 50
    fall = targets.levels[0, 0, at] - targets.levels[0, 0, at + 20]
    assert fall == pytest.approx(3 * 0.4 * 20 / np.log(10), abs=1)
    assert np.abs(targets.cents[0, 5:]).max() < 5


def test_a_note_stops_where_it_falls_for_good() -> None:
    sound = plucked(60, fall=0.1)
    assert stop_seconds(sound, RATE) == pytest.approx(0.98, abs=0.01)
    sound[10000:] *= 0.01
    assert stop_seconds(sound, RATE) == pytest.approx(0.6, abs=0.05)
    assert stop_seconds(plucked(60, fall=8.0), RATE) > 0.9


def test_levels() -> None:
    np.testing.assert_allclose(decibels(np.array([np.sqrt(2)])), 0, atol=1e-6)
    assert loudest_rms(np.concatenate([np.zeros(9000), np.ones(1000)]), RATE) == pytest.approx(1)


@pytest.mark.parametrize(("field", "value"), [("instruments", {}), ("rate", 1), ("bands", 1), ("unseen_every", -1)])
def test_settings_out_of_range_are_refused(field: str, value: object) -> None:
    with pytest.raises(InputError, match=field):
        NoteData(**({"instruments": {"a": "b"}} | {field: value}))  # type: ignore[arg-type]
