"""Tables and figures of the studies of families: means over seeds beside what is in print, bars, curves, waves."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ligeia.plots.bars import Bar, plot_bars
from ligeia.plots.sounds import plot_waves
from ligeia.records.columns import Column, averaged, grouped
from ligeia.records.journal import Row
from ligeia.studies.family_published import in_words, published
from ligeia.studies.family_rows import REFERENCES, SELECTING, FamilyConfig, family_cells, family_row
from ligeia.studies.family_setups import SETUPS
from ligeia.studies.hypersound_rows import over_seeds
from ligeia.studies.study import Chart, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Draw = Callable[[list[Row]], "dict[str, Figure]"]
FACTORS = {"mse": 1000.0, "lsd_thesis": 1.0}
FORMS = {"mse": ".2f", "snr": ".1f", "si_snr": ".1f", "csig_unclipped": ".2f", "multi_stft_mse": ".2f", "cdpam": ".2f"}
MOST_WAVES = 4
"""Waves in a figure, those of the least error."""


def label_of(row: Row) -> str:
    """Return what a table calls a row."""
    name = row["cell"]["setup"]
    return SETUPS[name].label if name in SETUPS else name


def lines(rows: list[Row]) -> list[Row]:
    """Return a line for each setup on each data set, over the runs that did not diverge, by data set."""
    found = []
    for group in grouped(rows, "cell.data", "cell.setup"):
        good = [_numbers(row) for row in group if row["diverged"] is None]
        line = over_seeds(good)[0] if good else _numbers(group[0]) | {"runs": 0, "deviations": {}, "metrics": {}}
        found.append(line | {"lost": len(group) - len(good)})
    order = list(dict.fromkeys(row["cell"]["data"] for row in rows))
    return sorted(found, key=lambda line: order.index(line["cell"]["data"]))


def _numbers(row: Row) -> Row:
    """Return a row without what has no mean."""
    return {name: value for name, value in row.items() if name not in ("wave", "curve")}


def _measured(name: str) -> Callable[[Row], str | None]:
    factor, form = FACTORS.get(name, 1.0), FORMS.get(name, ".1f")

    def text(row: Row) -> str | None:
        value, deviation = row["metrics"].get(name), row["deviations"].get(name)
        if value is None:
            return None
        mean = format(factor * value, form)
        return mean if deviation is None else f"{mean} ± {factor * deviation:{form}}"

    return text


def _printed(name: str) -> Callable[[Row], str | None]:
    return lambda row: in_words(published(row["cell"]["setup"], row["cell"]["data"], name))


def _runs(row: Row) -> str | None:
    if row["cell"]["setup"] in REFERENCES:
        return None
    return f"{row['runs']}" if not row["lost"] else f"{row['runs']}, {row['lost']} diverged"


def _both(header: str, name: str) -> tuple[Column, Column]:
    return (
        Column(header, _measured(name), missing="–"),
        Column(f"published {header}", _printed(name), published=True),
    )


COLUMNS = (
    Column("setup", label_of),
    Column("data", "cell.data"),
    Column("runs", _runs),
    Column("parameters", lambda row: row.get("parameters"), ",.0f"),
    Column("steps", lambda row: row.get("steps"), ",.0f"),
    Column("seconds", lambda row: row.get("fit_seconds"), ".0f"),
    *_both("MSE × 1000", "mse"),
    Column("SNR dB", _measured("snr"), missing="–"),
    Column("SI-SNR dB", _measured("si_snr"), missing="–"),
    *_both("CDPAM", "cdpam"),
    *_both("CSIG", "csig_unclipped"),
    *_both("STFT error", "multi_stft_mse"),
    *_both("LSD", "lsd_thesis"),
)
"""Means over runs, ± their standard deviation; published: of 1024 sounds of the data set of this name."""


def bars(rows: list[Row]) -> "dict[str, Figure]":
    """Return a figure of the error for each data set, a bar for each setup; silence is the dotted line."""
    figures = {}
    for group in grouped(lines(rows), "cell.data"):
        learned = [line for line in group if line["cell"]["setup"] not in REFERENCES and line["metrics"]]
        silent = [line for line in group if line["cell"]["setup"] == "silence"]
        if learned:
            name = group[0]["cell"]["data"]
            figures[f"error-{name}"] = plot_bars(
                {label_of(line): {name: _bar(line)} for line in learned},
                x=f"mean squared error × 1000, {name} (dotted: silence)",
                line=1000 * silent[0]["metrics"]["mse"] if silent else None,
            )
    return figures


def _bar(line: Row) -> Bar:
    deviation = line["deviations"].get("mse")
    return Bar(1000 * line["metrics"]["mse"], None if deviation is None else 1000 * deviation)


def waves(rows: list[Row]) -> "dict[str, Figure]":
    """Return a figure of the first 200 samples of a note: the sound, and what the best setups make of it.

    Words begin with silence, and have none.
    """
    figures = {}
    shown = [row for row in rows if row.get("wave") and row["cell"]["data"] != "keywords"]
    for group in grouped(shown, "cell.data"):
        drawn = {}
        for row in sorted(group, key=lambda row: float(row["metrics"]["mse"]))[:MOST_WAVES]:
            wave = row["wave"]
            seconds = [number / wave["rate"] for number in range(len(wave["true"]))]
            drawn[label_of(row)] = (seconds, wave["true"], wave["made"])
        figures[f"waves-{group[0]['cell']['data']}"] = plot_waves(drawn)
    return figures


def _points(rows: list[Row]) -> list[Row]:
    each = [
        {"name": label_of(row), "data": row["cell"]["data"], "step": point["step"], "mse": 1000 * point["mse"]}
        for row in rows
        for point in row["curve"]
    ]
    return averaged(each, "data", "name", "step")


CURVES = Chart(
    lambda row: f"curve-{row['data']}",
    "name",
    x=Column("step", "step"),
    y=Column("mean squared error × 1000", "mse"),
    log="y",
    rows=_points,
)
"""The error over steps, means over runs."""
FIGURES: tuple[Draw, ...] = (bars, CURVES, waves)


def family_study(name: str, *, question: str, source: str, setups: tuple[str, ...], times: float = 1.0) -> Study:
    """Return the study of some setups: for `times` the steps of laptop size, five times ("hour"), and as printed."""
    return Study(
        name=name,
        question=question,
        source=source,
        sizes={
            "laptop": FamilyConfig(setups=setups, times=times),
            "hour": FamilyConfig(setups=setups, times=5.0),
            "paper": FamilyConfig(setups=setups, protocol="paper"),
        },
        selecting=SELECTING,
        cells=family_cells,
        measure=family_row,
        lines=lines,
        columns=COLUMNS,
        figures=FIGURES,
    )
