"""Encoders: samples in, one finished file out."""

import os
import tempfile
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
import soundfile
from numpy.typing import NDArray

from ligeia.audio import ffmpeg
from ligeia.audio.formats import FORMATS, Format
from ligeia.audio.forward import ForwardFile
from ligeia.audio.pcm import BITS, to_pcm
from ligeia.errors import InputError

WAV_LIMIT = 2**32 - 2**16  # bytes of samples; WAV counts in 32 bits, headers included
_BLOCK = 1 << 14  # frames; libsndfile's Vorbis encoder overflows its stack when given millions at once
_BYTES = {"PCM_16": 2, "PCM_24": 3}  # all others: 4


class Sink(Protocol):
    """Something that takes samples and then makes a file of them."""

    def write(self, samples: NDArray[np.float32]) -> None:
        """Add samples, float32 `[channels, n]`."""

    def finish(self) -> None:
        """Complete the file."""

    def close(self) -> None:
        """Free what is held, whether or not the file is complete."""


class GuardedFile:
    """A file for libsndfile to write through, which keeps the exceptions that libsndfile would lose."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = open(path, "w+b")  # noqa: SIM115 - closed by its owner
        self.error: BaseException | None = None

    def write(self, data: bytes) -> int:
        """Write `data`; 0 on failure, which is how libsndfile wants to hear of it."""
        return self._keep(self._file.write, data) if self.error is None else 0

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` from the file."""
        return self._keep(self._file.readinto, buffer)  # type: ignore[attr-defined]

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move to a byte position."""
        return self._keep(self._file.seek, offset, whence)

    def tell(self) -> int:
        """The byte position."""
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
        # Blocks of one size: what the Vorbis encoder makes of a sound depends on how it is handed over.
        samples = np.concatenate([self._waiting, samples], axis=1)
        whole = samples.shape[1] // _BLOCK * _BLOCK
        for start in range(0, whole, _BLOCK):
            self._write_block(samples[:, start : start + _BLOCK])
        self._waiting = samples[:, whole:].copy()

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
            with ForwardFile(written) as old:
                while len(block := old.read(_BLOCK, dtype=kind, always_2d=True)):
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
