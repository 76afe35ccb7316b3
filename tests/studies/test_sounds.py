"""The sounds of the studies: recordings where there are any, made ones elsewhere, and said which."""

from pathlib import Path

import numpy as np
import pytest

from ligeia.audio.files import write_audio
from ligeia.audio.signal import Audio
from ligeia.studies.sounds import sound


@pytest.mark.parametrize("kind", ["bach", "speech"])
def test_made_sounds_repeat(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIGEIA_DATA", str(tmp_path))
    audio, label = sound(kind, 1, rate=8000, seconds=0.75)
    again, _ = sound(kind, 1, rate=8000, seconds=0.75)
    assert label == f"made {kind} 1"
    assert (audio.rate, audio.channels, audio.frames) == (8000, 1, 6000)
    assert np.abs(audio.samples).max() == pytest.approx(1)
    assert np.array_equal(audio.samples, again.samples)
    other, _ = sound(kind, 2, rate=8000, seconds=0.75)
    assert not np.array_equal(audio.samples, other.samples)


def test_recordings_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIGEIA_DATA", str(tmp_path))
    (tmp_path / "siren").mkdir()
    write_audio(tmp_path / "siren" / "gt_bach.wav", Audio(np.full((2, 8000), 0.25), 16000))
    audio, label = sound("bach", 0, rate=8000, seconds=0.1)
    assert label == "siren/gt_bach.wav"
    assert (audio.rate, audio.channels, audio.frames) == (8000, 1, 800)
