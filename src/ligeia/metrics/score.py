"""Metrics of two recordings: rate, channels, length, level and delay are put in order first, and it is reported how.

The figures of many papers cannot be reproduced because they state none of this. Here every value has its recipe.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from math import isfinite, isinf, nan
from typing import Any, Literal, TypedDict, Unpack

import numpy as np

from ligeia.arguments import checks_types, described
from ligeia.audio.given import Given, given_audio
from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio
from ligeia.errors import InputError, MissingExtra, SettingsError, UndefinedScore
from ligeia.metrics.alignment import (
    LONGEST_WINDOW,
    Delay,
    Samples,
    earlier,
    find_delay,
    find_fraction,
    loudest,
    shifted,
)
from ligeia.metrics.metric import Metric
from ligeia.metrics.table import DEFAULT, metrics_named

Channels = Literal["each", "mono"]
Level = Literal["kept", "matched"]
MAX_DELAY = 0.5
"""Longest delay in seconds that is looked for by default."""
LONGEST_DELAY = 60
"""Longest delay in seconds that can be asked for."""


@dataclass(frozen=True)
class Score:
    """The value of one metric, or why there is none."""

    value: float
    """NaN where it is undefined."""
    reason: str | None
    """Reason why it is undefined, or the channels in which it is."""
    rate: int
    """Sampling rate in Hz at which it was computed."""
    channels: Channels
    """Mean of the values of each channel, or value of the mono mix."""
    per_channel: tuple[float, ...]
    """Values of each channel; one where mixed to mono."""
    version: str
    """Formula and package that computed it."""


@dataclass(frozen=True)
class ScoreRecipe:
    """The preparation of the two sounds before they were compared."""

    rate: int
    """The reference's rate in Hz, which the estimate was brought to."""
    estimate_rate: int
    """The rate in Hz that the estimate came with."""
    sample_count: int
    """Samples in each channel that were compared."""
    reference_channels: int
    """Channels of the reference."""
    estimate_channels: int
    """Channels of the estimate."""
    delay_samples: int
    """Samples (at `rate`) by which the estimate lagged behind the reference; it was moved back by as many."""
    delay_fraction: float
    """Fraction of a sample by which it lagged beyond that, which was undone too; 0 where that explains nothing."""
    delay_method: str
    """The signal that gave the delay: "waveform", "envelope", "none" (nothing correlates), or "off"."""
    correlation: float
    """Correlation of the mono mixes at that delay; 0 where it was not looked for."""
    missing_samples: int
    """Samples that the estimate lacked and that counted as silence; negative where it had more, which were cut off."""
    level: Level
    """The estimate's level: kept, or matched to the reference by least squares."""
    gain_db: float
    """Gain in dB that the estimate was given."""
    resampler: str
    """The resampler; each metric with a rate of its own gets both sounds resampled from `rate`."""
    notes: tuple[str, ...]
    """All of this that changed anything, in words."""


@dataclass(frozen=True)
class Scores:
    """Values and the recipe that gave them."""

    scores: dict[str, Score]
    """One for each metric asked for, in that order."""
    recipe: ScoreRecipe
    """The preparation of both sounds."""

    def __getitem__(self, name: str) -> float:
        """Return the value of the metric `name`; NaN where it is undefined."""
        return self.scores[name].value

    def __repr__(self) -> str:
        return f"Scores({', '.join(f'{name} {score.value:.4g}' for name, score in self.scores.items())})"

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON: undefined values are None, infinite ones "inf" and "-inf"."""
        return {
            "values": {name: _plain(score.value) for name, score in self.scores.items()},
            "scores": {name: _plain(asdict(score)) for name, score in self.scores.items()},
            "recipe": _plain(asdict(self.recipe)),
        }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, float) and not isfinite(value):
        return None if value != value else str(value)
    return value


class ScoreOptions(TypedDict, total=False):
    """Options of `score` beyond the metrics."""

    channels: Channels | None
    """Override of how each metric treats several channels."""
    level: Level
    """The estimate's level: "kept", or "matched" to the reference by least squares."""
    align: bool
    """Look for a delay, and undo it."""
    max_delay: float
    """Longest delay in seconds that is looked for."""


