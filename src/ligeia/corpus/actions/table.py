"""The actions on a corpus, by name: what each takes from a folder, how results are called, and what does the work."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from ligeia.audio.naming import LOSSLESS, RECORDINGS, STREAM, Naming, to_format, to_recordings, to_streams
from ligeia.errors import SettingsError

Settings = Mapping[str, Any]


SOUNDS = Naming((*RECORDINGS, STREAM), lambda path: path.stem, beside=False)
"""Recordings and streams, by their names without endings."""


class Make(Protocol):
    """Function that does the work on one file."""

    def __call__(self, source: Path, target: Path, settings: Settings) -> dict[str, Any]:
        """Write `target`, whole or not at all, and return facts: "seconds" of sound, and "figures" by name."""


@dataclass(frozen=True)
class Action:
    """Action on each file of a folder."""

    naming: Callable[[Settings], Naming]
    """Files to take from a folder, and names of the results, by the settings."""
    endings: Callable[[Settings], tuple[str, ...]]
    """Endings of the results; none where there are only rows."""
    pairs: bool = False
    """True where each file is compared with the one of its name in another folder."""


ACTIONS: dict[str, Action] = {
    "encode": Action(lambda _: to_streams(), lambda _: (STREAM,)),
    "decode": Action(lambda settings: to_format(settings["format"]), lambda settings: (settings["format"],)),
    "score": Action(lambda _: SOUNDS, lambda _: (), pairs=True),
    "denoise": Action(lambda _: to_recordings(), lambda _: LOSSLESS),
    "embed": Action(lambda _: to_streams(), lambda _: (STREAM,)),
}


def action_named(name: str) -> Action:
    """Return an action.

    Raises:
        SettingsError: there is none of this name.
    """
    if name not in ACTIONS:
        raise SettingsError(f"{name!r} is not a valid action: there are {', '.join(ACTIONS)}")
    return ACTIONS[name]


def function_of(name: str) -> Make:
    """Return what does the work of an action; its module is imported when it is first used."""
    action_named(name)
    make: Make = import_module(f"ligeia.corpus.actions.{name}").make
    return make
