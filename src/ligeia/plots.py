"""Pictures: the only module that imports matplotlib."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Audio
from ligeia.curves import (
    Curve,
    has_points,
    quality_limits,
    quality_ticks,
    rate_label,
    rate_limits,
    rate_ticks,
    tick_labels,
)
from ligeia.errors import InputError, MissingExtra
from ligeia.palette import Style, outline
from ligeia.palette import styles as default_styles

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FLOOR_DB = 80.0
"""Levels this far below the loudest are black."""
_MOST_SECONDS = 60.0
_TIMELESS: dict[str, dict[str, Any]] = {".svg": {"Date": None, "Creator": None}, ".png": {"Software": None}}
"""Metadata that would tell the time and the version of matplotlib, left out."""


def plot_comparison(*, reference: Audio, estimate: Audio, title: str = "") -> "Figure":
    """Waveform and spectrogram of a sound, of its reconstruction, and of the difference; the first minute.

    Channels are averaged. All waveforms share one scale, and so do all spectrograms (dB below the loudest bin
    of the reference).

    Raises:
        InputError: rates, channels or lengths differ.
        MissingExtra: matplotlib is not installed.
    """
    if (reference.rate, reference.samples.shape) != (estimate.rate, estimate.samples.shape):
        raise InputError("the two sounds must have the same rate, channels and length")
    frames = min(reference.frames, int(_MOST_SECONDS * reference.rate))
    original, copy = (sound.samples[:, :frames].mean(axis=0) for sound in (reference, estimate))
    rows = {"original": original, "reconstruction": copy, "error": original - copy}
    figure = _figure(11, 7)
    figure.suptitle(title)
    axes = figure.subplots(3, 2, sharex=True)
    peak = max(float(np.abs(original).max()), 1e-9)
    loudest = float(_spectrogram_db(original).max())
    image: Any = None
    for row, (name, samples) in zip(axes, rows.items(), strict=True):
        _draw_waveform(row[0], samples, reference.rate, peak, name)
        image = _draw_spectrogram(row[1], samples, reference.rate, loudest)
    axes[2][0].set_xlabel("seconds")
    axes[2][1].set_xlabel("seconds")
    figure.colorbar(image, ax=axes[:, 1], label="dB below the loudest")
    return figure


def plot_rate_distortion(
    curves: Sequence[Curve], *, title: str, quality_label: str, styles: Mapping[str, Style] | None = None
) -> "Figure":
    """Quality over rate: a line with markers and intervals for each family, a vertical line for each lossless rate.

    The rate axis is logarithmic. A family with a single point has no line; an interval that is infinite ends at the
    edge.

    Args:
        curves: what is drawn; at least one point must have a finite quality.
        title: stands above; shown as it is, `$` included.
        quality_label: name of the quality axis, with its unit.
        styles: look of each family; by default the one that belongs to the families of `curves`.

    Raises:
        InputError: there is nothing to draw.
        MissingExtra: matplotlib is not installed.
    """
    if not has_points(curves):
        raise InputError("there is no point with a finite rate and quality to draw")
    figure = _figure(8.2, 4.6)
    axes = figure.subplots()
    axes.set_title(_shown(title), parse_math=False)
    _set_axes(axes, curves, quality_label)
    looks = default_styles(curve.family for curve in curves) if styles is None else styles
    shown = sorted((curve for curve in curves if curve.drawn), key=lambda curve: not curve.lossless)
    handles = {id(curve): _draw_curve(axes, curve, looks[curve.family]) for curve in shown}
    legend = figure.legend(
        [handles[id(curve)] for curve in curves if curve.drawn],
        ["family" for curve in curves if curve.drawn],
        loc="outside right upper",
        frameon=False,
        handlelength=2.6,
    )
    # matplotlib would hide labels that begin with "_" and typeset those with "$": they are put in afterwards.
    for text, curve in zip(legend.get_texts(), (curve for curve in curves if curve.drawn), strict=True):
        text.set(text=_shown(curve.label, most=36), parse_math=False)
    return figure


def save_figure(figure: "Figure", path: Path) -> None:
    """Write a figure as its ending says (.svg, .png); the same figure gives the same bytes.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    _figure(1, 1)  # says what is missing
    from matplotlib import rc_context

    with warnings.catch_warnings(), rc_context({"svg.hashsalt": "ligeia"}):
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # a name in a script that the font lacks
        figure.savefig(path, dpi=150, metadata=_TIMELESS.get(path.suffix))


