"""Recordings to disk, block by block: by libsndfile, or by ffmpeg for formats that it does not know.

The file appears when it is complete, and never in part.
"""

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Protocol

import numpy as np
import soundfile
from numpy.typing import ArrayLike, NDArray

from ligeia.arguments import checks_types
from ligeia.audio import ffmpeg
from ligeia.audio.atomic import atomic_path, checked_target
from ligeia.audio.formats import SAMPLES, Format, ForwardFile, check_limits, checked_subtype, ending_of, format_for
from ligeia.audio.given import Given, given_audio
from ligeia.audio.id3 import id3_tag
from ligeia.audio.samples import to_samples
from ligeia.audio.signal import Audio, checked_rate
from ligeia.audio.spool import name_of, poured_into, room_for_temporary, spooled, temporary_file
from ligeia.audio.tags import check_tags, cleaned
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

    The ending of `target`, or `format` where that is given, names the format: wav (`subtype` PCM_16, PCM_24, PCM_32 or
    FLOAT), flac (PCM_16 or PCM_24), ogg (Vorbis), opus, mp3; for all others `ffmpeg` must be installed. Whole-number
    subtypes saturate at full scale: `clipped` counts the samples that did, `peak` is the loudest of all samples. WAV
    files beyond 4 GB become RF64. A binary file object, which need not be seekable, gets the bytes when the block ends.
    `tags` (see `audio.tags`) are written as far as the format has a place for them.

    Raises:
        InputError: `target` exists and `overwrite` is false, or it cannot be written.
        SettingsError: no such format, or it does not take the rate (Hz), the channels or the subtype; or
            a tag is not valid.

    Example:
        >>> import io
        >>> with AudioWriter(file := io.BytesIO(), format="wav", rate=8000, channels=1) as writer:
        ...     writer.write(np.full([1, 500], 1.5))
        >>> len(file.getvalue()), writer.clipped, writer.peak
        (1044, 500, 1.5)
    """

    def __init__(
        self,
        target: str | os.PathLike[str] | BinaryIO,
        *,
        rate: int,
        channels: int,
        subtype: str | None = None,
        overwrite: bool = False,
        format: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        self._file = None if isinstance(target, str | os.PathLike) else _checked_file(target)
        self.path = Path(target) if isinstance(target, str | os.PathLike) else Path(name_of(target))
        self.rate, self.channels, self._overwrite = checked_rate(rate), channels, overwrite
        self._ending = ending_of(self.path, format)
        self._format = format_for(self.path, format)
        self._subtype = checked_subtype(self._format, subtype)
        if self._format is not None:
            check_limits(self._format, self.rate, channels)
        if self._file is None:
            checked_target(self.path, overwrite=overwrite)
        self.clipped, self.peak = 0, 0.0
        self._tags = cleaned(check_tags(tags or {}).items()).tags
        self._sink: Sink | None = None

    def __enter__(self) -> "AudioWriter":
        with ExitStack() as stack:
            temporary = stack.enter_context(self._temporary())
            self._sink = stack.enter_context(closing(self._new_sink(temporary)))
            self._stack = stack.pop_all()
        return self

    def _temporary(self) -> AbstractContextManager[Path]:
        if self._file is not None:
            return poured_into(self._file)
        return atomic_path(self.path, overwrite=self._overwrite)

    def _new_sink(self, temporary: Path) -> Sink:
        if self._format is None:
            return FfmpegSink(temporary, self._ending, self.rate, self.channels, self._tags)
        return SoundSink(temporary, self._format, self._subtype, self.rate, self.channels, self._tags)

    def write(self, samples: ArrayLike) -> None:
        """Add samples, `[channels, n]` with full scale 1.

        Raises:
            InputError: wrong shape, NaN or infinite samples, or a full disk.
        """
        if self._sink is None:
            raise ValueError(f"{self.path} is not open for writing")
        block = to_samples(samples)
        if block.shape[0] != self.channels:
            raise InputError(f"samples must be [{self.channels}, n], got {list(block.shape)}")
        self._note_peaks(block)
        try:
            self._sink.write(block)
        except OSError as error:
            raise InputError(f"cannot write {self.path}: {error.strerror or error}") from error

    @property
    def clipping(self) -> tuple[str, ...]:
        """A sentence on what was clipped; none where nothing was."""
        what = f"{self.clipped:,} samples beyond full scale were clipped, the loudest at {self.peak:.3g}"
        return (what,) if self.clipped else ()

    def _note_peaks(self, block: NDArray[np.float32]) -> None:
        loudness = np.abs(block)
        self.peak = max(self.peak, float(loudness.max(initial=0.0)))
        if self._subtype in BITS and self.peak > 1:
            self.clipped += int(np.count_nonzero(loudness > 1))

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


def _checked_file(file: BinaryIO) -> BinaryIO:
    if not hasattr(file, "write"):
        raise TypeError(f"a target is a path or a binary file object, got {type(file).__name__}")
    return file


@checks_types
def write_audio(
    target: str | os.PathLike[str] | BinaryIO,
    audio: Given,
    *,
    rate: float | None = None,
    subtype: str | None = None,
    overwrite: bool = False,
    format: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Write a whole recording in the format that `format`, or the ending of `target`, names (see `AudioWriter`).

    `audio` is an `Audio`, an opened recording, another path, or samples (`[time]` or `[channels, time]`) with their
    `rate` in Hz.

    Raises:
        TypeError: an argument is of another type, or samples come without a rate.
        InputError: as `AudioWriter`.
        SettingsError: as `AudioWriter`.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_audio(Path(folder, "click.flac"), Audio(np.ones([2, 1]), rate=48000))
        ...     [item.name for item in Path(folder).iterdir()]
        ['click.flac']
    """
    form: Any = {"subtype": subtype, "overwrite": overwrite, "format": format, "tags": tags}
    if isinstance(target, Audio):
        raise TypeError("target must be a path or a binary file, got an Audio: write_audio(target, audio)")
    whole = given_audio(audio, rate)
    with AudioWriter(target, rate=whole.rate, channels=whole.channels, **form) as writer:
        writer.write(whole.samples)


