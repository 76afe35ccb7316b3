"""Conformance: metrics beside values that others have published or that their own test suites hold.

The known values are in EXPECTED.csv of the data folder; results/conformance.jsonl keeps both, and docs/metrics.md has
the table.
"""

import csv
from collections.abc import Callable
from math import nan
from typing import Any

from benchmarks.clips import DATA
from benchmarks.rows import Rows
from ligeia.audio.reading import read_audio
from ligeia.audio.signal import Audio
from ligeia.errors import MissingExtra
from ligeia.metrics import pesq, stoi, visqol

Measure = Callable[[Audio, Audio, str], float]


def run() -> None:
    """Add the rows that are missing."""
    rows = Rows("conformance")
    with (DATA / "EXPECTED.csv").open(newline="") as file:
        for known in csv.DictReader(file):
            key = {name: known[name] for name in ("metric", "mode", "ref", "deg")}
            if known["metric"] in MEASURES and not rows.has(**key):
                rows.add({**key, "expected": float(known["value"]), "source": known["source"], **_row(known)})


def _row(known: dict[str, str]) -> dict[str, Any]:
    reference, estimate = (read_audio(DATA / known[name]) for name in ("ref", "deg"))
    try:
        value = MEASURES[known["metric"]](reference, estimate, known["mode"])
    except MissingExtra as error:
        return {"value": None, "deviation": None, "reason": str(error)}
    return {"value": value, "deviation": value - float(known["value"]), "reason": None}


def _visqol(reference: Audio, estimate: Audio, mode: str) -> float:
    """The original gets the files as they are: mono mixes at 48 kHz, in speech mode too."""
    chosen = visqol.AUDIO
    if mode.startswith("speech"):
        chosen = visqol.SPEECH if "lattice" in mode else visqol.SPEECH_EXPONENTIAL
        chosen = visqol.SPEECH_UNSCALED if "unscaled" in mode else chosen
    x, y = (sound.mono().samples[0].astype(float) for sound in (reference, estimate))
    return visqol.opinion(chosen, x, y, reference.rate)


def _pesq(reference: Audio, estimate: Audio, mode: str) -> float:
    measure = pesq.pesq_wb if mode.startswith("wb") else pesq.pesq_nb
    return measure(reference=reference.samples[0], estimate=estimate.samples[0], rate=reference.rate)


def _stoi(reference: Audio, estimate: Audio, mode: str) -> float:
    return stoi.stoi(reference=reference.samples[0], estimate=estimate.samples[0], rate=reference.rate)


def _estoi(reference: Audio, estimate: Audio, mode: str) -> float:
    return stoi.estoi(reference=reference.samples[0], estimate=estimate.samples[0], rate=reference.rate)


MEASURES: dict[str, Measure] = {"ViSQOL v3.3.3 MOS-LQO": _visqol, "PESQ": _pesq, "STOI": _stoi, "ESTOI": _estoi}


def table_lines() -> list[list[str]]:
    """One line for each ViSQOL row, and one for all rows of each other metric and mode."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in Rows("conformance").rows:
        of_its_own = row["metric"].startswith("ViSQOL")
        name = f"`{_stem(row['ref'])}`, `{_stem(row['deg'])}`" if of_its_own else ""
        groups.setdefault((f"{row['metric']}, {row['mode']}", name), []).append(row)
    return [_line(what, pair, rows) for (what, pair), rows in groups.items()]


def _line(what: str, pair: str, rows: list[dict[str, Any]]) -> list[str]:
    worst = max((abs(row["deviation"]) for row in rows if row["deviation"] is not None), default=nan)
    if len(rows) > 1 or not pair:
        return [what, f"{len(rows)} pair{'s' if len(rows) > 1 else ''}", "", "", f"{worst:.1e} at most"]
    (row,) = rows
    return [what, pair, f"{row['expected']:.6f}", f"{row['value']:.6f}", f"{row['deviation']:+.1e}"]


def _stem(path: str) -> str:
    return path.split("/")[-1].removesuffix(".flac").removeprefix("visqol_")
