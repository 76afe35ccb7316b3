"""Families of sounds: the space of their codes, and the way from one sound to another."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Audio
from ligeia.errors import InputError
from ligeia.plots.sounds import FLOOR_DB, draw_levels, levels_db
from ligeia.plots.style import COLOURS, GRID, new_figure, one_line, style_at

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Reals = NDArray[np.floating]

MOST_LABELS = 12
"""Labels with a colour of their own; the others share one."""
MOST_STEPS = 9
"""Steps of a morph whose spectrograms are drawn."""
ENVELOPE_SECONDS = 0.005


def plot_codes(
    codes: Reals, labels: Sequence[str] = (), *, drawn: Reals | None = None, path: Reals | None = None, title: str = ""
) -> "Figure":
    """Codes `[items, numbers]` on their two principal axes, coloured by label.

    `drawn [any, numbers]` are crosses, and `path [any, numbers]` is a line, in the same plane.

    Raises:
        InputError: there are no codes.
        MissingExtra: matplotlib is not installed.
    """
    figure = new_figure(7.2, 5.4)
    axes = figure.subplots()
    draw_codes(axes, codes, labels, drawn=drawn, path=path)
    figure.suptitle(one_line(title, 80), parse_math=False)
    return figure


def plot_morph(
    steps: Sequence[Audio], glide: Audio, *, codes: Reals, labels: Sequence[str] = (), path: Reals, title: str = ""
) -> "Figure":
    """Spectrograms of the steps between two sounds; then the glide, its envelope, and the way through the codes.

    All spectrograms share one scale, dB below the loudest bin.

    Raises:
        InputError: there are no steps.
        MissingExtra: matplotlib is not installed.
    """
    if not steps:
        raise InputError("there are no steps to draw")
    shown = [
        steps[k] for k in np.unique(np.linspace(0, len(steps) - 1, min(len(steps), MOST_STEPS)).round().astype(int))
    ]
    figure = new_figure(9.6, 6.6)
    figure.suptitle(one_line(title, 90), parse_math=False)
    halves: Any = figure.subfigures(2, 1, height_ratios=(1, 1.6))
    top, bottom = halves
    levels = [levels_db(step) for step in shown]
    loudest = max(float(level.max()) for level in levels)
    row = np.atleast_1d(top.subplots(1, len(shown), sharey=True))
    for k, (axes, step, level) in enumerate(zip(row, shown, levels, strict=True)):
        draw_levels(axes, level - loudest, step.seconds, step.rate)
        axes.set_title(f"step {k + 1}" if len(shown) == len(steps) else "", fontsize=9)
        if k:
            axes.set_ylabel("")
    grid = bottom.subplots(2, 2, width_ratios=(2, 1), height_ratios=(1.4, 1))
    level = levels_db(glide)
    image = draw_levels(grid[0, 0], level - float(level.max()), glide.seconds, glide.rate)
    bottom.colorbar(image, ax=grid[0, 0], label=f"dB, to {-FLOOR_DB:g}")
    _draw_envelope(grid[1, 0], glide)
    for axes in grid[:, 1]:
        axes.remove()
    draw_codes(bottom.add_subplot(grid[0, 0].get_gridspec()[:, 1]), codes, labels, path=path)
    return figure


def draw_codes(
    axes: "Axes", codes: Reals, labels: Sequence[str], *, drawn: Reals | None = None, path: Reals | None = None
) -> None:
    """Draw codes on their two principal axes; see `plot_codes`."""
    codes = np.asarray(codes, np.float64)
    if codes.ndim != 2 or not len(codes):
        raise InputError("there are no codes to draw")
    centre = codes.mean(axis=0)
    _, _, principal = np.linalg.svd(codes - centre, full_matrices=False)
    plane = np.zeros((2, codes.shape[1]))
    plane[: len(principal[:2])] = principal[:2]

    def seen(points: Reals) -> Reals:
        placed: Reals = (np.asarray(points, np.float64) - centre) @ plane.T
        return placed

    names = list(labels) if len(labels) == len(codes) else [""] * len(codes)
    common = sorted(set(names), key=lambda name: (-names.count(name), name))[:MOST_LABELS]
    for k, name in enumerate([*common, None]):
        chosen = [n for n, label in enumerate(names) if (label == name if name is not None else label not in common)]
        if chosen:
            style = style_at(k)
            colour, marker = (style.colour, style.marker) if name is not None else ("0.7", ".")
            text = one_line(name, 24) if name else ("others" if name is None else None)
            axes.plot(*seen(codes[chosen]).T, marker, color=colour, markersize=4, alpha=0.7, label=text)
    if drawn is not None and len(drawn):
        axes.plot(*seen(drawn).T, "x", color="black", markersize=6, label="drawn")
    if path is not None and len(path):
        points = seen(path).T
        axes.plot(*points, "-", color="black", linewidth=1.4, label="path")
        axes.plot(*points[:, [0, -1]], "o", color="black", markersize=5)
    axes.set_xlabel("first principal axis")
    axes.set_ylabel("second")
    axes.grid(**GRID)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(fontsize=6.5, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3)


def _draw_envelope(axes: "Axes", sound: Audio) -> None:
    """Draw the level of a sound over time, frames of 5 ms, where a click would stand out."""
    size = max(round(ENVELOPE_SECONDS * sound.rate), 1)
    samples = sound.samples[0].astype(np.float64)
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    level = 20 * np.log10(np.maximum(np.sqrt(np.square(frames).mean(axis=1)), 1e-5))
    axes.plot((np.arange(len(level)) + 0.5) * size / sound.rate, level, color=COLOURS[1], linewidth=0.9)
    axes.set_xlim(0, sound.seconds)
    axes.set_xlabel("seconds")
    axes.set_ylabel("dBFS, 5 ms")
    axes.grid(**GRID)
