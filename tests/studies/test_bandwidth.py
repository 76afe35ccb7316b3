from pathlib import Path

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.audio.writing import write_audio
from ligeia.errors import InputError
from ligeia.studies import bandwidth
from ligeia.studies.bandwidth import CONFIG, STUDY, TASKS, Config, Task, cells, clip_of, measure


@pytest.fixture
def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Task:
    """A task of one recording of noise at 16 kHz; one at 8 kHz does not count."""
    random = np.random.default_rng(0)
    write_audio(tmp_path / "a.wav", Audio(random.normal(0, 0.1, (2, 20000)), 16000))
    write_audio(tmp_path / "0.wav", Audio(random.normal(0, 0.1, (1, 8000)), 8000))
    (tmp_path / "speech").mkdir()
    for name in ("a.wav", "0.wav"):
        (tmp_path / name).rename(tmp_path / "speech" / name)
    monkeypatch.setenv("LIGEIA_DATA", str(tmp_path))
    task = Task("made", "speech/*.wav", 1, 8000, 16000, ("sinc", "inr", "ligeia"))
    monkeypatch.setattr(bandwidth, "TASKS", (task,))
    return task


def test_what_methods_add_is_measured(task: Task) -> None:
    config = Config(metrics=("lsd_sr", "snr"))
    rows = {cell["method"]: measure(config, cell) | {"cell": cell} for cell in cells(config)}
    assert list(rows) == ["sinc", "inr", "ligeia"]
    assert {row["sound"] for row in rows.values()} == {"a"}
    # White noise above 4 kHz is missing from the first two, and guessed by the third; all keep what was given.
    assert rows["sinc"]["metrics"]["lsd_sr"] > 2 > rows["ligeia"]["metrics"]["lsd_sr"]
    assert rows["sinc"]["metrics"]["lsd_sr"] == pytest.approx(rows["inr"]["metrics"]["lsd_sr"], abs=0.5)
    assert min(row["kept_snr_db"] for row in rows.values()) > 40
    text = str(STUDY.table([*rows.values()]))
    assert "made" in text


def test_tasks_have_as_many_cells_as_recordings() -> None:
    assert len(cells(CONFIG["paper"])) == sum(task.count * len(task.methods) for task in TASKS)


def test_a_missing_recording_is_named(task: Task) -> None:
    with pytest.raises(InputError, match="needs 2 recordings"):
        clip_of(task, 1, 1.0)
