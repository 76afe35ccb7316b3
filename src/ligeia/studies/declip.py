"""How much better do clipped recordings get? (Záviška, Rajmic, Ozerov & Rencker 2021, a survey of declipping)

Sounds of peak 1, for which the absolute settings of the survey's methods are meant, are clipped at the level that gives
them an exact signal-to-distortion ratio, and restored with that level known, as in the survey. It used ten excerpts of
SQAM at 44.1 kHz, which are not here: its figures stand beside ours, but only rows of the same sounds can be compared.
Methods were designed on other recordings than these.
"""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from time import process_time

import numpy as np

from ligeia.audio.reading import read_audio
from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio
from ligeia.enhance.restoration.restore import METHODS
from ligeia.enhance.restoration.stretch import RestoreSettings, Stretch
from ligeia.metrics.score import score
from ligeia.metrics.waveform import snr
from ligeia.records.columns import Column, averaged, grouped
from ligeia.records.journal import Row
from ligeia.studies.fits import sound
from ligeia.studies.study import Cell, Chart, Study

CLIPS = (
    ("siren/gt_bach.wav", 22050, 0.5),
    ("speech/ls_clean_103-1240-0000.flac", 16000, 1.0),
    ("music/max_piano.flac", 22050, 0.5),
    ("speech/ls_other_367-130732-0001.flac", 16000, 0.5),
    ("music/sms_singing-female.flac", 22050, 0.5),
    ("music/macleod_vibe_ace.flac", 22050, 2.0),
    ("speech/ls_clean_3526-175658-0000.flac", 16000, 1.0),
    ("music/spi_guit_em9.flac", 22050, 0.5),
    ("music/brahms_hungarian5_strings.flac", 22050, 1.0),
)
"""Recordings below LIGEIA_DATA, the rate in Hz that they are resampled to, and where they begin, in seconds."""
LEVELS = (5, 10, 1, 20, 3, 7, 15)
"""Input SDR in dB, those of the issue first."""
PUBLISHED = {
    "a-spade": {1: 11.9, 3: 13.9, 5: 15.1, 7: 16.0, 10: 17.3, 15: 19.4, 20: 20.3},
    "ss-pew": {1: 12.2, 3: 15.0, 5: 16.6, 7: 17.7, 10: 19.0, 15: 21.1, 20: 22.0},
    "janssen": {1: -1.0, 3: -1.3, 5: 0.6, 7: 3.5, 10: 7.9, 15: 17.0, 20: 19.6},
}
"""Gains in dB by input SDR: means of the survey's numerical results, `declipping2020_codes`."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sounds, levels and methods."""

    clips: int = len(CLIPS)
    """Number of sounds, the first ones."""
    seconds: float = 2.0
    """Duration of each."""
    rate: int | None = None
    """Rate in Hz of all sounds; None: 22.05 kHz for music and 16 kHz for speech."""
    levels: tuple[int, ...] = LEVELS
    """Input SDR in dB."""
    methods: tuple[str, ...] = ("a-spade", "ss-pew", "wiener", "ensemble")
    """Methods by their names."""
    passes: int | None = None
    """Most passes of SS-PEW for each of its 20 levels of shrinkage; None: 500, as published."""


CONFIG = {
    "laptop": Config(clips=5, seconds=1.5, passes=100),
    "paper": Config(seconds=7.0, rate=44100, methods=("a-spade", "ss-pew", "wiener", "ensemble", "janssen")),
}


def cells(config: Config) -> list[Cell]:
    """Return every method on every sound at every level."""
    return [
        {"input_sdr_db": level, "clip": clip, "method": method}
        for level in config.levels
        for clip in range(config.clips)
        for method in config.methods
    ]


def measure(config: Config, cell: Cell) -> Row:
    """Restore one sound by one method."""
    clean, name, speech = clip_of(config, cell["clip"])
    level = clip_level(clean.samples[0], cell["input_sdr_db"])
    stretch = clipped(clean, level)
    passes = config.passes if cell["method"] == "ss-pew" else None
    started = process_time()
    repaired = METHODS[cell["method"]].repair(stretch, RestoreSettings(steps=passes))
    spent = process_time() - started
    before, after = (
        snr(reference=clean.samples[0], estimate=samples[0], rate=clean.rate) for samples in (stretch.samples, repaired)
    )
    return {
        "sound": name,
        "kind": "speech" if speech else "music",
        "seconds": clean.seconds,
        "level": level,
        "clipped_percent": 100 * float(np.mean(stretch.missing)),
        "input_sdr_db": before,
        "sdr_db": after,
        "gain_db": after - before,
        "core_seconds": spent,
        "pesq": _pesq(clean, stretch.samples, repaired) if speech else {},
    }


