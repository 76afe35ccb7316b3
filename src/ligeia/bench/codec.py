"""A codec as the benchmark sees it: a file goes in, a file comes out, and both ways are measured.

`Codec` is what an adapter implements; the rest is what adapters share: checking settings and sounds, and measuring
code that runs in this very process.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ligeia.errors import InputError, LigeiaError, SettingsError

CLEAR = Path("/proc/self/clear_refs")
STATUS = Path("/proc/self/status")
RESET_PEAK = "5"
"""Written to `clear_refs`, it resets the peak (see proc(5))."""


class CodecError(LigeiaError):
    """A codec is missing, failed, hung, or wrote nothing; the text says which."""


@dataclass(frozen=True)
class Usage:
    """Time and memory of one run."""

    seconds: float
    """Wall-clock time from file to file."""
    peak_bytes: int | None
    """Peak memory; None where the machine does not report it."""


class Codec(Protocol):
    """A codec at one setting."""

    @property
    def family(self) -> str:
        """The codec at all its settings ("opus", "mp3", "ligeia"); one family makes one curve."""
        ...

    @property
    def setting(self) -> str:
        """The place on the curve: "24" (kbit/s), a preset; empty where there is only one."""
        ...

    @property
    def suffix(self) -> str:
        """Ending of its files, with the dot."""
        ...

    @property
    def lossless(self) -> bool:
        """True where the decoded samples are those that were encoded (16-bit)."""
        ...

    def version(self) -> str:
        """Program, library and options in one line.

        Raises:
            CodecError: it is not installed; the text says what would bring it.
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
        """Bytes of `encoded` less its container (headers, page and frame tables); None where it cannot be told."""
        ...


@dataclass(frozen=True)
class Family:
    """One codec at all its settings: an entry of the table of codecs."""

    name: str
    """The part before the colon of `opus:24`."""
    make: Callable[[str], Codec]
    """Return the codec at a setting, or raise `SettingsError`."""
    ladder: tuple[str, ...] = ("",)
    """Settings that the name alone stands for."""
    setting: str = ""
    """A letter for the setting that follows the colon, and what it stands for ("K: kbit/s, 6 to 510"); empty where none
    may."""
    summary: str = ""
    """The codec in a few words."""
    install: str = ""
    """Instructions to install it."""
    forms: tuple[tuple[str, str], ...] = ()
    """Ways to write a setting, where there are several, each with its meaning. Empty: `name:letter` alone."""


def name_of(codec: Codec) -> str:
    """The codec as it is written on the command line: `family` or `family:setting`."""
    return f"{codec.family}:{codec.setting}" if codec.setting else codec.family


def number_in(family: str, setting: str, low: float, high: float, unit: str) -> str:
    """The setting as a number in its shortest form ("24", "12.5").

    Raises:
        SettingsError: it is not a number, or lies outside of `low` to `high`.
    """
    try:
        value = float(setting)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise SettingsError(f"{family} takes {unit} from {low:g} to {high:g}, got {setting!r}")
    return f"{value:g}"


def one_of(family: str, setting: str, choices: Iterable[object]) -> str:
    """The setting, which must be one of the choices.

    Raises:
        SettingsError: it is not.
    """
    names = [str(choice) for choice in choices]
    if setting not in names:
        raise SettingsError(f"{family} takes one of {', '.join(names)}, got {setting!r}")
    return setting


def no_setting(family: str, setting: str) -> str:
    """The empty setting.

    Raises:
        SettingsError: it is not empty.
    """
    if setting:
        raise SettingsError(f"{family} takes no setting, got {setting!r}")
    return ""


@dataclass(frozen=True)
class Shape:
    """Properties of a sound that decide whether a codec takes it."""

    rate: int
    """Sampling rate in Hz."""
    channels: int
    """Number of channels."""


def shape_of(wav: Path) -> Shape:
    """The shape of a WAV file.

    Raises:
        CodecError: it cannot be read.
    """
    from ligeia.audio.reading import open_audio

    try:
        with open_audio(wav) as file:
            return Shape(file.rate, file.channels)
    except InputError as error:
        raise CodecError(str(error)) from error


def check_channels(family: str, shape: Shape, most: int) -> None:
    """Refuse a sound of more than `most` channels.

    Raises:
        CodecError: it has more.
    """
    if shape.channels > most:
        raise CodecError(
            f"{family} takes {'1 channel' if most == 1 else f'1 to {most} channels'}, not {shape.channels}"
        )


def run_here(family: str, work: Callable[[], object], expected: tuple[type[Exception], ...] = (Exception,)) -> Usage:
    """Call `work` in this process and return what it took.

    Peak memory is the resident set of the whole process while it ran: interpreter, libraries and all that was
    loaded before count, as they do for a program; memory of a graphics card does not. It is None where the system
    does not report it (only Linux does). There is no time limit here: `workers` sets one from outside.

    Raises:
        CodecError: `work` raised one of the `expected` exceptions.
    """
    can_tell = _reset_peak()
    started = time.perf_counter()
    try:
        work()
    except expected as error:
        kind = "" if isinstance(error, LigeiaError | OSError) else f"{type(error).__name__}: "
        raise CodecError(f"{family}: {kind}{' '.join(str(error).split())}") from error
    return Usage(time.perf_counter() - started, _peak_bytes() if can_tell else None)


def _reset_peak() -> bool:
    try:
        CLEAR.write_text(RESET_PEAK)
    except OSError:
        return False
    return True


def _peak_bytes() -> int | None:
    try:
        lines = STATUS.read_text().splitlines()
    except OSError:
        return None
    sizes = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(sizes[0]) * 1024 if sizes else None
