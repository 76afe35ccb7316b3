"""What does a learned writer do with fewer numbers? (HyperSound 2023 writes as many as there are samples, and more)

The functions that HyperSound writes have about as many numbers as the sound has samples, and an SI-SNR of 3 dB; the
windowed-sine network, in closed form, is exact with as many: at compression ratio 1 there is nothing to learn. With
fewer numbers a closed form can only choose among its coefficients, and has to say which; a writer that knows sounds
says more with a number (`hypersound.atoms`). Speakers of whom no model of the package has learned; every number counts.

Numbers are not bits: the rate that a plain code of the writer's numbers takes stands beside the rate that the codec
takes for the same SNR.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import mean, stdev
from typing import Any

import numpy as np

from ligeia.audio.reading import read_audio
from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio
from ligeia.codec.encode import encode
from ligeia.datasets.suite import read_suite
from ligeia.errors import InputError
from ligeia.hypersound.atoms import NUMBERS_PER_ATOM, write_atoms
from ligeia.hypersound.dictionary import Dictionary, load_dictionary
from ligeia.metrics.score import score
from ligeia.records.columns import Column, averaged, grouped
from ligeia.records.journal import Row
from ligeia.studies.closed_forms import FORMS, basis_plane, closed_form
from ligeia.studies.fits import MADE_SECONDS, sound
from ligeia.studies.study import Cell, Chart, Study
from ligeia.studies.unlearned_shapes import karhunen_loeve, made_dictionary

CLOSED = tuple(name for name in FORMS if name != "all coefficients")
EXACT_DB = 100
LEADS = ("si_snr", "pesq_wb")
"""Metrics in which the lead over the closed forms is shown."""
LINEAR = "KLT of blocks, learned: largest components"
MADE = "partials, not learned, by pursuit"
ATOMS = "atoms, learned, by pursuit"
ATOMS_OF_TWO = "atoms, if place and shape were one number"
EMPHASISED = "atoms, with emphasis"
EMPHASIS = 0.6
"""Emphasis of `EMPHASISED`: brings its SI-SNR to about that of the best closed form (chosen on training speakers)."""
METHODS = (*CLOSED, LINEAR, MADE, ATOMS, EMPHASISED, ATOMS_OF_TWO)
METRICS = ("si_snr", "pesq_wb", "stoi", "mel_distance")


@dataclass(frozen=True, kw_only=True)
class Config:
    """Clips, ratios and methods."""

    suite: str = "unseen_speech"
    """Clips: a suite by name or file."""
    clips: int = 12
    """Number of its clips, the first ones."""
    ratios: tuple[int, ...] = (8, 16, 32)
    """Samples per number."""
    model: str = "atoms"
    """Dictionary: a name or a file."""
    rate: int = 16000
    """Sampling rate in Hz."""
    seconds: float = 8.0
    """Duration of each clip, at most."""
    learned: str = "train/speech/"
    """Part of the paths of recordings from which the linear transform learns."""
    methods: tuple[str, ...] = METHODS
    """Methods to compare."""
    metrics: tuple[str, ...] = METRICS
    """Metrics to compute."""


CONFIG = {"laptop": Config(clips=4, ratios=(16,), seconds=4.0), "paper": Config()}


def cells(config: Config) -> list[Cell]:
    """Return every method at every ratio on every clip, and the exact form at ratio 1."""
    pairs = [(1, "all coefficients"), *((ratio, method) for ratio in config.ratios for method in config.methods)]
    return [{"ratio": ratio, "method": method, "clip": clip} for ratio, method in pairs for clip in range(config.clips)]


def measure(config: Config, cell: Cell) -> Row:
    """Write one clip by one method."""
    audio, name = _clip(config, cell["clip"])
    estimate, facts = _written(config, audio, cell["method"], cell["ratio"])
    result = score(reference=audio, estimate=estimate, metrics=config.metrics, align=False)
    row: Row = {"sound": name, "seconds": audio.seconds, **facts, "metrics": result.as_dict()["values"]}
    if cell["method"] == ATOMS:
        row["codec_kbps"] = _codec_kbps(audio, facts["snr_db"])
    return row


@lru_cache(maxsize=16)
def _clip(config: Config, number: int) -> tuple[Audio, str]:
    """Return a clip and its name; a made one where there are no recordings, and the name says so."""
    try:
        clip = read_suite(config.suite)[number]
    except InputError:
        return sound("speech", number, rate=config.rate, seconds=min(config.seconds, MADE_SECONDS))
    audio = resample(read_audio(clip.path).mono(), config.rate)
    return Audio(audio.samples[:, : round(config.seconds * config.rate)], config.rate), clip.name


@lru_cache(maxsize=2)
def _dictionary(model: str) -> Dictionary:
    return load_dictionary(model)


def _written(config: Config, audio: Audio, method: str, ratio: int) -> tuple[Audio, Row]:
    """Return what a method makes of a sound with one number for `ratio` samples, and its facts."""
    numbers = audio.sample_count // ratio
    if method in (MADE, ATOMS, EMPHASISED, ATOMS_OF_TWO):
        return _by_atoms(config, audio, method, ratio)
    if method == LINEAR:
        basis = karhunen_loeve(config.rate, config.learned)
        closed = closed_form(
            "largest coefficients", audio.samples[0], numbers, [basis_plane(audio.samples[0], basis, "")]
        )
    else:
        closed = closed_form(method, audio.samples[0], numbers)
    estimate = Audio(closed.estimate[None], audio.rate)
    return estimate, {"numbers": closed.numbers, "setting": closed.setting, "snr_db": _snr(audio, estimate)}


def _by_atoms(config: Config, audio: Audio, method: str, ratio: int) -> tuple[Audio, Row]:
    dictionary = _dictionary(config.model)
    chosen = made_dictionary(dictionary) if method == MADE else dictionary
    numbers_each = 2 if method == ATOMS_OF_TWO else NUMBERS_PER_ATOM
    emphasis = EMPHASIS if method == EMPHASISED else 0.0
    written = write_atoms(audio, chosen, ratio=ratio * numbers_each / NUMBERS_PER_ATOM, emphasis=emphasis)
    estimate, count = written.inr().render(), written.report["atoms"]
    facts = {"numbers": numbers_each * count, "setting": f"{len(chosen)} shapes", "digest": dictionary.digest}
    facts |= {"snr_db": _snr(audio, estimate), "write_seconds": written.report["seconds"]}
    facts |= {
        "kbps": written.bits / audio.seconds / 1000,
        "rounded_snr_db": _snr(audio, written.rounded().inr().render()),
    }
    return estimate, facts


def _snr(audio: Audio, estimate: Audio) -> float:
    error = float(np.square(audio.samples - estimate.samples, dtype=np.float64).sum())
    return float(10 * np.log10(np.square(audio.samples, dtype=np.float64).sum() / max(error, 1e-12)))


def _codec_kbps(audio: Audio, snr_db: float) -> float:
    return len(encode(audio, "waveform", snr_db=snr_db)) * 8 / audio.seconds / 1000


def _in_short(row: Row) -> str:
    """Return the name of a method as a legend has room for it."""
    name: str = row["cell"]["method"]
    return name.replace(": largest components", "").replace("if place and shape were one", "place and shape as one")


# --- the table --------------------------------------------------------------------------------------


def lines(rows: list[Row]) -> list[Row]:
    """Return a row for each ratio and method: means, the deviation of SI-SNR, and the lead over the closed forms."""
    means = averaged(rows, "cell.ratio", "cell.method")
    for line, group in zip(means, grouped(rows, "cell.ratio", "cell.method"), strict=True):
        values = [row["metrics"]["si_snr"] for row in group if isinstance(row["metrics"]["si_snr"], float)]
        line["deviation"] = stdev(values) if len(values) > 1 else None
        line["per_second"] = mean(row["numbers"] / row["seconds"] for row in group)
    for line in means:
        closed = [other for other in means if _is_closed(other) and other["cell"]["ratio"] == line["cell"]["ratio"]]
        line["lead"] = {
            f"{name} above the best closed form": _lead(line, closed, name) for name in LEADS if name in line["metrics"]
        }
        line["metrics"] = {name: _exact(value) for name, value in line["metrics"].items()}
    return means


def _is_closed(line: Row) -> bool:
    return line["cell"]["method"] in FORMS


def _lead(line: Row, closed: list[Row], name: str) -> float | None:
    """Return by how much a line is above the best closed form in a metric; None for the closed forms themselves."""
    value = line["metrics"][name]
    values = [other["metrics"][name] for other in closed if isinstance(other["metrics"][name], float)]
    return value - max(values) if values and isinstance(value, float) and not _is_closed(line) else None


def _exact(value: Any) -> Any:
    """Return "exact" for a ratio beyond 100 dB, which is rounding."""
    return "exact" if isinstance(value, float) and value > EXACT_DB else value


STUDY = Study(
    name="hypersound_fewer",
    question="what does a learned writer do with fewer numbers than a closed form?",
    source="After HyperSound 2023, Table 2, on speakers that no model has learned from; positions are counted",
    sizes=CONFIG,
    selecting=frozenset({"clips", "ratios", "methods"}),
    cells=cells,
    measure=measure,
    lines=lines,
    columns=(
        Column("ratio", "cell.ratio"),
        Column("method", "cell.method"),
        Column("numbers/s", "per_second", ",.0f"),
        Column("", "metrics", ".3f"),
        Column("sd of si_snr", "deviation", ".2f"),
        Column("", "lead", "+.2f"),
        Column("SNR dB", "snr_db", ".2f"),
        Column("SNR dB, values of 8 bits", "rounded_snr_db", ".2f"),
        Column("kbit/s of a plain code", "kbps", ".1f"),
        Column("kbit/s of the codec at the same SNR", "codec_kbps", ".1f"),
    ),
    figures=(
        Chart(
            "snr",
            _in_short,
            x=replace(Column("samples per number", "cell.ratio"), label="samples per number"),
            y=Column("SI-SNR dB", "metrics.si_snr", label="SI-SNR in dB"),
            rows=lambda rows: [line for line in lines(rows) if line["cell"]["ratio"] > 1],
        ),
    ),
)
