"""What a training learns from: cuts, splits, and recordings that are not as they should be."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from made_learning import write_recordings

from ligeia.datasets.layouts import read_dataset
from ligeia.errors import InputError
from ligeia.hypersound.augmentation import Augmentation
from ligeia.hypersound.material import DataConfig, Material, divided, read_material, selected
from ligeia.training.processes import Processes

CONFIG = DataConfig(last_speakers=1, skip_seconds=0.1, samples_per_epoch=30, batch=6)
PLAIN = Augmentation(phase_mangle=0, dequantise=False, normalise=False)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_recordings(tmp_path)
    return tmp_path


def material(data: Path, augmentation: Augmentation = PLAIN, *, rate: int = 8000, **changes: Any) -> Material:
    return read_material(replace(CONFIG, folder=data, **changes), augmentation, rate=rate, samples=256, seed=5)


def noise(path: Path, count: int, rate: int = 8000, channels: int = 1) -> None:
    soundfile.write(path, 0.1 * np.random.default_rng(1).standard_normal((count, channels)), rate)


# --- cuts ----------------------------------------------------------------------------------------------


def test_segments_are_as_in_the_paper(data: Path) -> None:
    """Twice a crop long, one after the other from the skipped start on; the rest is dropped; the last one validates."""
    made = material(data)
    places = {(place.item.path.name, place.start, place.stop) for place in made.crops.places}
    counts = {"1-1-0000.flac": (7000 - 800) // 512, "1-1-0001.flac": (7500 - 800) // 512}
    expected = {
        (name.replace("1-", f"{speaker}-", 1), 800 + 512 * k, 1312 + 512 * k)
        for name, count in counts.items()
        for k in range(count)
        for speaker in (1, 2)
    }
    assert places == expected
    samples = soundfile.read(data / "3-1-0000.flac", dtype="float32")[0]
    assert made.validation[1] == pytest.approx(samples[1312 : 1312 + 256], abs=2**-15), "first halves of segments"


def test_each_segment_comes_once_before_any_comes_again(data: Path) -> None:
    made = material(data, samples_per_epoch=60)
    taken: list[tuple[int, int]] = []
    crop = made.crops.crop
    made.crops.crop = lambda number, lap: taken.append((number, lap)) or crop(number, lap)  # type: ignore[method-assign,func-returns-value]
    for number in range(120):
        made.example(number, 0)
    count = len(made.crops)
    assert sorted(number for number, _ in taken[:count]) == list(range(count))
    assert len({lap for _, lap in taken}) == 2 * -(-60 // count), "no two rounds have the same random numbers"
    assert [number for number, _ in taken[:count]] != [number for number, _ in taken[60 : 60 + count]]


def test_batches_depend_on_step_and_seed_alone(data: Path) -> None:
    first, second = material(data, Augmentation()), material(data, Augmentation())
    second.batch(3, 1, Processes())
    assert np.array_equal(first.batch(7, 1, Processes()), second.batch(7, 1, Processes()))
    assert not np.array_equal(first.batch(7, 1, Processes()), second.batch(8, 1, Processes()))
    assert not np.array_equal(first.batch(7, 1, Processes()), second.batch(7, 2, Processes()))


def test_processes_share_a_batch(data: Path) -> None:
    made = material(data, Augmentation())
    alone = made.batch(4, 0, Processes())
    shares = [made.batch(4, 0, Processes(rank, 3)) for rank in range(3)]
    assert np.array_equal(np.stack(shares, 1).reshape(alone.shape), alone)
    with pytest.raises(InputError, match="4 processes cannot share a batch of 6 evenly"):
        made.batch(0, 0, Processes(0, 4))


def test_files_give_a_crop_each(data: Path) -> None:
    noise(data / "1-2-0000.wav", 100)
    made = material(data, cut="files", skip_seconds=0.0)
    assert len(made.crops) == 5
    assert made.too_short == ()
    short = next(k for k, place in enumerate(made.crops.places) if place.item.path.name == "1-2-0000.wav")
    crop = made.crops.crop(short, 0)[0]
    assert crop[:100].any()
    assert not crop[100:].any(), "followed by silence"


def test_few_segments_to_overfit(data: Path) -> None:
    made = material(data, training_segments=4, last_speakers=0, overfit=True)
    assert len(made.crops) == len(made.validation) == 4
    still = material(data, replace(PLAIN, random_crop=False), training_segments=4, last_speakers=0, overfit=True)
    learned = {still.example(number, 0).tobytes() for number in range(30)}
    assert learned == {clip.tobytes() for clip in still.validation}, "the crops that are learned from are those"
    assert len(material(data, validation_segments=3).validation) == 3
    assert made.too_short == (), "what is not chosen is not too short"


# --- what validates ------------------------------------------------------------------------------------


def test_who_validates(data: Path) -> None:
    items = read_dataset(data)

    def names(**rule: Any) -> tuple[list[str], ...]:
        parts = divided(items, DataConfig(**rule))
        return tuple(sorted({item.speaker for item in part}) for part in parts)

    one, two, three = (f"LibriSpeech-{k}" for k in (1, 2, 3))
    assert names(last_speakers=1) == ([one, two], [three])
    assert names(validation_speakers=(two,)) == ([one, three], [two])
    assert names(overfit=True) == ([one, two, three], [one, two, three])
    learned, validating = names(validation_share=0.4)
    assert not set(learned) & set(validating)
    with pytest.raises(InputError, match="no item has the speaker LibriSpeech-9"):
        names(validation_speakers=("LibriSpeech-9",))
    with pytest.raises(InputError, match="all 3 groups by speaker validate"):
        names(last_speakers=3)


@pytest.mark.parametrize("rules", [{}, {"overfit": True, "last_speakers": 1}], ids=str)
def test_one_rule_says_who_validates(rules: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="set one of validation_speakers"):
        DataConfig(**rules)


def test_what_results_are_reported_on_is_never_learned_from(data: Path) -> None:
    noise(data / "103-1-0000.wav", 4000)
    paths = [item.path.name for item in selected(replace(CONFIG, folder=data))]
    assert "103-1-0000.wav" not in paths
    assert len(paths) == 6


# --- recordings that are not as they should be ------------------------------------------------------------


def test_what_cannot_be_read_is_left_out_and_listed(data: Path) -> None:
    (data / "1-9-0000.flac").write_bytes(b"fLaC and no more")
    (data / "2-9-0000.wav").write_bytes(b"")
    noise(data / "2-8-0000.wav", 300)
    made = material(data)
    assert {path.name for path in made.unreadable} == {"1-9-0000.flac", "2-9-0000.wav"}
    assert all(made.unreadable.values()), "each with the reason"
    assert [path.name for path in made.too_short] == ["2-8-0000.wav"]
    facts = made.facts()
    assert len(facts["unreadable"]) == 2  # type: ignore[arg-type]
    assert len(facts["too_short"]) == 1  # type: ignore[arg-type]


def test_a_folder_of_rubbish_is_an_error(tmp_path: Path) -> None:
    for name in ("1-1-0000.wav", "2-1-0000.wav"):
        (tmp_path / name).write_bytes(b"rubbish")
    with pytest.raises(InputError, match=r"none of 2 recordings can be read; the first: .*1-1-0000\.wav"):
        material(tmp_path)


def test_recordings_that_are_all_too_short_are_an_error(tmp_path: Path) -> None:
    for speaker in (1, 2):
        noise(tmp_path / f"{speaker}-1-0000.wav", 400)
    with pytest.raises(InputError, match=r"none of them long enough: each must be 0\.16 s long; lower segment_crops"):
        material(tmp_path)


def test_other_rates_and_channels(data: Path) -> None:
    noise(data / "1-7-0000.wav", 16000, rate=16000, channels=2)
    noise(data / "3-7-0000.wav", 44100, rate=44100)
    made = material(data)
    stereo = [place for place in made.crops.places if place.item.path.name == "1-7-0000.wav"]
    assert len(stereo) == (8000 - 800) // 512
    assert made.batch(0, 0, Processes()).shape == (6, 256)


def test_silent_recordings_give_silence(data: Path) -> None:
    for speaker in (1, 3):
        soundfile.write(data / f"{speaker}-5-0000.wav", np.zeros(8000), 8000)
    made = material(data, Augmentation(silence=1e-3))
    assert np.isfinite(made.validation).all()
    assert (np.abs(made.validation).max(axis=1) == 0).any()
    batches = np.concatenate([made.batch(step, 0, Processes()) for step in range(10)])
    peaks = np.abs(batches).max(axis=1)
    assert ((peaks < 2**-15) | (np.abs(peaks - 1) < 1e-5)).all(), "silent ones are not scaled up"
    assert (peaks < 2**-15).any()


def test_what_slows_the_training_down_is_said(data: Path) -> None:
    assert material(data).notes() == []
    assert "need more than cache_gigabytes" in material(data, cache_gigabytes=3e-5).notes()[0]
    (data / "file").write_text("")
    assert "are not cached in" in material(data, cache=data / "file" / "cache").notes()[0]


def test_settings_and_folders_that_are_wrong(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIGEIA_DATA", raising=False)
    with pytest.raises(InputError, match=r"no recording below .* matches none"):
        material(data, include=("none",))
    with pytest.raises(InputError, match="no folder of recordings: set folder in"):
        selected(CONFIG)
    for settings, message in [
        ({"batch": 0}, "batch must be at least 1"),
        ({"segment_crops": 0.5}, "segment_crops must be at least 1"),
        ({"cut": "slices"}, "cut must be one of segments, files"),
        ({"validation_share": 1.0}, "validation_share must lie"),
        ({"cache_gigabytes": 0.0}, "cache_gigabytes must be above 0"),
    ]:
        with pytest.raises(InputError, match=message):
            replace(CONFIG, **settings)
