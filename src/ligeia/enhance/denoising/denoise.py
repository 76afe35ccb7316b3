"""`denoise`: a recording with less noise in it, by any method of one table."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from ligeia.arguments import checks_types
from ligeia.audio.given import Given, given_sound
from ligeia.audio.signal import Audio, Sound
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.enhanced import Enhanced
from ligeia.enhance.pieces import Prepared, Samples, processed
from ligeia.errors import InputError, SettingsError
from ligeia.progress import OnProgress, Reporter

MOST_RATE = 10**7
"""Rate in Hz of a recording at most: windows of a fixed duration would fill the memory otherwise."""


@dataclass(frozen=True)
class Method:
    """One way to denoise."""

    summary: str
    """One line that says what it does, and whose it is."""
    module: str
    """The module whose `prepare(sound, settings)` makes it ready; it is imported when the method is first used."""
    uses: frozenset[str] = frozenset()
    """The settings that it knows beyond `strength`: of "noise", "model", "steps", "seed" and "device"."""

    def prepare(self, sound: Sound, settings: DenoiseSettings) -> Prepared:
        """Return the method ready for `sound`.

        Raises:
            InputError: its rate is above `MOST_RATE`.
        """
        if sound.rate > MOST_RATE:
            raise InputError(f"a recording at {sound.rate} Hz cannot be denoised: {MOST_RATE} Hz is the most")
        prepared: Prepared = import_module(self.module).prepare(sound, settings)
        return prepared


_HERE, _PLUGINS = "ligeia.enhance.denoising", "ligeia.enhance.plugins"
METHODS: dict[str, Method] = {
    "ligeia": Method(
        "the suppressor for speech, shrinkage for any other sound", f"{_HERE}.ligeia", frozenset({"noise"})
    ),
    "suppressor": Method(
        "a small network that has learned what speech is, and takes off the rest",
        f"{_HERE}.suppressor.method",
        frozenset({"noise"}),
    ),
    "logmmse": Method(
        "log-spectral amplitude estimator (Ephraim & Malah 1985) with a noise tracker: the textbook",
        f"{_HERE}.logmmse",
        frozenset({"noise"}),
    ),
    "shrinkage": Method(
        "shrinkage of coefficients in six windows, any sound, not learned", f"{_HERE}.shrinkage", frozenset({"noise"})
    ),
    "gate": Method("stationary spectral gate, as noisereduce", f"{_HERE}.gate", frozenset({"noise"})),
    "gate-nonstationary": Method(
        "spectral gate that follows a noise as it changes, as noisereduce", f"{_HERE}.nonstationary_gate"
    ),
    "siren": Method(
        "small SIREN fitted to blocks, stopped by held-out samples",
        f"{_HERE}.siren",
        frozenset({"noise", "steps", "seed", "device"}),
    ),
    "siren-paper": Method(
        "one large SIREN for the whole, not stopped, as INR denoising 2024",
        f"{_HERE}.siren_paper",
        frozenset({"steps", "seed", "device"}),
    ),
    "siamese": Method(
        "twin SIREN fitted to one half of the samples each: what they agree on stays",
        f"{_HERE}.twin",
        frozenset({"noise", "steps", "seed", "device"}),
    ),
    "hypersound": Method(
        "a network that writes the function of clean speech for noisy segments",
        f"{_HERE}.hypersound",
        frozenset({"model", "seed", "device"}),
    ),
    "dnp": Method(
        "deep network prior: a U-Net fitted to the recording, and what it keeps changing taken away",
        f"{_HERE}.dnp",
        frozenset({"steps", "seed", "device"}),
    ),
    "rnnoise": Method("RNNoise, a small recurrent network (extra `denoise`)", f"{_PLUGINS}.rnnoise"),
    "sepformer": Method(
        "SepFormer of SpeechBrain, from your checkpoint", f"{_PLUGINS}.sepformer", frozenset({"model", "device"})
    ),
    "mossformer2": Method(
        "MossFormer2_SE_48K of ClearerVoice, from your checkpoint",
        f"{_PLUGINS}.mossformer2",
        frozenset({"model", "device"}),
    ),
}
DEFAULT = "ligeia"
"""The method of a caller who names none."""
ANALYSIS_SHARE = 0.1
"""Share of the work that making a method ready is taken to be, for reports of progress."""


@checks_types
def denoise(
    audio: Given,
    method: str = DEFAULT,
    *,
    rate: float | None = None,
    on_progress: OnProgress | None = None,
    **settings: Any,
) -> Enhanced:
    """Return `audio` with less noise, and a report of what was found and done.

    `audio` is an `Audio`, an opened recording, a path, a binary file, or samples with their `rate` in Hz. `settings`
    are those of `DenoiseSettings`. Rate, channels, length and gain stay.

    Raises:
        TypeError: an argument or a setting is of another type.
        InputError: there is no such method, a setting is out of range or unknown to the method, or the sound is
            unusable.
        MissingExtra: the method needs a package that is not installed.

    Example:
        >>> hiss = Audio(np.random.default_rng(0).normal(0, 0.01, (2, 16000)), rate=16000)
        >>> quiet = denoise(hiss, "gate")
        >>> quiet.audio.sample_count, quiet.report["method"]
        (16000, 'gate')
    """
    chosen = DenoiseSettings(method=method, **settings)
    with given_sound(audio, rate) as sound:
        running = Denoising(sound, chosen, on_progress=on_progress)
        samples = np.concatenate([np.zeros((sound.channels, 0), np.float32), *running.pieces()], axis=1)
        return Enhanced(Audio(samples, sound.rate), running.report())


class Denoising:
    """One recording on its way through a method, for callers that cannot hold all of it in memory.

    Raises:
        InputError, MissingExtra: as `denoise`.
    """

    def __init__(self, sound: Sound, settings: DenoiseSettings, *, on_progress: OnProgress | None = None) -> None:
        self._method = check_method(settings.method, noise=settings.noise, model=settings.model, steps=settings.steps)
        self._sound, self._settings = sound, settings
        self._progress = Reporter(on_progress)
        self._energies = dict.fromkeys(("before", "after", "taken"), 0.0)
        self._prepared: Prepared | None = None

    def pieces(self) -> Iterator[Samples]:
        """Yield the denoised recording in order, float32 `[channels, n]`."""
        self._progress.stage("analysis", 0.0, ANALYSIS_SHARE)
        self._prepared = self._method.prepare(_Watched(self._sound, self._progress), self._settings)
        self._progress.stage("denoising", ANALYSIS_SHARE, 1.0)
        done = 0
        for piece in processed(self._sound, self._prepared, strength=self._settings.strength, report=self._progress):
            before = self._sound.read(done, done + piece.shape[1])
            done += piece.shape[1]
            for name, samples in (("before", before), ("after", piece), ("taken", before - piece)):
                self._energies[name] += float(np.sum(np.square(samples, dtype=np.float64)))
            yield piece
        self._progress.finish()

    def report(self) -> dict[str, Any]:
        """Return what was found and done, once all pieces are there: plain values."""
        assert self._prepared is not None, "the report follows the pieces"
        before, after, taken = self._energies.values()
        samples = max(self._sound.sample_count * self._sound.channels, 1)
        return {
            "method": self._settings.method,
            **self._used(),
            "seconds": self._sound.sample_count / self._sound.rate,
            "gain_db": _decibels(after, before),
            "taken_db": _decibels(taken, samples),
            **self._prepared.findings,
        }

    def _used(self) -> dict[str, Any]:
        """Return the settings that count for the method."""
        known = ("strength", *(name for name in ("model", "steps", "seed", "device") if name in self._method.uses))
        values = {name: getattr(self._settings, name) for name in known}
        return {name: str(value) if name == "model" else value for name, value in values.items() if value is not None}


class _Watched:
    """A sound whose reading is reported as progress, so that looking at hours of it can be watched, and cancelled."""

    def __init__(self, sound: Sound, report: Reporter) -> None:
        self.rate, self.channels, self.sample_count = sound.rate, sound.channels, sound.sample_count
        self._sound, self._report = sound, report

    def read(self, start: int, stop: int) -> Samples:
        self._report(stop / max(self.sample_count, 1))
        return self._sound.read(start, stop)


def _decibels(energy: float, reference: float) -> float | None:
    """Return a ratio in dB, None where either is nothing."""
    return float(10 * np.log10(energy / reference)) if energy and reference else None


def check_method(name: str, **given: Any) -> Method:
    """Return the method called `name`.

    Raises:
        InputError: there is none, or a setting of `given` that is not None is none of those that it `uses`.
    """
    if name not in METHODS:
        raise SettingsError(f"{name!r} is not a valid method to denoise; there are {', '.join(METHODS)}")
    for setting, value in given.items():
        if value is not None and setting not in METHODS[name].uses:
            raise SettingsError(f"{name} has no use for {setting}")
    return METHODS[name]
