"""`restore`: missing samples of a recording found, or taken from a mask, and filled by any method of one table.

Known samples come back bit for bit. Damage is found first, in one pass over the recording; then stretches around it
are repaired one by one, each with true neighbours on both sides, so that memory does not grow with the recording.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.arguments import checks_types
from ligeia.audio.given import Given, given_sound
from ligeia.audio.signal import Audio, Sound
from ligeia.enhance.enhanced import Enhanced
from ligeia.enhance.restoration.damage import CLIPPING, KINDS, Damage, flags_of, masked, spans
from ligeia.enhance.restoration.detection import find_damage
from ligeia.enhance.restoration.stretch import Flags, Reals, RestoreSettings, Stretch
from ligeia.errors import InputError, SettingsError
from ligeia.progress import OnProgress, Reporter

Samples = NDArray[np.float32]
"""`[channels, n]`."""


@dataclass(frozen=True)
class Method:
    """One way to restore."""

    summary: str
    """One line that says what it does, and whose it is."""
    source: str
    """The function that repairs a stretch, as "module:name"; the module is imported when the method is first used."""
    context_seconds: float = 0.25
    """Sound before and after damage that it gets to know, at least; longer gaps get in proportion more."""
    clipping: bool = False
    """True where it is for clipped samples, and keeps to their bounds, rather than for missing ones."""
    uses: frozenset[str] = frozenset()
    """The settings that it knows beyond those of all: of "steps", "model" and "seed"."""

    def repair(self, stretch: Stretch, settings: RestoreSettings) -> Reals:
        """Return the samples of `stretch` `[channels, time]` as the method restores them."""
        module, _, name = self.source.partition(":")
        repaired: Reals = getattr(import_module(module), name)(stretch, settings)
        assert repaired.shape == stretch.samples.shape, (self.source, repaired.shape, stretch.samples.shape)
        return repaired


_HERE = "ligeia.enhance.restoration"
METHODS: dict[str, Method] = {
    "lapped": Method(
        "windowed sines, autoregressive models and spline, combined by what they do to known samples nearby",
        f"{_HERE}.lapped:repair",
        context_seconds=0.8,
    ),
    "sines": Method(
        "windowed sines alone: masked sparse least squares", f"{_HERE}.lapped:repair_by_sines", context_seconds=0.8
    ),
    "spline": Method("cubic spline through the known samples", f"{_HERE}.spline:repair"),
    "ar": Method("autoregressive model of order 32, least squares, one pass", f"{_HERE}.autoregressive:repair"),
    "janssen": Method(
        "Janssen's iteration: autoregressive model and missing samples in turn",
        f"{_HERE}.autoregressive:repair_janssen",
        uses=frozenset({"steps"}),
    ),
    "extrapolation": Method(
        "autoregressive prediction from both sides, cross-faded", f"{_HERE}.autoregressive:repair_extrapolation"
    ),
    "siren": Method(
        "small SIREN, fitted to the known samples alone",
        f"{_HERE}.siren:repair",
        uses=frozenset({"steps", "seed", "device"}),
    ),
    "siren-zeroed": Method(
        "one large SIREN for each second, fitted to missing samples as zeros, as Mahdi 2025",
        f"{_HERE}.siren:repair_zeroed",
        uses=frozenset({"steps", "seed", "device"}),
    ),
    "turbo": Method(
        "Mahdi 2025's loop of SIREN and a denoiser, with real feedback",
        f"{_HERE}.turbo:repair",
        uses=frozenset({"steps", "seed", "device"}),
    ),
    "turbo-gate": Method(
        "the same loop with the spectral gate",
        f"{_HERE}.turbo:repair_gate",
        uses=frozenset({"steps", "seed", "device"}),
    ),
    "turbo-none": Method(
        "the same loop without a denoiser", f"{_HERE}.turbo:repair_plain", uses=frozenset({"steps", "seed", "device"})
    ),
    "turbo-mossformer2": Method(
        "the same loop with MossFormer2, from a local checkpoint",
        f"{_HERE}.turbo:repair_mossformer2",
        uses=frozenset({"steps", "seed", "device", "model"}),
    ),
    "ensemble": Method(
        "clipped samples at the mean of wiener and a quick A-SPADE",
        f"{_HERE}.declipping:repair_by_both",
        context_seconds=0.5,
        clipping=True,
        uses=frozenset({"steps"}),
    ),
    "wiener": Method(
        "clipped samples by persistent Wiener shrinkage in three windows, and the mean of what they can still be",
        f"{_HERE}.declipping:repair",
        context_seconds=0.5,
        clipping=True,
        uses=frozenset({"steps"}),
    ),
    "a-spade": Method(
        "clipped samples by A-SPADE: the sparsest windows that agree with the recording",
        f"{_HERE}.a_spade:repair",
        context_seconds=0.5,
        clipping=True,
    ),
    "ss-pew": Method(
        "clipped samples by social sparsity: the persistent empirical Wiener of the survey",
        f"{_HERE}.social_sparsity:repair",
        context_seconds=0.5,
        clipping=True,
        uses=frozenset({"steps"}),
    ),
}
DEFAULT = "lapped"
"""The method of a caller who names none."""
DETECTION_SHARE = 0.2
"""Share of the work that finding damage is taken to be, for reports of progress."""
LONGEST_SECONDS = 1.0
"""Longer gaps are left as they are: nothing that could be made up would be the lost sound."""
SPAN_SECONDS = 2.0
"""Most sound that is repaired at once, a single longer gap aside; it bounds the memory."""
SHORT_RUN, SHORT_SECONDS = 24, 0.25
"""Samples that all damage is shorter than where so much context, in seconds, will do."""
CONTEXT_GAPS = 2.0
"""Context of a gap at least, in multiples of its length."""
BLOCK_SECONDS = 20.0
"""Most sound that is handed on at once where there is no damage."""
MOST_LISTED = 1000
"""Findings that a report lists one by one."""


@checks_types
def restore(
    audio: Given,
    method: str = DEFAULT,
    *,
    rate: float | None = None,
    mask: NDArray[np.bool_] | None = None,
    on_progress: OnProgress | None = None,
    **settings: Any,
) -> Enhanced:
    """Return `audio` with its damage repaired, and a report of what was found, where, and done.

    `audio` is an `Audio`, an opened recording, a path, a binary file, or samples with their `rate` in Hz. `mask` (bool
    `[time]` or `[channels, time]`, true where samples are missing) replaces the search for damage. `settings` are
    those of `RestoreSettings`. Known samples, rate, channels and length stay exactly as they are.

    Raises:
        TypeError: an argument or a setting is of another type.
        InputError: there is no such method, a setting is out of range or unknown to the method, the mask does not fit,
            or everything is missing.
        MissingExtra: the method needs a package that is not installed.

    Example:
        >>> tone = np.sin(np.arange(4000) / 20)
        >>> mask = np.zeros(4000, bool)
        >>> mask[2000:2010] = True
        >>> whole = restore(Audio(np.where(mask, 0, tone)[None], rate=8000), mask=mask)
        >>> bool(np.abs(whole.audio.samples - tone).max() < 1e-3)
        True
    """
    chosen = RestoreSettings(method=method, **settings)
    with given_sound(audio, rate) as sound:
        running = Restoration(sound, chosen, mask=mask, on_progress=on_progress)
        samples = np.concatenate([np.zeros((sound.channels, 0), np.float32), *running.pieces()], axis=1)
        return Enhanced(Audio(samples, sound.rate), running.report())


class Restoration:
    """One recording on its way through a method, for callers that cannot hold all of it in memory.

    Raises:
        InputError, MissingExtra: as `restore`.
    """

    def __init__(
        self,
        sound: Sound,
        settings: RestoreSettings,
        *,
        mask: NDArray[np.bool_] | None = None,
        on_progress: OnProgress | None = None,
    ) -> None:
        self._method, self._declip = check_settings(settings)
        self._sound, self._settings = sound, settings
        self._progress = Reporter(on_progress)
        self._findings: dict[str, object] = {}
        self._peak = 0.0
        self._progress.stage("looking for damage", 0.0, DETECTION_SHARE)
        self.damage: Damage = find_damage(sound, settings, self._progress) if mask is None else masked(mask, sound)
        longest = round(LONGEST_SECONDS * sound.rate)
        self._left: Damage = self.damage[self.damage["stop"] - self.damage["start"] > longest]

    @property
    def clipped(self) -> bool:
        """True where clipped samples will be restored, which may then exceed full scale."""
        return bool((self.damage["kind"] == CLIPPING).any())

    @property
    def _context_seconds(self) -> float:
        """Sound around damage that the methods in use get to know."""
        return max(self._method.context_seconds, self._declip.context_seconds if self.clipped else 0.0)

    def pieces(self) -> Iterator[Samples]:
        """Yield the restored recording in order, float32 `[channels, n]`."""
        self._progress.stage("restoring", DETECTION_SHARE, 1.0)
        gain = np.float32(10 ** ((self._settings.gain_db or 0.0) / 20))
        for piece in self._ordered():
            yield piece if gain == 1 else piece * gain
        self._progress.finish()

    def _ordered(self) -> Iterator[Samples]:
        rate, done = self._sound.rate, 0
        todo = self.damage[self.damage["stop"] - self.damage["start"] <= round(LONGEST_SECONDS * rate)]
        join = round(self._context_seconds * rate)
        for start, stop in spans(todo, join=join, most=round(SPAN_SECONDS * rate)):
            yield from self._untouched(done, start)
            yield self._repaired(start, stop)
            done = stop
            self._progress(done / self._sound.sample_count)
        yield from self._untouched(done, self._sound.sample_count)

    def _untouched(self, start: int, stop: int) -> Iterator[Samples]:
        hop = max(1, round(BLOCK_SECONDS * self._sound.rate))
        for first in range(start, stop, hop):
            yield self._sound.read(first, min(first + hop, stop))
            self._progress(min(first + hop, stop) / self._sound.sample_count)

    def _repaired(self, start: int, stop: int) -> Samples:
        """Return samples `start:stop` restored; all known ones are those of the recording."""
        first, last = self._context(start, stop)
        before = self._sound.read(first, last)
        near = self._near(first, last)
        samples = before.astype(np.float64)
        for method, chosen in ((self._method, near["kind"] != CLIPPING), (self._declip, near["kind"] == CLIPPING)):
            runs = near[chosen]
            if len(runs):
                stretch = self._stretch(samples, runs, first)
                samples = np.where(stretch.missing, method.repair(stretch, self._settings), samples)
        changed = self._wanted(near, first, last)
        strength = self._settings.strength
        after = np.where(changed, before + strength * (samples - before), before).astype(np.float32)
        if not np.isfinite(after).all():
            raise InputError(f"{self._settings.method} gave infinite samples near {start / self._sound.rate:.3f} s")
        kept = after[:, start - first : stop - first]
        self._peak = max(self._peak, float(np.abs(kept).max(initial=0.0)))
        return kept

    def _context(self, start: int, stop: int) -> tuple[int, int]:
        context = max(round(self._context_seconds * self._sound.rate), 1)
        inside = self._near(start, stop)
        longest = int((inside["stop"] - inside["start"]).max(initial=0))
        if longest < SHORT_RUN:
            context = min(context, max(1, round(SHORT_SECONDS * self._sound.rate)))
        context = max(context, round(CONTEXT_GAPS * min(longest, round(LONGEST_SECONDS * self._sound.rate))))
        return max(0, start - context), min(stop + context, self._sound.sample_count)

    def _near(self, start: int, stop: int) -> Damage:
        """Return the runs that reach into samples `start:stop`."""
        longest = int((self.damage["stop"] - self.damage["start"]).max(initial=0))
        begin, end = np.searchsorted(self.damage["start"], (start - longest, stop))
        near = self.damage[begin:end]
        return near[near["stop"] > start]

    def _stretch(self, samples: Reals, runs: Damage, first: int) -> Stretch:
        channels, count = samples.shape
        missing = flags_of(runs, channels, first, first + count)
        lower, upper = np.full(samples.shape, -np.inf), np.full(samples.shape, np.inf)
        for run in runs[runs["kind"] == CLIPPING]:
            bound = lower if run["level"] > 0 else upper
            bound[run["channel"], max(run["start"] - first, 0) : run["stop"] - first] = run["level"]
        return Stretch(samples, missing, self._sound.rate, lower, upper, self._findings)

    def _wanted(self, near: Damage, first: int, last: int) -> Flags:
        """Return which samples `first:last` are to be changed: those of all runs but the longest."""
        short = near[near["stop"] - near["start"] <= round(LONGEST_SECONDS * self._sound.rate)]
        return flags_of(short, self._sound.channels, first, last)

    def report(self) -> dict[str, Any]:
        """Return what was found and done, once all pieces are there: plain values."""
        damage, rate = self.damage, self._sound.rate
        lengths = damage["stop"] - damage["start"]
        return {
            "method": self._settings.method,
            "declip": self._settings.declip if self.clipped else None,
            "strength": self._settings.strength,
            "gain_db": self._settings.gain_db,
            "seconds": self._sound.sample_count / rate,
            "found": {
                kind: {"count": int(chosen.sum()), "samples": int(lengths[chosen].sum())}
                for number, kind in enumerate(KINDS)
                for chosen in [damage["kind"] == number]
                if chosen.any()
            },
            "samples_restored": int(lengths.sum() - (self._left["stop"] - self._left["start"]).sum()),
            "left": _listed(self._left, rate),
            "peak": self._peak * 10 ** ((self._settings.gain_db or 0.0) / 20) or None,
            "findings": _listed(damage, rate),
            "findings_not_listed": max(0, len(damage) - MOST_LISTED),
            **self._findings,
        }


def _listed(damage: Damage, rate: int) -> list[dict[str, Any]]:
    """Return the first runs as plain values."""
    return [
        {
            "kind": KINDS[run["kind"]],
            "channel": int(run["channel"]),
            "start": int(run["start"]),
            "samples": int(run["stop"] - run["start"]),
            "seconds": float(run["start"] / rate),
        }
        for run in damage[:MOST_LISTED]
    ]


def check_settings(settings: RestoreSettings) -> tuple[Method, Method]:
    """Return the methods of `settings`, for missing and for clipped samples.

    Raises:
        InputError: there is no such method, or it has no use for a setting.
    """
    for name in (settings.method, settings.declip):
        if name not in METHODS:
            raise SettingsError(f"{name!r} is not a valid method to restore; there are {', '.join(METHODS)}")
    method, declip = METHODS[settings.method], METHODS[settings.declip]
    if method.clipping:
        raise SettingsError(f"{settings.method} is for clipped samples: declip={settings.method!r} names it")
    for name in ("steps", "model"):
        if getattr(settings, name) is not None and name not in method.uses | declip.uses:
            raise SettingsError(f"{settings.method} has no use for {name}")
    return method, declip
