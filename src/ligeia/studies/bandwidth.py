"""What do methods add above the band of a recording? (bandwidth extension, 8 to 16 and 16 to 48 kHz)

The protocol of NU-Wave 2 (2022) and AP-BWE (2024): a recording is resampled to a lower rate and extended to its own
again. The log-spectral distance is theirs (2048 samples every 512, powers clamped at 1e-8), and so is ViSQOL in speech
mode for 16 kHz and in audio mode above. Their test is VCTK with all its speakers; ours has what there is: LibriSpeech
of speakers that no model has learned from, the two VCTK speakers at 16 kHz, seven short clips of one at 48 kHz (15 s in
all), and music at 44.1 kHz. Resampling is soxr's, whose passband ends at 0.94 of half the rate.

"kept" compares what was given with the result, both brought to 0.9 of the lower rate, below the edge of the passband:
a method that rewrites the known band loses it.
"""

from dataclasses import dataclass
from pathlib import Path
from time import process_time

from ligeia.audio.reading import open_audio, read_audio
from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio
from ligeia.datasets.layouts import data_folder
from ligeia.datasets.suite import read_suite
from ligeia.enhance.extension.extend import extend
from ligeia.errors import InputError
from ligeia.metrics.score import score
from ligeia.records.columns import Column, averaged, grouped
from ligeia.records.journal import Row
from ligeia.studies.fits import MADE_SECONDS, sound
from ligeia.studies.study import Cell, Chart, Study

SINC = "sinc"
"""Resampling: nothing is added."""
KEPT = 0.9
"""Part of the lower rate at which it is measured how much of the given sound was kept."""
PUBLISHED = {
    ("8 to 16 kHz, VCTK", "ligeia"): "AP-BWE 0.69",
    ("16 to 48 kHz, VCTK", SINC): "sinc 2.57",
    ("16 to 48 kHz, VCTK", "ligeia"): "AP-BWE 0.72, NU-Wave 2 0.86",
}
"""LSD in print, of VCTK with its own choice of speakers."""


@dataclass(frozen=True)
class Task:
    """Recordings and their rates."""

    name: str
    clips: str
    """A group of a suite as "suite:group", or a pattern of paths below the data folder."""
    count: int
    """Recordings that there are."""
    before: int
    after: int
    """Rates in Hz; recordings of lower rates than the second are left out."""
    methods: tuple[str, ...]


SPEECH_METHODS = (SINC, "inr", "lisa", "ligeia")
TASKS = (
    Task("8 to 16 kHz, LibriSpeech", "unseen_speech:speech", 12, 8000, 16000, SPEECH_METHODS),
    Task("8 to 16 kHz, VCTK", "speech/vctk16_*.flac", 12, 8000, 16000, SPEECH_METHODS),
    Task("16 to 48 kHz, VCTK", "speech/vctk48_*.flac", 7, 16000, 48000, (SINC, "inr", "ligeia")),
    Task("16 to 44.1 kHz, music", "unlearned:music", 5, 16000, 44100, (SINC, "inr", "ligeia")),
)


@dataclass(frozen=True, kw_only=True)
class Config:
    """Number of recordings, and how much of each."""

    clips: int = 4
    """Recordings of each task, the first ones."""
    seconds: float = 6.0
    """Duration of each, from its start."""
    metrics: tuple[str, ...] = ("lsd_sr", "snr", "pesq_wb", "visqol_speech")
    """Metrics of results at 16 kHz."""
    high_metrics: tuple[str, ...] = ("lsd_sr", "snr", "visqol_audio")
    """Metrics of results at higher rates."""


CONFIG = {"laptop": Config(), "paper": Config(clips=12, seconds=20.0)}


def cells(config: Config) -> list[Cell]:
    """Return every method on every clip of every task that has so many."""
    return [
        {"task": task.name, "clip": clip, "method": method}
        for task in TASKS
        for clip in range(min(config.clips, task.count))
        for method in task.methods
    ]


