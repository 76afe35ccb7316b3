"""`ligeia play`, with a sound device of our own."""

import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pytest

import ligeia as library

if TYPE_CHECKING:
    from tests.cli.conftest import Ligeia


class PortAudioError(Exception):
    """As sounddevice has it."""


class Device(ModuleType):
    """A module like sounddevice, which keeps what is played."""

    PortAudioError = PortAudioError

    def __init__(self) -> None:
        super().__init__("sounddevice")
        self.heard: list[np.ndarray] = []
        self.rate = self.channels = 0
        self.events: list[str] = []
        self.patience = 10**9
        device = self

        class OutputStream:
            def __init__(self, *, samplerate: int, channels: int, dtype: str) -> None:
                if device.patience == 0:
                    raise PortAudioError("Error querying device -1")
                device.rate, device.channels = samplerate, channels
                assert dtype == "float32"

            def __enter__(self) -> "OutputStream":
                return self

            def __exit__(self, *_: object) -> None:
                device.events.append("closed")

            def write(self, block: np.ndarray) -> None:
                assert (block.dtype, block.ndim, block.flags.c_contiguous) == (np.float32, 2, True)
                device.heard.append(block)
                if len(device.heard) >= device.patience:
                    raise KeyboardInterrupt

            def stop(self) -> None:
                device.events.append("stopped")

            def abort(self) -> None:
                device.events.append("aborted")

        self.OutputStream = OutputStream

    @property
    def sound(self) -> np.ndarray:
        return np.concatenate(self.heard).T


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Device:
    made = Device()
    monkeypatch.setitem(sys.modules, "sounddevice", made)
    return made


SOUND = library.Audio(np.stack([0.5 * np.sin(np.arange(40000) / 9), 0.2 * np.cos(np.arange(40000) / 5)]), 8000)


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    path = tmp_path / "a b.wav"
    library.write_audio(path, SOUND, subtype="FLOAT")
    return path


def test_a_recording_is_heard_to_the_end(ligeia: "Ligeia", device: Device, wav: Path) -> None:
    outcome = ligeia("play", wav)
    assert (outcome.code, outcome.out) == (0, "")
    assert (device.rate, device.channels) == (8000, 2)
    np.testing.assert_array_equal(device.sound, SOUND.samples)
    assert device.events == ["stopped", "closed"]


def test_a_part_of_a_stream(ligeia: "Ligeia", device: Device, tmp_path: Path) -> None:
    path = tmp_path / "a.lig"
    path.write_bytes(library.encode(SOUND))
    assert ligeia("play", path, "--start", "0:01.5", "--stop", 4.25).code == 0
    expected = library.decode(path.read_bytes()).render().samples[:, 12000:34000]
    np.testing.assert_allclose(device.sound, expected, atol=1e-6)


def test_a_loop_ends_by_ctrl_c_alone(ligeia: "Ligeia", device: Device, wav: Path) -> None:
    device.patience = 7
    outcome = ligeia("play", wav, "--loop", "--quiet")
    assert (outcome.code, outcome.out, outcome.err) == (130, "", "")
    assert device.sound.shape == (2, 2 * 40000 + 16000)
    assert device.events == ["aborted", "closed"]


def test_loud_sounds_and_many_channels(ligeia: "Ligeia", device: Device, tmp_path: Path) -> None:
    path = tmp_path / "loud.wav"
    library.write_audio(path, library.Audio(np.full((3, 100), 1.5), 8000), subtype="FLOAT")
    outcome = ligeia("play", path)
    assert "3 channels are played as their mean" in outcome.err
    np.testing.assert_array_equal(device.sound, np.ones((1, 100)))


@pytest.mark.parametrize(
    ("options", "code"),
    [(["--start", "9"], 1), (["--start", "2", "--stop", "1"], 2), (["--start", "x"], 2), (["--stop=-1"], 2)],
)
def test_nothing_to_play(ligeia: "Ligeia", device: Device, wav: Path, options: list[str], code: int) -> None:
    assert ligeia("play", wav, *options).code == code
    assert not device.heard


def test_without_a_device(ligeia: "Ligeia", device: Device, wav: Path) -> None:
    device.patience = 0
    outcome = ligeia("play", wav)
    assert outcome.code == 1
    assert "no sound device" in outcome.line
    assert "Error querying device -1" in outcome.line


def test_without_the_extra_or_its_library(ligeia: "Ligeia", wav: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    outcome = ligeia("play", wav)
    assert outcome.code == 1
    assert 'pip install "ligeia[play]"' in outcome.line

    class NoLibrary:
        def find_spec(self, name: str, path: object = None, target: object = None) -> None:
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice")
    monkeypatch.setattr(sys, "meta_path", [NoLibrary(), *sys.meta_path])
    outcome = ligeia("play", wav)
    assert outcome.code == 1
    assert "PortAudio" in outcome.line
    assert "libportaudio2" in outcome.line