def _shown(text: str, most: int = 60) -> str:
    """Text on one line, without what fonts have no shape for, and not too long."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _figure(width: float, height: float) -> "Figure":
    """An empty figure of so many inches.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except (ImportError, OSError) as error:
        raise MissingExtra("matplotlib", "plot") from error
    return Figure(figsize=(width, height), layout="constrained")


def _set_axes(axes: "Axes", curves: Sequence[Curve], quality_label: str) -> None:
    rates, qualities = rate_limits(curves), quality_limits(curves)
    axes.set_xscale("log")
    axes.set_xlim(*rates)
    axes.set_ylim(*qualities)
    named = rate_ticks(rates)
    axes.set_xticks(named, [rate_label(rate) for rate in named])
    axes.minorticks_off()
    ticks = quality_ticks(qualities)
    axes.set_yticks(ticks, tick_labels(ticks))
    axes.set_xlabel("rate in kbit/s (logarithmic)")
    axes.set_ylabel(_shown(quality_label), parse_math=False)
    axes.grid(color="#D8DBE1", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_curve(axes: "Axes", curve: Curve, style: Style) -> Any:
    """Draws it and returns what stands for it in the legend."""
    if curve.lossless:
        dashes = (0, (4, 3)) if style.dashed else (0, (1, 2))
        lines = [axes.axvline(point.kbps, color=style.light, linestyle=dashes) for point in curve.drawn]
        return lines[0]
    _draw_intervals(axes, curve, style)
    rates, qualities = ([getattr(point, name) for point in curve.drawn] for name in ("kbps", "quality"))
    line_style: Any = "none" if len(rates) < 2 else (0, (5, 3)) if style.dashed else "-"
    look: dict[str, Any] = {"color": style.light, "marker": _marker(style), "markersize": 7, "markeredgecolor": "white"}
    (line,) = axes.plot(rates, qualities, linestyle=line_style, markeredgewidth=0.8, **look)
    partial = [(point.kbps, point.quality) for point in curve.drawn if point.partial]
    hollow = look | {"markeredgecolor": style.light, "markerfacecolor": "white", "linestyle": "none"}
    axes.plot(*np.reshape(partial, (-1, 2)).T, zorder=line.get_zorder() + 0.1, **hollow)
    return line


def _draw_intervals(axes: "Axes", curve: Curve, style: Style) -> None:
    qualities = np.array([point.quality for point in curve.drawn])
    ends = np.clip([[point.low, point.high] for point in curve.drawn], *axes.get_ylim()).T
    reach = np.maximum([qualities - ends[0], ends[1] - qualities], 0)
    rates = [point.kbps for point in curve.drawn]
    look: dict[str, Any] = {"ecolor": style.light, "elinewidth": 1, "capsize": 2, "alpha": 0.55, "zorder": 1.5}
    axes.errorbar(rates, qualities, reach, fmt="none", **look)


def _marker(style: Style) -> Any:
    from matplotlib.markers import MarkerStyle

    corners = outline(style.marker)
    farthest = max(abs(place) for corner in corners for place in corner)
    closed = [*corners, corners[0]]
    return MarkerStyle(closed).scaled(farthest)  # matplotlib has brought the farthest corner to 1


def _draw_waveform(axes: "Axes", samples: NDArray[np.float32], rate: int, peak: float, name: str) -> None:
    axes.plot(np.arange(len(samples)) / rate, samples, linewidth=0.5)
    axes.set_ylim(-1.05 * peak, 1.05 * peak)
    axes.set_ylabel(name)


def _draw_spectrogram(axes: "Axes", samples: NDArray[np.float32], rate: int, loudest: float) -> Any:
    levels = _spectrogram_db(samples) - loudest
    extent = (0.0, len(samples) / rate, 0.0, rate / 2000)
    axes.set_ylabel("kHz")
    return axes.imshow(levels, origin="lower", aspect="auto", extent=extent, vmin=-FLOOR_DB, vmax=0, cmap="magma")


def _spectrogram_db(samples: NDArray[np.float32], size: int = 1024, hop: int = 256) -> NDArray[np.float64]:
    """Level of each frequency (rows) in each window (columns) in dB; short sounds are padded to one window."""
    padded = np.pad(samples.astype(np.float64), (0, max(size - len(samples), 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    spectrum = np.abs(np.fft.rfft(windows * np.hanning(size), axis=1)).T
    return 20 * np.log10(np.maximum(spectrum, 1e-9))
