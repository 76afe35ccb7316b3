"""Which metrics agree with listeners? (Zuiderveld 2021, section 5.9, Figure 5.4)

The thesis rates one reconstruction of every setup and data set for overall quality, sample quality and background
noise, and correlates the ratings with each metric: Spearman's rank correlation within a data set, averaged over the two
NSynth sets, 0 where their signs differ, as an absolute value. Its ratings are printed as a picture only (Figure 5.3),
so none are here: they are read from a file (`ratings`). The metrics are computed from recordings that the file names,
or taken from rows of the study `decoders` or another one of families.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite, nan
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING

import numpy as np

from ligeia.audio.reading import read_audio
from ligeia.errors import InputError, UndefinedScore
from ligeia.metrics.score import score
from ligeia.metrics.table import DEFAULT, METRICS, THESIS
from ligeia.records.columns import Column, grouped
from ligeia.records.journal import Row, read_lines
from ligeia.records.statistics import rank_correlation
from ligeia.studies.ratings import RATINGS, Rated, digest_of, read_ratings
from ligeia.studies.study import Cell, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CHANCE = "by chance, 95 %"
"""Name of the line that says how strong the correlation of unrelated ranks is in 5 of 100 cases."""
DRAWS = 2000
"""Orders that are drawn for it."""
TIED = 1e-9
"""Correlations that differ by less are equally strong."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """Ratings, and the metrics that they are compared with."""

    ratings: str | None = None
    """File of ratings."""
    scores: str | None = None
    """File of rows with metrics, where the ratings name no recordings."""
    metrics: tuple[str, ...] = tuple(name for name in THESIS if name in DEFAULT)
    """Metrics of the thesis; of rows, those that they have."""


CONFIG = {"laptop": Config(), "paper": Config(metrics=THESIS)}


def cells(config: Config) -> list[Cell]:
    """Return every rating of every data set, with a digest of the files.

    Raises:
        InputError: there are no ratings, or they cannot be used.
    """
    rated = _rated(config)
    digest = digest_of(Path(str(config.ratings)), None if config.scores is None else Path(config.scores))
    sets = list(dict.fromkeys(one.set for one in rated))
    return [
        {"set": name, "rating": rating, "files": digest}
        for name in sets
        for rating in RATINGS
        if any(rating in one.ratings for one in rated if one.set == name)
    ]


def _rated(config: Config) -> list[Rated]:
    if config.ratings is None:
        raise InputError(
            "metric_correlation needs ratings of reconstructions: a CSV file with the columns "
            f"set, setup, {', '.join(RATINGS)}"
        )
    return read_ratings(Path(config.ratings))


# --- rows ------------------------------------------------------------------------------------------------


def measure(config: Config, cell: Cell) -> Row:
    """Correlate one rating with every metric, within a data set."""
    rated = [one for one in _rated(config) if one.set == cell["set"] and cell["rating"] in one.ratings]
    found = _metrics(config, cell["files"])
    values = {one.setup: found[one.set, one.setup] for one in rated}
    names = list(dict.fromkeys(name for each in values.values() for name in each))
    ratings = [one.ratings[cell["rating"]] for one in rated]
    correlations = {name: _correlation(ratings, [values[one.setup].get(name, nan) for one in rated]) for name in names}
    return {
        "group": rated[0].group,
        "setups": [one.setup for one in rated],
        "ratings": ratings,
        "scores": {name: [_plain(values[one.setup].get(name, nan)) for one in rated] for name in names},
        "correlations": correlations,
    }


def _correlation(ratings: list[float], values: list[float]) -> float | None:
    try:
        return rank_correlation(ratings, values)
    except UndefinedScore:
        return None


def _plain(value: float) -> float | str | None:
    return value if isfinite(value) else None if value != value else str(value)


@lru_cache(maxsize=4)
def _metrics(config: Config, digest: str) -> Mapping[tuple[str, str], Mapping[str, float]]:
    """Return the metrics of every rated reconstruction, by set and setup; `digest` tells contents of files apart.

    Raises:
        InputError: neither the ratings nor the rows have them.
    """
    rows = {} if config.scores is None else metrics_of_rows(Path(config.scores))
    found = {}
    for one in _rated(config):
        if one.sounds is not None:
            found[one.set, one.setup] = _scored(*one.sounds, config.metrics)
        elif (one.set, one.setup) in rows:
            found[one.set, one.setup] = rows[one.set, one.setup]
        else:
            where = "no file of scores is named" if config.scores is None else f"{config.scores} has no such row"
            raise InputError(f"{one.setup} of {one.set} is rated, but names no reference and estimate: {where}")
    return found


def _scored(reference: Path, estimate: Path, metrics: tuple[str, ...]) -> dict[str, float]:
    result = score(reference=read_audio(reference), estimate=read_audio(estimate), metrics=metrics, align=False)
    return {name: result[name] for name in metrics}


def metrics_of_rows(path: Path) -> dict[tuple[str, str], dict[str, float]]:
    """Return the metrics of rows of a study of families by set and setup: the mean over its other cells, such as seeds.

    Raises:
        InputError: the file is missing, or has no such rows.
    """
    if not path.is_file():
        raise InputError(f"cannot read the rows {path}: no such file")
    rows = [row for row in read_lines(path, {"cell", "error"}) if row["error"] is None and row.get("metrics")]
    places: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        cell = row["cell"]
        if "setup" in cell and ("data" in cell or "set" in cell):
            places.setdefault((cell.get("data", cell.get("set")), cell["setup"]), []).append(row["metrics"])
    if not places:
        raise InputError(f"{path} has no rows with a data set, a setup and metrics: is it of the study decoders?")
    return {place: _means(found) for place, found in places.items()}


def _means(found: list[Row]) -> dict[str, float]:
    """Return the means of the metrics that are in the table; NaN where none has a value."""
    names = [name for name in dict.fromkeys(name for each in found for name in each) if name in METRICS]
    values = {name: [float(each[name]) for each in found if each.get(name) is not None] for name in names}
    return {name: mean(numbers) if numbers else nan for name, numbers in values.items()}


# --- the answer ------------------------------------------------------------------------------------------


def strengths(rows: list[Row]) -> dict[tuple[str, str], float | None]:
    """Return the absolute correlation of each metric with each group's rating, by (metric, "group, rating").

    Over the sets of a group it is the absolute value of the mean, and 0 where their signs differ.
    """
    table = {}
    for group in grouped(rows, "group", "cell.rating"):
        column = f"{group[0]['group']}, {group[0]['cell']['rating']}"
        for name in dict.fromkeys(name for row in group for name in row["correlations"]):
            values = [row["correlations"].get(name) for row in group]
            table[name, column] = _together([value for value in values if value is not None])
    return table


def _together(values: list[float]) -> float | None:
    if not values:
        return None
    return 0.0 if min(values) < 0 < max(values) else abs(mean(values))


@lru_cache
def by_chance(setups: int) -> float:
    """Return the absolute rank correlation that 5 of 100 random orders of so many setups exceed."""
    random = np.random.default_rng(setups)
    order = range(setups)
    return float(np.quantile([abs(rank_correlation(order, random.permutation(setups))) for _ in range(DRAWS)], 0.95))


def lines(rows: list[Row]) -> list[Row]:
    """Return a line for each metric, in the order of the table, and one for chance."""
    table = strengths(rows)
    columns = list(dict.fromkeys(column for _, column in table))
    names = dict.fromkeys(name for name, _ in table)
    made: list[Row] = [
        {"metric": name, "strength": {column: table.get((name, column)) for column in columns}} for name in names
    ]
    for line in made:
        line["best"] = "; ".join(column for column in columns if line["metric"] in _strongest(made, column))
    chance = dict.fromkeys(columns) | {
        f"{row['group']}, {row['cell']['rating']}": by_chance(len(row["setups"])) for row in rows
    }
    return [*made, {"metric": CHANCE, "strength": chance, "best": ""}]


def _strongest(made: Iterable[Row], column: str) -> set[str]:
    """Return the metrics with the strongest correlation in a column."""
    defined = {line["metric"]: line["strength"][column] for line in made if line["strength"][column] is not None}
    return {name for name, value in defined.items() if value > max(defined.values()) - TIED}


def draw(rows: list[Row]) -> "dict[str, Figure]":
    """Return the picture of the thesis's Figure 5.4: metrics by ratings."""
    from ligeia.plots.grids import plot_matrix

    return {"correlation": plot_matrix(strengths(rows), value="absolute rank correlation")}


STUDY = Study(
    name="metric_correlation",
    question="which metrics agree with listeners?",
    source="Zuiderveld 2021, section 5.9, Figure 5.4",
    sizes=CONFIG,
    inputs={"ratings": "ratings of reconstructions", "scores": "rows with their metrics"},
    selecting=frozenset({"ratings", "scores"}),
    cells=cells,
    measure=measure,
    lines=lines,
    columns=(
        Column("metric", "metric"),
        Column("", "strength", ".2f", "–"),
        Column("strongest of all for", "best"),
    ),
    figures=(draw,),
)
