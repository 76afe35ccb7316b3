"""Recordings on disk as sounds: any part of any file, sought in by libsndfile or decoded once."""

import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol

import numpy as np
import soundfile
from numpy.typing import NDArray

from ligeia.audio import ffmpeg, limits
from ligeia.audio.formats import ForwardFile, data_chunk, has_length_tag
from ligeia.audio.lengths import check_whole
from ligeia.audio.signal import Audio
from ligeia.audio.spool import name_of, room_for_temporary, spooled, temporary_file
from ligeia.audio.tags import cleaned
from ligeia.errors import InputError

_BLOCK = 1 << 14  # samples of every channel
_UNKNOWN = 2**62  # libsndfile gives the greatest number for a stream that states no length
_LOUDEST = 2.0**40  # full scale is 1, or 2^31 where whole numbers were kept: what lies far beyond is not sound
# After a seek, libsndfile's decoders of all other subtypes start without the state that the samples
# before would have left (measured: Vorbis wrong after a third of seeks, MP3 and Opus after one in a hundred).
_STATELESS = {"PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"}


class Source(Protocol):
    """Samples on disk: `sample_count` of them in each of `channels`, at `rate` Hz."""

    rate: int
    channels: int
    sample_count: int
    subtype: str | None
    """The sample format, such as PCM_16; None where the samples were decoded from something else."""
    tags: Sequence[tuple[str, str]]
    """Names and values of the tags, as they stand in the file."""

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return samples `start:stop`, within the sound, as float32 `[n, channels]`; fewer if damaged."""

    def close(self) -> None:
        """Free what is held."""


class AudioFile:
    """A recording on disk, read block by block; `open_audio` makes one, and it is a context manager.

    `rate` is in Hz; `sample_count` is the exact number of samples in each of `channels`. `subtype` is the sample
    format, such as PCM_16, or None for formats that hold no samples (MP3, Vorbis, Opus, and what ffmpeg reads).
    `notes` says, in sentences for people, what is doubtful about the file, such as that it may be cut short. `tags`
    are title, artist and the like (see `audio.tags`), and `tag_notes` says which were cut or left out.
    """

    def __init__(self, path: Path, source: Source, notes: tuple[str, ...] = ()) -> None:
        self.path, self._source = path, source
        self.rate, self.channels, self.sample_count = source.rate, source.channels, source.sample_count
        self.subtype, self.notes = source.subtype, notes
        found = cleaned(source.tags)
        self.tags, self.tag_notes = found.tags, found.notes
        self._closed = False

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return float(self.sample_count / self.rate)

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return samples `start:stop` as float32 `[channels, stop - start]`, cut at the end of the sound.

        Raises:
            InputError: the file is damaged there, or holds NaN, infinite or absurdly loud samples (above 2^40).
        """
        if self._closed:
            raise ValueError(f"{self.path} is closed")
        start, stop, _ = slice(start, stop).indices(self.sample_count)
        block = self._source.read(start, max(start, stop))
        if len(block) < stop - start:
            raise InputError(f"{self.path} is damaged: cannot read samples {start} to {stop} of {self.sample_count}")
        self._check_finite(block, start)
        return np.ascontiguousarray(block.T)

    def _check_finite(self, block: NDArray[np.float32], start: int) -> None:
        bad = np.argwhere(~(np.abs(block) <= _LOUDEST))  # NaN compares as false
        if len(bad):
            sample, channel = bad[0]
            value = block[sample, channel]
            what = f"a sample of {value:.3g}" if np.isfinite(value) else "NaN or infinity"
            raise InputError(f"{self.path} holds {what} (sample {start + sample} of channel {channel})")

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


