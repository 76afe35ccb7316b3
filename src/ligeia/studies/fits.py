"""Fits of studies: sounds, the fit of a recipe at some size, and its outcome as plain data.

LIGEIA_DATA names the folder of recordings; without it a study still runs, on sounds that this module makes, and the
rows say so.
"""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.reading import read_audio
from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio
from ligeia.errors import needs_extra
from ligeia.fitting.plan import Recipe
from ligeia.fitting.recipes import recipe_named
from ligeia.inr import INR
from ligeia.metrics.score import score
from ligeia.networks.spec import NetworkSpec
from ligeia.records.journal import Row

RECORDINGS = {
    "bach": ("siren/gt_bach.wav",),
    "speech": (
        "speech/ls_clean_103-1240-0000.flac",
        "speech/ls_clean_3526-175658-0000.flac",
        "speech/ls_clean_1898-145702-0000.flac",
        "speech/ls_clean_248-130644-0000.flac",
        "speech/ls_clean_289-121652-0000.flac",
        "speech/ls_clean_2391-145015-0000.flac",
    ),
}
"""Names of files by kind, below LIGEIA_DATA."""
NEEDS_A_SECOND = ("visqol", "pesq", "stoi")
"""Prefixes of metrics that need more sound than others."""
QUIET = 0.05
"""Sound before the first sample of this height, relative to the peak, is left out."""
MADE_RATE, MADE_SECONDS = 22050, 10.0
"""Rate in Hz and duration in seconds of made sounds where none is given."""


def fitted(
    audio: Audio,
    recipe: Recipe | str,
    *,
    spec: NetworkSpec | None = None,
    width: int | None = None,
    depth: int | None = None,
    **config: Any,
) -> INR:
    """Return the INR of `audio` by a recipe, with another network or another width and depth, and other settings.

    Raises:
        MissingExtra: torch is not installed.
    """
    with needs_extra("torch", "torch"):  # imported here, so that the studies can be listed without it
        from ligeia.fitting.fit import fit
    chosen = recipe_named(recipe) if isinstance(recipe, str) else recipe
    if spec is not None:
        chosen = replace(chosen, design=lambda shape: spec)
    chosen = chosen.resized(width=width, depth=depth)
    return fit(audio, replace(chosen, config=replace(chosen.config, **config)))


def outcome(audio: Audio, inr: INR, metrics: tuple[str, ...] = ()) -> Row:
    """Return parameters, seconds, steps, mean squared error and SNR of a fit, and metrics of what it renders.

    A sparse network also has "coefficients", those other than 0. Undefined metrics are None, with their reasons beside
    them.
    """
    estimate = inr.render()
    row: Row = {
        "parameters": inr.parameter_count,
        "fit_seconds": inr.report["seconds"],
        "steps": inr.report["steps"],
        "snr_db": inr.report["snr_db"],
        "mse": squared_error(estimate, audio),
    }
    if "coefficients" in inr.report:
        row["coefficients"] = inr.report["coefficients"]
    if not metrics:
        return row
    result = score(reference=audio, estimate=estimate, metrics=metrics)
    reasons = {name: entry.reason for name, entry in result.scores.items() if entry.reason}
    return row | {"metrics": result.as_dict()["values"], "reasons": reasons}


def scored(reference: Audio, estimate: Audio, metrics: tuple[str, ...], *, times: int | None = None) -> Row:
    """Return metrics of an estimate, as `score` does; or, given `times`, of one that is short and has no delay.

    Then metrics that need about a second of sound hear it so often: ViSQOL is not defined below 0.96 s, PESQ and STOI
    are means of frames, and a sound that is played again has the same errors again. The delay is known to be none,
    and is not looked for: what resembles nothing would be moved anywhere.
    """
    if times is None:
        plain: Row = score(reference=reference, estimate=estimate, metrics=metrics).as_dict()["values"]
        return plain
    twice = tuple(name for name in metrics if name.startswith(NEEDS_A_SECOND))
    once = tuple(name for name in metrics if name not in twice)
    values = dict[str, Any]()
    for names, count in ((twice, times), (once, 1)):
        if names:
            x, y = _repeated(reference, count), _repeated(estimate, count)
            values |= score(reference=x, estimate=y, metrics=names, align=False).as_dict()["values"]
    return {name: values[name] for name in metrics}


