from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.audio.writing import write_audio
from ligeia.enhance.extension.envelope import NARROW, Envelope
from ligeia.enhance.extension.lisa import Lisa
from ligeia.enhance.extension.material import Choice, Recording, band_of, read_recordings
from ligeia.errors import InputError
from ligeia.training.config import TrainingConfig
from tests.enhance.extension.made_networks import noise

pytest.importorskip("torch")

from ligeia.enhance.extension.envelope_learning import EnvelopeTask, heights, seen
from ligeia.enhance.extension.learning import (
    NAMES,
    configuration_path,
    learn_extension,
    read_extension_config,
)
from ligeia.enhance.extension.lisa_learning import LisaTask

QUICK = TrainingConfig(steps=4, evaluations=2, device="cpu", threads=1)


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Three recordings of noise whose level above 4 kHz follows that below."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    for number in range(3):
        audio = noise(16000, 1.5, top=1.0, seed=number)
        write_audio(folder / f"one_{number}.wav", Audio(audio.samples * (number + 1), 16000))
    write_audio(folder / "short.wav", noise(16000, 0.2))
    (folder / "damaged.wav").write_bytes(b"RIFF")
    return folder


def test_recordings_are_chosen_and_the_unreadable_are_listed(recordings: Path) -> None:
    choice = Choice(data=recordings, validation=("one_2*",))
    found = read_recordings(choice, 8000, speeds=(1.0, 0.9))
    assert [recording.name for recording in found.learned] == ["one_0", "one_1", "one_0", "one_1"]
    assert [recording.name for recording in found.judged] == ["one_2"]
    assert [path.name for path in found.unreadable] == ["damaged.wav"]
    assert found.learned[0].band == pytest.approx(8000, abs=50)
    assert found.learned[2].band == pytest.approx(7200, abs=50)
    with pytest.raises(InputError, match="kept for validation"):
        read_recordings(replace(choice, validation=("*",)), 8000)
    with pytest.raises(InputError, match="no recording"):
        read_recordings(replace(choice, include=("two*",)), 8000)


def test_envelopes_are_learned_and_files_fit(recordings: Path, tmp_path: Path) -> None:
    task = EnvelopeTask(data=recordings, validation=("one_2*",), width=4, frames=16, batch=2)
    learned = learn_extension(task, QUICK, folder=tmp_path / "run")
    Envelope(NARROW, {name: np.asarray(value, np.float32) for name, value in learned.arrays.items()})
    assert learned.trained.steps == 4
    assert (learned.recordings, learned.judged) == (["one_0", "one_1"], ["one_2"])
    assert learned.trained.scalars["judged_rms_db"] < 20
    again = learn_extension(task, QUICK, folder=tmp_path / "run", resume=True)
    for name, value in learned.arrays.items():
        np.testing.assert_array_equal(again.arrays[name], value)


def test_lisa_is_learned_and_its_file_fits(recordings: Path) -> None:
    task = LisaTask(data=recordings, validation=("one_2*",), batch=2, queries=50, crop_seconds=0.1)
    learned = learn_extension(task, QUICK)
    Lisa({name: np.asarray(value, np.float32) for name, value in learned.arrays.items()})
    assert np.isfinite(learned.trained.scalars["judged_snr_db"])


def test_bands_that_were_cut_do_not_count() -> None:
    audio = noise(16000, 1.5, top=0.7)
    assert band_of(audio) == pytest.approx(5600, abs=100)
    assert band_of(noise(16000, 1.5, top=1.0)) > 7950
    edges = np.array(NARROW.outputs[1:]) * 31.25
    counts = seen(Recording("made", audio.samples[0], 5600), "narrow").counts
    assert not counts[edges > 5600].any()
    assert counts[edges < 5300].all()
    assert heights(NARROW.inputs, NARROW)[0] < -0.48


@pytest.mark.parametrize("name", NAMES)
def test_shipped_configurations_are_valid(name: str) -> None:
    task, training = read_extension_config(configuration_path(name))
    assert task.validation
    assert training.threads == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[training]\nsteps = 1\n", "one of the tables"),
        ("[lisa]\n[envelope]\n", "holds 2"),
        ("[lisa]\nrate = 9000\nhighest = 8000\n", "rate < highest"),
        ("[envelope]\nlayout = 'middle'\n", "layout"),
        ("[envelope]\ndropout = 1.0\n", "dropout"),
        ("[lisa\n", "TOML"),
    ],
)
def test_bad_configurations_are_refused(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "a.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=reason):
        read_extension_config(path)
