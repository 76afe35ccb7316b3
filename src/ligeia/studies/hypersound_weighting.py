"""Does it help to weight high frequencies in the loss? (HyperSound 2023, section 4.6, Equation 5, Table 4)

The paper weights the bins of the transforms by i^p, its program the errors of the mel bands, blended from uniform over
the first fifth of the training. Both are trained. The loss that a run ends with depends on p, so that only metrics
compare. At 8 kHz there is less to weight than at the paper's 22 kHz.
"""

from dataclasses import dataclass

from ligeia.records.columns import Column
from ligeia.records.journal import Row
from ligeia.studies.hypersound_rows import COUNTS, METRICS, loss_curves, over_seeds, trained
from ligeia.studies.hypersound_scale import Scale, row
from ligeia.studies.study import Cell, Study

PUBLISHED = {
    0.0: "0.009 / 1.61 / 2.99",
    0.2: "0.008 / 1.50 / 3.38",
    0.5: "0.008 / 1.57 / 3.09",
    1.0: "0.007 / 1.48 / 3.60",
}
"""MSE / LSD / SI-SNR as printed in Table 4, by p."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """Exponents, seeds and scale."""

    powers: tuple[float, ...] = tuple(PUBLISHED)
    """Exponents p."""
    bins: tuple[float, ...] = (1.0,)
    """Exponents that are also trained with weights of the bins, as the paper says."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Each is trained with each."""
    scale: Scale | None = None
    """None: as published."""


CONFIG = {"laptop": Config(bins=(), scale=Scale()), "paper": Config(seeds=(0,))}


def cells(config: Config) -> list[Cell]:
    """Return every exponent, seed by seed."""
    ways = [(power, "band") for power in config.powers] + [(power, "bin") for power in config.bins]
    return [{"p": power, "weighting": kind, "seed": seed} for seed in config.seeds for power, kind in ways]


def measure(config: Config, cell: Cell) -> Row:
    """Train with one exponent."""
    loss = {"weighting": cell["weighting"]}
    made = row(f"table_4_p_{cell['p']:g}", config.scale, seed=cell["seed"], loss=loss)
    return trained(made, listen=cell["seed"] == config.seeds[0])


def name_of(row: Row) -> str:
    """Return the name of a line."""
    cell = row["cell"]
    return f"p = {cell['p']:g}" + (f", of {cell['weighting']}s" if cell["p"] else "")


STUDY = Study(
    name="hypersound_weighting",
    question="does it help to weight high frequencies in the loss?",
    source="HyperSound 2023, section 4.6, Table 4",
    sizes=CONFIG,
    selecting=frozenset({"powers", "bins", "seeds"}),
    cells=cells,
    measure=measure,
    lines=over_seeds,
    columns=(
        Column("weighting", name_of),
        *COUNTS,
        *METRICS,
        Column("published MSE / LSD / SI-SNR", lambda row: PUBLISHED.get(row["cell"]["p"]), published=True),
    ),
    figures=(loss_curves(name_of),),
)
