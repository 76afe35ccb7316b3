"""Training material of the suppressor: recordings of speech and of noise, read once and kept in 16 bits."""

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
from ligeia.enhance.denoising.suppressor.features import HOP, RATE
from ligeia.enhance.denoising.suppressor.mixing import PCM, Mixer, Recordings
from ligeia.errors import InputError, SettingsError

CONFIGURATION = Path(__file__).with_name("speech.toml")
"""The configuration that comes with the package."""
SHORTEST_SECONDS = 0.5
"""Recordings that are shorter are not used."""
FRAME_SECONDS = 0.03
"""Duration of the frames whose levels say how clean speech is."""


@dataclass(frozen=True, kw_only=True)
class SuppressorTask:
    """The recordings, the mixtures, the network and its batches: the table `[suppressor]` of a configuration.

    Raises:
        InputError: a setting is out of range.
    """

    data: Path | None = None
    """Folder of recordings, in any layout of `datasets.layouts`; None: the one that LIGEIA_DATA names."""
    speech: tuple[str, ...] = ("*",)
    """Patterns of the paths of speech below the data folder; recordings held out are always left out."""
    noise: tuple[str, ...] = ()
    """Patterns of noise; without any, noise is only made."""
    exclude: tuple[str, ...] = ()
    """Patterns of recordings, of either kind, that are not used."""
    validation: tuple[str, ...] = ()
    """Patterns of those, of either kind, that say which weights are the best, and that are not learned from."""
    most: int = 100_000
    """Recordings of either kind at most."""
    cleanest_db: float = 0.0
    """Least distance in dB between loud and soft frames (95 and 8 %) of speech: how clean it must be."""
    speeds: tuple[float, ...] = (1.0,)
    """Speeds at which speech is heard, its pitch moving along; validation has the first alone."""
    snr_db: tuple[float, float] = (-5.0, 25.0)
    """Ratios of speech to noise."""
    clean: float = 0.1
    """Share of examples with less noise than that, up to 65 dB."""
    speechless: float = 0.02
    """Share of examples without speech."""
    narrow: float = 0.08
    """Share of examples whose speech and noise came through a narrow band, as over a telephone."""
    level_db: float = 15.0
    """Levels of mixtures are up to this far above and below the level of recordings that are enhanced."""
    width: int = 240
    """Units of the network."""
    crop_seconds: float = 3.0
    """Duration of an example."""
    batch: int = 8
    """Examples of a step."""
    start: Path | None = None
    """Network that training goes on from, a file; None: from nothing."""
    judged: int = 32
    """Examples that say which weights are the best."""
    disturbance: float = 1.0
    """Weight of the perceptual disturbance in the loss."""
    levels: float = 0.3
    """Weight of the levels of bands."""
    magnitude: float = 2.0
    """Weight of compressed magnitudes."""
    complex: float = 2.0
    """Weight of compressed complex spectra."""
    segmental: float = 0.05
    """Weight of a dB of the segmental ratio of error to speech."""
    whole: float = 0.02
    """Weight of a dB of the ratio of error to speech."""

    def __post_init__(self) -> None:
        counts = (self.width, self.batch, self.most, self.judged)
        if min(counts) < 1 or max(counts) > 10**6:
            raise SettingsError(f"width, batch, most and judged must lie between 1 and a million, got {counts}")
        if not (20 * HOP / RATE <= self.crop_seconds <= 60):
            raise SettingsError(f"crop_seconds must lie between 0.4 and 60, got {self.crop_seconds}")
        if not self.speeds or not all(0.5 <= speed <= 2 for speed in self.speeds):
            raise SettingsError(f"speeds must lie between 0.5 and 2, got {self.speeds}")
        if not -40 <= self.snr_db[0] <= self.snr_db[1] <= 65:
            raise SettingsError(f"snr_db must be two numbers from -40 to 65, the lower first, got {self.snr_db}")
        shares = (self.clean, self.speechless, self.narrow)
        if not (min(shares) >= 0 and max(shares) <= 1 and 0 <= self.level_db <= 40):
            raise SettingsError("clean, speechless and narrow must lie between 0 and 1, level_db between 0 and 40")
        weights = (self.disturbance, self.levels, self.magnitude, self.complex, self.segmental, self.whole)
        if min(weights) < 0 or not max(weights) > 0:
            raise SettingsError("the weights of the loss must be at least 0, and not all 0")

    def mixer(self, speech: "list[NDArray[np.int16]]", noise: "list[NDArray[np.int16]]") -> Mixer:
        """Return the mixer of these recordings."""
        chances = (self.snr_db, self.clean, self.speechless, self.level_db, self.narrow)
        return Mixer(Recordings(speech), Recordings(noise), *chances)


