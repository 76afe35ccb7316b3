"""How well are gaps filled? (gaps of 10 to 80 ms, as in Mokry & Rajmic 2024, on autoregressive inpainting)

Each clip loses a few separate runs of samples. The figure is the signal-to-distortion ratio in the gaps alone, over all
of a clip's gaps together. Every method gets the same gaps and the mask. The paper's own figures are for nine other
signals, and stand in the table as what they are.
"""

from dataclasses import dataclass

from ligeia.audio.corrupt import gaps
from ligeia.records.columns import Column, averaged
from ligeia.records.journal import Row
from ligeia.studies.damaged import CLIPS, METHOD, SOUND, clip_of, restored, sdr_db, with_means
from ligeia.studies.study import Cell, Chart, Study

PUBLISHED = {
    "janssen": {10: 19.5, 20: 16.3, 30: 14.3, 40: 12.4, 50: 11.0, 60: 9.8, 70: 9.3, 80: 8.9},
    "extrapolation": {10: 16.8, 20: 13.5, 30: 11.9, 40: 10.0, 50: 9.2, 60: 8.1, 70: 7.8, 80: 7.3},
}
"""Mean SDR in dB over nine signals, read from the paper's results: Janssen gap by gap (Burg, order 1024)."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """Recordings, methods and damage."""

    clips: tuple[str, ...] = CLIPS
    """Files below LIGEIA_DATA."""
    seconds: float | None = None
    """Length of each at most; None: whole."""
    methods: tuple[str, ...] = ("janssen", "lapped", "extrapolation", "sines", "ar", "spline", "siren")
    """Names of methods."""
    milliseconds: tuple[int, ...] = (10, 20, 30, 40, 50, 60, 70, 80)
    """Lengths of the gaps."""
    gaps: int = 10
    """Gaps in each clip."""
    seed: int = 7


CONFIG = {
    "laptop": Config(
        milliseconds=(20, 50, 10, 80), gaps=3, seconds=6.0, methods=("janssen", "lapped", "extrapolation", "sines")
    ),
    "paper": Config(),
}


def cells(config: Config) -> list[Cell]:
    """Return every method on every clip with gaps of every length, one length after the other."""
    return [
        {"milliseconds": length, "clip": clip, "method": method}
        for length in config.milliseconds
        for clip in config.clips
        for method in config.methods
    ]


def measure(config: Config, cell: Cell) -> Row:
    """Cut gaps into a clip, and fill them."""
    clean, label = clip_of(cell["clip"], config.seconds)
    broken, mask = gaps(clean, gap_seconds=cell["milliseconds"] / 1000, count=config.gaps, seed=config.seed)
    whole, seconds = restored(broken, mask, cell["method"])
    return {
        "sound": label,
        "rate": clean.rate,
        "seconds": clean.seconds,
        "sdr_db": sdr_db(clean, whole, mask),
        "core_seconds": seconds / config.gaps,
    }


def lines(rows: list[Row]) -> list[Row]:
    """Return the means over clips first, from short gaps to long ones, then the rows."""
    every = with_means(rows, "cell.milliseconds", "cell.method")
    return [*sorted(every[len(rows) :], key=lambda row: row["cell"]["milliseconds"]), *rows]


def _published(row: Row) -> float | None:
    is_mean = row["sound"].startswith("mean of")
    return PUBLISHED.get(row["cell"]["method"], {}).get(row["cell"]["milliseconds"]) if is_mean else None


SDR = Column("SDR in the gaps, dB", "sdr_db", ".2f")
LENGTH = Column("ms", "cell.milliseconds", label="length of the gaps in ms")

STUDY = Study(
    name="gaps",
    question="how well are gaps of 10 to 80 ms filled?",
    source="after Mokry & Rajmic 2024",
    sizes=CONFIG,
    selecting=frozenset({"clips", "methods", "milliseconds"}),
    cells=cells,
    measure=measure,
    lines=lines,
    columns=(
        LENGTH,
        SOUND,
        METHOD,
        SDR,
        Column("published (other signals)", _published, ".1f", published=True),
        Column("seconds of the core for each gap", "core_seconds", ".2f"),
    ),
    figures=(
        Chart(
            "sdr",
            "cell.method",
            x=LENGTH,
            y=SDR,
            log="",
            rows=lambda rows: sorted(
                averaged(rows, "cell.milliseconds", "cell.method"), key=lambda row: row["cell"]["milliseconds"]
            ),
        ),
    ),
)
