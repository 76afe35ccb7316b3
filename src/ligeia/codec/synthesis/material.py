"""Training material of the synthesis: recordings, and what the encoder's quantisation leaves of them at many rates.

Nothing is entropy-coded: coefficients are quantised in steps of a quality drawn at random, and synthesised, as encoder
and decoder would between them. Recordings are heard at several speeds, which makes more voices of them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.reading import read_audio
from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio
from ligeia.codec.synthesis.features import RATE, frame_facts
from ligeia.codec.transform.coding import synthesise
from ligeia.codec.transform.encoder import TransformEncoder
from ligeia.codec.transform.material import Material, selected
from ligeia.codec.transform.presets import LOW_RATE_SPEECH, level_of, step_at
from ligeia.codec.transform.quantiser import reconstruct
from ligeia.datasets.layouts import data_folder, read_dataset
from ligeia.datasets.manifest import Item
from ligeia.dsp.threads import one_blas_thread
from ligeia.errors import InputError

PCM = 32768.0
"""Samples are kept in 16 bits."""
TELEPHONE_BAND = (350.0, 3250.0)
"""Hz; PESQ measures the level of speech there."""
ANALYSED_QUALITY = 4.0
"""Quality whose steps window switching is chosen for."""
SHORTEST_SECONDS = 1.0
"""Recordings that are shorter are not learned from."""


@dataclass(frozen=True, kw_only=True)
class SynthesisTask:
    """The recordings, the network and its batches: the table `[synthesis]` of a configuration.

    Raises:
        InputError: a setting is out of range.
    """

    data: Path | None = None
    """Folder of recordings, in any layout of `datasets.layouts`; None: the one that LIGEIA_DATA names."""
    include: tuple[str, ...] = ("*",)
    """Patterns of the paths of recordings below the data folder; those held out are always left out."""
    validation: tuple[str, ...] = ()
    """Patterns of those among them that say which weights are the best, and that are not learned from."""
    most: int = 100_000
    """Recordings at most."""
    qualities: tuple[float, float] = (1.5, 6.0)
    """Qualities of the low-rate preset between which steps are drawn."""
    variants: int = 4
    """Qualities of each recording, one in each of as many equal parts of that range."""
    speeds: tuple[float, ...] = (1.0,)
    """Speeds at which recordings are heard, their pitch moving along; validation has the first alone."""
    width: int = 232
    """Units of the network."""
    crop_seconds: float = 2.0
    """Duration of an example."""
    batch: int = 8
    """Examples of a step."""
    disturbance: float = 1.0
    """Weight of the perceptual disturbance in the loss."""
    levels: float = 1.0
    """Weight of the levels of bands."""
    magnitude: float = 1.0
    """Weight of compressed magnitudes."""
    complex: float = 1.0
    """Weight of compressed complex spectra."""

    def __post_init__(self) -> None:
        low, high = self.qualities
        if not 0 <= low <= high <= 10:
            raise InputError(f"qualities must be two numbers between 0 and 10, the lower first, got {self.qualities}")
        counts = (self.variants, self.width, self.batch, self.most)
        if min(counts) < 1 or max(counts) > 10**6:
            raise InputError(f"variants, width, batch and most must lie between 1 and 1000000, got {counts}")
        if not 0.5 <= self.crop_seconds <= 60:
            raise InputError(f"crop_seconds must lie between 0.5 and 60, got {self.crop_seconds}")
        if not self.speeds or not all(0.5 <= speed <= 2 for speed in self.speeds):
            raise InputError(f"speeds must lie between 0.5 and 2, got {self.speeds}")


@dataclass(frozen=True)
class Pair:
    """A recording and what the codec leaves of it."""

    clean: NDArray[np.int16]
    """`[time]`, in the steps of 16 bits."""
    decoded: NDArray[np.int16]
    """The same for what was decoded."""
    facts: NDArray[np.float16]
    """`[stream's frames, FACTS, bands]`, as `features.frame_facts` has them."""
    level: float
    """RMS of the recording in the telephone band."""


@dataclass(frozen=True)
class Pairs:
    """Everything that is learned from, and what the weights are judged by."""

    learned: list[Pair] = field(default_factory=list)
    judged: list[Pair] = field(default_factory=list)
    unreadable: dict[Path, str] = field(default_factory=dict)
    """Recordings that cannot be read, and why."""


def chosen_items(task: SynthesisTask) -> tuple[list[Item], list[Item]]:
    """Return the recordings to learn from, and those to judge by.

    Raises:
        InputError: no folder is named, or nothing in it is selected.
    """
    folder = task.data or data_folder()
    if folder is None:
        raise InputError("no folder of recordings: set data in [synthesis], or the environment variable LIGEIA_DATA")
    items = read_dataset(folder)
    matching = selected(Material(include=task.include), items, folder)
    if not matching:
        raise InputError(f"no recording below {folder} matches {', '.join(task.include)}")
    learned = selected(Material(include=task.include, exclude=task.validation), items, folder)
    judged = [item for item in matching if item not in learned]
    if not learned:
        raise InputError(f"all recordings below {folder} that match are kept for validation")
    return learned[: task.most], judged[: task.most]


def read_pairs(task: SynthesisTask, seed: int, on_share: Callable[[float], None] | None = None) -> Pairs:
    """Quantise all recordings; `on_share` gets the share that is done. What cannot be read is left out, and listed.

    Raises:
        InputError: nothing is selected, or no recording can be learned from.
    """
    learned, judged = chosen_items(task)
    work = [(item, speed, True) for speed in task.speeds for item in learned]
    work += [(item, task.speeds[0], False) for item in judged]
    random, pairs = np.random.default_rng(seed), Pairs()
    for number, (item, speed, learns) in enumerate(work):
        if on_share is not None:
            on_share(number / len(work))
        if item.path in pairs.unreadable:
            continue
        try:
            audio = resample(read_audio(item.path).mono(), RATE)
        except InputError as error:
            pairs.unreadable[item.path] = str(error)
            continue
        if speed != 1:
            audio = Audio(resample(audio, round(RATE / speed)).samples, RATE)
        if audio.seconds >= SHORTEST_SECONDS and audio.samples.any():
            (pairs.learned if learns else pairs.judged).extend(quantised(audio, task, random))
    if not pairs.learned:
        reason = next(iter(pairs.unreadable.values()), f"they are silent, or shorter than {SHORTEST_SECONDS} s")
        raise InputError(f"none of {len(learned)} recordings can be learned from: {reason}")
    return pairs


def quantised(audio: Audio, task: SynthesisTask, random: np.random.Generator) -> Iterator[Pair]:
    """Yield a recording at each of its qualities."""
    with one_blas_thread():
        encoder = TransformEncoder(audio, LOW_RATE_SPEECH, LOW_RATE_SPEECH.frame_seconds[0])
        level = level_of(audio)
        analysis = encoder.analyse(step_at(LOW_RATE_SPEECH, ANALYSED_QUALITY, level))
        count, (low, high) = encoder.segments.count, task.qualities
        for part in range(task.variants):
            quality = low + (high - low) * (part + random.uniform()) / task.variants
            step = max(step_at(LOW_RATE_SPEECH, quality, level), analysis.finest_step)
            blocks = encoder.quantised(analysis, np.full(count, step))
            coefficients = np.asarray(reconstruct(blocks, encoder.layout, np.arange(count)), np.float32)
            spectrum = coefficients, blocks.spectra.switching.astype(np.int64)
            samples = np.concatenate([*synthesise([spectrum], encoder.spec, range(count))], axis=1)[0]
            facts = frame_facts(blocks, encoder.layout).astype(np.float16)
            decoded = samples[: audio.sample_count]
            clean = audio.samples[0]
            yield Pair(_as_pcm(clean), _as_pcm(decoded), facts.reshape(-1, *facts.shape[2:]), telephone_level(clean))


def telephone_level(samples: NDArray[np.float32]) -> float:
    """Return the RMS of samples at `RATE` in the telephone band."""
    spectrum, hertz = np.fft.rfft(samples), np.fft.rfftfreq(len(samples), 1 / RATE)
    power = np.square(np.abs(spectrum[(hertz >= TELEPHONE_BAND[0]) & (hertz <= TELEPHONE_BAND[1])]))
    return float(np.sqrt(2 * power.sum()) / len(samples))


def _as_pcm(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    return np.asarray(np.clip(np.rint(samples * PCM), -PCM, PCM - 1), np.int16)
