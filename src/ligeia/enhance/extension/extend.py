"""`extend`: a recording at a higher rate, by any method of one table."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from ligeia.arguments import checks_types
from ligeia.audio.given import Given, given_sound
from ligeia.audio.signal import Audio, Sound
from ligeia.enhance.enhanced import Enhanced
from ligeia.enhance.extension.settings import Extended, ExtendSettings
from ligeia.enhance.pieces import Samples
from ligeia.errors import SettingsError
from ligeia.progress import OnProgress, Reporter


@dataclass(frozen=True)
class Method:
    """One way to extend."""

    summary: str
    """One line that says what it does, and whose it is."""
    module: str
    """The module whose `prepare(sound, settings)` gives the sound at the new rate, an `Extended`; it is imported when
    the method is first used."""
    uses: frozenset[str] = frozenset()
    """The settings that it knows beyond `rate`: of "strength", "model" and "seed"."""


_HERE = "ligeia.enhance.extension"
METHODS: dict[str, Method] = {
    "ligeia": Method(
        "small networks guess the missing band above what is kept, up to 24 kHz (ours)",
        f"{_HERE}.highband",
        frozenset({"strength", "model", "seed"}),
    ),
    "inr": Method(
        "the sound's function (windowed sines) on a finer grid: band-limited, nothing invented", f"{_HERE}.inr"
    ),
    "lisa": Method(
        "a local implicit network between samples, for speech at 8 kHz (Kim et al. 2022)",
        f"{_HERE}.lisa",
        frozenset({"model"}),
    ),
    "mossformer2_sr": Method(
        "MossFormer2_SR_48K (ClearerVoice-Studio), from a local checkpoint: speech to 48 kHz",
        "ligeia.enhance.plugins.mossformer2_sr",
        frozenset({"model"}),
    ),
}
DEFAULT = "ligeia"
"""The method of a caller who names none."""
PIECE_SECONDS = 10.0
"""Sound that is made at a time; it bounds the memory."""
ANALYSIS_SHARE = 0.05
"""Share of the work that making a method ready is taken to be, for reports of progress."""


@checks_types
def extend(
    audio: Given,
    rate: int,
    method: str = DEFAULT,
    *,
    source_rate: float | None = None,
    on_progress: OnProgress | None = None,
    **settings: Any,
) -> Enhanced:
    """Return `audio` at a higher `rate` in Hz, and a report of what was found and added.

    `audio` is an `Audio`, an opened recording, a path, a binary file, or samples with their `source_rate` in Hz.
    `settings` are those of `ExtendSettings`. Channels and gain stay; there are `ceil(samples * rate / audio.rate)`
    samples. The report has "known_hz", up to where the sound is what was given, and "added_hz", the band that a method
    has invented; None: nothing was, the sound is band-limited.

    Raises:
        TypeError: an argument or a setting is of another type.
        InputError: there is no such method, the rate is not above that of the sound, a setting is out of range or
            unknown to the method, or the method cannot extend such a sound.
        MissingExtra: the method needs a package that is not installed.

    Example:
        >>> tone = Audio(np.sin(np.arange(8000) / 5)[None], rate=8000)
        >>> wide = extend(tone, 16000, "inr")
        >>> wide.audio.sample_count, wide.report["added_hz"]
        (16000, None)
    """
    chosen = ExtendSettings(rate=rate, method=method, **settings)
    with given_sound(audio, source_rate) as sound:
        running = Extending(sound, chosen, on_progress=on_progress)
        samples = np.concatenate([np.zeros((sound.channels, 0), np.float32), *running.pieces()], axis=1)
        return Enhanced(Audio(samples, running.rate), running.report())


class Extending:
    """One recording on its way to a higher rate, for callers that cannot hold all of it in memory.

    Raises:
        InputError, MissingExtra: as `extend`.
    """

    def __init__(self, sound: Sound, settings: ExtendSettings, *, on_progress: OnProgress | None = None) -> None:
        self._method = check_settings(settings)
        settings.check(sound)
        self._sound, self._settings, self.rate = sound, settings, settings.rate
        self._progress = Reporter(on_progress)
        self._extended: Extended | None = None

    def pieces(self) -> Iterator[Samples]:
        """Yield the recording at the new rate in order, float32 `[channels, n]`."""
        self._progress.stage("analysis", 0.0, ANALYSIS_SHARE)
        self._extended = extended = import_module(self._method.module).prepare(self._sound, self._settings)
        self._progress.stage("extending", ANALYSIS_SHARE, 1.0)
        size = max(round(PIECE_SECONDS * self.rate), 1)
        for start in range(0, extended.sample_count, size):
            yield extended.read(start, start + size)
            self._progress(min(start + size, extended.sample_count) / extended.sample_count)
        self._progress.finish()

    def report(self) -> dict[str, Any]:
        """Return what was found and done, once all pieces are there: plain values."""
        assert self._extended is not None, "the report follows the pieces"
        return {
            "method": self._settings.method,
            "rate_before": self._sound.rate,
            "rate": self.rate,
            "seconds": self._sound.sample_count / self._sound.rate,
            "strength": self._settings.strength,
            **self._extended.findings,
        }


def check_settings(settings: ExtendSettings) -> Method:
    """Return the method of `settings`; refuse settings that it does not know.

    Raises:
        InputError: there is no such method, or it has no use for a setting.
    """
    if settings.method not in METHODS:
        raise SettingsError(f"{settings.method!r} is not a valid method to extend; there are {', '.join(METHODS)}")
    method = METHODS[settings.method]
    given = {"model": settings.model is not None, "strength": settings.strength != 1, "seed": settings.seed != 0}
    for name in (name for name, chosen in given.items() if chosen and name not in method.uses):
        raise SettingsError(f"{settings.method} has no use for {name}")
    return method