def open_audio(source: str | os.PathLike[str] | BinaryIO) -> AudioFile:
    """Open a recording of any format that libsndfile or an installed `ffmpeg` reads.

    `source` is a path, a FIFO or `/dev/stdin` included, or a binary file object, which is read to its end (`spooled`).
    Compressed formats are decoded once, to a temporary file, because seeking in them is not exact.

    Raises:
        InputError: the file is missing, unreadable, empty, cut short, or not a recording; one line says.
        TypeError: `source` is neither a path nor a binary file object.
    """
    if not isinstance(source, str | os.PathLike):
        if not hasattr(source, "read"):
            raise TypeError(f"a recording is a path or a binary file object, got {type(source).__name__}")
        return _open_spooled(source)
    path = Path(source)
    with _read_errors(path):
        if is_pipe(path):
            with open(path, "rb") as pipe:
                return _open_spooled(pipe)
        _check_file(path)
        return _open_regular(path)


def is_pipe(path: Path) -> bool:
    """Tell whether `path` leads to a pipe: a FIFO, or `/dev/stdin` behind another program."""
    return path.exists() and stat.S_ISFIFO(path.stat().st_mode)


def _open_spooled(file: BinaryIO) -> AudioFile:
    name = name_of(file)
    with spooled(file) as path:
        try:
            with _read_errors(path):
                _check_file(path)
                sound = _open_regular(path)
        except InputError as error:
            raise InputError(str(error).replace(str(path), name)) from error
    sound.path = Path(name)
    return sound


def _open_regular(path: Path) -> AudioFile:
    notes = check_whole(path)
    source = open_source(path)
    shape = {"rate": source.rate, "channels": source.channels, "sample_count": source.sample_count}
    size = path.stat().st_size
    if source.sample_count == 0 or not limits.is_plausible(size, **shape):
        source.close()
        problem = limits.implausible(size, **shape) if source.sample_count else "holds no samples"
        raise InputError(f"{path} {problem}")
    return AudioFile(path, source, notes)


@contextmanager
def _read_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {str(path)!r}: {getattr(error, 'strerror', None) or error}") from error


def _check_file(path: Path) -> None:
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise InputError(f"cannot read {path}: it is a folder")
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"cannot read {path}: it is not a regular file")
    if status.st_size == 0:
        raise InputError(f"{path} is empty (0 bytes)")


def read_audio(source: str | os.PathLike[str] | BinaryIO) -> Audio:
    """Read a whole recording, from a path or a binary file object.

    Raises:
        InputError: as `open_audio` and `AudioFile.read`.
        TypeError: as `open_audio`.

    Example:
        >>> import io
        >>> from ligeia.audio.writing import write_audio
        >>> write_audio(file := io.BytesIO(), Audio(np.zeros((2, 100)), 8000), format="wav")
        >>> _ = file.seek(0)
        >>> read_audio(file).samples.shape
        (2, 100)
    """
    with open_audio(source) as file:
        return Audio(file.read(0, file.sample_count), file.rate)


# --- sources of samples ---------------------------------------------------------------------------------


class SeekSource:
    """A file whose samples libsndfile reaches exactly by seeking."""

    def __init__(self, sound: soundfile.SoundFile) -> None:
        self._sound = sound
        self.rate, self.channels, self.sample_count = sound.samplerate, sound.channels, sound.frames
        self.subtype: str | None = sound.subtype
        self.tags = tags_of(sound)

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return samples `start:stop`, within the sound, as float32 `[n, channels]`; fewer if damaged."""
        try:
            self._sound.seek(start)
            return _block(self._sound, stop - start)
        except soundfile.SoundFileError:
            return np.zeros((0, self.channels), np.float32)

    def close(self) -> None:
        """Close the file."""
        self._sound.close()


class DecodedSource:
    """A file of `size` bytes decoded once, front to back, to float32 in a nameless temporary file."""

    def __init__(self, sound: soundfile.SoundFile, size: int) -> None:
        self.rate, self.channels = sound.samplerate, sound.channels
        self.subtype: str | None = None
        self.tags = tags_of(sound)
        with room_for_temporary():
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it
        try:
            self.sample_count = _spool(sound, self._file, size)
        except BaseException:
            self._file.close()
            raise

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return samples `start:stop`, within the sound, as float32 `[n, channels]`."""
        self._file.seek(4 * self.channels * start)  # not mapped into memory: an hour would not fit under `ulimit -v`
        block = np.empty((stop - start, self.channels), np.float32)
        self._file.readinto(block.data)
        return block

    def close(self) -> None:
        """Let go of the temporary file."""
        self._file.close()