def measure(config: Config, cell: Cell) -> Row:
    """Extend one clip by one method."""
    task = next(task for task in TASKS if task.name == cell["task"])
    name, clean = clip_of(task, cell["clip"], config.seconds)
    given = resample(clean, task.before)
    started = process_time()
    wide = resample(given, task.after) if cell["method"] == SINC else extend(given, task.after, cell["method"]).audio
    spent = process_time() - started
    wide = Audio(wide.samples[:, : clean.sample_count], wide.rate)
    metrics = config.metrics if task.after == 16000 else config.high_metrics
    values = score(reference=clean, estimate=wide, metrics=metrics, align=False).as_dict()["values"]
    low, back = (resample(audio, round(KEPT * task.before)) for audio in (given, wide))
    kept = score(reference=low, estimate=back, metrics=("snr",), align=False).as_dict()["values"]
    return {"sound": name, "metrics": values, "kept_snr_db": kept["snr"], "speed": clean.seconds / max(spent, 1e-9)}


def clip_of(task: Task, number: int, seconds: float) -> tuple[str, Audio]:
    """Return name and start of a recording of a task, mixed to one channel, at the higher rate.

    Where there are no recordings it is a made sound, and its name says so.

    Raises:
        InputError: there are recordings, but not so many of this kind.
    """
    folder = data_folder()
    if folder is None or not any((folder / name).is_dir() for name in ("speech", "music")):
        made, name = sound("speech", number, rate=task.after, seconds=min(seconds, MADE_SECONDS))
        return name, made
    suite, _, group = task.clips.partition(":")
    if group:
        paths = [clip.path for clip in read_suite(suite) if clip.group == group]
    else:
        paths = sorted(folder.glob(task.clips))
    paths = [path for path in paths if _rate_of(path) >= task.after]
    if number >= len(paths):
        raise InputError(
            f"{task.name} needs {number + 1} recordings of {task.clips} in {folder}, and there are {len(paths)}"
        )
    audio = resample(read_audio(paths[number]).mono(), task.after)
    count = min(audio.sample_count, round(seconds * task.after))
    return paths[number].stem, Audio(audio.samples[:, :count], task.after)


def _rate_of(path: Path) -> int:
    with open_audio(path) as sound:
        return sound.rate


def _lines(rows: list[Row]) -> list[Row]:
    """Return the mean of each method, task by task."""
    means = averaged(rows, "cell.task", "cell.method")
    return [row for group in grouped(means, "cell.task") for row in group]


LSD = Column("LSD", "metrics.lsd_sr", ".2f", label="log-spectral distance")
SNR = Column("SNR dB", "metrics.snr", ".1f", label="SNR in dB")

STUDY = Study(
    name="bandwidth",
    question="what do methods add above the band of a recording?",
    source="bandwidth extension: Kim et al. 2022 (LISA), Lu et al. 2024 (AP-BWE), Mahdi 2025 (rates of 96 and 128 kHz)",
    sizes=CONFIG,
    selecting=frozenset({"clips"}),
    cells=cells,
    measure=measure,
    lines=_lines,
    columns=(
        Column("task", "cell.task"),
        Column("method", "cell.method"),
        LSD,
        SNR,
        Column("PESQ-WB", "metrics.pesq_wb", ".2f", "–"),
        Column("ViSQOL speech", "metrics.visqol_speech", ".2f", "–"),
        Column("ViSQOL audio", "metrics.visqol_audio", ".2f", "–"),
        Column("kept dB", "kept_snr_db", ".0f"),
        Column("x real time", "speed", ".0f"),
        Column("LSD in print", lambda row: PUBLISHED.get((row["cell"]["task"], row["cell"]["method"])), published=True),
    ),
    figures=(Chart("lsd-snr", "cell.method", x=LSD, y=SNR, log="", joined=False),),
)
