"""Which written networks are the best: all layers, or some shared by all sounds? (HyperSound 2023, Tables 1 and 3)

Variants of the paper as its Table 1 states them, and as its program executes them where that differs: there the biases
of "additive" are written alone, and those of "multiplicative" multiply the layer's output instead of being added.
"""

from dataclasses import dataclass

from ligeia.records.columns import Column
from ligeia.records.journal import Row
from ligeia.studies.hypersound_rows import COUNTS, METRICS, loss_curves, over_seeds, trained
from ligeia.studies.hypersound_scale import Scale, row
from ligeia.studies.study import Cell, Study

PUBLISHED = {
    "standard": "0.009 / 1.61 / 2.99",
    "multiplicative": "0.009 / 1.61 / 2.77",
    "additive": "0.008 / 1.52 / 2.98",
    "shared_1": "0.008 / 1.58 / 3.67",
    "shared_2": "0.008 / 1.60 / 3.44",
}
"""MSE / LSD / SI-SNR as printed in Table 3."""
READINGS = {"additive": ("executed", "paper"), "multiplicative": ("executed", "paper")}
"""Readings of a variant, where there are two."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """Variants, seeds and scale."""

    variants: tuple[str, ...] = tuple(PUBLISHED)
    """Rows of Table 3."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Each variant is trained with each."""
    longer: tuple[str, ...] = ()
    """Variants that are trained for three times as many steps too."""
    scale: Scale | None = None
    """None: as published."""


CONFIG = {
    "laptop": Config(scale=Scale(), longer=("standard", "shared_1")),
    "paper": Config(seeds=(0,)),
}


def cells(config: Config) -> list[Cell]:
    """Return every variant in each reading, seed by seed, then those that are trained for longer."""
    named = [(name, reading) for name in config.variants for reading in READINGS.get(name, ("executed",))]
    once = [
        {"variant": name, "reading": reading, "seed": seed, "times": 1}
        for seed in config.seeds
        for name, reading in named
    ]
    return once + [
        {"variant": name, "reading": "executed", "seed": seed, "times": 3}
        for seed in config.seeds
        for name in config.longer
    ]


def measure(config: Config, cell: Cell) -> Row:
    """Train one variant."""
    model = {"reading": cell["reading"]}
    made = row(f"table_3_{cell['variant']}", config.scale, seed=cell["seed"], times=cell["times"], model=model)
    return trained(made, listen=cell["seed"] == config.seeds[0])


def name_of(row: Row) -> str:
    """Return the name of a line."""
    cell = row["cell"]
    reading = f", {cell['reading']}" if cell["variant"] in READINGS else ""
    return f"{cell['variant'].replace('_', ' ')}{reading}{', 3 x the steps' if cell['times'] > 1 else ''}"


STUDY = Study(
    name="hypersound_variants",
    question="should a hypernetwork write all layers?",
    source="HyperSound 2023, section 4.5, Tables 1 and 3",
    sizes=CONFIG,
    selecting=frozenset({"variants", "seeds", "longer"}),
    cells=cells,
    measure=measure,
    lines=over_seeds,
    columns=(
        Column("variant", name_of),
        *COUNTS,
        *METRICS,
        Column("published MSE / LSD / SI-SNR", lambda row: PUBLISHED.get(row["cell"]["variant"]), published=True),
    ),
    figures=(loss_curves(name_of),),
)