def tags_of(sound: soundfile.SoundFile) -> Sequence[tuple[str, str]]:
    """Return names and values of the tags that libsndfile finds."""
    return tuple(sound.copy_metadata().items())


def open_source(path: Path) -> Source:
    """Open `path` by whichever means gives all of its samples exactly.

    Raises:
        InputError: no means does, or fewer samples can be read than the file promises.
    """
    sound = _opened(path)
    if sound is None or _misleads(sound, path):
        return _through_ffmpeg(path)
    if sound.subtype in _STATELESS:
        return _complete(SeekSource(sound), sound, path)
    sound.close()
    with ForwardFile(path) as sound:
        return _whole(DecodedSource(sound, path.stat().st_size), sound.frames, path)


def _opened(path: Path) -> soundfile.SoundFile | None:
    try:
        return soundfile.SoundFile(path)
    except (soundfile.SoundFileError, TypeError, ValueError):  # the latter two: endings such as .raw
        return None


def _misleads(sound: soundfile.SoundFile, path: Path) -> bool:
    """Tell whether libsndfile opens the file but would not read all of it; then it is closed."""
    streamed_flac = sound.frames > _UNKNOWN
    untagged_mpeg = sound.format == "MP3" and not has_length_tag(path)
    if misleads := streamed_flac or untagged_mpeg or _is_streamed_wav(path):
        sound.close()
    return misleads


def _is_streamed_wav(path: Path) -> bool:
    chunk = data_chunk(path)
    return chunk is not None and chunk.promised == 0 and chunk.open_ended and chunk.present >= chunk.block


def _through_ffmpeg(path: Path) -> Source:
    with temporary_file() as wav:
        tags = ffmpeg.decode(path, wav, streamed_wav=_is_streamed_wav(path))
        try:
            source = SeekSource(soundfile.SoundFile(wav))  # it stays readable while open
        except soundfile.SoundFileError as error:
            raise InputError(f"{path} is not a recording that can be read") from error
    source.subtype, source.tags = None, tags
    return source


def _complete(source: SeekSource, sound: soundfile.SoundFile, path: Path) -> Source:
    # One look at the last sample finds a file that was cut short before anyone starts long work on it.
    if not source.sample_count or len(source.read(source.sample_count - 1, source.sample_count)):
        return source
    source.close()
    with ForwardFile(path) as again:  # a few formats, such as PAF with 24 bits, are read to the end but not sought in
        decoded = DecodedSource(again, path.stat().st_size)
    return _whole(decoded, sound.frames, path)


def _whole(decoded: DecodedSource, promised: int, path: Path) -> DecodedSource:
    if decoded.sample_count < promised:
        decoded.close()
        raise _cut_short(path, promised, decoded.sample_count)
    return decoded


def _cut_short(path: Path, promised: int, readable: int) -> InputError:
    promise = f"it promises {promised} samples per channel, {readable} can be read"
    return InputError(f"{path} is cut short or damaged: {promise}")


def _spool(sound: soundfile.SoundFile, file: BinaryIO, size: int) -> int:
    """Write all samples to `file` as float32; return their number per channel."""
    count = 0
    for block in _blocks(sound):
        if file.tell() + block.nbytes > limits.most_decoded(size):
            raise InputError(f"{sound.name} {limits.too_much(size)}")
        with room_for_temporary():
            file.write(block.tobytes())
        count += len(block)
    with room_for_temporary():
        file.flush()
    return count


def _blocks(sound: soundfile.SoundFile) -> Iterator[NDArray[np.float32]]:
    try:
        while len(block := _block(sound, _BLOCK)):
            yield block
    except soundfile.SoundFileError:
        return  # damaged from here on, as the caller sees by the count


def _block(sound: soundfile.SoundFile, count: int) -> NDArray[np.float32]:
    block: NDArray[np.float32] = sound.read(count, dtype="float32", always_2d=True)
    return block
