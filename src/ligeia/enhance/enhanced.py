"""The result of every function of this room."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ligeia.audio.signal import Audio


@dataclass(frozen=True, eq=False)
class Enhanced:
    """A processed sound, and a report of what was found and done."""

    audio: Audio
    """The sound: rate, channels and length are those of the function's input unless it says otherwise."""
    report: Mapping[str, Any]
    """The method, its settings, and its findings: plain values, lists and dicts."""
