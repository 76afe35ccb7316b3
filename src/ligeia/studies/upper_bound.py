"""How good is one network for each sound? (HyperSound 2023, Table 2d: the upper bound of its hypernetwork)

32 768 samples at 22.05 kHz, FMLP and SIREN of 5 x 90 units, full batch. The paper says that it minimises the mean
squared error; its code minimises the mean absolute error, and divides the hidden weights of the SIREN by omega_0
instead of omega_i, so that they start 67 times too small (recipe "hypersound-siren"). Both are tried with and
without, beside Ligeia's own recipe at as many parameters.

Reduced: 1,024 samples at 8 kHz, as many parameters for each, and the paper's frequencies in hertz; the rate is ten
times the paper's, which a narrower network bears, for 6,000 steps. The clips are fitted side by side.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from ligeia.audio.signal import Audio
from ligeia.fitting.own_recipes import LIGEIA
from ligeia.fitting.plan import Recipe, Shape
from ligeia.fitting.recipes import recipe_named
from ligeia.inr import INR
from ligeia.networks import Fmlp, NetworkSpec, Siren, SirenInit
from ligeia.records.columns import Column, averaged, spread
from ligeia.records.journal import Row
from ligeia.studies.fits import fitted, outcome, sound
from ligeia.studies.reduced import CLIPS, RATE, REPEATS, SEEDS, narrowed, octaves_in_hz, omega_in_hz
from ligeia.studies.study import FITS, MSE, PARAMETERS, SECONDS, SNR, Cell, Chart, Study
from ligeia.studies.together import fitted_together

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


@dataclass(frozen=True, kw_only=True)
class Reduced(Config):
    """Fits of less sound, from several starts."""

    clips: tuple[int, ...] = CLIPS
    seeds: tuple[int, ...] = SEEDS
    """Seeds of the fits of all clips."""
    frames: int = 1024
    rate: int = RATE
    steps: int = 6000
    learning_rate: float = 1e-3
    """Learning rate of the paper's networks; the paper: 1e-4 for 90 units and 100,000 steps."""
    metrics: tuple[str, ...] = ("lsd_hypersound", "si_snr")


PAPER = Config()
CONFIG = {
    "laptop": Config(
        clips=(0,), frames=8192, width=45, steps=300, metrics=("lsd_hypersound", "si_snr", "pesq_wb", "stoi")
    ),
    "reduced": Reduced(),
    "paper": PAPER,
}


def cells(config: Config) -> list[Cell]:
    """Return every network on every clip; where there are seeds, they are outermost, and clips innermost."""
    if isinstance(config, Reduced):
        networks = [(seed, name) for seed in config.seeds for name in NETWORKS]
        return [{"network": name, "clip": clip, "seed": seed} for seed, name in networks for clip in config.clips]
    return [{"clip": clip, "network": name} for clip in config.clips for name in NETWORKS]


def measure(config: Config, cell: Cell) -> Row:
    """Fit one network to one clip."""
    audio, label = _clip(config, cell["clip"])
    if isinstance(config, Reduced):
        inr = _all_clips(config, cell["network"], cell["seed"])[config.clips.index(cell["clip"])]
        return {"sound": label, "curve": inr.report.get("curve"), **outcome(audio, inr, config.metrics)}
    return {"sound": label, **outcome(audio, fitted(audio, _recipe(config, cell["network"])), config.metrics)}


def _clip(config: Config, clip: int) -> tuple[Audio, str]:
    return sound("speech", clip, rate=config.rate, seconds=config.frames / config.rate)


@lru_cache(maxsize=1)  # the cells of the other clips come next
def _all_clips(config: Reduced, network: str, seed: int) -> list[INR]:
    """Fit one network to every clip; our own recipe, which cuts a sound in blocks, to one after the other."""
    recipe = _recipe(config, network)
    settings: dict[str, Any] = {"seed": seed, "threads": 1}
    sounds = [_clip(config, clip)[0] for clip in config.clips]
    if network == "ligeia":
        return [fitted(audio, recipe, **settings) for audio in sounds]
    return fitted_together(sounds, recipe, **settings)


def _recipe(config: Config, name: str) -> Recipe:
    """Return the paper's recipe ("fmlp", "siren"), with one thing put right, or Ligeia's at as many parameters."""
    if name == "ligeia":
        as_many = _network(config, "siren").parameters
        return replace(LIGEIA, density=as_many / config.frames)
    published = recipe_named(f"hypersound-{name.partition(',')[0]}")
    changes: dict[str, Any] = {"steps": config.steps, "loss": "mse" if name.endswith("squared") else "l1"}
    if isinstance(config, Reduced):
        changes["learning_rates"] = (config.learning_rate,) * 3
    network = _network(config, name)
    return replace(published, name=name, config=replace(published.config, **changes), design=lambda shape: network)


def _network(config: Config, name: str) -> NetworkSpec:
    """Return the paper's network at the width of `config`; reduced: of its density and frequencies in hertz."""
    recipe = recipe_named(f"hypersound-{name.partition(',')[0]}")
    spec = recipe.resized(width=config.width).design(_shape(config))
    if isinstance(config, Reduced):
        published = recipe.design(_shape(PAPER))
        spec = narrowed(_in_hz(published, config), published.parameters / PAPER.frames * config.frames)
    return _unbroken(spec) if "unbroken" in name else spec


def _in_hz(spec: NetworkSpec, config: Config) -> NetworkSpec:
    """Return a network that starts with the paper's frequencies in hertz."""
    durations = {"seconds": config.frames / config.rate, "of": PAPER.frames / PAPER.rate}
    if isinstance(spec, Siren):
        return replace(spec, first_omega=omega_in_hz(spec.first_omega, **durations))
    assert isinstance(spec, Fmlp), "the paper has two networks"
    return replace(spec, octaves=octaves_in_hz(spec.octaves, rate=config.rate, **durations))


def _unbroken(spec: NetworkSpec) -> NetworkSpec:
    """Return the SIREN with hidden weights of the size that its own hidden omega asks for."""
    return replace(spec, init=SirenInit()) if isinstance(spec, Siren) else spec


def _shape(config: Config) -> Shape:
    return Shape(samples=config.frames, rate=config.rate, channels=1)


def _curves(rows: list[Row]) -> list[Row]:
    """Return a point for each step at which the fit of all clips was looked at: the mean of the seeds."""
    first = min((row["cell"]["clip"] for row in rows), default=0)
    points = [
        {"cell": row["cell"], "step": step, "snr_db": ratio}
        for row in rows
        if row["cell"]["clip"] == first
        for step, ratio in row.get("curve") or []
    ]
    return averaged(points, "cell.network", "step")


STUDY = Study(
    name="upper_bound",
    question="how good is one network for each sound?",
    source="HyperSound 2023, Table 2d",
    sizes=CONFIG,
    selecting=REPEATS,
    cells=cells,
    measure=measure,
    lines=lambda rows: spread(rows, "cell.network"),
    columns=(
        Column("network", "cell.network"),
        replace(PARAMETERS, form=",.0f"),
        FITS,
        SECONDS,
        SNR,
        MSE,
        Column("", "metrics", ".3f", "undefined"),
        Column(
            "published MSE / LSD / SI-SNR / PESQ / STOI / CDPAM",
            lambda row: PUBLISHED.get(row["cell"]["network"]),
            published=True,
        ),
    ),
    figures=(
        Chart("snr", "cell.network", x=SECONDS, y=SNR, joined=False),
        Chart("curve", "cell.network", x=Column("steps", "step"), y=SNR, rows=_curves),
    ),
)
