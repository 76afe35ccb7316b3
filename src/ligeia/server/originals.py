"""The recording that a job is about, as a file that can be read: a `.lig` stream is decoded first."""

from pathlib import Path

from ligeia.codec import reader
from ligeia.codec.container import MAGIC
from ligeia.server.storage.storage import Storage, fetched
from ligeia.server.tasks.task import write_floats


def key_of(sound: str) -> str:
    """Return the key of a recording as it was uploaded."""
    return f"sounds/{sound}/original"


def original(storage: Storage, sound: str, folder: Path) -> Path:
    """Return a recording as a file that can be read; what has to be made for it lies in `folder`.

    Raises:
        Missing: it was deleted.
        FormatError: it is a damaged stream.
    """
    path = fetched(storage, key_of(sound), folder)
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            return path
    decoded = folder / "stream-decoded.wav"
    with reader.open(path) as stream:
        write_floats(decoded, stream.rate, stream.channels, (piece.samples for piece in stream.pieces()))
    return decoded
