"""Conformance: metrics beside values that others have published or that their own test suites hold.

The known values are in EXPECTED.csv of the data folder; results/conformance.jsonl keeps both, and docs/metrics.md has
the table.
"""

import csv
from collections.abc import Callable
from functools import partial
from math import nan

from benchmarks.rows import DATA, Rows
from ligeia.audio.reading import read_audio
from ligeia.audio.signal import Audio
from ligeia.errors import MissingExtra
from ligeia.metrics import pesq, stoi, visqol
from ligeia.records.columns import grouped
from ligeia.records.journal import Row
from ligeia.records.tables import Table, table

KEY = ("metric", "mode", "ref", "deg")


def run() -> None:
    """Add the rows that are missing."""
    rows = Rows("conformance")
    with (DATA / "EXPECTED.csv").open(newline="") as file:
        for published in csv.DictReader(file):
            if published["metric"] in MEASURES:
                rows.add_once({name: published[name] for name in KEY}, partial(_measured, published))


def _measured(published: dict[str, str]) -> Row:
    reference, estimate = (read_audio(DATA / published[name]) for name in ("ref", "deg"))
    expected = {"expected": float(published["value"]), "source": published["source"]}
    try:
        value = MEASURES[published["metric"]](reference, estimate, published["mode"])
    except MissingExtra as error:
        return expected | {"value": None, "deviation": None, "reason": str(error)}
    return expected | {"value": value, "deviation": value - float(published["value"]), "reason": None}


def _visqol(reference: Audio, estimate: Audio, mode: str) -> float:
    """The original gets the files as they are: mono mixes at 48 kHz, in speech mode too."""
    chosen = visqol.AUDIO
    if mode.startswith("speech"):
        chosen = visqol.SPEECH if "lattice" in mode else visqol.SPEECH_EXPONENTIAL
        chosen = visqol.SPEECH_UNSCALED if "unscaled" in mode else chosen
    x, y = (sound.mono().samples[0].astype(float) for sound in (reference, estimate))
    return visqol.opinion(chosen, x, y, reference.rate)


def _of_first_channels(measure: Callable[..., float], reference: Audio, estimate: Audio, mode: str) -> float:
    """Apply a measure of one channel to the first ones."""
    return measure(reference=reference.samples[0], estimate=estimate.samples[0], rate=reference.rate)


def _pesq(reference: Audio, estimate: Audio, mode: str) -> float:
    return _of_first_channels(pesq.pesq_wb if mode.startswith("wb") else pesq.pesq_nb, reference, estimate, mode)


MEASURES: dict[str, Callable[[Audio, Audio, str], float]] = {
    "ViSQOL v3.3.3 MOS-LQO": _visqol,
    "PESQ": _pesq,
    "STOI": partial(_of_first_channels, stoi.stoi),
    "ESTOI": partial(_of_first_channels, stoi.estoi),
}


def conformance_table(rows: list[Row]) -> Table:
    """Return known values beside ours: a line for each ViSQOL row, and one for each other metric and mode."""
    header = ["metric and mode", "sounds", "known", "here", "deviation"]
    return table(header, [_line(group) for group in grouped(rows, "metric", "mode", _pair)], texts=(0, 1))


def _pair(row: Row) -> str:
    """Return the names of the sounds of a row that has a line of its own."""
    names = (row[which].split("/")[-1].removesuffix(".flac").removeprefix("visqol_") for which in ("ref", "deg"))
    return ", ".join(f"`{name}`" for name in names) if row["metric"].startswith("ViSQOL") else ""


def _line(rows: list[Row]) -> list[str]:
    row, pair = rows[0], _pair(rows[0])
    metric = f"{row['metric']}, {row['mode']}"
    if len(rows) > 1 or not pair:
        worst = max((abs(row["deviation"]) for row in rows if row["deviation"] is not None), default=nan)
        return [metric, f"{len(rows)} pair{'s' if len(rows) > 1 else ''}", "", "", f"{worst:.1e} at most"]
    return [metric, pair, f"{row['expected']:.6f}", f"{row['value']:.6f}", f"{row['deviation']:+.1e}"]
