"""What do perceptual metrics say about a loss? (Mahdi 2025, section 4.3: PESQ, STOI, ViSQOL and CDPAM against the loss)

The report's networks are those of its sweep of widths and depths; neither ViSQOL's mode nor any resampling is stated.
Here both modes are computed, each at its own rate.
"""

from dataclasses import dataclass

from ligeia.records.columns import Column
from ligeia.records.journal import Row
from ligeia.studies import width_depth
from ligeia.studies.study import FITS, MSE, SNR, Cell, Study, metric_charts

METRICS = ("pesq_wb", "stoi", "visqol_audio", "visqol_speech", "cdpam", "mel_distance")


@dataclass(frozen=True, kw_only=True)
class Config(width_depth.Config):
    """The networks and the metrics."""

    metrics: tuple[str, ...] = METRICS
    """Metrics to compute."""


@dataclass(frozen=True, kw_only=True)
class Reduced(width_depth.Reduced):
    """The networks of the reduced size of `width_depth`, and the metrics."""

    metrics: tuple[str, ...] = METRICS
    """Metrics to compute."""


CONFIG = {
    "reduced": Reduced(),
    "laptop": Config(
        widths=(8, 32, 64, 96),
        layers=(2, 3),
        seconds=1.0,
        steps=300,
        metrics=("pesq_wb", "stoi", "visqol_audio", "visqol_speech", "mel_distance"),
    ),
    "paper": Config(),
}


def measure(config: Config | Reduced, cell: Cell) -> Row:
    """Fit one network and compute its metrics."""
    return width_depth.measure(config, cell, config.metrics)


STUDY = Study(
    name="perception",
    question="what do perceptual metrics say of a loss?",
    source="Mahdi 2025, section 4.3, Figures 4.6 to 4.9",
    sizes=CONFIG,
    selecting=width_depth.SELECTING,
    cells=width_depth.cells,
    measure=measure,
    columns=(
        Column("network", lambda row: f"{row['cell']['width']} x {row['cell']['layers']}"),
        MSE,
        SNR,
        Column("", "metrics", ".3g", "undefined"),
        FITS,
    ),
    lines=lambda rows: sorted(width_depth.lines(rows), key=lambda row: float(row["mse"])),
    figures=(metric_charts(MSE),),
)
