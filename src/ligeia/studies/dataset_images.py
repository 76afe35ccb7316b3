"""What do the sounds that a family is learned from look like? (Zuiderveld 2021, section 5.5, Figures 5.1 and 5.2)

The thesis shows its three sets as images, a row for each sound: absolute amplitudes, and magnitudes of the Fourier
transform of the whole sound up to 4 kHz; rows in the order of the instant, and of the frequency, of the largest value.
From them it says in words that keywords begin at different times and contain silence, and that notes are spectrally
more coherent. Here both images are drawn from the rows, and each of these statements has a number.
"""

from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ligeia.records.columns import Column
from ligeia.records.journal import Row
from ligeia.studies.family_sets import material_of
from ligeia.studies.study import Cell, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 125
"""Width of an image; each of its columns is the largest value of what it stands for."""
MOST_ROWS = 80
"""Height of an image: of more sounds, evenly chosen ones are drawn."""
HIGHEST_HERTZ = 4000.0
"""Highest frequency in the images, as in the thesis."""
RANGE_DB = 100.0
"""Levels in an image reach so far below full scale; a sine of full scale has 0 dB."""
DRAWN_DB = (-80.0, -10.0)
"""Levels that are black and white in the figures."""
FRAME_SECONDS = 0.01
SILENT_DB = -50.0
"""A frame is silent if its level is this far below the sound's peak."""
ENERGY = 0.9
"""The spectrum is counted in the bins of 1 Hz that hold this part of the energy."""

Waveforms = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sets of sounds, and their size."""

    sets: tuple[str, ...] = ("keyboard", "diverse", "keywords", "digits")
    """Names of sets (`family_sets.SETS`)."""
    size: str = "laptop"
    """Size whose recordings are taken."""
    items: int | None = None
    """Sounds of each set; None: all that the set has."""


CONFIG = {"laptop": Config(), "paper": Config(sets=("keyboard", "diverse", "keywords"), size="paper")}


def cells(config: Config) -> list[Cell]:
    """Return every set."""
    return [{"set": name} for name in config.sets]


def measure(config: Config, cell: Cell) -> Row:
    """Describe a set by numbers, and by its two images."""
    material, sounds = material_of(cell["set"], config.size, items=config.items)
    return {
        "sounds": sounds,
        "items": len(material),
        "rate": material.rate,
        "seconds": material.samples / material.rate,
        **numbers(material.waveforms, material.rate),
        "amplitudes": packed(amplitude_image(material.waveforms)),
        "magnitudes": packed(magnitude_image(material.waveforms, material.rate)),
    }


# --- numbers ---------------------------------------------------------------------------------------------


def numbers(waveforms: Waveforms, rate: int) -> Row:
    """Return what the thesis says of its sets in words, as numbers: over the sounds, means and standard deviations."""
    spectra = np.abs(np.fft.rfft(waveforms.astype(np.float64)))
    hertz = np.fft.rfftfreq(waveforms.shape[1], 1 / rate)
    energy = np.square(spectra)
    peaks = np.abs(waveforms).argmax(axis=1) / rate
    strongest = hertz[spectra.argmax(axis=1)]
    share = np.sort(energy, axis=1)[:, ::-1].cumsum(axis=1) / energy.sum(axis=1, keepdims=True)
    return {
        "mean_square": float(np.mean(np.square(waveforms, dtype=np.float64))),
        "loudest_at_seconds": float(peaks.mean()),
        "loudest_at_sd": float(peaks.std()),
        "silent_share": float(np.mean(_silent_shares(waveforms, rate))),
        "strongest_hertz": [float(value) for value in np.percentile(strongest, (10, 50, 90))],
        "spread_hertz": float(np.median((share < ENERGY).sum(axis=1) + 1) * hertz[1]),
        "peak_level_db": float(np.mean(20 * np.log10(2 * spectra.max(axis=1) / waveforms.shape[1]))),
        "above_1_khz": float(np.mean(energy[:, hertz >= 1000].sum(axis=1) / energy.sum(axis=1))),
    }


def _silent_shares(waveforms: Waveforms, rate: int) -> NDArray[np.float64]:
    """Return the share of silent frames of each sound, `[items]`."""
    length = max(round(FRAME_SECONDS * rate), 1)
    count = waveforms.shape[1] // length
    frames = np.abs(waveforms[:, : count * length]).reshape(len(waveforms), count, length).max(axis=2)
    least = np.abs(waveforms).max(axis=1, keepdims=True) * 10 ** (SILENT_DB / 20)
    return np.asarray(np.mean(frames < least, axis=1))


# --- images ----------------------------------------------------------------------------------------------


def amplitude_image(waveforms: Waveforms) -> NDArray[np.float64]:
    """Return levels in dB of absolute amplitudes `[rows, COLUMNS]`, rows by the instant of the largest."""
    sizes = np.abs(waveforms.astype(np.float64))
    return _levels(_narrow(sizes[np.argsort(sizes.argmax(axis=1), kind="stable")]))


def magnitude_image(waveforms: Waveforms, rate: int) -> NDArray[np.float64]:
    """Return levels in dB of DFT magnitudes up to 4 kHz `[rows, COLUMNS]`, rows by the frequency of the largest."""
    sizes = 2 / waveforms.shape[1] * np.abs(np.fft.rfft(waveforms.astype(np.float64)))
    sizes = sizes[np.argsort(sizes.argmax(axis=1), kind="stable")]
    return _levels(_narrow(sizes[:, : round(min(HIGHEST_HERTZ, rate / 2) * waveforms.shape[1] / rate)]))


def _narrow(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return some of the rows of `values`, `MOST_ROWS` at most, with the largest of neighbours in `COLUMNS` columns."""
    rows = np.unique(np.linspace(0, len(values) - 1, min(MOST_ROWS, len(values))).round().astype(int))
    starts = np.unique(np.linspace(0, values.shape[1], min(COLUMNS, values.shape[1]), endpoint=False).astype(int))
    return np.asarray(np.maximum.reduceat(values[rows], starts, axis=1))


