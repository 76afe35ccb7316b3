"""Recordings on disk: opening, reading block by block, and (from `writer`) writing."""

import os
import stat
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.riff import check_riff
from ligeia.audio.signal import Audio
from ligeia.audio.sources import Source, open_source
from ligeia.audio.writer import AudioWriter, write_audio
from ligeia.errors import InputError

__all__ = ["AudioFile", "AudioWriter", "open_audio", "read_audio", "write_audio"]


class AudioFile:
    """A recording on disk, read block by block; `open_audio` makes one, and it is a context manager.

    `rate` is in Hz; `frames` is the exact number of samples in each of `channels`.
    """

    def __init__(self, path: Path, source: Source) -> None:
        self.path, self._source = path, source
        self.rate, self.channels, self.frames = source.rate, source.channels, source.frames
        self._closed = False

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return float(self.frames / self.rate)

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """Samples `start:stop` as float32 `[channels, stop - start]`, cut at the end of the sound.

        Raises:
            InputError: the file is damaged there, or holds NaN or infinite samples.
        """
        if self._closed:
            raise ValueError(f"{self.path} is closed")
        start, stop, _ = slice(start, stop).indices(self.frames)
        block = self._source.read(start, max(start, stop))
        if len(block) < stop - start:
            raise InputError(f"{self.path} is damaged: cannot read frames {start} to {stop} of {self.frames}")
        self._check_finite(block, start)
        return np.ascontiguousarray(block.T)

    def _check_finite(self, block: NDArray[np.float32], start: int) -> None:
        bad = np.argwhere(~np.isfinite(block))
        if len(bad):
            frame, channel = bad[0]
            raise InputError(f"{self.path} holds a NaN or infinite sample (frame {start + frame}, channel {channel})")

    def close(self) -> None:
        """Close the file; closing twice does no harm."""
        self._closed = True
        self._source.close()

    def __enter__(self) -> "AudioFile":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_audio(path: str | os.PathLike[str]) -> AudioFile:
    """Open a recording of any format that libsndfile or an installed `ffmpeg` reads.

    Compressed formats are decoded once, to a temporary file, because seeking in them is not exact.

    Raises:
        InputError: the file is missing, unreadable, empty, cut short, or not a recording; one line says.
    """
    path = Path(path)
    try:
        _check_file(path)
        check_riff(path)
        source = open_source(path)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {str(path)!r}: {getattr(error, 'strerror', None) or error}") from error
    if source.frames == 0:
        source.close()
        raise InputError(f"{path} holds no samples")
    return AudioFile(path, source)


def _check_file(path: Path) -> None:
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise InputError(f"cannot read {path}: it is a folder")
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"cannot read {path}: it is not a regular file")
    if status.st_size == 0:
        raise InputError(f"{path} is empty (0 bytes)")


def read_audio(path: str | os.PathLike[str]) -> Audio:
    """Read a whole recording.

    Raises:
        InputError: as `open_audio` and `AudioFile.read`.
    """
    with open_audio(path) as file:
        return Audio(file.read(0, file.frames), file.rate)
