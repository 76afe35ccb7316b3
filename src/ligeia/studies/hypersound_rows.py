"""Rows of the studies of HyperSound: train a configuration, and score what it makes of speakers that it never saw.

Clips are scored as the paper does, at a peak of 1, and the mean is taken over clips. At the reduced scale a clip is too
short for PESQ and STOI: clips that follow each other in recordings, at their own levels, are scored as one sound too.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from math import isfinite, log10
from pathlib import Path
from statistics import mean, stdev
from tempfile import gettempdir, mkdtemp
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.reading import read_audio
from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio
from ligeia.audio.writing import write_audio
from ligeia.errors import needs_extra
from ligeia.metrics.score import score
from ligeia.records.columns import Column, averaged, grouped
from ligeia.records.journal import Row
from ligeia.studies.fits import sound
from ligeia.studies.study import Chart

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ligeia.hypersound.configuration import Configuration
    from ligeia.hypersound.material import DataConfig

Samples = NDArray[np.float32]
Reconstruct = Callable[[Samples], Samples]
"""Clips `[clips, n]` with a peak of 1 to their reconstructions."""

CLIP_METRICS = ("lsd_hypersound", "si_snr")
LONG_METRICS = ("si_snr", "stoi")
SPOKEN_SECONDS, SPOKEN = 2.0, 4
"""The long sound is made of so many seconds of so many recordings."""
MADE = 12
"""Made recordings where LIGEIA_DATA is not set, or has none."""
MADE_SHARE = 0.34
"""Share of them that validates."""


def trained(config: "Configuration", *, listen: bool = True) -> Row:
    """Train a configuration, and return counts, seconds, curve and metrics; PESQ, which is slow, only to `listen`.

    Raises:
        MissingExtra: torch is not installed.
        InputError: there are no recordings.
        FitError: the training diverged.
    """
    with needs_extra("torch", "torch"):
        from ligeia.hypersound.learning import learn
    config, recorded = with_recordings(config)
    learned = learn(config, folder=memory_folder() / _digest(config), resume=True)
    module, clips = learned.model, learned.material.validation
    reconstruct = reconstruction(module)
    metrics = clip_metrics(clips, reconstruct(clips), config.model.rate) | long_metrics(
        reconstruct, config, listen=listen
    )
    return {
        "sounds": recorded,
        "parameters": config.model.spec().parameters,
        "written": config.model.numbers,
        "ratio": config.model.ratio,
        "width": config.model.target.get("width"),
        "hypernetwork": sum(value.numel() for value in module.parameters()),
        "learning_rate": config.training.learning_rates[0],
        "steps": learned.steps,
        "fit_seconds": learned.seconds,
        "segments": len(learned.material.crops),
        "clips": len(clips),
        "metrics": metrics,
        "curve": [_point(row) for row in learned.curve if "validation_loss" in row],
    }


def _point(row: Row) -> Row:
    return {name: row[name] for name in ("step", "loss", "validation_loss") if name in row}


def validation_clips(config: "Configuration") -> tuple[Samples, "Configuration", str]:
    """Return the clips that validate a configuration, `[clips, n]`, and where they come from.

    Raises:
        InputError: there are no recordings.
    """
    from ligeia.hypersound.material import read_material

    config, recorded = with_recordings(config)
    model = config.model
    material = read_material(
        config.data, config.augmentation, rate=model.rate, samples=model.samples, seed=config.training.seed
    )
    return material.validation, config, recorded


def reconstruction(module: Any) -> Reconstruct:
    """Return what a trained model makes of clips."""
    import torch

    def reconstruct(clips: Samples) -> Samples:
        with torch.no_grad():
            made: Samples = torch.cat([module(part) for part in torch.split(torch.from_numpy(clips), 64)]).numpy()
        return made

    return reconstruct


# --- recordings -----------------------------------------------------------------------------------------


def with_recordings(config: "Configuration") -> tuple["Configuration", str]:
    """Return the configuration, for made sounds where there are no recordings, and "recorded" or "made"."""
    folder = os.environ.get("LIGEIA_DATA")
    data = config.data if config.data.cache is not None else replace(config.data, cache=memory_folder() / "recordings")
    if data.folder is not None or (folder and next(Path(folder).glob(data.include[0]), None)):
        return replace(config, data=data), "recorded"
    made = replace(
        data,
        folder=made_folder(),
        include=("*",),
        validation_speakers=(),
        last_speakers=0,
        validation_share=MADE_SHARE,
        validation_by="id",
    )
    return replace(config, data=made), "made"


@lru_cache(maxsize=1)
def made_folder() -> Path:
    """Write made voices to a folder of their own, once for each process, and return it."""
    folder = Path(mkdtemp(prefix="ligeia-made-"))
    for k in range(MADE):
        kind = "speech" if k % 2 else "bach"
        audio, _ = sound(kind, k, rate=8000, seconds=2.0)
        write_audio(folder / f"{kind}-{k}.wav", audio)
    return folder


def memory_folder() -> Path:
    """Return the folder that keeps decoded recordings and states of trainings: an interrupted row goes on there.

    Rows of several studies that are the same training are trained once. It may be deleted at any time.
    """
    return Path(gettempdir()) / "ligeia-studies"


def _digest(config: "Configuration") -> str:
    same = replace(config, data=replace(config.data, folder=None, cache=None))
    return sha256(f"{version('ligeia')} {config.data.found_folder()} {same!r}".encode()).hexdigest()[:24]


@lru_cache(maxsize=4)
def _spoken(data: "DataConfig", rate: int, size: int) -> tuple[Samples, ...]:
    """Return stretches of recordings that validate, one for each speaker, `[n]`, n a multiple of `size`."""
    from ligeia.hypersound.material import divided, selected

    _, validating = divided(selected(data), data)
    found = []
    groups = grouped([{"speaker": item.speaker or item.id, "path": item.path} for item in validating], "speaker")
    for rows in groups[:SPOKEN]:
        audio = resample(read_audio(rows[0]["path"]).mono(), rate)
        first = round(data.skip_seconds * audio.rate)
        samples = audio.samples[0, first : first + round(SPOKEN_SECONDS * audio.rate)]
        found.append(samples[: len(samples) // size * size])
    return tuple(found)


# --- metrics --------------------------------------------------------------------------------------------


def clip_metrics(clips: Samples, estimates: Samples, rate: int) -> dict[str, float | None]:
    """Return means over clips `[clips, n]`, and "snr", that of all clips together."""
    errors = np.square(estimates - clips, dtype=np.float64)
    values: dict[str, float | None] = {
        "mse": float(errors.mean()),
        "snr": _decibels(float(np.square(clips, dtype=np.float64).sum()), float(errors.sum())),
    }
    found: dict[str, list[float]] = {name: [] for name in CLIP_METRICS}
    for clip, estimate in zip(clips, estimates, strict=True):
        scores = score(
            reference=Audio(clip[None], rate), estimate=Audio(estimate[None], rate), metrics=CLIP_METRICS, align=False
        )
        for name in CLIP_METRICS:
            if isfinite(scores[name]):
                found[name].append(scores[name])
    return values | {name: mean(each) if each else None for name, each in found.items()}


def long_metrics(reconstruct: Reconstruct, config: "Configuration", *, listen: bool = True) -> dict[str, float | None]:
    """Return metrics of the recordings that validate, clip after clip at their own levels, as one sound."""
    rate, size = config.model.rate, config.model.samples
    whole = np.concatenate(_spoken(config.data, rate, size))
    clips = whole.reshape(-1, size)
    peaks = np.maximum(np.abs(clips).max(axis=1, keepdims=True), np.float32(1e-5))
    estimate = (reconstruct(clips / peaks) * peaks).reshape(-1)
    names = (*LONG_METRICS, "pesq_nb") if listen and rate in (8000, 16000) else LONG_METRICS
    scores = score(reference=Audio(whole[None], rate), estimate=Audio(estimate[None], rate), metrics=names, align=False)
    return {f"long_{name}": scores[name] if isfinite(scores[name]) else None for name in names}


def _decibels(signal: float, error: float) -> float | None:
    return 10 * log10(signal / error) if signal > 0 and error > 0 else None


# --- lines and charts -----------------------------------------------------------------------------------

SEED = "seed"
DIVERGED = 1.0
"""A loss that is not drawn; that of silence is about 0.25."""


def over_seeds(rows: list[Row]) -> list[Row]:
    """Return one row for all rows whose cells differ in the seed alone, with the "deviations" of their metrics."""
    lines = []
    for group in grouped(rows, _without_seed):
        line = averaged(group, _without_seed)[0]
        names = {name: None for row in group for name in row["metrics"]}
        lines.append(line | {"runs": len(group), "deviations": {name: _deviation(group, name) for name in names}})
    return lines


def _without_seed(row: Row) -> str:
    return repr({name: value for name, value in row["cell"].items() if name != SEED})


def _deviation(rows: Sequence[Row], name: str) -> float | None:
    values = [row["metrics"][name] for row in rows if row["metrics"].get(name) is not None]
    return stdev(values) if len(values) > 1 else None


def _spread(name: str, form: str) -> Callable[[Row], str | None]:
    def text(row: Row) -> str | None:
        value, deviation = row["metrics"].get(name), row["deviations"].get(name)
        if value is None:
            return None
        return format(value, form) if deviation is None else f"{value:{form}} ± {deviation:{form}}"

    return text


METRICS = (
    Column("MSE", _spread("mse", ".4f"), missing="–"),
    Column("LSD", _spread("lsd_hypersound", ".2f"), missing="–"),
    Column("SI-SNR dB", _spread("si_snr", ".2f"), missing="–"),
    Column("SNR of all dB", _spread("snr", ".2f"), missing="–"),
    Column("long SI-SNR dB", _spread("long_si_snr", ".2f"), missing="–"),
    Column("long PESQ-NB", _spread("long_pesq_nb", ".2f"), missing="–"),
    Column("long STOI", _spread("long_stoi", ".3f"), missing="–"),
)
"""Means over seeds, ± their standard deviation."""
COUNTS = (
    Column("numbers", "written", ",.0f"),
    Column("hypernetwork", "hypernetwork", ",.0f"),
    Column("steps", "steps", ",.0f"),
    Column("seconds", "fit_seconds", ".0f"),
    Column("runs", "runs"),
)


def loss_curves(name_of: Callable[[Row], str]) -> "Callable[[list[Row]], dict[str, Figure]]":
    """Return a figure of the validation loss over steps: a line for each line of the table, mean over seeds."""
    return Chart(
        "loss",
        "name",
        x=Column("step", "step"),
        y=Column("loss on the validation clips", "validation_loss"),
        log="",
        rows=lambda rows: _mean_curves(rows, name_of),
    )


def _mean_curves(rows: list[Row], name_of: Callable[[Row], str]) -> list[Row]:
    """Return the points of mean curves, without diverged ones, beside which all others agree, unless all have."""
    each = [{"name": name_of(row), **point} for row in rows for point in row.get("curve", [])]
    points = averaged(each, "name", "step")
    return [point for point in points if point["validation_loss"] < DIVERGED] or points
