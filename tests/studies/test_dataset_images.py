"""Images and numbers of sets of sounds, where both are known."""

import numpy as np
import pytest

from ligeia.errors import InputError
from ligeia.studies import dataset_images, family_sets
from ligeia.studies.dataset_images import amplitude_image, magnitude_image, numbers, packed, unpacked
from ligeia.studies.family_sets import SETS, material_of, settings_of

RATE = 8000


def tones(*hertz: float, begin: tuple[float, ...] = (), level: float = 0.5) -> np.ndarray:
    t = np.arange(RATE) / RATE
    starts = begin or (0.0,) * len(hertz)
    return np.stack(
        [level * np.sin(2 * np.pi * hz * t) * (t >= start) for hz, start in zip(hertz, starts, strict=True)]
    ).astype(np.float32)


def test_numbers_of_tones() -> None:
    found = numbers(tones(500, 1500, 500, 1500), RATE)
    assert found["mean_square"] == pytest.approx(0.125, rel=1e-3)
    assert found["strongest_hertz"] == [500, 1000, 1500]
    assert found["spread_hertz"] == 1
    assert found["peak_level_db"] == pytest.approx(20 * np.log10(0.5), abs=0.01)
    assert found["above_1_khz"] == pytest.approx(0.5, rel=1e-6)
    assert found["silent_share"] == 0


def test_numbers_of_silence_and_of_noise() -> None:
    half = numbers(tones(500, begin=(0.5,)), RATE)
    assert half["silent_share"] == pytest.approx(0.5)
    clicks = np.zeros((2, RATE), np.float32)
    clicks[0, 800] = clicks[1, 4800] = 1
    found = numbers(clicks, RATE)
    assert (found["loudest_at_seconds"], found["loudest_at_sd"]) == pytest.approx((0.35, 0.25))
    assert found["spread_hertz"] == pytest.approx(0.9 * RATE / 2, rel=0.01), "a click is at all frequencies"


def test_rows_of_images_are_sorted_by_the_largest_value() -> None:
    image = magnitude_image(tones(3000, 1000, 2000), RATE)
    assert image.argmax(axis=1).tolist() == sorted(image.argmax(axis=1).tolist())
    assert image.max(axis=1) == pytest.approx(20 * np.log10(0.5), abs=0.01)
    centres = (image.argmax(axis=1) + 0.5) * 4000 / image.shape[1]
    assert centres == pytest.approx([1000, 2000, 3000], abs=4000 / image.shape[1])
    late_first = tones(100, 100, begin=(0.6, 0.2))
    late_first[0, 5600] = late_first[1, 2400] = 0.9
    columns = amplitude_image(late_first).argmax(axis=1) / dataset_images.COLUMNS
    assert columns == pytest.approx([0.3, 0.7], abs=0.01)


def test_images_have_a_bounded_size_and_lose_no_peak() -> None:
    many = np.zeros((400, RATE), np.float32)
    many[:, 77] = 1
    image = amplitude_image(many)
    assert image.shape == (dataset_images.MOST_ROWS, dataset_images.COLUMNS)
    assert (image.max(axis=1) == 0).all()


def test_images_survive_the_row() -> None:
    image = np.array([[-100.0, -50.0, 0.0], [-20.0, -99.0, -1.0]])
    assert unpacked(packed(image)) == pytest.approx(image, abs=0.2)


# --- the sets --------------------------------------------------------------------------------------------


def test_made_sets_stand_in_where_there_are_no_recordings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIGEIA_DATA", raising=False)
    for name, rate in (("keyboard", 16000), ("diverse", 16000), ("keywords", 16000), ("digits", 8000)):
        made, sounds = material_of(name, items=6)
        assert (sounds, made.waveforms.shape, made.rate) == ("made", (6, rate), rate)
        assert np.isfinite(made.waveforms).all()
        assert 0.05 < np.abs(made.waveforms).max() <= 1
        assert np.array_equal(material_of(name, items=6)[0].waveforms, made.waveforms)
    assert {item.family for item in material_of("diverse")[0].items} == {"keyboard", "guitar", "mallet"}


def test_missing_recordings_of_the_paper_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIGEIA_DATA", raising=False)
    with pytest.raises(InputError, match="the folder of recordings does not exist: nsynth"):
        material_of("keyboard", "paper")
    with pytest.raises(InputError, match="unknown set 'digits'; there are: keyboard, diverse, keywords"):
        settings_of("digits", "paper")
    assert {settings.items for settings in SETS["paper"].values()} == {1024}


def test_recorded_sets_have_as_many_sounds_as_asked(data_folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIGEIA_DATA", str(data_folder))
    some, sounds = material_of("keywords", items=12)
    assert (sounds, len(some)) == ("recorded", 12)
    assert family_sets.SETS["laptop"]["keywords"].items is None
    assert 40 < len(material_of("keywords", items=1000)[0]) < 1000, "all there are"