def _repeated(audio: Audio, times: int) -> Audio:
    return Audio(np.tile(audio.samples, (1, times)), audio.rate)


def squared_error(estimate: Audio, reference: Audio, *, skipped: tuple[int, int] = (0, 0)) -> float:
    """Return the mean squared error over the samples that both have, without `skipped` at either end."""
    inside = slice(skipped[0], min(estimate.sample_count, reference.sample_count) - skipped[1])
    difference = estimate.samples[:, inside].astype(np.float64) - reference.samples[:, inside]
    return float(np.mean(np.square(difference)))


def sound(kind: str, number: int, *, rate: int | None, seconds: float | None) -> tuple[Audio, str]:
    """Return the first `seconds` of a sound of this kind ("bach", "speech"), mono, at `rate` Hz, peak 1; and its name.

    The silence that recordings begin with is left out. Without `seconds` they are whole, silence and all, and without a
    `rate` they keep their own.
    """
    label = RECORDINGS[kind][number % len(RECORDINGS[kind])]
    folder = os.environ.get("LIGEIA_DATA")
    if folder and Path(folder, label).is_file():
        audio = read_audio(Path(folder, label)).mono()
        audio = audio if rate is None else resample(audio, rate)
    else:
        length = MADE_SECONDS if seconds is None else seconds + 1
        audio, label = _made(kind, number, rate or MADE_RATE, length), f"made {kind} {number}"
    samples = audio.samples
    if seconds is not None:
        first = int(np.argmax(np.abs(samples[0]) >= QUIET * np.abs(samples).max()))
        samples = samples[:, first : first + round(seconds * audio.rate)]
    return Audio(samples / max(float(np.abs(samples).max()), 1e-9), audio.rate), label


def _made(kind: str, number: int, rate: int, seconds: float) -> Audio:
    random = np.random.default_rng([number, len(kind)])
    time = np.arange(round(seconds * rate)) / rate
    samples = _melody(time, random) if kind == "bach" else _voice(time, random)
    return Audio(samples[None].astype(np.float32), rate)


def _melody(time: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    """Notes of a plucked string: decaying harmonics, four a second."""
    steps = np.array([0, 2, 4, 5, 7, 9, 11, 12])
    samples = np.zeros_like(time)
    for start in np.arange(0, time[-1] if len(time) else 0, 0.25):
        hz = 130.8 * 2 ** (random.choice(steps) / 12)
        first = int(np.searchsorted(time, start))
        since = time[first:] - start
        for k in range(1, 13):
            samples[first:] += np.sin(2 * np.pi * hz * k * since) * np.exp(-since * (2 + k)) / k
    return samples


def _voice(time: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    """Syllables: a buzz of gliding pitch through two moving resonances, with hisses between."""
    pitch = 120 * 2 ** (0.3 * np.sin(2 * np.pi * 0.4 * time + random.uniform(0, 6)))
    phase = 2 * np.pi * np.cumsum(pitch) * (time[1] - time[0] if len(time) > 1 else 0)
    first, second = 500 + 250 * np.sin(2 * np.pi * 1.3 * time), 1500 + 500 * np.sin(2 * np.pi * 0.9 * time)
    samples = np.zeros_like(time)
    for k in range(1, 30):
        hz = k * pitch
        samples += np.sin(k * phase) * (
            np.exp(-(((hz - first) / 200) ** 2)) + 0.4 * np.exp(-(((hz - second) / 250) ** 2))
        )
    syllables = np.maximum(np.sin(2 * np.pi * 2.1 * time), 0) ** 0.5
    hiss = 0.1 * random.standard_normal(len(time)) * np.maximum(-np.sin(2 * np.pi * 2.1 * time), 0) ** 2
    return np.asarray(samples * syllables + hiss)