@checks_types
def score(
    *,
    reference: Given,
    estimate: Given,
    metrics: Iterable[str] | None = None,
    rate: float | None = None,
    **options: Unpack[ScoreOptions],
) -> Scores:
    """Measure how close `estimate` is to `reference`, by each of `metrics` (default: all but the slow ones).

    Both are an `Audio`, an opened recording, a path, a binary file, or samples with their `rate` in Hz.

    The estimate is brought to the reference's rate, moved back by its delay (unless `align=False`; at most `max_delay`
    seconds, 0.5 unless stated), and brought to the reference's length: the samples that a delay pushes out of reach are
    left out, others that are missing count as silence. `channels` overrides how each metric treats several ("each":
    mean over the channels; "mono": of the mix). `level="matched"` scales the estimate by least squares first. A metric
    that is undefined here, or whose package is not installed, is NaN with a reason.

    Raises:
        TypeError: an argument is of another type, or samples come without a rate.
        SettingsError: a name or an option is unknown.
        InputError: a sound cannot be read or has no samples.

    Example:
        >>> import numpy as np
        >>> tone = Audio(np.sin(np.arange(8000) / 5)[None], rate=8000)
        >>> quieter = Audio(0.9 * tone.samples, rate=8000)
        >>> result = score(reference=tone, estimate=quieter, metrics=["snr", "si_sdr"])
        >>> round(result["snr"], 3), result["si_sdr"] > 100
        (20.0, True)
    """
    chosen = metrics_named(DEFAULT if metrics is None else _names(metrics))
    channels, level = checked_channels(options.get("channels")), checked_level(options.get("level", "kept"))
    max_delay = checked_max_delay(options.get("max_delay", MAX_DELAY))
    x, y = given_audio(reference, rate, name="reference"), given_audio(estimate, rate, name="estimate")
    if not x.sample_count or not y.sample_count:
        raise InputError("nothing to compare: one of the sounds has no samples")
    pair = _prepared(x, y, level=level, max_delay=max_delay if options.get("align", True) else None)
    measured = {metric.name: _measure(metric, pair, channels) for metric in chosen}
    return Scores(measured, pair.recipe)


def _names(metrics: Iterable[str]) -> list[str]:
    """Return names of metrics as a list; refuse one name alone, and what is not a name."""
    several = isinstance(metrics, list | tuple | set | frozenset | dict) or hasattr(metrics, "__next__")
    names = list(metrics) if several else []
    if not several or not all(isinstance(name, str) for name in names):
        raise TypeError(f'metrics must be a sequence of names, such as ["snr", "si_sdr"], got {described(metrics)}')
    return names


def checked_channels(name: str | None) -> Channels | None:
    """Return `name` as one of the ways to treat channels, or raise `SettingsError`."""
    if name not in (None, "each", "mono"):
        raise SettingsError(f"{name!r} is not a valid treatment of channels: it must be each or mono")
    return name  # type: ignore[return-value]


def checked_level(name: str) -> Level:
    """Return `name` as one of the ways to treat the level, or raise `SettingsError`."""
    if name not in ("kept", "matched"):
        raise SettingsError(f"{name!r} is not a valid treatment of the level: it must be kept or matched")
    return name  # type: ignore[return-value]


def checked_max_delay(seconds: float) -> float:
    """Return the longest delay to look for, or raise `SettingsError`."""
    if not 0 <= seconds <= LONGEST_DELAY:
        raise SettingsError(f"{seconds:g} is not a valid longest delay: it must lie between 0 and {LONGEST_DELAY} s")
    return seconds


class _Pair:
    """Two sounds of the same rate, channels and length, at every rate that a metric asks for (each made once)."""

    def __init__(self, reference: Audio, estimate: Audio, recipe: ScoreRecipe) -> None:
        self.recipe, self.rate = recipe, reference.rate
        self._made = {reference.rate: (reference, estimate)}

    def at(self, rate: int) -> tuple[Audio, Audio]:
        if rate not in self._made:
            reference, estimate = self._made[self.rate]
            self._made[rate] = resample(reference, rate), resample(estimate, rate)
        return self._made[rate]


def _prepared(reference: Audio, estimate: Audio, *, level: Level, max_delay: float | None) -> _Pair:
    notes = []
    shape = {"estimate_rate": estimate.rate, "estimate_channels": estimate.channels}
    shape["reference_channels"] = reference.channels
    if estimate.rate != reference.rate:
        notes.append(f"the estimate was resampled from {estimate.rate} to {reference.rate} Hz")
        estimate = resample(estimate, reference.rate)
    if estimate.channels != reference.channels:
        notes.append(f"{reference.channels} and {estimate.channels} channels: both were mixed to mono")
        reference, estimate = reference.mono(), estimate.mono()
    delay = _delay(reference, estimate, max_delay)
    x, y, missing = shifted(reference=reference.samples, estimate=estimate.samples, lag=delay.samples)
    fraction = _fraction(x, y, delay, reference.rate)
    y = earlier(y.astype(np.float64), fraction) if fraction else y  # in float32 but here: an hour takes gigabytes
    gain = _matching_gain(x, y) if level == "matched" else 1.0
    notes += _notes(delay, fraction, missing, gain)
    recipe = ScoreRecipe(
        rate=reference.rate,
        sample_count=x.shape[1],
        delay_samples=delay.samples,
        delay_fraction=fraction,
        delay_method=delay.method,
        correlation=delay.correlation,
        missing_samples=missing,
        level=level,
        gain_db=float(20 * np.log10(gain)),
        resampler=f"soxr {_version('soxr')} VHQ",
        notes=tuple(notes),
        **shape,
    )
    return _Pair(
        _audio(x, reference.rate), _audio(y if gain == 1 else gain * y.astype(np.float64), reference.rate), recipe
    )


