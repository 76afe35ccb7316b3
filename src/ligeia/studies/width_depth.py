"""How do width and depth of a SIREN decide its loss? (Mahdi 2025, section 4.2.1: sixty networks on four seconds)

The report counts the layers behind the first one: its "256 x 4" (263 937 parameters) has five sine layers. Its network
is that of the SIREN authors' notebook (omega 3000 and 30, Adam 1e-4). It gives no number of steps for this sweep; its
application uses 3000, which is what the paper size takes.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ligeia.records.journal import Row
from ligeia.studies.fits import fitted, outcome
from ligeia.studies.sounds import sound
from ligeia.studies.study import Cell, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, kw_only=True)
class Config:
    """The sweep."""

    widths: tuple[int, ...] = (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
    """Units in each layer."""
    layers: tuple[int, ...] = (1, 2, 3, 4, 5, 6)
    """Hidden layers behind the first one, as the report counts."""
    seconds: float = 4.0
    """Of speech."""
    rate: int = 22050
    """In Hz."""
    steps: int = 3000
    """Full-batch steps."""


CONFIG = {
    "laptop": Config(widths=(2, 4, 8, 16, 32, 64), layers=(1, 2, 3, 4), seconds=0.5, steps=300),
    "paper": Config(),
}


def cells(config: Config) -> list[Cell]:
    """Every width at every depth, smallest first."""
    pairs = [(width, layers) for width in config.widths for layers in config.layers]
    return [
        {"width": width, "layers": layers} for width, layers in sorted(pairs, key=lambda pair: pair[0] ** 2 * pair[1])
    ]


def measure(config: Config, cell: Cell) -> Row:
    """One network."""
    audio, label = sound("speech", 0, rate=config.rate, seconds=config.seconds)
    inr = fitted(audio, "siren-notebook", width=cell["width"], depth=cell["layers"] + 1, steps=config.steps)
    return {"sound": label, **outcome(audio, inr)}


def table(rows: list[Row]) -> tuple[list[str], list[list[str]]]:
    """One line for each network."""
    lines = [
        [
            str(row["cell"]["width"]),
            str(row["cell"]["layers"]),
            f"{row['parameters']:,}",
            f"{row['mse']:.2e}",
            f"{row['snr_db']:.1f}",
            f"{row['fit_seconds']:.1f}",
        ]
        for row in rows
    ]
    return ["width", "layers", "parameters", "MSE", "SNR dB", "seconds"], lines


def figures(rows: list[Row]) -> "dict[str, Figure]":
    """Loss over parameters, as a heat map, and in three dimensions (Figures 4.1 to 4.4 of the report)."""
    from ligeia.plots.grid import plot_depth, plot_heatmap
    from ligeia.plots.lines import plot_lines

    cells = {(row["cell"]["width"], row["cell"]["layers"]): row["mse"] for row in rows}
    by_depth: dict[str, list[tuple[float, float]]] = {}
    for row in sorted(rows, key=lambda row: row["cell"]["layers"]):
        by_depth.setdefault(f"{row['cell']['layers']} layers", []).append((row["parameters"], row["mse"]))
    return {
        "scatter": plot_lines(by_depth, x="parameters", y="mean squared error", log="xy", joined=False),
        "heatmap": plot_heatmap(cells, x="width", y="layers", value="MSE"),
        "depth": plot_depth(cells, x="width", y="layers", value="MSE"),
    }


STUDY = Study(
    name="width_depth",
    question="how do width and depth of a SIREN decide its loss?",
    source="Mahdi 2025, section 4.2.1, Tables 4.1 and 4.2",
    sizes=CONFIG,
    selecting=frozenset({"widths", "layers"}),
    cells=cells,
    measure=measure,
    table=table,
    figures=figures,
)