def _levels(sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(20 * np.log10(np.maximum(sizes, 10 ** (-RANGE_DB / 20))))


def packed(image: NDArray[np.float64]) -> Row:
    """Return an image of levels as plain data: 8 bits for each, 0 standing for -RANGE_DB and 255 for 0 dB."""
    steps = np.clip(np.rint(255 * (image / RANGE_DB + 1)), 0, 255).astype(np.uint8)
    return {"rows": len(image), "bytes": b64encode(steps.tobytes()).decode()}


def unpacked(image: dict[str, Any]) -> NDArray[np.float64]:
    """Return the levels of an image."""
    steps = np.frombuffer(b64decode(image["bytes"]), np.uint8).reshape(image["rows"], -1)
    return np.asarray((steps / 255 - 1) * RANGE_DB)


def draw(rows: list[Row]) -> "dict[str, Figure]":
    """Return both figures: one set beside the other."""
    from ligeia.plots.sets import plot_set_images

    highest = min(HIGHEST_HERTZ, *(row["rate"] / 2 for row in rows))
    axes: dict[str, tuple[str, tuple[float, float]]] = {
        "amplitudes": ("seconds", (0.0, float(rows[0]["seconds"]))),
        "magnitudes": ("Hz", (0.0, highest)),
    }
    names = {row["cell"]["set"]: row for row in rows}
    return {
        kind: plot_set_images(
            {f"{name} ({row['items']} {row['sounds']})": unpacked(row[kind]) for name, row in names.items()},
            x=label,
            span=span,
            value="dB below full scale",
            limits=DRAWN_DB,
        )
        for kind, (label, span) in axes.items()
    }


STUDY = Study(
    name="dataset_images",
    question="what are the sounds like that a family is learned from?",
    source="Zuiderveld 2021, section 5.5, Figures 5.1 and 5.2",
    sizes=CONFIG,
    selecting=frozenset({"sets"}),
    cells=cells,
    measure=measure,
    columns=(
        Column("set", "cell.set"),
        Column("sounds", lambda row: f"{row['items']} {row['sounds']}"),
        Column("mean square x 1000", lambda row: 1000 * row["mean_square"], ".2f"),
        Column("loudest at s", "loudest_at_seconds", ".2f"),
        Column("sd", "loudest_at_sd", ".2f"),
        Column("silent", "silent_share", ".0%"),
        Column("strongest Hz (10, 50, 90 %)", lambda row: ", ".join(f"{hz:.0f}" for hz in row["strongest_hertz"])),
        Column("its level dB", "peak_level_db", ".1f"),
        Column("Hz that hold 90 %", "spread_hertz", ".0f"),
        Column("energy above 1 kHz", "above_1_khz", ".1%"),
    ),
    figures=(draw,),
)
