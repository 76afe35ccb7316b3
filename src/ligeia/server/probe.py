"""Look at a stranger's file in a process that may be killed: what it is, and whether it is within limits.

A helper process has everything loaded, and forks for each file. The fork has little time and memory, and may write
little; whatever happens in it, only its one line of JSON comes back.

    python -m ligeia.server.probe       a question on each line of its input, an answer on each of its output
"""

import errno
import json
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import soundfile

from ligeia.audio import ffmpeg
from ligeia.audio.reading import open_audio
from ligeia.codec import reader
from ligeia.codec.container import MAGIC
from ligeia.errors import InputError, LigeiaError

_MOST_MEMORY = 2**32
_MOST_TEXT = 500  # characters; with them an answer is written to a pipe at once


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Bounds on a recording."""

    seconds: float
    channels: int
    rate: int
    samples: int
    """Over all channels."""
    time: int
    """Seconds that looking at it may take."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Facts about a recording."""

    format: str
    seconds: float
    rate: int
    channels: int


class TooLarge(LigeiaError):
    """A recording is longer or wider than is allowed; the text says which limit that is."""


def look_at(path: Path, bounds: Bounds) -> Facts:
    """Return what a file is: first its header is compared with the bounds, then it is opened as the jobs do.

    Raises:
        TooLarge: it is outside of the bounds.
        LigeiaError: it is not a recording that can be read.
    """
    with open(path, "rb") as file:
        is_stream = file.read(len(MAGIC)) == MAGIC
    return _stream(path, bounds) if is_stream else _recording(path, bounds)


def _stream(path: Path, bounds: Bounds) -> Facts:
    with reader.open(path) as stream:
        facts = Facts(format="lig", seconds=stream.seconds, rate=stream.rate, channels=stream.channels)
        check(facts, stream.sample_count, bounds)
        if stream.sample_count == 0:
            raise InputError("The stream holds no sound.")
        refused = stream.info.refused
    if refused is not None:
        raise TooLarge(f"The stream claims more than its bytes justify: {refused}.")
    return facts


def _recording(path: Path, bounds: Bounds) -> Facts:
    with open(path, "rb") as file:
        kind = ffmpeg.find_demuxer(file)
    header = _header(path, kind)
    if header is not None:
        check(header[0], header[1], bounds)
    try:
        with open_audio(path) as sound:
            facts = Facts(
                format=kind or (header[0].format if header else "unknown"),
                seconds=sound.seconds,
                rate=sound.rate,
                channels=sound.channels,
            )
            check(facts, sound.sample_count, bounds)
    except InputError as error:
        if any(number in (errno.EFBIG, errno.ENOSPC) for number in _numbers(error)):
            raise TooLarge(f"The recording is longer than {bounds.seconds:g} s, the most that is taken.") from error
        raise
    return facts


def _header(path: Path, kind: str | None) -> tuple[Facts, int] | None:
    """Return what libsndfile reads from a header, with the samples of a channel; None where it knows neither."""
    try:
        info = soundfile.info(str(path))
    except (soundfile.SoundFileError, TypeError, ValueError):
        return None
    if not 0 < info.frames < 2**62:
        return None
    format = kind or str(info.format).lower()
    return Facts(format=format, seconds=info.frames / info.samplerate, rate=info.samplerate, channels=info.channels), (
        info.frames
    )


def check(facts: Facts, count: int, bounds: Bounds) -> None:
    """Check a recording of `count` samples in each channel.

    Raises:
        TooLarge: it is outside of the bounds.
    """
    if facts.seconds > bounds.seconds:
        raise TooLarge(
            f"The recording is {facts.seconds:,.1f} s long; {bounds.seconds:g} s are the most that is taken."
        )
    if facts.channels > bounds.channels:
        raise TooLarge(f"The recording has {facts.channels} channels; {bounds.channels} are the most that is taken.")
    if facts.rate > bounds.rate:
        raise TooLarge(f"The recording has {facts.rate:,} Hz; {bounds.rate:,} Hz are the most that is taken.")
    if count * facts.channels > bounds.samples:
        size = f"{facts.channels} channels of {facts.seconds:,.1f} s at {facts.rate:,} Hz"
        raise TooLarge(f"The recording is too large: {size}; {bounds.samples:,} samples in all are the most.")


def _numbers(error: BaseException | None) -> Iterator[int | None]:
    """Yield the error numbers of the system behind an error."""
    while error is not None:
        yield getattr(error, "errno", None)
        error = error.__cause__ or error.__context__


# --- the helper process --------------------------------------------------------------------------------


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """Return what is said of a file: its facts, or why it is refused."""
    path = Path(question["path"])
    try:
        return {"facts": asdict(look_at(path, Bounds(**question["bounds"])))}
    except TooLarge as error:
        return {"refused": "too_large", "detail": str(error)[:_MOST_TEXT]}
    except LigeiaError as error:
        said = str(error).replace(repr(str(path)), "the file").replace(str(path), "the file")
        return {"refused": "not_a_recording", "detail": (said[:1].upper() + said[1:])[:_MOST_TEXT]}


def _confine(bounds: Bounds) -> None:
    """Bound what this process, and what it starts, may take."""
    most = 4 * bounds.samples + 2**20
    resource.setrlimit(resource.RLIMIT_CPU, (bounds.time, bounds.time))
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(bounds.time)


def _ask_fork(line: str) -> bool:
    """Let a fork answer; tell whether it has."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == 0
    status = 1
    try:
        question = json.loads(line)
        _confine(Bounds(**question["bounds"]))
        os.write(1, (json.dumps(answer(question)) + "\n").encode())
        status = 0
    finally:
        os._exit(status)


def main() -> None:
    """Answer questions until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the server, which then ends this
    with suppress(BrokenPipeError):  # the server is gone
        os.write(1, b"ready\n")
        for line in sys.stdin:
            if not _ask_fork(line):
                refused = {"refused": "not_a_recording", "detail": "Looking at the file took too much time or memory."}
                os.write(1, (json.dumps(refused) + "\n").encode())


if __name__ == "__main__":
    main()