@dataclass
class Sounds:
    """Everything that is learned from, and what the weights are judged by."""

    speech: list[NDArray[np.int16]] = field(default_factory=list)
    noise: list[NDArray[np.int16]] = field(default_factory=list)
    judged_speech: list[NDArray[np.int16]] = field(default_factory=list)
    judged_noise: list[NDArray[np.int16]] = field(default_factory=list)
    unreadable: dict[Path, str] = field(default_factory=dict)
    """Recordings that cannot be read, and why."""
    learned: list[str] = field(default_factory=list)
    """Ids of the recordings that are used, those for validation included."""


def chosen_items(
    task: SuppressorTask, patterns: tuple[str, ...], folder: Path, items: list[Item]
) -> tuple[list[Item], list[Item]]:
    """Return the recordings of some patterns to learn from, and those to judge by.

    Raises:
        InputError: nothing is selected, or nothing is left to learn from.
    """
    if not patterns:
        return [], []
    matching = selected(Material(include=patterns, exclude=task.exclude), items, folder)
    if not matching:
        raise InputError(f"no recording below {folder} matches {', '.join(patterns)}")
    excluded = (*task.exclude, *task.validation)
    learned = selected(Material(include=patterns, exclude=excluded), items, folder)
    judged = [item for item in matching if item not in learned]
    if not learned:
        raise InputError(f"all recordings below {folder} that match {', '.join(patterns)} are kept for validation")
    return learned[: task.most], judged[: task.most]


def read_sounds(task: SuppressorTask, on_share: Callable[[float], None] | None = None) -> Sounds:
    """Read all recordings; `on_share` gets the share that is done. What cannot be read is left out, and listed.

    Raises:
        InputError: no folder is named, nothing is selected, or no speech can be learned from.
    """
    folder = task.data or data_folder()
    if folder is None:
        raise InputError("no folder of recordings: set data in [suppressor], or the environment variable LIGEIA_DATA")
    items = read_dataset(folder)
    spoken, judged_spoken = chosen_items(task, task.speech, folder, items)
    noises, judged_noises = chosen_items(task, task.noise, folder, items)
    sounds = Sounds()
    work = [(item, task.speeds, True, sounds.speech) for item in spoken]
    work += [(item, task.speeds[:1], True, sounds.judged_speech) for item in judged_spoken]
    work += [(item, (1.0,), False, sounds.noise) for item in noises]
    work += [(item, (1.0,), False, sounds.judged_noise) for item in judged_noises]
    for number, (item, speeds, is_speech, kept) in enumerate(work):
        if on_share is not None:
            on_share(number / len(work))
        try:
            audio = resample(read_audio(item.path).mono(), RATE)
        except InputError as error:
            sounds.unreadable[item.path] = str(error)
            continue
        if audio.seconds < SHORTEST_SECONDS or not audio.samples.any():
            continue
        if is_speech and range_db(audio.samples[0]) < task.cleanest_db:
            continue
        kept.extend(at_speed(audio, speed) for speed in speeds)
        sounds.learned.append(item.id)
    if not sounds.speech:
        raise InputError(f"none of {len(spoken)} recordings of speech can be learned from: unreadable, short or noisy")
    return sounds


def at_speed(audio: Audio, speed: float) -> NDArray[np.int16]:
    """Return a recording, at a peak of at most 1, at another speed."""
    if speed != 1:
        audio = resample(audio, round(RATE / speed))
    samples = audio.samples[0] / max(float(np.abs(audio.samples).max()), 1.0)
    return np.asarray(np.clip(np.rint(samples * PCM), -PCM, PCM - 1), np.int16)


def range_db(samples: NDArray[np.float32]) -> float:
    """Return the distance in dB between the loud frames (95 %) of a recording and the soft ones (8 %)."""
    size = round(FRAME_SECONDS * RATE)
    powers = np.square(samples[: len(samples) // size * size], dtype=np.float64).reshape(-1, size).mean(1)
    low, high = np.percentile(10 * np.log10(powers + 1e-12), (8, 95))
    return float(high - low)
