"""Of which sounds, and as which networks, can functions be written? (HyperSound 2023, section 4.7, Table 5)

The paper trains its FMLP of compression ratio 1 on VCTK, LJ Speech and LibriSpeech. At paper size these are needed; the
reduced rows have other speech, spoken digits, and notes of instruments. Beside that, on speech alone, other
architectures of `ligeia.networks` with as many numbers, as Ligeia's own recipes design them for a crop, trained alike.
"""

from dataclasses import dataclass

from ligeia.records.columns import Column
from ligeia.records.journal import Row
from ligeia.studies.hypersound_rows import COUNTS, METRICS, loss_curves, over_seeds, trained
from ligeia.studies.hypersound_scale import MATERIALS, Scale, row, with_network
from ligeia.studies.study import Cell, Study

PUBLISHED = {
    "vctk": "0.009 / 1.61 / 2.99",
    "lj_speech": "0.014 / 1.65 / -1.08",
    "librispeech": "0.011 / 2.15 / 0.89",
}
"""MSE / LSD / SI-SNR as printed in Table 5."""
PAPERS = "fmlp"
"""The network of Table 5."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """Recordings, networks, seeds and scale."""

    recordings: tuple[str, ...] = tuple(MATERIALS)
    """Names of recordings; at paper size rows of Table 5."""
    networks: tuple[str, ...] = ()
    """Other architectures, written for speech."""
    rates: tuple[float, ...] = (1.0,)
    """Learning rates of these, as parts of FMLP's."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Each is trained with each."""
    scale: Scale | None = None
    """None: as published."""


CONFIG = {
    "laptop": Config(networks=("siren", "finer"), rates=(1.0, 0.1), scale=Scale()),
    "paper": Config(recordings=tuple(PUBLISHED), seeds=(0,)),
}


def cells(config: Config) -> list[Cell]:
    """Return the paper's network on all recordings, then the others, seed by seed."""
    return [
        {"recordings": name, "network": network, "rate": rate, "seed": seed}
        for seed in config.seeds
        for name, network, rate in [
            *((name, PAPERS, 1.0) for name in config.recordings),
            *(("speech", network, rate) for network in config.networks for rate in config.rates),
        ]
    ]


def measure(config: Config, cell: Cell) -> Row:
    """Train on one set of recordings, with one network."""
    if config.scale is None:
        return trained(row(f"table_5_{cell['recordings']}", None, seed=cell["seed"]))
    material = MATERIALS[cell["recordings"]]
    made = row("table_2_fmlp_cr_1", config.scale, material, seed=cell["seed"], rate=cell["rate"])
    made = made if cell["network"] == PAPERS else with_network(made, cell["network"])
    return trained(made, listen=cell["seed"] == config.seeds[0])


def name_of(row: Row) -> str:
    """Return the name of a line."""
    cell = row["cell"]
    rate = "" if cell["rate"] == 1 else f", rate x {cell['rate']:g}"
    return f"{cell['network']}, {cell['recordings'].replace('_', ' ')}{rate}"


STUDY = Study(
    name="hypersound_targets",
    question="of which sounds, and as which networks, can functions be written?",
    source="HyperSound 2023, section 4.7, Table 5",
    sizes=CONFIG,
    selecting=frozenset({"recordings", "networks", "rates", "seeds"}),
    cells=cells,
    measure=measure,
    lines=over_seeds,
    columns=(
        Column("network, recordings", name_of),
        *COUNTS,
        *METRICS,
        Column("published MSE / LSD / SI-SNR", lambda row: PUBLISHED.get(row["cell"]["recordings"]), published=True),
    ),
    figures=(loss_curves(name_of),),
)
