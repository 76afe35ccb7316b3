"""How does the loss of one network grow with the length of the sound? (Mahdi 2025, section 4.2.2)

The report's network has 256 units, a first and four further sine layers (263 937 parameters), at 44.1 kHz. Beside it:
Ligeia's own recipe, whose parameters grow with the sound.
"""

from dataclasses import dataclass, replace

from ligeia.records.columns import Column
from ligeia.records.journal import Row
from ligeia.studies.fits import fitted, outcome, sound
from ligeia.studies.study import MSE, PARAMETERS, SECONDS, SNR, Cell, Chart, Study


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


CONFIG = {
    "laptop": Config(seconds=(0.25, 0.5, 1.0, 2.0), rate=22050, width=48, layers=3, steps=150),
    "paper": Config(),
}


def cells(config: Config) -> list[Cell]:
    """Return every length with both recipes; ours, which takes seconds, first."""
    return [{"seconds": seconds, "recipe": name} for name in ("ligeia", "siren-notebook") for seconds in config.seconds]


def measure(config: Config, cell: Cell) -> Row:
    """Fit one length."""
    audio, label = sound("bach", 0, rate=config.rate, seconds=cell["seconds"])
    if cell["recipe"] == "ligeia":
        inr = fitted(audio, "ligeia")
    else:
        inr = fitted(audio, cell["recipe"], width=config.width, depth=config.layers + 1, steps=config.steps)
    return {"sound": label, "actual_seconds": audio.seconds, **outcome(audio, inr)}


LENGTH = Column("seconds", "actual_seconds", ".2f")

STUDY = Study(
    name="duration",
    question="how does the loss of one network grow with the length of the sound?",
    source="Mahdi 2025, section 4.2.2, Table 4.4",
    sizes=CONFIG,
    selecting=frozenset({"seconds"}),
    cells=cells,
    measure=measure,
    columns=(LENGTH, Column("recipe", "cell.recipe"), PARAMETERS, MSE, SNR, replace(SECONDS, header="fit seconds")),
    figures=(Chart("loss", "cell.recipe", x=LENGTH, y=MSE, log="xy"),),  # Figure 4.5 of the report
)
