"""Reading `.lig` files for the commands."""

from pathlib import Path

from ligeia.codec.container import MAGIC
from ligeia.errors import FormatError, InputError


def read_stream(path: Path) -> bytes:
    """The bytes of a `.lig` file; a file that is none is not read any further than its first bytes.

    Raises:
        InputError: there is no such file, or it is a directory or empty.
        FormatError: it does not begin like a `.lig` stream.
    """
    if not path.exists():
        raise InputError(f"{path} does not exist")
    if path.is_dir():
        raise InputError(f"{path} is a directory, not a .lig file")
    with path.open("rb") as file:
        start = file.read(len(MAGIC))
        if not start:
            raise InputError(f"{path} is empty")
        if start != MAGIC[: len(start)]:
            raise FormatError(f"{path} is not a .lig file: it does not begin with {MAGIC.decode()}")
        return start + file.read()
