"""What commands read: recordings, streams, pipes."""

import io
import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import ligeia
from ligeia.cli.sources import is_pipe, open_recording, open_sound, opened_stream, path_of
from ligeia.errors import FormatError, InputError, LigeiaError, SettingsError

TONE = ligeia.Audio(0.3 * np.sin(np.arange(3000) / 7)[None], 8000)


def stream_in(path: Path) -> bytes:
    """The bytes of a stream, as commands read them."""
    with opened_stream(path) as file:
        return file.read()


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    path = tmp_path / "a.wav"
    ligeia.write_audio(path, TONE)
    return path


@pytest.fixture
def lig(tmp_path: Path) -> Path:
    path = tmp_path / "a.wav.lig"
    path.write_bytes(ligeia.encode(TONE))
    return path


class Typed:
    """Standard input with these bytes."""

    def __init__(self, content: bytes, terminal: bool = False) -> None:
        self.buffer, self.terminal = io.BytesIO(content), terminal

    def isatty(self) -> bool:
        return self.terminal


def fifo(folder: Path, content: bytes) -> Path:
    path = folder / "pipe"
    os.mkfifo(path)
    threading.Thread(target=path.write_bytes, args=(content,), daemon=True).start()
    return path


def test_a_dash_alone_is_standard_input() -> None:
    assert path_of("-") == Path("-")
    assert path_of("./-").is_absolute()
    assert path_of("./-").name == "-"
    assert is_pipe(Path("-"))


def test_recordings_and_streams_are_one_kind_of_sound(wav: Path, lig: Path) -> None:
    with open_sound(wav) as one, open_sound(lig) as other:
        assert (one.rate, one.channels, one.sample_count) == (other.rate, other.channels, other.sample_count)
        assert (one.subtype, other.subtype) == ("PCM_16", None)
        assert other.seconds == 3000 / 8000
        piece = other.read(1000, 1100)
        np.testing.assert_allclose(piece, ligeia.decode(lig.read_bytes()).render().samples[:, 1000:1100], atol=1e-6)
        assert np.abs(piece - one.read(1000, 1100)).max() < 0.1


@pytest.mark.parametrize("kind", ["wav", "lig"])
@pytest.mark.parametrize("way", ["stdin", "fifo"])
def test_pipes(wav: Path, lig: Path, tmp_path: Path, kind: str, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = (wav if kind == "wav" else lig).read_bytes()
    if way == "stdin":
        monkeypatch.setattr(sys, "stdin", Typed(content))
        source = Path("-")
    else:
        source = fifo(tmp_path, content)
    with open_sound(source) as sound:
        assert sound.read(0, 5000).shape == (1, 3000)
        assert str(sound.path) == ("standard input" if way == "stdin" else str(source))


def test_messages_speak_of_the_pipe_and_not_of_its_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for content in (b"", b"no sound at all" * 50):
        monkeypatch.setattr(sys, "stdin", Typed(content))
        with pytest.raises(InputError, match="standard input") as caught, open_sound(Path("-")):
            pass
        assert "/" not in str(caught.value).replace("a/", "")
    monkeypatch.setattr(sys, "stdin", Typed(b"", terminal=True))
    with pytest.raises(SettingsError, match="terminal"), open_sound(Path("-")):
        pass


def test_missing_files_and_folders(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.wav", Path("/dev/null")):
        with pytest.raises(LigeiaError), open_sound(path):
            pass


def test_a_stream_is_no_recording_to_encode(lig: Path, wav: Path) -> None:
    with pytest.raises(InputError, match=r"\.lig stream already"), open_recording(lig):
        pass
    with open_recording(wav) as sound:
        assert sound.path == wav


def test_streams_from_pipes(lig: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Typed(lig.read_bytes()))
    assert stream_in(Path("-")) == lig.read_bytes()
    assert stream_in(fifo(tmp_path, lig.read_bytes())) == lig.read_bytes()


class Endless(io.RawIOBase):
    """A pipe that never ends, and counts what is read of it."""

    def __init__(self) -> None:
        self.taken = 0

    def readable(self) -> bool:
        return True

    def read(self, count: int = -1) -> bytes:
        self.taken += count
        return bytes(count)


def test_of_a_foreign_pipe_only_the_first_bytes_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    endless = Typed(b"")
    endless.buffer = Endless()  # type: ignore[assignment]
    monkeypatch.setattr(sys, "stdin", endless)
    with pytest.raises(FormatError, match=r"standard input is not a \.lig file"):
        stream_in(Path("-"))
    assert endless.buffer.taken == 3  # type: ignore[attr-defined]


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom", "/dev/null"])
def test_devices_are_refused(device: str) -> None:
    with pytest.raises(InputError, match="neither a file nor a pipe"), open_sound(Path(device)):
        pass
