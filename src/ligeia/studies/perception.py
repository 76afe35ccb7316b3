"""What do perceptual metrics say of a loss? (Mahdi 2025, section 4.3: PESQ, STOI, ViSQOL and CDPAM against the loss)

The report's networks are those of its sweep of widths and depths; neither ViSQOL's mode nor any resampling is stated.
Here both modes are computed, each at its own rate.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ligeia.metrics.table import METRICS
from ligeia.records.journal import Row
from ligeia.studies.fits import fitted, outcome
from ligeia.studies.said import said
from ligeia.studies.sounds import sound
from ligeia.studies.study import Cell, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, kw_only=True)
class Config:
    """The networks and the metrics."""

    widths: tuple[int, ...] = (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
    """Units in each layer."""
    layers: tuple[int, ...] = (1, 2, 3, 4, 5, 6)
    """Hidden layers behind the first one."""
    seconds: float = 4.0
    """Of speech."""
    rate: int = 22050
    """In Hz."""
    steps: int = 3000
    """Full-batch steps."""
    metrics: tuple[str, ...] = ("pesq_wb", "stoi", "visqol_audio", "visqol_speech", "cdpam", "mel_distance")
    """What is computed."""


CONFIG = {
    "laptop": Config(
        widths=(8, 32, 64, 96),
        layers=(2, 3),
        seconds=1.0,
        steps=300,
        metrics=("pesq_wb", "stoi", "visqol_audio", "visqol_speech", "mel_distance"),
    ),
    "paper": Config(),
}


def cells(config: Config) -> list[Cell]:
    """Every network, smallest first."""
    pairs = [(width, layers) for width in config.widths for layers in config.layers]
    return [
        {"width": width, "layers": layers} for width, layers in sorted(pairs, key=lambda pair: pair[0] ** 2 * pair[1])
    ]


def measure(config: Config, cell: Cell) -> Row:
    """One network and its metrics."""
    audio, label = sound("speech", 0, rate=config.rate, seconds=config.seconds)
    inr = fitted(audio, "siren-notebook", width=cell["width"], depth=cell["layers"] + 1, steps=config.steps)
    return {"sound": label, **outcome(audio, inr, config.metrics)}


def table(rows: list[Row]) -> tuple[list[str], list[list[str]]]:
    """One line for each network, lowest loss first."""
    names = list(rows[0]["metrics"]) if rows else []
    lines = [
        [
            f"{row['cell']['width']} x {row['cell']['layers']}",
            f"{row['mse']:.2e}",
            *(said(row["metrics"][n]) for n in names),
        ]
        for row in sorted(rows, key=lambda row: row["mse"])
    ]
    return ["network", "MSE", *names], lines


def figures(rows: list[Row]) -> "dict[str, Figure]":
    """Each metric over the loss (Figures 4.6 to 4.9 of the report)."""
    from ligeia.plots.lines import plot_lines

    drawn = {}
    for name in rows[0]["metrics"]:
        points = [(row["mse"], row["metrics"][name]) for row in rows if isinstance(row["metrics"][name], float)]
        if points:
            label = f"{name} {METRICS[name].unit}".strip()
            drawn[name] = plot_lines({name: points}, x="mean squared error", y=label, log="x", joined=False)
    return drawn


STUDY = Study(
    name="perception",
    question="what do perceptual metrics say of a loss?",
    source="Mahdi 2025, section 4.3, Figures 4.6 to 4.9",
    sizes=CONFIG,
    selecting=frozenset({"widths", "layers"}),
    cells=cells,
    measure=measure,
    table=table,
    figures=figures,
)
