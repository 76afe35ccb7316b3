"""Writing recordings: the whole file appears, or nothing does."""

import os
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import ArrayLike

from ligeia.audio.atomic import atomic_path, checked_target
from ligeia.audio.formats import check_limits, checked_subtype, format_for
from ligeia.audio.signal import Audio, checked_rate
from ligeia.audio.sinks import FfmpegSink, Sink, SoundSink
from ligeia.errors import InputError


class AudioWriter:
    """A recording written block by block; a context manager, and the file appears when it ends well.

    The ending of `path` names the format: .wav (`subtype` PCM_16, PCM_24, PCM_32 or FLOAT), .flac (PCM_16
    or PCM_24), .ogg (Vorbis), .opus, .mp3; for all others `ffmpeg` must be installed. Whole-number
    subtypes saturate at full scale. WAV files beyond 4 GB become RF64.

    Raises:
        InputError: the format does not take the rate (Hz), the channels or the subtype; `path` exists and
            `overwrite` is false; or it cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "tone.wav")
        ...     with AudioWriter(path, rate=8000, channels=1) as writer:
        ...         writer.write(np.zeros([1, 500]))
        ...     path.stat().st_size
        1044
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        rate: int,
        channels: int,
        subtype: str | None = None,
        overwrite: bool = False,
    ) -> None:
        self.path, self.rate, self.channels = Path(path), checked_rate(rate), channels
        self._format, self._overwrite = format_for(self.path), overwrite
        self._subtype = checked_subtype(self._format, subtype)
        if self._format is not None:
            check_limits(self._format, self.rate, channels)
        checked_target(self.path, overwrite=overwrite)
        self._sink: Sink | None = None

    def __enter__(self) -> "AudioWriter":
        with ExitStack() as stack:
            temporary = stack.enter_context(atomic_path(self.path, overwrite=self._overwrite))
            self._sink = stack.enter_context(closing(self._new_sink(temporary)))
            self._stack = stack.pop_all()
        return self

    def _new_sink(self, temporary: Path) -> Sink:
        if self._format is None:
            return FfmpegSink(temporary, self.rate, self.channels)
        return SoundSink(temporary, self._format, self._subtype, self.rate, self.channels)

    def write(self, samples: ArrayLike) -> None:
        """Add samples, `[channels, n]` with full scale 1.

        Raises:
            InputError: wrong shape, NaN or infinite samples, or a full disk.
        """
        if self._sink is None:
            raise ValueError(f"{self.path} is not open for writing")
        block = np.asarray(samples, dtype=np.float32)
        if block.ndim != 2 or block.shape[0] != self.channels:
            raise InputError(f"samples must be [{self.channels}, n], got {list(block.shape)}")
        if not np.isfinite(block).all():
            raise InputError("samples hold NaN or infinite values")
        try:
            self._sink.write(block)
        except OSError as error:
            raise InputError(f"cannot write {self.path}: {error.strerror or error}") from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        sink, self._sink = self._sink, None
        if error is not None or sink is None:
            self._stack.__exit__(kind, error, trace)
            return
        with self._stack:
            sink.finish()


def write_audio(
    path: str | os.PathLike[str],
    audio: Audio,
    *,
    subtype: str | None = None,
    overwrite: bool = False,
) -> None:
    """Write a whole recording in the format that the ending of `path` names (see `AudioWriter`).

    Raises:
        InputError: as `AudioWriter`.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_audio(Path(folder, "click.flac"), Audio(np.ones([2, 1]), rate=48000))
        ...     [item.name for item in Path(folder).iterdir()]
        ['click.flac']
    """
    settings = {"rate": audio.rate, "channels": audio.channels}
    with AudioWriter(path, subtype=subtype, overwrite=overwrite, **settings) as writer:
        writer.write(audio.samples)
