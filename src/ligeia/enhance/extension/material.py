"""Training material of extenders: recordings at one rate, chosen by patterns."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.reading import read_audio
from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio
from ligeia.codec.transform.material import Material, selected
from ligeia.datasets.layouts import data_folder, read_dataset
from ligeia.datasets.manifest import Item
from ligeia.errors import InputError

SHORTEST_SECONDS = 1.0
"""Recordings that are shorter are not learned from."""
CUT_DB = 85.0
"""Distance below the strongest frequency at which the mean power shows that a recording was cut (by MP3, say)."""
BLACKMAN_HARRIS = (0.35875, -0.48829, 0.14128, -0.01168)
"""Cosines of the window, whose side lobes are 92 dB down."""
SIZE = 1024
SILENT = 1e-6
"""RMS below which a recording counts as silent."""


@dataclass(frozen=True)
class Recording:
    """A recording at the rate that is learned."""

    name: str
    samples: NDArray[np.float32]
    """`[time]`."""
    band: float
    """Up to where it has something to learn from, in Hz: half the rate at which it was made, or where it was cut."""


@dataclass(frozen=True)
class Recordings:
    """Everything that is learned from, and what the weights are judged by."""

    learned: list[Recording] = field(default_factory=list)
    judged: list[Recording] = field(default_factory=list)
    unreadable: dict[Path, str] = field(default_factory=dict)
    """Recordings that cannot be read, and why."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Choice of the recordings that are learned from."""

    data: Path | None = None
    """Folder of recordings, in any layout of `datasets.layouts`; None: the one that LIGEIA_DATA names."""
    include: tuple[str, ...] = ("*",)
    """Patterns of the paths of recordings below the data folder; those held out are always left out."""
    exclude: tuple[str, ...] = ()
    """Patterns of those among them that are left out."""
    validation: tuple[str, ...] = ()
    """Patterns of those among them that say which weights are the best, and that are not learned from."""


def read_recordings(
    choice: Choice, rate: int, speeds: tuple[float, ...] = (1.0,), on_share: Callable[[float], None] | None = None
) -> Recordings:
    """Read the recordings of a choice, mixed to one channel, at `rate`; those to learn from at several speeds.

    `on_share` gets the share that is done. What cannot be read is left out, and listed.

    Raises:
        InputError: nothing is selected, or no recording can be learned from.
    """
    learned, judged = _chosen(choice)
    work = [(item, speed, True) for speed in speeds for item in learned] + [(item, 1.0, False) for item in judged]
    found = Recordings()
    for number, (item, speed, learns) in enumerate(work):
        if on_share is not None:
            on_share(number / len(work))
        if item.path in found.unreadable:
            continue
        try:
            audio = read_audio(item.path).mono()
        except InputError as error:
            found.unreadable[item.path] = str(error)
            continue
        band = band_of(audio) * speed
        if speed != 1:
            audio = Audio(resample(audio, max(round(audio.rate / speed), 1)).samples, audio.rate)
        audio = resample(audio, rate)
        samples = audio.samples[0]
        if audio.seconds >= SHORTEST_SECONDS and np.sqrt(np.mean(np.square(samples))) > SILENT:
            (found.learned if learns else found.judged).append(Recording(item.path.stem, samples, band))
    if not found.learned:
        reason = next(iter(found.unreadable.values()), f"they are silent, or shorter than {SHORTEST_SECONDS} s")
        raise InputError(f"none of {len(learned)} recordings can be learned from: {reason}")
    return found


def band_of(audio: Audio) -> float:
    """Return the frequency in Hz up to which there is something in the first channel of a recording."""
    samples = np.pad(audio.samples[0], (0, max(SIZE - audio.sample_count, 0)))
    turns = 2 * np.pi * np.arange(SIZE) / SIZE
    window = sum(weight * np.cos(k * turns) for k, weight in enumerate(BLACKMAN_HARRIS))
    power = np.zeros(SIZE // 2 + 1)
    for start in range(0, len(samples) - SIZE + 1, SIZE // 2):
        power += np.square(np.abs(np.fft.rfft(samples[start : start + SIZE] * window)))
    above = np.flatnonzero(power > power.max() * 10 ** (-CUT_DB / 10))
    return float(above.max(initial=0) * audio.rate / SIZE)


def _chosen(choice: Choice) -> tuple[list[Item], list[Item]]:
    """Return the recordings to learn from, and those to judge by."""
    folder = choice.data or data_folder()
    if folder is None:
        raise InputError(
            "no folder of recordings: set data in the configuration, or the environment variable LIGEIA_DATA"
        )
    items = read_dataset(folder)
    matching = selected(Material(include=choice.include, exclude=choice.exclude), items, folder)
    if not matching:
        raise InputError(f"no recording below {folder} matches {', '.join(choice.include)}")
    learned = selected(Material(include=choice.include, exclude=choice.exclude + choice.validation), items, folder)
    if not learned:
        raise InputError(f"all recordings below {folder} that match are kept for validation")
    return learned, [item for item in matching if item not in learned]
