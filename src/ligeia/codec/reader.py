"""Random access: any part of a `.lig` file is decoded without reading the rest of it.

A reader takes in the header and the few bytes of framing between payloads. Payloads are read, and their checksums
verified, when a part of the sound needs them. Streams of the transform coding need numpy alone; fitted networks are
evaluated by torch.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from ligeia.arguments import checks_types
from ligeia.audio.signal import Audio, Sound
from ligeia.codec.container import Stream
from ligeia.codec.decode import Pieces, decode_pieces
from ligeia.codec.framing import open_stream
from ligeia.codec.inspect import StreamInfo, facts_of
from ligeia.codec.source import Streamable, opened
from ligeia.codec.synthesis.decoding import enhanced
from ligeia.errors import FormatError, InputError, SettingsError


@checks_types
def open(
    source: Streamable, *, salvage: bool = False, enhance: str = "auto", max_seconds: float | None = None
) -> "StreamReader":
    """Open a `.lig` stream to read parts of its sound: from a path, bytes, or a binary file object.

    A file object is read from where it stands, and not closed; one that cannot seek is copied to a temporary file.
    A file that is cut short, or damaged, is read up to the damage; with `salvage`, which reads all of it at once,
    damaged blocks are silent. `enhance` is that of `decode`. What a single call may read is bounded by what the bytes
    of the stream justify (`codec.budget`), or by `max_seconds`.

    Raises:
        FormatError: the header is not valid, or bytes follow the last block.
        InputError: the file cannot be read; or as `decode`.
        TypeError: `source` is none of these.

    Example:
        >>> import ligeia
        >>> tone = ligeia.Audio(np.sin(np.arange(8000) / 5)[None] / 2, rate=8000)
        >>> with ligeia.open(ligeia.encode(tone)) as reader:
        ...     reader.seconds, reader.read(0.25, 0.5).sample_count
        (1.0, 2000)
    """
    with ExitStack() as stack:
        parsed = open_stream(stack.enter_context(opened(source)), salvage=salvage)
        enhanced(parsed, enhance)  # says what is wrong with the choice, if anything
        return StreamReader(parsed, stack.pop_all(), enhance=enhance, max_seconds=max_seconds)


class StreamReader:
    """A `.lig` stream whose sound is read in parts; what `ligeia.open` returns.

    It is a context manager, and an iterator over the sound in pieces of a second. Several readers of one file do not
    disturb each other, and one reader may be used by several threads. What is appended to a file after it was opened
    is not seen; what is cut from it, or changed, is damage.
    """

    def __init__(
        self, parsed: Stream, files: ExitStack, *, enhance: str = "auto", max_seconds: float | None = None
    ) -> None:
        self._parsed, self._files, self._closed = parsed, files, False
        self._enhance, self._max_seconds = enhance, max_seconds

    def __enter__(self) -> "StreamReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, if the reader has opened it; afterwards nothing can be read."""
        self._closed = True
        self._files.close()

    def __repr__(self) -> str:
        return f"<StreamReader: {self.seconds:.3f} s, {self.rate} Hz, {self.channels} channel(s)>"

    @property
    def rate(self) -> int:
        """Sampling rate in Hz."""
        return self._parsed.header.rate

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self._parsed.header.spec.channels

    @property
    def sample_count(self) -> int:
        """Number of samples in each channel."""
        return self._parsed.header.segments.sample_count

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return self.sample_count / self.rate

    @property
    def tags(self) -> Mapping[str, str]:
        """Title, artist and the like, in order of their names."""
        return self._parsed.tags

    @property
    def info(self) -> StreamInfo:
        """Facts about the stream, as `ligeia.inspect` gives them; of a damaged one, about the blocks that are there."""
        return facts_of(self._parsed)

    @property
    def lost(self) -> list[int]:
        """Numbers of the blocks that are missing, damaged or not valid, as far as they have been read."""
        return self._parsed.lost

    @checks_types
    def read(self, start: float = 0.0, stop: float | None = None, rate: int | None = None) -> Audio:
        """Return the sound from `start` to `stop` (seconds; None: the end) at `rate` Hz (None: its own).

        Its samples are those of the whole sound, to the bit: `read(a, b)` is a slice of `read()`. (Those of networks
        that are evaluated, which are fitted ones and the siren, are so up to rounding.)

        Raises:
            FormatError: the stream is damaged before `stop`; the text says up to which second it is whole. Or its
                bytes do not justify what is asked for.
            InputError: `rate`, `start` or `stop` is out of range; or the file cannot be read any more.
            MissingExtra: the network needs torch, which is not installed.
        """
        pieces = self._pieces(rate, start, stop)
        return Audio(np.concatenate([*pieces], axis=1), self.rate if rate is None else rate)

    @checks_types
    def pieces(
        self, seconds: float = 1.0, *, start: float = 0.0, stop: float | None = None, rate: int | None = None
    ) -> Iterator[Audio]:
        """Yield the sound from `start` to `stop` in pieces of `seconds`, the last one shorter, in bounded memory.

        Each block is decoded once, so that this is faster than reading piece after piece.

        Raises:
            FormatError: as `read`, after all pieces before the damage.
            InputError: as `read`.
            SettingsError: a piece would have no samples.
        """
        own = self.rate if rate is None else rate
        if not 0.5 < seconds * own < math.inf:
            raise SettingsError(f"pieces of {seconds:g} s have no samples at {own} Hz, or no end")
        size = round(seconds * own)
        return (Audio(piece, own) for piece in _of_size(self._pieces(rate, start, stop), size))

    def __iter__(self) -> Iterator[Audio]:
        return self.pieces()

    def sound(self) -> Sound:
        """Return the sound as what recordings are: `read(start, stop)` counts samples, and gives an array."""
        return _StreamSound(self)

    def _pieces(self, rate: int | None, start: float, stop: float | None) -> Pieces:
        if self._closed:
            raise InputError("this reader has been closed")
        return decode_pieces(
            self._parsed, rate, start=start, stop=stop, enhance=self._enhance, max_seconds=self._max_seconds
        )


class _StreamSound:
    """The sound of a reader, by numbers of samples."""

    def __init__(self, reader: StreamReader) -> None:
        self._reader = reader
        self.rate, self.channels, self.sample_count = reader.rate, reader.channels, reader.sample_count

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return samples `start:stop` as float32 `[channels, n]`, cut at the end of the sound.

        Raises:
            FormatError: as `StreamReader.read`.
        """
        start, stop, _ = slice(start, stop).indices(self.sample_count)
        if stop <= start:
            return np.zeros((self.channels, 0), np.float32)
        return self._reader.read(start / self.rate, stop / self.rate).samples


def _of_size(pieces: Iterator[NDArray[np.float32]], size: int) -> Iterator[NDArray[np.float32]]:
    """Cut and join pieces `[channels, n]` to `size` samples each; what is left at the end, or at damage, comes too."""
    held: list[NDArray[np.float32]] = []
    count, damage = 0, None
    while True:
        try:
            piece = next(pieces)
        except StopIteration:
            break
        except FormatError as error:
            damage = error
            break
        held.append(piece)
        count += piece.shape[1]
        if count >= size:
            whole, cut = np.concatenate(held, axis=1), count - count % size
            yield from (whole[:, first : first + size] for first in range(0, cut, size))
            held, count = [whole[:, cut:]], count - cut
    if count:
        yield np.concatenate(held, axis=1)
    if damage is not None:
        raise damage
