"""Recordings to disk, block by block: by libsndfile, or by ffmpeg for formats that it does not know.

The file appears when it is complete, and never in part.
"""

import os
import tempfile
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Protocol

import numpy as np
import soundfile
from numpy.typing import ArrayLike, NDArray

from ligeia.audio import ffmpeg
from ligeia.audio.atomic import atomic_path, checked_target
from ligeia.audio.formats import FORMATS, Format, ForwardFile, check_limits, checked_subtype, format_for
from ligeia.audio.signal import Audio, checked_rate
from ligeia.errors import InputError

WAV_LIMIT = 2**32 - 2**16  # bytes of samples; WAV counts in 32 bits, headers included
_BLOCK = 1 << 14  # samples per channel; libsndfile's Vorbis encoder overflows its stack when given millions at once
_BYTES = {"PCM_16": 2, "PCM_24": 3}  # all others: 4
BITS = {"PCM_16": 16, "PCM_24": 24, "PCM_32": 32}


class Sink(Protocol):
    """A file in the making, which takes samples block by block."""

    def write(self, samples: NDArray[np.float32]) -> None:
        """Add samples, float32 `[channels, n]`."""

    def finish(self) -> None:
        """Complete the file."""

    def close(self) -> None:
        """Free what is held, whether or not the file is complete."""


class AudioWriter:
    """A recording written block by block; a context manager, and the file appears when it succeeds.

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


# --- sinks of samples --------------------------------------------------------------------------------


class GuardedFile:
    """A file for libsndfile to write through, which keeps the exceptions that libsndfile would lose."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = open(path, "w+b")  # noqa: SIM115 - closed by its owner
        self.error: BaseException | None = None

    def write(self, data: bytes) -> int:
        """Write `data`; return 0 on failure, which is how libsndfile expects to learn of it."""
        return self._keep(self._file.write, data) if self.error is None else 0

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` from the file."""
        return self._keep(self._file.readinto, buffer)  # type: ignore[attr-defined]

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move to a byte position."""
        return self._keep(self._file.seek, offset, whence)

    def tell(self) -> int:
        """Return the byte position."""
        return self._keep(self._file.tell)

    def close(self) -> None:
        """Write what is buffered, and close."""
        self._keep(self._file.close)

    def _keep(self, call: Any, *arguments: Any) -> int:
        try:
            return int(call(*arguments) or 0)
        except BaseException as error:  # a KeyboardInterrupt too would vanish in the C code above us
            self.error = self.error or error
            return 0


class SoundSink:
    """A file that libsndfile encodes."""

    def __init__(self, path: Path, form: Format, subtype: str, rate: int, channels: int) -> None:
        self._path, self._subtype = path, subtype
        self._shape = {"samplerate": rate, "channels": channels, "subtype": subtype}
        self._name, self._bytes = form.name, 0
        self._waiting = np.zeros((channels, 0), np.float32)
        self._open()

    def _open(self) -> None:
        self._file = GuardedFile(self._path)
        try:
            self._sound = self._guarded(ForwardFile, self._file, "w", format=self._name, **self._shape)
        except BaseException:
            self._file.close()
            raise

    def write(self, samples: NDArray[np.float32]) -> None:
        """Add samples, float32 `[channels, n]`."""
        # Blocks of one size, as the bytes of the Vorbis encoder depend on how a sound is handed over.
        samples = np.concatenate([self._waiting, samples], axis=1)
        complete = samples.shape[1] // _BLOCK * _BLOCK
        for start in range(0, complete, _BLOCK):
            self._write_block(samples[:, start : start + _BLOCK])
        self._waiting = samples[:, complete:].copy()

    def _write_block(self, samples: NDArray[np.float32]) -> None:
        self._bytes += samples.size * _BYTES.get(self._subtype, 4)
        if self._name == "WAV" and self._bytes > WAV_LIMIT:
            self._enlarge()
        bits = BITS.get(self._subtype)
        block = samples if bits is None else to_pcm(samples, bits)
        self._guarded(self._sound.write, np.ascontiguousarray(block.T))

    def _enlarge(self) -> None:
        """Go on as RF64: the same samples behind a header that counts in 64 bits."""
        self._complete()
        with open(self._path, "rb") as written:
            self._path.unlink()  # stays readable while open, and cannot be left behind
            self._name = "RF64"
            self._open()
            kind = "float32" if self._subtype == "FLOAT" else "int32"
            with ForwardFile(written) as wav:
                while len(block := wav.read(_BLOCK, dtype=kind, always_2d=True)):
                    self._guarded(self._sound.write, block)

    def finish(self) -> None:
        """Complete the file and close it."""
        if self._waiting.shape[1]:
            self._write_block(self._waiting)
        self._complete()

    def _complete(self) -> None:
        self._guarded(self._sound.close)
        self._guarded(self._file.close)

    def close(self) -> None:
        """Close the file, complete or not."""
        try:
            self._sound.close()
        except soundfile.SoundFileError:
            pass  # it is given up anyway
        finally:
            self._file.close()

    def _guarded(self, call: Any, *arguments: Any, **named: Any) -> Any:
        try:
            return call(*arguments, **named)
        except (soundfile.SoundFileError, AssertionError, ValueError) as error:
            if self._file.error is None:
                raise InputError(f"cannot write {self._path.suffix} file: {error}") from error
        finally:
            if self._file.error is not None:
                raise self._file.error


class FfmpegSink:
    """A file that ffmpeg encodes, from a temporary WAV file."""

    def __init__(self, path: Path, rate: int, channels: int) -> None:
        self._path, self._rate, self._channels = path, rate, channels
        self._folder = tempfile.TemporaryDirectory()
        self._wav = Path(self._folder.name, "samples.wav")
        try:
            self._sink = SoundSink(self._wav, FORMATS[".wav"], "FLOAT", rate, channels)
        except BaseException:
            self._folder.cleanup()
            raise

    def write(self, samples: NDArray[np.float32]) -> None:
        """Add samples, float32 `[channels, n]`."""
        self._sink.write(samples)

    def finish(self) -> None:
        """Encode."""
        self._sink.finish()
        ffmpeg.encode(self._wav, self._path, rate=self._rate, channels=self._channels)
        if not os.path.getsize(self._path):
            raise InputError(f"ffmpeg cannot write {self._path.suffix} files")

    def close(self) -> None:
        """Remove the temporary file."""
        self._sink.close()
        self._folder.cleanup()


def to_pcm(samples: NDArray[np.float32], bits: int) -> NDArray[np.int32]:
    """Round `samples`, any shape and full scale 1, to `bits` bits in the upper end of int32, saturating.

    libsndfile itself would scale by one step less than it divides by when reading, which changes samples.

    Example:
        >>> to_pcm(np.array([0.5, 1.5, -1.0], np.float32), 16) >> 16
        array([ 16384,  32767, -32768], dtype=int32)
    """
    scale = 2.0 ** (bits - 1)
    steps = np.clip(np.rint(samples.astype(np.float64) * scale), -scale, scale - 1)
    return (steps.astype(np.int64) << (32 - bits)).astype(np.int32)
