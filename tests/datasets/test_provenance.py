"""What shipped models have learned from: the facts are complete, and claims of unseen sound hold."""

import hashlib
from pathlib import Path

import pytest

from ligeia.datasets.manifest import Item, read_manifest
from ligeia.datasets.provenance import held_out, is_unseen, learned_from, model_names, without_held_out
from ligeia.datasets.suite import read_suite, suite_path
from ligeia.errors import InputError

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "ligeia"


def test_every_shipped_model_has_its_facts() -> None:
    files = sorted(path for path in PACKAGE.rglob("*.safetensors"))
    assert sorted(learned_from(model).path for model in model_names()) == files
    for model in model_names():
        facts = learned_from(model)
        assert hashlib.sha256(facts.path.read_bytes()).hexdigest() == facts.sha256
        assert facts.recipe.is_file()
        assert facts.material.recordings


def test_nothing_held_out_was_learned_from() -> None:
    for model in model_names():
        material = learned_from(model).material
        assert not material.recordings & held_out().recordings
        assert not material.speakers & held_out().speakers
        assert all(is_unseen(recording, model) for recording in held_out().recordings)


def test_the_suites_of_unseen_clips_are_unseen(data_folder: Path) -> None:
    clips = read_suite("unlearned", data_folder) + read_suite("unseen_speech", data_folder)
    assert {Path(clip.name).stem for clip in clips} == held_out().recordings
    assert all(is_unseen(clip.name) for clip in clips)


def test_suites_for_development_are_not_all_unseen() -> None:
    names = [line for line in suite_path("speech_music").read_text().splitlines() if line.endswith(".flac")]
    assert 0 < sum(is_unseen(name) for name in names) < len(names)


@pytest.mark.parametrize(
    ("recording", "unseen"),
    [
        ("speech/ls_clean_26-495-0000.flac", False),
        ("LibriSpeech/train/26/495/26-495-0007.flac", False),  # the speaker is known
        ("speech/ls_other_367-130732-0007.flac", True),
        ("my song.wav", True),
        ("max_piano", True),
        ("stk_West.ogg", False),
        (Item(id="x", path=Path("/x.wav"), set="s", speaker="LibriSpeech-26"), False),
        (Item(id="x", path=Path("/26-495-0001.wav"), set="s"), False),
        (Item(id="speech/jfk_inaugural.flac", path=Path("/jfk_inaugural.flac"), set="s"), False),
        (Item(id="x", path=Path("/x.wav"), set="s", speaker="LibriSpeech-103"), True),
    ],
)
def test_unseen_recordings(recording: Item | str, unseen: bool) -> None:
    assert is_unseen(recording) == unseen


def test_models_differ_in_what_they_have_seen() -> None:
    assert is_unseen("music/stk_West.flac", "speech")
    assert not is_unseen("music/stk_West.flac", "speech", "music")
    with pytest.raises(InputError, match="unknown model 'x'; there are: speech, music, waveform"):
        is_unseen("a", "x")


def test_names_and_speakers_are_those_of_the_recordings(data_folder: Path) -> None:
    items = read_manifest(data_folder / "MANIFEST.csv")
    stems, speakers = {item.path.stem for item in items}, {item.speaker for item in items}
    for material in (held_out(), *(learned_from(model).material for model in model_names())):
        assert material.recordings <= stems
        assert material.speakers <= speakers
    kept = without_held_out(items)
    assert len(kept) < len(items)
    assert not {item.speaker for item in kept} & held_out().speakers
