"""What every function of this room returns: a sound, and how it came about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ligeia.audio.signal import Audio


@dataclass(frozen=True, eq=False)
class Enhanced:
    """A sound that something was done to, and a report of what was done and why."""

    audio: Audio
    """The sound: rate, channels and length are those of the function's input unless it says otherwise."""
    report: Mapping[str, Any]
    """The method, its settings, and what it found: plain values, lists and dicts."""
