"""Which metrics rank known degradations rightly? (beside Zuiderveld 2021, section 5.9: no listener takes part)

The thesis chooses its metrics by how their ranks agree with one person's ratings, which it prints as a picture only.
This study asks what needs no ratings: a sound is damaged in one way, more and more, so that the order is given by
construction, and each metric should put the results in that order. To agree here is necessary for a metric, and not
sufficient: how damages of different kinds compare is for listeners to say (`metric_correlation`).

Damages: white noise, noise above a quarter of the rate (the high-pitched noise that networks of sines add), a lowpass,
and clipping. Silence and white noise of variance 1, which the thesis's tables give for reference, are scored as well.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, nan
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Audio
from ligeia.errors import UndefinedScore
from ligeia.metrics.score import score
from ligeia.metrics.table import METRICS, THESIS
from ligeia.records.columns import Column
from ligeia.records.journal import Row
from ligeia.records.statistics import rank_correlation
from ligeia.studies.family_sets import material_of
from ligeia.studies.study import Cell, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Wave = NDArray[np.float64]
"""One sound `[time]`."""
NOISE_DB = (40.0, 30.0, 20.0, 10.0, 0.0)
"""Signal-to-noise ratios, from the least damage to the greatest."""
CUTOFFS = (0.35, 0.25, 0.15, 0.1, 0.05)
"""Cutoffs of the lowpass, in parts of the rate."""
THRESHOLDS = (0.8, 0.6, 0.4, 0.2, 0.1)
"""Levels of clipping, in parts of the peak."""
STEEPNESS = 16
"""The lowpass has the magnitude 1 / sqrt(1 + (f / cutoff)^16), and no phase."""
EDGE = 0.25
"""Hiss lies above this part of the rate."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sounds and metrics of the study."""

    sets: tuple[str, ...] = ("keyboard", "diverse", "keywords")
    """Names of sets (`family_sets.SETS`)."""
    size: str = "laptop"
    """Size whose recordings are taken."""
    items: int = 8
    """Sounds of each set."""
    slow_items: int = 3
    """Sounds of each set that slow metrics score as well, the first ones."""
    metrics: tuple[str, ...] = (*THESIS, "si_sdr", "mel_distance", "mr_stft", "lsd_sr", "lsd_hypersound")
    """Metrics of the thesis, and others of ours that are quick."""


CONFIG = {"laptop": Config(), "paper": Config(size="paper", items=64, slow_items=16)}


def cells(config: Config) -> list[Cell]:
    """Return every damage of every set."""
    return [{"set": name, "damage": damage} for name in config.sets for damage in (*DAMAGES, *REFERENCES)]


# --- damage ----------------------------------------------------------------------------------------------


def noisy(wave: Wave, level: float, random: np.random.Generator) -> Wave:
    """Return a sound with white noise at `level` dB."""
    return wave + _at_snr(random.standard_normal(len(wave)), wave, level)


def hissing(wave: Wave, level: float, random: np.random.Generator) -> Wave:
    """Return a sound with noise above a quarter of the rate at `level` dB."""
    spectrum = np.fft.rfft(random.standard_normal(len(wave)))
    spectrum[: round(EDGE * len(wave))] = 0
    return wave + _at_snr(np.fft.irfft(spectrum, len(wave)), wave, level)


