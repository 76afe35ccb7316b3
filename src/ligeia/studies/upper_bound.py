"""How good is one network for each sound? (HyperSound 2023, Table 2d: the upper bound of its hypernetwork)

32 768 samples at 22.05 kHz, FMLP and SIREN of 5 x 90 units, full batch. The paper says that it minimises the mean
squared error; its code minimises the mean absolute error, and divides the hidden weights of the SIREN by omega_0
instead of omega_i, so that they start 67 times too small (recipe "hypersound-siren"). Both are tried with and
without, beside Ligeia's own recipe at as many parameters.
"""

from dataclasses import dataclass, replace

from ligeia.fitting.own_recipes import LIGEIA
from ligeia.fitting.plan import Recipe, Shape
from ligeia.fitting.recipes import recipe_named
from ligeia.networks import NetworkSpec, Siren, SirenInit
from ligeia.records.columns import Column, averaged
from ligeia.records.journal import Row
from ligeia.studies.fits import fitted, outcome, sound
from ligeia.studies.study import MSE, PARAMETERS, SECONDS, SNR, Cell, Chart, Study

NETWORKS = ("fmlp", "fmlp, squared", "siren", "siren, squared", "siren, unbroken", "ligeia")
PUBLISHED = {
    "fmlp": "0.001 / 1.39 / 17.19 / 2.31 / 0.95 / 0.23",
    "siren": "< 0.001 / 1.40 / 27.53 / 3.05 / 0.97 / 0.28",
}
"""MSE / LSD / SI-SNR / PESQ / STOI / CDPAM as printed."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """Clips, networks and steps."""

    clips: tuple[int, ...] = tuple(range(6))
    """Numbers of the clips of speech (the paper: 30 of VCTK)."""
    frames: int = 32768
    """Samples of each clip."""
    rate: int = 22050
    """Sampling rate in Hz."""
    width: int = 90
    """Units in each of five layers."""
    steps: int = 100_000
    """Full-batch steps of the paper's networks."""
    metrics: tuple[str, ...] = ("lsd_hypersound", "si_snr", "pesq_wb", "stoi", "cdpam")
    """Metrics to compute."""


CONFIG = {
    "laptop": Config(
        clips=(0,), frames=8192, width=45, steps=300, metrics=("lsd_hypersound", "si_snr", "pesq_wb", "stoi")
    ),
    "paper": Config(),
}


def cells(config: Config) -> list[Cell]:
    """Return every network on every clip."""
    return [{"clip": clip, "network": name} for clip in config.clips for name in NETWORKS]


def measure(config: Config, cell: Cell) -> Row:
    """Fit one network to one clip."""
    audio, label = sound("speech", cell["clip"], rate=config.rate, seconds=config.frames / config.rate)
    return {"sound": label, **outcome(audio, fitted(audio, _recipe(config, cell["network"])), config.metrics)}


def _recipe(config: Config, name: str) -> Recipe:
    """Return the paper's recipe ("fmlp", "siren"), with one thing put right, or Ligeia's at as many parameters."""
    if name == "ligeia":
        as_many = recipe_named("hypersound-siren").resized(width=config.width).design(_shape(config)).parameters
        return replace(LIGEIA, density=as_many / config.frames)
    published = recipe_named(f"hypersound-{name.partition(',')[0]}").resized(width=config.width)
    settings = replace(published.config, steps=config.steps, loss="mse" if name.endswith("squared") else "l1")
    changed = replace(published, name=name, config=settings)
    return replace(changed, design=lambda shape: _unbroken(published.design(shape))) if "unbroken" in name else changed


def _unbroken(spec: NetworkSpec) -> NetworkSpec:
    """Return the SIREN with hidden weights of the size that its own hidden omega asks for."""
    return replace(spec, init=SirenInit()) if isinstance(spec, Siren) else spec


def _shape(config: Config) -> Shape:
    return Shape(samples=config.frames, rate=config.rate, channels=1)


STUDY = Study(
    name="upper_bound",
    question="how good is one network for each sound?",
    source="HyperSound 2023, Table 2d",
    sizes=CONFIG,
    selecting=frozenset({"clips"}),
    cells=cells,
    measure=measure,
    lines=lambda rows: averaged(rows, "cell.network"),
    columns=(
        Column("network", "cell.network"),
        replace(PARAMETERS, form=",.0f"),
        SECONDS,
        MSE,
        Column("", "metrics", ".3f", "undefined"),
        Column(
            "published MSE / LSD / SI-SNR / PESQ / STOI / CDPAM",
            lambda row: PUBLISHED.get(row["cell"]["network"]),
            published=True,
        ),
    ),
    figures=(Chart("snr", "cell.network", x=SECONDS, y=SNR, joined=False),),
)
