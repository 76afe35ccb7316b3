"""How do width and depth of a SIREN decide its loss? (Mahdi 2025, section 4.2.1: sixty networks on four seconds)

The report counts the layers behind the first one: its "256 x 4" (263 937 parameters) has five sine layers. Its network
is that of the SIREN authors' notebook (omega 3000 and 30, Adam 1e-4). It gives no number of steps for this sweep; its
application uses 3000, which is what the paper size takes. At the reduced size networks keep the names that they have
in the report, and "units" says how wide they are.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ligeia.fitting.plan import Shape
from ligeia.fitting.recipes import recipe_named
from ligeia.networks import Siren
from ligeia.records.columns import Column, spread
from ligeia.records.journal import Row
from ligeia.studies.fits import fitted, outcome, scored, sound
from ligeia.studies.reduced import (
    REPEATS,
    TIMES,
    RepeatedSpeech,
    narrowed,
    omega_in_hz,
    repeated,
)
from ligeia.studies.study import FITS, MSE, PARAMETERS, SECONDS, SNR, Cell, Chart, Study

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


@dataclass(frozen=True, kw_only=True)
class Reduced(RepeatedSpeech, Config):
    """Part of the sweep, with networks as wide for each sample as those of the report."""

    widths: tuple[int, ...] = (32, 64, 128, 256)
    """Units of the report's networks."""
    layers: tuple[int, ...] = (1, 4)
    """Hidden layers behind the first one."""
    largest: tuple[tuple[int, int], ...] = ((256, 6),)
    """Widths and layers of networks beside that grid."""


CONFIG = {
    "laptop": Config(widths=(2, 4, 8, 16, 32, 64), layers=(1, 2, 3, 4), seconds=0.5, steps=300),
    "reduced": Reduced(),
    "paper": Config(),
}
SELECTING = REPEATS | {"widths", "layers", "largest"}
"""Fields that only say which cells there are."""


def cells(config: Config) -> list[Cell]:
    """Return every width at every depth, smallest first."""
    pairs = [(width, layers) for width in config.widths for layers in config.layers]
    if not isinstance(config, Reduced):
        return _networks(pairs)
    return repeated(config, _networks(pairs + list(config.largest)))


def _networks(pairs: list[tuple[int, int]]) -> list[Cell]:
    pairs = sorted(pairs, key=lambda pair: pair[0] ** 2 * pair[1])
    return [{"width": width, "layers": layers} for width, layers in pairs]


def measure(config: Config, cell: Cell, metrics: tuple[str, ...] = ()) -> Row:
    """Fit one network."""
    audio, label = sound("speech", cell.get("clip", 0), rate=config.rate, seconds=config.seconds)
    if not isinstance(config, Reduced):
        inr = fitted(audio, "siren-notebook", width=cell["width"], depth=cell["layers"] + 1, steps=config.steps)
        return {"sound": label, **outcome(audio, inr, metrics)}
    spec = _narrow(config, cell)
    inr = config.fit("siren-notebook", spec, steps=config.steps, clip=cell["clip"], seed=cell["seed"])
    row = {"sound": label, "units": spec.width, **outcome(audio, inr)}
    return row | ({"metrics": scored(audio, inr.render(), metrics, times=TIMES)} if metrics else {})


def _narrow(config: Reduced, cell: Cell) -> Siren:
    """Return the network of a cell at this size."""
    recipe, paper = recipe_named("siren-notebook"), CONFIG["paper"]
    design = recipe.resized(width=cell["width"], depth=cell["layers"] + 1).design
    spec = design(Shape(samples=1, rate=paper.rate, channels=1))
    assert isinstance(spec, Siren)
    omega = omega_in_hz(spec.first_omega, seconds=config.seconds, of=paper.seconds)
    samples = config.seconds * config.rate / (paper.seconds * paper.rate)
    return replace(narrowed(spec, spec.parameters * samples), first_omega=omega)


def lines(rows: list[Row]) -> list[Row]:
    """Return a line for each network."""
    return spread(rows, "cell.width", "cell.layers")


def grids(rows: list[Row]) -> "dict[str, Figure]":
    """Draw the loss over width and depth, as a heat map and in three dimensions."""
    from ligeia.plots.grids import plot_depth, plot_heatmap

    losses = {(row["cell"]["width"], row["cell"]["layers"]): float(row["mse"]) for row in lines(rows)}
    return {
        "heatmap": plot_heatmap(losses, x="width", y="layers", value="MSE"),
        "depth": plot_depth(losses, x="width", y="layers", value="MSE"),
    }


STUDY = Study(
    name="width_depth",
    question="how do width and depth of a SIREN decide its loss?",
    source="Mahdi 2025, section 4.2.1, Tables 4.1 and 4.2",
    sizes=CONFIG,
    selecting=SELECTING,
    rows_of="perception",  # of the same sizes, which score what they fit
    cells=cells,
    measure=measure,
    lines=lines,
    columns=(
        Column("width", "cell.width"),
        Column("layers", "cell.layers"),
        Column("units", lambda row: row.get("units", row["cell"]["width"])),
        PARAMETERS,
        MSE,
        SNR,
        SECONDS,
        FITS,
    ),
    figures=(  # Figures 4.1 to 4.4 of the report
        Chart(
            "scatter",
            lambda row: f"layers: {row['cell']['layers']}",
            x=PARAMETERS,
            y=MSE,
            log="xy",
            joined=False,
            rows=lines,
        ),
        grids,
    ),
)
