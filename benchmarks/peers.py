"""Ligeia beside the strongest codecs that can be had, on the suite `unseen`: `results/peers`, rows and report.

The same as `ligeia bench unseen --seconds 10 --codecs CODECS --metrics METRICS -o results/peers`, for speech and for
music, without pictures. The tables compare at equal rate: the values of every clip are interpolated over the logarithm
of its own true rates, since a codec of variable rate gives each clip another.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

import numpy as np

from benchmarks.rows import DATA, RESULTS
from ligeia.audio.atomic import write_bytes
from ligeia.bench.codecs import codecs_named
from ligeia.bench.merge import rows_for_report
from ligeia.bench.report import bench_report
from ligeia.bench.rows import by, measured, value
from ligeia.bench.run import ROWS, BenchSettings, run_bench
from ligeia.datasets.suite import read_suite
from ligeia.metrics.table import METRICS
from ligeia.records.environment import read_environments
from ligeia.records.journal import Row, read_rows
from ligeia.records.report import to_markdown
from ligeia.records.tables import decimals, fixed, heading, markdown, table

SUITE = "unseen"
FOLDER = RESULTS / "peers"
SECONDS = 10.0


@dataclass(frozen=True)
class Group:
    """Measurements on the clips of a group, and those that are shown."""

    codecs: Mapping[str, tuple[str, ...]]
    """Families, our own with its preset, and their settings."""
    metrics: tuple[str, ...]
    shown: tuple[str, ...]
    """Metrics of the table."""
    kbps: tuple[float, ...]
    """Rates of the table."""


_LOW, _HIGH = ("6", "8", "12", "16", "24", "32"), ("16", "24", "32", "48", "64", "96")
GROUPS = {
    "speech": Group(
        {
            "ligeia:speech": (*_LOW, "40"),
            "libopus-voip": _LOW,
            "libopus-nolace": _LOW,
            "libopus-audio": _LOW,
            "opus": _LOW,
            "lc3": _LOW[3:],
            "fdkaac": _LOW[2:],
            "aac": _LOW[3:],
            "mp3": _LOW[3:],
        },
        ("pesq_wb", "visqol_speech", "stoi", "snr", "si_sdr", "mel_distance"),
        ("pesq_wb", "visqol_speech", "si_sdr"),
        (8, 12, 16, 20, 24, 28),
    ),
    "music": Group(
        {
            "ligeia:lapped": _HIGH,
            "libopus-audio": _HIGH,
            "opus": _HIGH,
            "fdkaac": _HIGH[2:],
            "fdkaac-he": _HIGH[1:5],
            "fdkaac-hev2": _HIGH[:4],
            "aac": _HIGH[2:],
            "mp3": _HIGH[2:],
        },
        ("visqol_audio", "snr", "si_sdr", "mel_distance"),
        ("visqol_audio", "mel_distance", "si_sdr"),
        (24, 32, 40, 48, 64, 80),
    ),
}
LABELS = {
    "ligeia": "Ligeia",
    "libopus-voip": "Opus 1.6.1, voip",
    "libopus-nolace": "Opus 1.6.1, voip, decoded with NoLACE",
    "libopus-audio": "Opus 1.6.1, audio",
    "opus": "Opus 1.3.1, audio (ffmpeg's)",
    "lc3": "LC3",
    "fdkaac": "AAC-LC, Fraunhofer",
    "fdkaac-he": "HE-AAC, Fraunhofer",
    "fdkaac-hev2": "HE-AAC v2, Fraunhofer",
    "aac": "AAC-LC, ffmpeg's own",
    "mp3": "MP3 (lame)",
}


def run() -> None:
    """Add the rows that are missing, then write the report."""
    clips = read_suite(SUITE, DATA)
    for name, group in GROUPS.items():
        settings = BenchSettings(seconds=SECONDS, metrics=group.metrics)
        names = ",".join(codec for family, points in group.codecs.items() for codec in _codecs(family, points))
        run_bench([clip for clip in clips if clip.group == name], codecs_named(names), FOLDER, settings, on_row=_print)
    write_peers_report()


def write_peers_report() -> None:
    """Write `report.md` from the rows that are there."""
    metrics = tuple(dict.fromkeys(metric for group in GROUPS.values() for metric in group.metrics))
    settings = BenchSettings(seconds=SECONDS, metrics=metrics)
    rows, notes = rows_for_report(read_suite(SUITE, DATA), FOLDER, settings)
    shown = {name: METRICS[name] for name in metrics}
    report = bench_report(rows, read_environments(FOLDER), shown, "libopus-audio", notes)
    write_bytes(FOLDER / "report.md", to_markdown(report, {}).encode(), overwrite=True)


def _codecs(family: str, points: tuple[str, ...]) -> list[str]:
    return [family + ("@" if ":" in family else ":") + point for point in points]


def _print(done: int, total: int, row: Row) -> None:
    print(f"{done}/{total}", row["clip"], row["codec"], row["error"] or f"{row['kbps']:.1f} kbps", flush=True)


def peers_table(name: str) -> str:
    """Return the medians over the clips of a group at equal rate, and on how many of them Ligeia is ahead."""
    group = GROUPS[name]
    rows = measured(row for row in read_rows(FOLDER / ROWS) if row["group"] == name)
    families = [family.partition(":")[0] for family in group.codecs]
    lines = [
        [heading(METRICS[metric]), LABELS[family], *cells]
        for metric in group.shown
        for family in families
        if any(cells := [cell(rows, family, metric, kbps) for kbps in group.kbps])
    ]
    header = ["metric", "codec", *(f"{kbps:g} kbit/s" for kbps in group.kbps)]
    return markdown(table(header, lines, texts=(0, 1))) if rows else ""


def cell(rows: list[Row], family: str, metric: str, kbps: float) -> str:
    """Return the median at a rate, and on how many clips Ligeia is ahead; empty where a clip does not reach it.

    A codec that refuses some of the clips is shown by the others, and their number with it.
    """
    ours, theirs = (at_rate(rows, one, metric, kbps) for one in ("ligeia", family))
    if not theirs or any(math.isnan(value) for clip in theirs for value in (theirs[clip], ours.get(clip, math.nan))):
        return ""
    text = fixed(median(theirs.values()), decimals(METRICS[metric]))
    if family == "ligeia":
        return text
    sign = 1 if METRICS[metric].better == "higher" else -1
    ahead = sum(sign * ours[clip] > sign * theirs[clip] for clip in theirs)
    return f"{text} ({ahead})" if len(theirs) == len(ours) else f"{text} ({ahead} of {len(theirs)})"


def at_rate(rows: list[Row], family: str, metric: str, kbps: float) -> dict[str, float]:
    """Return each clip's value at a rate, between those measured; NaN beyond them."""
    return {
        clip: _between([(row["kbps"], value(row, metric)) for row in members], kbps)
        for clip, members in by((row for row in rows if row["family"] == family), "clip").items()
    }


def _between(points: list[tuple[float, float]], kbps: float) -> float:
    rates, values = np.array(sorted(points)).T
    return float(np.interp(np.log(kbps), np.log(rates), values, left=math.nan, right=math.nan))
