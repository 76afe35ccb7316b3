"""The errors that Ligeia raises on purpose. Anything else that escapes is a bug."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class LigeiaError(Exception):
    """Root of every error that Ligeia raises on purpose; its text is one line for the user."""


class InputError(LigeiaError):
    """A file, an array or a setting that the caller gave cannot be used."""


class SettingsError(InputError):
    """A setting is not valid by itself, or contradicts another: no input could be processed with it."""


class FormatError(LigeiaError):
    """A stream is not a valid `.lig` stream, is damaged, or is newer than this program.

    `whole_seconds` is how far the sound of a damaged one is whole, where that is known, else None.
    """

    whole_seconds: float | None = None


class FitError(LigeiaError):
    """A fit broke down (divergence, target out of reach).

    `best` is the best `INR` found before that, or None where there is none.
    """

    def __init__(self, message: str, best: Any = None) -> None:
        super().__init__(message)
        self.best = best


class Cancelled(LigeiaError):
    """A progress callback asked a long call to stop; nothing was left half-written."""


class UndefinedScore(LigeiaError):
    """A metric has no value for these sounds (silence, too short); the text is the reason."""


class MissingExtra(LigeiaError):
    """An optional package is not installed; the text says which `pip install` brings it."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f'this needs the package "{package}": pip install "ligeia[{extra}]"')
        self.package, self.extra = package, extra


class MissingPackage(LigeiaError):
    """A package that no extra brings is not installed, or does not load; the text says how to install it."""

    def __init__(self, package: str, install: str, reason: str = "") -> None:
        because = f" ({reason})" if reason else ""
        super().__init__(f'this needs the package "{package}", which does not load here{because}: {install}')
        self.package = package


@contextmanager
def needs_extra(package: str, extra: str) -> Iterator[None]:
    """Raise `MissingExtra` where an import inside fails because `package` is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != package:
            raise
        raise MissingExtra(package, extra) from error