# --- sinks of samples --------------------------------------------------------------------------------


class GuardedFile:
    """A file for libsndfile to write through, which keeps the exceptions that libsndfile would lose.

    It begins with the bytes `lead`, which libsndfile does not see.
    """

    def __init__(self, path: Path, lead: bytes = b"") -> None:
        self._file: BinaryIO = open(path, "w+b")  # noqa: SIM115 - closed by its owner
        self.error: BaseException | None = None
        self._lead = len(lead)
        self.write(lead)

    def write(self, data: bytes) -> int:
        """Write `data`; return 0 on failure, which is how libsndfile expects to learn of it."""
        return self._keep(self._file.write, data) if self.error is None else 0

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` from the file."""
        return self._keep(self._file.readinto, buffer)  # type: ignore[attr-defined]

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move to a byte position."""
        return self._keep(self._file.seek, offset + (self._lead if whence == 0 else 0), whence) - self._lead

    def tell(self) -> int:
        """Return the byte position."""
        return self._keep(self._file.tell) - self._lead

    def close(self) -> None:
        """Write what is buffered, and close."""
        self._keep(self._file.close)

    def _keep(self, call: Any, *arguments: Any) -> int:
        try:
            return int(call(*arguments) or 0)
        except BaseException as error:  # a KeyboardInterrupt too would vanish in the C code above us
            self.error = self.error or error
            return 0


_STRINGS = {"track": "tracknumber"}  # the names in libsndfile that differ


class SoundSink:
    """A file that libsndfile encodes."""

    def __init__(
        self,
        path: Path,
        form: Format,
        subtype: str,
        rate: int,
        channels: int,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        self._tags = tags or {}
        self._path, self._subtype = path, subtype
        self._shape = {"samplerate": rate, "channels": channels, "subtype": subtype}
        self._name, self._bytes = form.name, 0
        self._waiting = np.zeros((channels, 0), np.float32)
        self._open()

    def _open(self) -> None:
        self._file = GuardedFile(self._path, id3_tag(self._tags) if self._name == "MP3" else b"")
        try:
            self._sound = self._guarded(ForwardFile, self._file, "w", format=self._name, **self._shape)
            for name, value in self._tags.items() if self._name != "MP3" else ():
                self._guarded(setattr, self._sound, _STRINGS.get(name, name), value)
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
        with ExitStack() as stack:
            written: BinaryIO = stack.enter_context(open(self._path, "rb"))
            if self._path.is_symlink():  # a file without a name: it is about to be emptied
                written = stack.enter_context(open(stack.enter_context(spooled(written, limit=2**33)), "rb"))
            else:
                self._path.unlink()  # stays readable while open, and cannot be left behind
            self._name = "RF64"
            self._open()
            self._take_over(written)

    def _take_over(self, written: BinaryIO) -> None:
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
                raise InputError(f"cannot write {self._name} file: {error}") from error
        finally:
            if self._file.error is not None:
                raise self._file.error


class FfmpegSink:
    """A file that ffmpeg encodes, from a temporary WAV file."""

    def __init__(self, path: Path, ending: str, rate: int, channels: int, tags: Mapping[str, str]) -> None:
        self._path, self._ending = path, ending
        self._facts: Any = {"rate": rate, "channels": channels, "tags": tags}
        with ExitStack() as stack:
            self._samples = stack.enter_context(temporary_file())
            self._sink = SoundSink(self._samples, SAMPLES, "FLOAT", rate, channels)
            self._stack = stack.pop_all()

    def write(self, samples: NDArray[np.float32]) -> None:
        """Add samples, float32 `[channels, n]`."""
        with room_for_temporary():
            self._sink.write(samples)

    def finish(self) -> None:
        """Encode."""
        with room_for_temporary():
            self._sink.finish()
        ffmpeg.encode(self._samples, self._path, self._ending, **self._facts)
        if not os.path.getsize(self._path):
            raise InputError(f"ffmpeg cannot write {self._ending} files")

    def close(self) -> None:
        """Remove the temporary file."""
        with self._stack:
            self._sink.close()


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
