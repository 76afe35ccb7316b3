"""How well do lost single samples come back? (Mahdi 2025, section 4.5: one sample in a hundred, set to zero)

The report cuts 16-bit speech at 44.1 kHz into chunks of 50 samples, zeroes one sample of every second chunk, and shows
2.27 ms of a waveform; it gives no figure. Here the figure is the SNR of the whole clip. Every method but one is given
the mask; the last has to find the damage. "ar" is one model of order 32 for each two seconds, as textbooks have it.
"""

from dataclasses import dataclass

from ligeia.audio.corrupt import dropouts
from ligeia.records.columns import Column
from ligeia.records.journal import Row
from ligeia.studies.damaged import CLIPS, METHOD, SOUND, UNAIDED, clip_of, restored, sdr_db, with_means
from ligeia.studies.study import Cell, Chart, Study

CLASSICAL = ("spline", "ar", "lapped", UNAIDED)


@dataclass(frozen=True, kw_only=True)
class Config:
    """Recordings, methods and damage."""

    clips: tuple[str, ...] = CLIPS
    """Files below LIGEIA_DATA."""
    seconds: float | None = None
    """Length of each at most; None: whole."""
    methods: tuple[str, ...] = (*CLASSICAL, "janssen", "siren", "siren-zeroed", "turbo-none", "turbo-gate", "turbo")
    """Names of methods; the slow ones last."""
    fraction: float = 0.01
    """Share of the samples that are lost."""
    seed: int = 0


CONFIG = {
    "laptop": Config(seconds=3.0, methods=CLASSICAL),
    "hour": Config(clips=CLIPS[:3], seconds=3.0),
    "paper": Config(),
}


def cells(config: Config) -> list[Cell]:
    """Return every method on every clip."""
    return [{"clip": clip, "method": method} for method in config.methods for clip in config.clips]


def measure(config: Config, cell: Cell) -> Row:
    """Damage a clip, and restore it."""
    clean, label = clip_of(cell["clip"], config.seconds)
    broken, mask = dropouts(clean, fraction=config.fraction, seed=config.seed)
    whole, seconds = restored(broken, mask, cell["method"])
    return {
        "sound": label,
        "rate": clean.rate,
        "seconds": clean.seconds,
        "lost": int(mask.sum()),
        "broken_snr_db": sdr_db(clean, broken),
        "snr_db": sdr_db(clean, whole),
        "core_seconds": seconds,
    }


SNR = Column("SNR dB", "snr_db", ".1f", label="SNR of the whole clip in dB")

STUDY = Study(
    name="dropouts",
    question="how well do lost single samples come back?",
    source="Mahdi 2025, section 4.5",
    sizes=CONFIG,
    selecting=frozenset({"clips", "methods"}),
    cells=cells,
    measure=measure,
    lines=lambda rows: with_means(rows, "cell.method"),
    columns=(
        SOUND,
        Column("kHz", lambda row: row["rate"] / 1000, "g"),
        METHOD,
        Column("broken", "broken_snr_db", ".1f"),
        SNR,
        Column("seconds of the core", "core_seconds", ".1f"),
    ),
    figures=(
        Chart(
            "snr",
            "cell.method",
            x=Column("cubic spline, dB", "spline_db"),
            y=SNR,
            log="",
            joined=False,
            rows=lambda rows: beside_spline(rows),
        ),
    ),
)


def beside_spline(rows: list[Row]) -> list[Row]:
    """Return the rows with what the spline reaches on the same clip."""
    spline = {row["sound"]: row["snr_db"] for row in rows if row["cell"]["method"] == "spline"}
    return [{**row, "spline_db": spline.get(row["sound"])} for row in rows]
