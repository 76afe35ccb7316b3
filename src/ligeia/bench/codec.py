"""What a codec is to the benchmark: a file goes in, a file comes out, and both ways are measured."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ligeia.errors import LigeiaError


class CodecError(LigeiaError):
    """A codec is missing, failed, hung, or wrote nothing; the text says which."""


@dataclass(frozen=True)
class Usage:
    """What one run took."""

    seconds: float
    """Wall-clock time from file to file."""
    peak_bytes: int | None
    """Most memory in use at once; None where the machine does not tell."""


class Codec(Protocol):
    """A codec at one setting."""

    @property
    def family(self) -> str:
        """What it is: "opus", "mp3", "ligeia"; one family makes one curve."""
        ...

    @property
    def setting(self) -> str:
        """Where on the curve: "24" (kbit/s), a preset; empty where there is only one."""
        ...

    @property
    def suffix(self) -> str:
        """Ending of its files, with the dot."""
        ...

    @property
    def lossless(self) -> bool:
        """Whether the decoded samples are those that were encoded (16-bit)."""
        ...

    def version(self) -> str:
        """Programme, library and options in one line.

        Raises:
            CodecError: it is not there, and what would bring it.
        """
        ...

    def encode(self, wav: Path, encoded: Path, timeout: float) -> Usage:
        """Encode a 16-bit WAV file within `timeout` seconds.

        Raises:
            CodecError: it failed, hung, or wrote nothing.
        """
        ...

    def decode(self, encoded: Path, wav: Path, timeout: float) -> Usage:
        """Decode to a WAV file of any rate and sample format.

        Raises:
            CodecError: it failed, hung, or wrote nothing.
        """
        ...

    def payload_bytes(self, encoded: Path) -> int | None:
        """Bytes of `encoded` less its container (headers, page and frame tables); None where nobody can tell."""
        ...


def name_of(codec: Codec) -> str:
    """The codec as it is written on the command line: `family` or `family:setting`."""
    return f"{codec.family}:{codec.setting}" if codec.setting else codec.family
