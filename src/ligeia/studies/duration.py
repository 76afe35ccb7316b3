"""How does the loss of one network grow with the length of the sound? (Mahdi 2025, section 4.2.2)

The report's network has 256 units, a first and four further sine layers (263 937 parameters), at 44.1 kHz. Beside it:
Ligeia's own recipe, whose parameters grow with the sound. At the reduced size the lengths are the report's divided by
48, and the network has as many parameters for each of their samples. There it is also fitted with an omega that grows
with the length, so that the hertz that the first layer reaches stay, as the report changes two things at once.
"""

from dataclasses import dataclass, replace

from ligeia.fitting.plan import Shape
from ligeia.fitting.recipes import recipe_named
from ligeia.networks import Siren
from ligeia.records.columns import Column, spread
from ligeia.records.journal import Row
from ligeia.studies.fits import fitted, outcome, sound
from ligeia.studies.reduced import RATE, REPEATS, Fits, Repeats, narrowed, omega_in_hz, repeated
from ligeia.studies.study import FITS, MSE, PARAMETERS, SECONDS, SNR, Cell, Chart, Study


@dataclass(frozen=True, kw_only=True)
class Config:
    """The lengths."""

    seconds: tuple[float, ...] = (0.66, 1.99, 4.42, 9.95, 14.62)
    """Lengths of the sound."""
    rate: int = 44100
    """In Hz."""
    width: int = 256
    """Units in each layer of the report's network."""
    layers: int = 4
    """Hidden layers behind the first one."""
    steps: int = 3000
    """Full-batch steps of the report's network."""


@dataclass(frozen=True, kw_only=True)
class Reduced(Repeats, Config):
    """The same lengths, shortened alike, and a network as narrow as that asks for."""

    shorter: float = 48.0
    """The report's lengths are divided by this."""
    rate: int = RATE
    """In Hz."""
    sounds: tuple[tuple[str, int], ...] = (("bach", 0), ("speech", 0), ("speech", 1))
    """Kind and number of each clip."""


CONFIG = {
    "reduced": Reduced(),
    "laptop": Config(seconds=(0.25, 0.5, 1.0, 2.0), rate=22050, width=48, layers=3, steps=150),
    "paper": Config(),
}


def cells(config: Config) -> list[Cell]:
    """Return every length with both recipes; ours, which takes seconds, first, and with one seed."""
    ours, fixed = ([{"seconds": seconds, "recipe": name} for seconds in config.seconds] for name in ("ligeia", FIXED))
    if not isinstance(config, Reduced):
        return ours + fixed
    same_hertz = [{**cell, "recipe": SAME_HERTZ} for cell in fixed[1:]]
    return repeated(replace(config, seeds=config.seeds[:1]), ours) + repeated(config, fixed + same_hertz)


FIXED = "siren-notebook"
"""The recipe of the report's network, which is the same at every length."""
SAME_HERTZ = "siren-notebook, same hertz"
"""The same with an omega that reaches the hertz of the shortest length at every other."""


def measure(config: Config, cell: Cell) -> Row:
    """Fit one length."""
    kind, number = config.sounds[cell["clip"]] if isinstance(config, Reduced) else ("bach", 0)
    shorter = config.shorter if isinstance(config, Reduced) else 1
    audio, label = sound(kind, number, rate=config.rate, seconds=cell["seconds"] / shorter)
    if cell["recipe"] == "ligeia":  # cuts a sound in blocks, and so is fitted to one after the other
        inr = fitted(audio, "ligeia", **({"seed": cell["seed"], "threads": 1} if "seed" in cell else {}))
    elif isinstance(config, Reduced):
        inr = _fits(config, cell).of(config.clips.index(cell["clip"]), cell["seed"])
    else:
        inr = fitted(audio, cell["recipe"], width=config.width, depth=config.layers + 1, steps=config.steps)
    return {"sound": label, "actual_seconds": audio.seconds, **outcome(audio, inr)}


def _fits(config: Reduced, cell: Cell) -> Fits:
    """Return the fits of the report's network, as narrow as this size asks for, at one length."""
    paper, recipe = CONFIG["paper"], recipe_named(FIXED).resized(width=config.width, depth=config.layers + 1)
    spec = recipe.design(Shape(samples=1, rate=paper.rate, channels=1))
    assert isinstance(spec, Siren)
    narrow = narrowed(spec, spec.parameters * config.rate / paper.rate / config.shorter)
    longer = cell["seconds"] / paper.seconds[0] if cell["recipe"] == SAME_HERTZ else 1.0
    return Fits(
        recipe=FIXED,
        spec=replace(narrow, first_omega=omega_in_hz(spec.first_omega, seconds=longer, of=config.shorter)),
        sounds=tuple(config.sounds[clip] for clip in config.clips),
        seeds=config.seeds,
        seconds=cell["seconds"] / config.shorter,
        rate=config.rate,
        steps=config.steps,
    )


def lines(rows: list[Row]) -> list[Row]:
    """Return a line for each length and recipe."""
    return spread(rows, "cell.recipe", "cell.seconds")


LENGTH = Column("seconds", lambda row: float(f"{row['actual_seconds']:.3g}"), "g")

STUDY = Study(
    name="duration",
    question="how does the loss of one network grow with the length of the sound?",
    source="Mahdi 2025, section 4.2.2, Table 4.4",
    sizes=CONFIG,
    selecting=REPEATS | {"seconds"},
    cells=cells,
    measure=measure,
    lines=lines,
    columns=(
        Column("report's seconds", "cell.seconds", "g"),
        LENGTH,
        Column("recipe", "cell.recipe"),
        replace(PARAMETERS, form=",.0f"),
        MSE,
        SNR,
        replace(SECONDS, header="fit seconds"),
        FITS,
    ),
    figures=(Chart("loss", "cell.recipe", x=LENGTH, y=MSE, log="xy", rows=lines),),  # Figure 4.5 of the report
)
