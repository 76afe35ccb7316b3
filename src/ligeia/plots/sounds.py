"""Sounds over time: short waves, and a recording beside its reconstruction."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Audio, Sound
from ligeia.dsp.stft import magnitudes
from ligeia.errors import InputError
from ligeia.plots.style import COLOURS, GRID, new_figure, one_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

Wave = tuple[Sequence[float], Sequence[float], Sequence[float]]
"""Seconds, the original, and its model, equally long."""
FLOOR_DB = 80.0
"""Levels this far below the loudest are black."""
MOST_SECONDS = 60.0
"""Length of the part of a recording that is drawn."""
FRAME_SECONDS = 0.032
"""Length of the frames of a spectrogram: two sounds may have different rates."""


def plot_waves(waves: Mapping[str, Wave]) -> "Figure":
    """Short waves one above the other: each as dots with its model as a line; the key is the title.

    Raises:
        InputError: there is nothing to draw.
        MissingExtra: matplotlib is not installed.
    """
    if not waves:
        raise InputError("there are no waves to draw")
    figure = new_figure(9.2, 1.9 * len(waves) + 0.6)
    rows = figure.subplots(len(waves), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (title, (seconds, original, model)) in zip(rows, waves.items(), strict=True):
        milliseconds = [1000 * second for second in seconds]
        axes.plot(milliseconds, original, ".", color=COLOURS[1], markersize=4, label="original")
        axes.plot(milliseconds, model, color=COLOURS[0], linewidth=1.2, label="model")
        axes.set_title(one_line(title, 60), fontsize=10, parse_math=False)
        axes.grid(**GRID)
    figure.legend(handles=rows[0].get_lines(), loc="outside right upper", frameon=False)
    rows[-1].set_xlabel("milliseconds")
    return figure


def plot_before_after(
    before: Sound, after: Sound, *, title: str = "", marks: Sequence[tuple[float, float]] = ()
) -> "Figure":
    """Waveform and spectrogram of a sound and of what was made of it; the first minute.

    The rates may differ: times and frequencies share one axis, levels one scale (dB below the loudest bin of `before`).
    Channels are averaged. `marks` are stretches (start, stop) in seconds that are shaded, such as those repaired.

    Raises:
        InputError: a sound cannot be read.
        MissingExtra: matplotlib is not installed.
    """
    figure = new_figure(11, 5.4)
    figure.suptitle(one_line(title, 90), parse_math=False)
    grid = figure.subplots(2, 2, sharex=True)
    sounds = {"before": _first_minute(before), "after": _first_minute(after)}
    peak = max(*(float(np.abs(sound.samples).max(initial=0)) for sound in sounds.values()), 1e-9)
    levels = {name: levels_db(sound) for name, sound in sounds.items()}
    loudest = float(levels["before"].max())
    for row, (name, sound) in zip(grid, sounds.items(), strict=True):
        _draw_waveform(row[0], sound.samples[0], sound.rate, peak, name)
        image = draw_levels(row[1], levels[name] - loudest, sound.seconds, sound.rate)
        row[1].set_ylim(0, max(before.rate, after.rate) / 2000)
        row[1].set_facecolor("black")
        for start, stop in marks:
            row[0].axvspan(start, stop, color=COLOURS[2], alpha=0.3, linewidth=0.5)
    for axes in grid[-1]:
        axes.set_xlabel("seconds")
        axes.set_xlim(0, sounds["before"].seconds)
    figure.colorbar(image, ax=grid[:, 1], label="dB below the loudest before")
    return figure


def _first_minute(sound: Sound) -> Audio:
    count = min(sound.sample_count, int(MOST_SECONDS * sound.rate))
    return Audio(sound.read(0, count).mean(axis=0, keepdims=True), sound.rate)


def levels_db(sound: Audio) -> NDArray[np.float64]:
    """Level in dB of each frequency (rows) in each frame (columns): a tone's is that of its amplitude at any rate."""
    size = max(2 * round(FRAME_SECONDS * sound.rate / 2), 16)
    spectra = magnitudes(sound.samples[0].astype(np.float64), size=size, hop=size // 4)
    return 20 * np.log10(np.maximum(spectra.T / (size / 4), 1e-9))


def _draw_waveform(axes: "Axes", samples: NDArray[np.float32], rate: int, peak: float, name: str) -> None:
    axes.plot(np.arange(len(samples)) / rate, samples, color=COLOURS[1], linewidth=0.5)
    axes.set_ylim(-1.05 * peak, 1.05 * peak)
    axes.set_ylabel(name)


def draw_levels(
    axes: "Axes", levels: NDArray[np.float64], stop: float, rate: int, *, start: float = 0.0
) -> "AxesImage":
    """Draw levels in dB, 0 the loudest, of frequencies (rows) in frames (columns), from `start` to `stop` seconds."""
    extent = (start, stop, 0.0, rate / 2000)
    axes.set_ylabel("kHz")
    return axes.imshow(levels, origin="lower", aspect="auto", extent=extent, vmin=-FLOOR_DB, vmax=0, cmap="magma")
