"""How do width and depth of a SIREN decide its loss? (Mahdi 2025, section 4.2.1: sixty networks on four seconds)

The report counts the layers behind the first one: its "256 x 4" (263 937 parameters) has five sine layers. Its network
is that of the SIREN authors' notebook (omega 3000 and 30, Adam 1e-4). It gives no number of steps for this sweep; its
application uses 3000, which is what the paper size takes.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ligeia.records.columns import Column
from ligeia.records.journal import Row
from ligeia.studies.fits import fitted, outcome, sound
from ligeia.studies.study import MSE, PARAMETERS, SECONDS, SNR, Cell, Chart, Study

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
    """Duration of the speech."""
    rate: int = 22050
    """Sampling rate in Hz."""
    steps: int = 3000
    """Full-batch steps."""


CONFIG = {
    "laptop": Config(widths=(2, 4, 8, 16, 32, 64), layers=(1, 2, 3, 4), seconds=0.5, steps=300),
    "paper": Config(),
}


def cells(config: Config) -> list[Cell]:
    """Return every width at every depth, smallest first."""
    pairs = [(width, layers) for width in config.widths for layers in config.layers]
    pairs.sort(key=lambda pair: pair[0] ** 2 * pair[1])
    return [{"width": width, "layers": layers} for width, layers in pairs]


def measure(config: Config, cell: Cell, metrics: tuple[str, ...] = ()) -> Row:
    """Fit one network."""
    audio, label = sound("speech", 0, rate=config.rate, seconds=config.seconds)
    inr = fitted(audio, "siren-notebook", width=cell["width"], depth=cell["layers"] + 1, steps=config.steps)
    return {"sound": label, **outcome(audio, inr, metrics)}


def grids(rows: list[Row]) -> "dict[str, Figure]":
    """Draw the loss over width and depth, as a heat map and in three dimensions."""
    from ligeia.plots.grids import plot_depth, plot_heatmap

    losses = {(row["cell"]["width"], row["cell"]["layers"]): row["mse"] for row in rows}
    return {
        "heatmap": plot_heatmap(losses, x="width", y="layers", value="MSE"),
        "depth": plot_depth(losses, x="width", y="layers", value="MSE"),
    }


STUDY = Study(
    name="width_depth",
    question="how do width and depth of a SIREN decide its loss?",
    source="Mahdi 2025, section 4.2.1, Tables 4.1 and 4.2",
    sizes=CONFIG,
    selecting=frozenset({"widths", "layers"}),
    cells=cells,
    measure=measure,
    columns=(Column("width", "cell.width"), Column("layers", "cell.layers"), PARAMETERS, MSE, SNR, SECONDS),
    figures=(  # Figures 4.1 to 4.4 of the report
        Chart("scatter", lambda row: f"layers: {row['cell']['layers']}", x=PARAMETERS, y=MSE, log="xy", joined=False),
        grids,
    ),
)