def _audio(samples: Samples, rate: int) -> Audio:
    return Audio(samples.astype(np.float32, copy=False), rate)


def _delay(reference: Audio, estimate: Audio, max_delay: float | None) -> Delay:
    if max_delay is None:
        return Delay(0, 0.0, "off")
    x, y = (sound.samples.mean(axis=0, dtype=np.float64) for sound in (reference, estimate))
    return find_delay(reference=x, estimate=y, rate=reference.rate, max_delay=max_delay)


def _fraction(x: Samples, y: Samples, delay: Delay, rate: int) -> float:
    """Return the fraction of a sample between the mono mixes, where the waveforms correlate at all."""
    if delay.method != "waveform":
        return 0.0
    reference, estimate = (samples.mean(axis=0, dtype=np.float64) for samples in (x, y))
    start, stop = loudest(reference, int(LONGEST_WINDOW * rate))
    return find_fraction(reference=reference[start:stop], estimate=estimate[start:stop])


def _matching_gain(x: Samples, y: Samples) -> float:
    """Return the positive gain that brings `y` closest to `x`; 1 where there is none."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    alike, energy = float(np.vdot(x, y)), float(np.vdot(y, y))
    return alike / energy if alike > 0 else 1.0


def _notes(delay: Delay, fraction: float, missing: int, gain: float) -> list[str]:
    notes = []
    if delay.samples or fraction:
        lag = f"{delay.samples + fraction:.2f}" if fraction else f"{delay.samples}"
        notes.append(f"the estimate lagged by {lag} samples (found by the {delay.method}) and was moved back")
    elif delay.method == "none":
        notes.append("the sounds do not correlate: no delay was looked for further")
    if missing > 0:
        notes.append(f"the estimate lacked {missing} samples at its end, which count as silence")
    elif missing < 0:
        notes.append(f"the estimate had {-missing} samples more, which were cut off")
    if gain != 1:
        notes.append(f"the estimate was scaled by {20 * np.log10(gain):.2f} dB")
    return notes


def _measure(metric: Metric, pair: _Pair, channels: Channels | None) -> Score:
    mixing = channels or metric.mixing
    rate = metric.rate_for(pair.rate)
    blank = Score(nan, None, rate, mixing, (), version_of(metric))
    try:
        reference, estimate = pair.at(rate)
        if mixing == "mono":
            reference, estimate = reference.mono(), estimate.mono()
        return _of_channels(metric, reference, estimate, blank)
    except (MissingExtra, InputError) as error:
        return replace(blank, reason=str(error))


def _of_channels(metric: Metric, reference: Audio, estimate: Audio, blank: Score) -> Score:
    values: list[float] = []
    reasons: dict[str, list[int]] = {}
    for number, (x, y) in enumerate(zip(reference.samples, estimate.samples, strict=True)):
        try:
            values.append(metric.function(reference=x, estimate=y, rate=reference.rate))
            if isinf(values[-1]) and len(reference.samples) > 1:
                reasons.setdefault("infinite, left out of the mean unless all are", []).append(number)
        except UndefinedScore as error:
            values.append(nan)
            reasons.setdefault(str(error), []).append(number)
    return replace(blank, value=_mean(values), reason=_in_words(reasons, len(values)), per_channel=tuple(values))


def _mean(values: list[float]) -> float:
    """Return the mean of the defined values; of infinite ones only where all are, because one would hide the others."""
    defined = [value for value in values if value == value]
    finite = [value for value in defined if not isinf(value)]
    return float(np.mean(finite or defined)) if defined else nan


def _in_words(reasons: dict[str, list[int]], channels: int) -> str | None:
    if channels == 1:
        return next(iter(reasons), None)
    return "; ".join(f"{reason} (channel {', '.join(map(str, which))})" for reason, which in reasons.items()) or None


def version_of(metric: Metric) -> str:
    """Return what computes a metric: the version of our formula, and the package behind it."""
    package = f", {metric.package} {_version(metric.package)}" if metric.package else ""
    return f"{metric.name} {metric.formula}{package}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"
