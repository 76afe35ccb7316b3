"""A recording of any length as a picture: waveform and spectrogram; of two recordings also their difference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from ligeia.audio.signal import Sound, snr_from_energies
from ligeia.errors import InputError, SettingsError
from ligeia.metrics.difference import Compared, Difference, Mono, compared
from ligeia.plots.overview import Overview, Remembered, overview, overviews
from ligeia.plots.sounds import draw_levels
from ligeia.plots.style import COLOURS, new_figure, one_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Kind = Literal["both", "waveform", "spectrogram"]
MOST_ROWS = 24
"""Rows of a picture: eight channels of two sounds and their difference."""
EACH = 2
"""Sounds of more channels are mixed to mono unless asked for."""
LONG_SECONDS = 120.0
"""Times beyond are written as minutes and seconds."""
CLOCK_STEPS = (10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800)
"""Distances of marks on the axis of a long sound, in seconds."""
MOST_TICKS = 7
QUIETEST_DB = -100.0
"""A sound that stays below this is drawn as silence, not brightened."""
FEW_SAMPLES = 200
"""Most samples that are marked one by one."""
ROW_INCHES, HEAD_INCHES, WIDTH_INCHES = 1.75, 0.9, 11.0
_PANELS: Mapping[Kind, tuple[str, ...]] = {
    "both": ("waveform", "spectrogram"),
    "waveform": ("waveform",),
    "spectrogram": ("spectrogram",),
}
_SIDES = ("left", "right")


@dataclass(frozen=True, kw_only=True)
class View:
    """Part of a sound that is shown, and how.

    Raises:
        SettingsError: a value is not valid.
    """

    kind: Kind = "both"
    """Both panels, or one of them."""
    start: float = 0.0
    """Beginning of what is shown, in seconds."""
    stop: float | None = None
    """Its end; None, or beyond the end of the sound: there."""
    channels: Literal["each", "mono"] | None = None
    """A row for each channel, or their mean; None: each of two, the mean of more."""
    title: str = ""

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise SettingsError(f"{self.kind!r} is not a valid kind of picture: it must be {_or(get_args(Kind))}")
        if self.channels not in ("each", "mono", None):
            raise SettingsError(f"{self.channels!r} is not a valid treatment of channels: it must be each or mono")
        if not 0 <= self.start < inf:
            raise SettingsError(f"{self.start:g} is not a valid start: it must be a time in seconds, 0 or more")
        if self.stop is not None and not self.start < self.stop:
            raise SettingsError(f"{self.stop:g} s is not a valid stop: it must lie after the start, {self.start:g} s")


def _or(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


@dataclass(frozen=True)
class Drawn:
    """A picture, and what was seen on the way."""

    figure: "Figure"
    start: float
    """Beginning of what it shows, in seconds."""
    stop: float
    """Its end."""
    snr_db: float | None = None
    """Signal-to-noise ratio of two sounds over that time; NaN for two silences."""


def plot_sound(sound: Sound, view: View) -> Drawn:
    """Draw waveform and spectrogram (dB below the loudest bin) of a sound.

    It is read in blocks: a picture of an hour takes the memory of one of a minute.

    Raises:
        InputError: the sound cannot be read, ends before the start, or has too many channels.
        MissingExtra: matplotlib is not installed.
    """
    new_figure(1, 1)  # says what is missing before the sound is read
    start, stop = _stretch(sound, view)
    seen = overview(_mixed(sound, view), start, stop)
    figure = _drawn({"": seen}, view, view.title)
    return Drawn(figure, seen.start, seen.stop)


def plot_difference(pair: Compared, view: View) -> Drawn:
    """Draw two sounds one above the other, and the estimate less the reference below, all on the same scales.

    Raises:
        InputError: as `plot_sound`.
        MissingExtra: matplotlib is not installed.
    """
    new_figure(1, 1)  # as above
    start, stop = _stretch(pair.reference, view)
    reference, estimate = Remembered(pair.reference), Remembered(pair.estimate)
    sounds = (reference, estimate, Difference(reference, estimate))
    reduced = overviews([_mixed(sound, view) for sound in sounds], start, stop)
    seen = dict(zip(("reference", "estimate", "error"), reduced, strict=True))
    snr_db = snr_from_energies(seen["reference"].energy, seen["error"].energy)
    ratio = "" if snr_db != snr_db else f"SNR {snr_db:.1f} dB"
    figure = _drawn(seen, view, ", ".join(filter(None, (view.title, ratio))))
    return Drawn(figure, seen["reference"].start, seen["reference"].stop, snr_db)


def plot_comparison(*, reference: Sound, estimate: Sound, title: str = "") -> "Figure":
    """Draw two sounds and their difference, put in order as `ligeia plot` does; the figure alone.

    Raises:
        InputError: as `plot_sound`.
        MissingExtra: matplotlib is not installed.
    """
    return plot_difference(compared(reference=reference, estimate=estimate), View(title=title)).figure


def _stretch(sound: Sound, view: View) -> tuple[int, int]:
    """Return the first sample that is shown, and the one after the last."""
    start = round(view.start * sound.rate)
    stop = sound.sample_count if view.stop is None else min(round(view.stop * sound.rate), sound.sample_count)
    if start >= sound.sample_count:
        raise InputError(f"the sound ends at {sound.sample_count / sound.rate:g} s, before the start, {view.start:g} s")
    return start, max(stop, start + 1)


def _mixed(sound: Sound, view: View) -> Sound:
    return Mono(sound) if is_mixed(sound.channels, view) else sound


def is_mixed(channels: int, view: View) -> bool:
    """Tell whether the channels of a sound are drawn as their mean."""
    return channels > 1 and (view.channels == "mono" or (view.channels is None and channels > EACH))


def _drawn(seen: Mapping[str, Overview], view: View, title: str) -> "Figure":
    first = next(iter(seen.values()))
    rows = [(name, one, channel) for name, one in seen.items() for channel in range(len(one.low))]
    if len(rows) > MOST_ROWS:
        raise InputError(f"{len(rows)} rows are too many for a picture: mix the channels to mono")
    panels = _PANELS[view.kind]
    figure = new_figure(WIDTH_INCHES, HEAD_INCHES + ROW_INCHES * len(rows))
    figure.suptitle(one_line(title, 90), parse_math=False)
    grid = figure.subplots(len(rows), len(panels), sharex=True, squeeze=False)
    peak = max(*(one.peak for one in seen.values()), 1e-9)
    loudest = max(float(first.levels.max()), QUIETEST_DB)
    for axes, (name, one, channel) in zip(grid, rows, strict=True):
        label = _label(name, channel, len(one.low))
        for panel, place in zip(panels, axes, strict=True):
            if panel == "waveform":
                _draw_waveform(place, one, channel, colour=COLOURS[0 if name == "error" else 1])
                place.set_ylim(-1.05 * peak, 1.05 * peak)
                place.set_ylabel(label)
            else:
                image = draw_levels(place, one.levels[channel] - loudest, one.stop, one.rate, start=one.start)
                place.set_ylabel(f"{label}\nkHz" if view.kind == "spectrogram" and label else "kHz")
    for place in grid[-1]:
        _set_times(place, first)
    if "spectrogram" in panels:
        of = " of the reference" if len(seen) > 1 else ""
        figure.colorbar(image, ax=grid[:, -1], label=f"dB below the loudest{of}")
    return figure


def _label(name: str, channel: int, channels: int) -> str:
    if channels == 1:
        return name
    side = _SIDES[channel] if channels == len(_SIDES) else f"channel {channel + 1}"
    return f"{name}, {side}" if name else side


def _draw_waveform(axes: "Axes", seen: Overview, channel: int, *, colour: str) -> None:
    """Draw the samples, or the range of each column where there are many."""
    low, high = seen.low[channel], seen.high[channel]
    times = seen.start + (np.arange(len(low)) + 0.5) * (seen.stop - seen.start) / len(low)
    if np.array_equal(low, high):
        times = seen.start + np.arange(len(low)) / seen.rate
        few = len(low) < FEW_SAMPLES
        axes.plot(times, low, color=colour, linewidth=0.8, marker="o" if few else "none", markersize=3)
    else:
        axes.fill_between(times, low, high, color=colour, linewidth=0.4)
    axes.set_xlim(seen.start, seen.stop)


def _set_times(axes: "Axes", seen: Overview) -> None:
    if seen.stop <= LONG_SECONDS:
        axes.set_xlabel("seconds")
        return
    from matplotlib.ticker import FuncFormatter, MultipleLocator

    seconds = seen.stop - seen.start
    if step := next((step for step in CLOCK_STEPS if MOST_TICKS * step >= seconds and step <= seconds), None):
        axes.xaxis.set_major_locator(MultipleLocator(step))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: clock(at)))
    axes.set_xlabel("time")


def span(start: float, stop: float) -> str:
    """Return a stretch of time in words.

    Example:
        >>> span(0, 2.5), span(60, 180)
        ('0 to 2.5 s', '1:00 to 3:00')
    """
    return f"{start:.5g} to {stop:.5g} s" if stop <= LONG_SECONDS else f"{clock(start)} to {clock(stop)}"


def clock(seconds: float) -> str:
    """Return a time as people read it on a clock.

    Example:
        >>> clock(75.0), clock(3723.5)
        ('1:15', '1:02:03.5')
    """
    minutes, rest = divmod(round(seconds, 3), 60)
    hours, minutes = divmod(int(minutes), 60)
    tail = f"{rest:06.3f}".rstrip("0").rstrip(".")
    return f"{hours}:{minutes:02d}:{tail}" if hours else f"{minutes}:{tail}"