def muffled(wave: Wave, level: float, random: np.random.Generator) -> Wave:
    """Return a sound after a lowpass at `level` times the rate."""
    frequencies = np.arange(len(wave) // 2 + 1) / len(wave)
    return np.asarray(np.fft.irfft(np.fft.rfft(wave) / np.sqrt(1 + (frequencies / level) ** STEEPNESS), len(wave)))


def clipped(wave: Wave, level: float, random: np.random.Generator) -> Wave:
    """Return a sound clipped at `level` times its peak."""
    limit = level * float(np.abs(wave).max())
    return np.clip(wave, -limit, limit)


def _at_snr(noise: Wave, wave: Wave, decibels: float) -> Wave:
    gain = np.sqrt(np.sum(np.square(wave)) / np.sum(np.square(noise))) * 10 ** (-decibels / 20)
    return np.asarray(gain * noise)


Damage = Callable[[Wave, float, np.random.Generator], Wave]
DAMAGES: dict[str, tuple[Damage, tuple[float, ...]]] = {
    "noise": (noisy, NOISE_DB),
    "hiss": (hissing, NOISE_DB),
    "lowpass": (muffled, CUTOFFS),
    "clipping": (clipped, THRESHOLDS),
}
"""Damages by name, and their levels, from the least damage to the greatest."""
REFERENCES: dict[str, Damage] = {
    "silence": lambda wave, level, random: np.zeros_like(wave),
    "white noise": lambda wave, level, random: random.standard_normal(len(wave)),
}
"""References in the thesis's tables; there is nothing to rank."""


# --- rows ------------------------------------------------------------------------------------------------


def measure(config: Config, cell: Cell) -> Row:
    """Score the sounds of a set at every level of a damage, and correlate each metric with the order of the levels."""
    material, sounds = material_of(cell["set"], config.size, items=config.items)
    damage, levels = DAMAGES.get(cell["damage"]) or (REFERENCES[cell["damage"]], (0.0,))
    values: dict[str, list[list[float]]] = {}
    for number, wave in enumerate(material.waveforms.astype(np.float64)):
        names = [name for name in config.metrics if number < config.slow_items or not METRICS[name].slow]
        start = number if cell["damage"] in DAMAGES else [number, 0]
        estimates = [damage(wave, level, np.random.default_rng(start)) for level in levels]  # the same noise
        for name, scores in _scores(wave, estimates, material.rate, names).items():
            values.setdefault(name, []).append(scores)
    return {
        "sounds": sounds,
        "items": len(material),
        "levels": list(levels),
        "agreement": {name: _agreement(name, found) for name, found in values.items()},
        "scores": {name: [_mean(column) for column in zip(*found, strict=True)] for name, found in values.items()},
    }


def _scores(wave: Wave, estimates: list[Wave], rate: int, names: list[str]) -> dict[str, list[float]]:
    """Return the values of metrics for several estimates of a sound; NaN where there is none. Nothing is shifted."""
    reference = Audio(wave[None].astype(np.float32), rate)
    results = [
        score(reference=reference, estimate=Audio(estimate[None].astype(np.float32), rate), metrics=names, align=False)
        for estimate in estimates
    ]
    return {name: [result[name] for result in results] for name in names}


def _agreement(name: str, sounds: list[list[float]]) -> float | None:
    """Return the mean over the sounds of the rank correlation of a metric with the order of its levels.

    It is 1 where every sound's levels are ranked from the least damage to the greatest, whatever way the metric counts;
    a sound for which the metric has one value only counts 0, and one for which it has fewer than three, nothing.
    """
    sign = -1 if METRICS[name].better == "higher" else 1
    found = []
    for values in sounds:
        defined = [value for value in values if value == value]
        if len(defined) >= 3:
            try:
                found.append(sign * rank_correlation(range(len(values)), values))
            except UndefinedScore:
                found.append(0.0)
    return float(np.mean(found)) if found else None


def _mean(values: tuple[float, ...]) -> float | None:
    finite = [value for value in values if isfinite(value)]
    return float(np.mean(finite)) if finite else None


# --- the answer ------------------------------------------------------------------------------------------


def lines(rows: list[Row]) -> list[Row]:
    """Return a line for each metric, the best first: its agreement for each damage, over all sets, and its worst."""
    ranked = [row for row in rows if row["cell"]["damage"] in DAMAGES]
    names = list(dict.fromkeys(name for row in ranked for name in row["agreement"]))
    made = [_line(name, ranked) | {"below_silence": below_silence(name, rows)} for name in names]
    return sorted(made, key=lambda line: -(line["mean"] if line["mean"] is not None else -2.0))


def _line(name: str, rows: list[Row]) -> Row:
    def mean(chosen: list[Row]) -> float | None:
        values = [row["agreement"].get(name) for row in chosen]
        return _mean(tuple(nan if value is None else value for value in values))

    by_damage = {damage: mean([row for row in rows if row["cell"]["damage"] == damage]) for damage in DAMAGES}
    found = {
        f"{row['cell']['set']}, {row['cell']['damage']}": row["agreement"][name]
        for row in rows
        if row["agreement"].get(name) is not None
    }
    worst = min(found, key=lambda place: found[place]) if found else ""
    return {"metric": name, **by_damage, "mean": mean(rows), "worst": found.get(worst), "worst_at": worst}


def below_silence(name: str, rows: list[Row]) -> str:
    """Return how many damaged versions of sets, of how many, a metric takes for worse than silence, in the mean."""
    silence = {row["cell"]["set"]: row["scores"].get(name, [None])[0] for row in rows if _is_silence(row)}
    sign = 1 if METRICS[name].better == "higher" else -1
    pairs = [
        (sign * value, sign * silence[row["cell"]["set"]])
        for row in rows
        if row["cell"]["damage"] in DAMAGES and silence.get(row["cell"]["set"]) is not None
        for value in row["scores"].get(name, [])
        if value is not None
    ]
    return f"{sum(value < least for value, least in pairs)} of {len(pairs)}" if pairs else "–"


def _is_silence(row: Row) -> bool:
    return bool(row["cell"]["damage"] == "silence")


def draw(rows: list[Row]) -> "dict[str, Figure]":
    """Return the agreement of each metric with each damage, as colours."""
    from ligeia.plots.grids import plot_matrix

    made = lines(rows)
    found = {(line["metric"], damage): line[damage] for line in made for damage in (*DAMAGES, "mean")}
    return (
        {"agreement": plot_matrix(found, value="rank correlation with the order", limits=(-1.0, 1.0))} if made else {}
    )


STUDY = Study(
    name="known_degradations",
    question="which metrics rank known degradations rightly?",
    source="our question, beside Zuiderveld 2021, section 5.9; the order is given by construction, nobody listens",
    sizes=CONFIG,
    selecting=frozenset({"sets"}),
    cells=cells,
    measure=measure,
    lines=lines,
    columns=(
        Column("metric", "metric"),
        *(Column(damage, damage, ".2f", "–") for damage in DAMAGES),
        Column("mean", "mean", ".2f", "–"),
        Column("worst", "worst", ".2f", "–"),
        Column("at", "worst_at"),
        Column("taken for worse than silence", "below_silence"),
    ),
    figures=(draw,),
)
