"""What may follow the colon in `opus:24`: numbers in a range, or words from a list."""

from collections.abc import Iterable

from ligeia.errors import InputError


def number_in(family: str, setting: str, low: float, high: float, unit: str) -> str:
    """The setting as a number in its shortest form ("24", "12.5").

    Raises:
        InputError: it is none, or lies outside of `low` to `high`.
    """
    try:
        value = float(setting)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise InputError(f"{family} takes {unit} from {low:g} to {high:g}, got {setting!r}")
    return f"{value:g}"


def one_of(family: str, setting: str, known: Iterable[object]) -> str:
    """The setting, which must be one of those known.

    Raises:
        InputError: it is not.
    """
    names = [str(name) for name in known]
    if setting not in names:
        raise InputError(f"{family} takes one of {', '.join(names)}, got {setting!r}")
    return setting


def nothing(family: str, setting: str) -> str:
    """No setting at all.

    Raises:
        InputError: there is one.
    """
    if setting:
        raise InputError(f"{family} takes no setting, got {setting!r}")
    return ""
