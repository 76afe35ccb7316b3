"""A sound beside its reconstruction."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Audio
from ligeia.errors import InputError
from ligeia.plots.canvas import new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FLOOR_DB = 80.0
"""Levels this far below the loudest are black."""
_MOST_SECONDS = 60.0


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
    figure = new_figure(11, 7)
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