@lru_cache(maxsize=2)
def clip_of(config: Config, number: int) -> tuple[Audio, str, bool]:
    """Return a sound, its name, and whether it is speech; a made one where there are no recordings."""
    label, rate, start = CLIPS[number]
    speech = label.startswith("speech")
    rate = config.rate or rate
    path = Path(os.environ.get("LIGEIA_DATA", ""), label)
    if not path.is_file():
        made, name = sound("speech" if speech else "bach", number, rate=rate, seconds=config.seconds)
        return made, name, speech
    audio = resample(read_audio(path).mono(), rate)
    first = round(start * rate)
    samples = audio.samples[:, first : first + round(config.seconds * rate)]
    return Audio(samples / np.abs(samples).max(), rate), label, speech


def clip_level(samples: np.ndarray, sdr_db: float) -> float:
    """Return the level at which clipping leaves samples `[time]` with a signal-to-distortion ratio, by bisection."""
    low, high = 0.0, float(np.abs(samples).max())
    for _ in range(60):
        level = (low + high) / 2
        exact = samples.astype(np.float64)
        worse = snr(reference=exact, estimate=exact.clip(-level, level), rate=1) < sdr_db
        low, high = (level, high) if worse else (low, level)
    return high


def clipped(clean: Audio, level: float) -> Stretch:
    """Return a sound clipped at a level, and what is known of it."""
    samples = clean.samples.astype(np.float64)
    above, below = samples > level, samples < -level
    lower, upper = np.where(above, level, -np.inf), np.where(below, -level, np.inf)
    return Stretch(samples.clip(-level, level), above | below, clean.rate, lower, upper)


def _pesq(clean: Audio, broken: np.ndarray, repaired: np.ndarray) -> dict[str, float | None]:
    """Return PESQ before and after, at 16 kHz."""
    reference = resample(clean, 16000)
    values: dict[str, float | None] = {}
    for name, samples in (("clipped", broken), ("restored", repaired)):
        estimate = resample(Audio(samples.astype(np.float32), clean.rate), 16000)
        result = score(reference=reference, estimate=estimate, metrics=("pesq_wb",), align=False)
        values[name] = result.as_dict()["values"]["pesq_wb"]
    return values


# --- the table ----------------------------------------------------------------------------------------


def lines(rows: list[Row]) -> list[Row]:
    """Return a line for each level and method: means over all sounds, those of music and those of speech."""
    table: list[Row] = []
    for group in grouped(sorted(rows, key=lambda row: row["cell"]["input_sdr_db"]), "cell.input_sdr_db", "cell.method"):
        line = averaged(group, "cell.input_sdr_db", "cell.method")[0]
        for kind in ("music", "speech"):
            some = [row for row in group if row["kind"] == kind]
            line[f"gain_{kind}"] = averaged(some, "cell.method")[0]["gain_db"] if some else None
        spoken = [row for row in group if row["pesq"]]
        line["pesq"] = averaged(spoken, "cell.method")[0]["pesq"] if spoken else {}
        seconds = sum(row["seconds"] for row in group)
        table.append({**line, "sounds": len(group), "speed": seconds / sum(row["core_seconds"] for row in group)})
    return table


GAIN = Column("gain dB", "gain_db", ".2f", label="gain in SDR, dB")
LEVEL = Column("input SDR dB", "cell.input_sdr_db", label="input SDR in dB")
STUDY = Study(
    name="declip",
    question="how much better do clipped recordings get?",
    source="Záviška, Rajmic, Ozerov & Rencker 2021, Section V; figures of its repository declipping2020_codes",
    sizes=CONFIG,
    selecting=frozenset({"clips", "levels", "methods"}),
    cells=cells,
    measure=measure,
    lines=lines,
    columns=(
        LEVEL,
        Column("method", "cell.method"),
        Column("sounds", "sounds"),
        Column("clipped %", "clipped_percent", ".1f"),
        GAIN,
        Column("music", "gain_music", ".2f"),
        Column("speech", "gain_speech", ".2f"),
        Column(
            "published (SQAM)",
            lambda row: (
                PUBLISHED[row["cell"]["method"]].get(row["cell"]["input_sdr_db"])
                if row["cell"]["method"] in PUBLISHED
                else None
            ),
            ".1f",
            published=True,
        ),
        Column("PESQ clipped", "pesq.clipped", ".2f"),
        Column("PESQ restored", "pesq.restored", ".2f"),
        Column("x real time", "speed", ".2f"),
    ),
    figures=(Chart("gain", "cell.method", x=LEVEL, y=GAIN, log="", rows=lines),),
)
