"""Material of a training: which recordings, cut how, and which of them validate.

As in the paper's program, recordings are cut in consecutive segments of twice a crop, after the first half second; in
each epoch a segment that is chosen gives one crop at a random place, and the first half of segments of other speakers
validates. With noise (`noise`) the model sees noisy crops, and is compared with clean ones. Plain folders of short
clips can give a crop of each file instead. What cannot be read, or is too short for a segment, is left out and listed.
Any rate and any number of channels will do: recordings are resampled, and mixed to one channel.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ligeia.datasets.crops import TO_THE_END, Crops, Place, SampleCache
from ligeia.datasets.layouts import data_folder, read_dataset
from ligeia.datasets.manifest import Item
from ligeia.datasets.provenance import without_held_out
from ligeia.datasets.selection import matching
from ligeia.datasets.splits import group_of, hold_out, split
from ligeia.errors import InputError
from ligeia.hypersound.augmentation import Augmentation, augmented, normalised
from ligeia.hypersound.noise import NoiseConfig, at_noisy_peak
from ligeia.progress import OnProgress, Reporter
from ligeia.training.config import require, require_choice
from ligeia.training.processes import Processes

Waveforms = NDArray[np.float32]
"""Clips `[clips, n]`."""
GIGABYTE = 2**30


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """Settings of the material: the table `[data]`. Defaults are the paper's, but for the number of speakers.

    Exactly one of `validation_speakers`, `last_speakers`, `validation_share` and `overfit` says what validates.

    Raises:
        InputError: a setting is out of range.
    """

    folder: Path | None = None
    """Folder of recordings, in any layout of `datasets.layouts`; None: the one that LIGEIA_DATA names."""
    include: tuple[str, ...] = ("*",)
    """Patterns of paths below the folder."""
    exclude: tuple[str, ...] = ()
    """Patterns of paths that are left out."""
    cut: Literal["segments", "files"] = "segments"
    """One crop in each epoch from each segment, or from each file, whose shorter ones are followed by silence."""
    segment_crops: float = 2.0
    """Length of a segment, in crops."""
    skip_seconds: float = 0.5
    """Start of each recording that is not used, in seconds."""
    validation_speakers: tuple[str, ...] = ()
    """Speakers who validate, and are not learned from."""
    last_speakers: int = 0
    """The last so many speakers, in the order of their names, validate (the paper's 10)."""
    validation_share: float = 0.0
    """About this share of the groups validates."""
    validation_by: str = "speaker"
    """The groups that do not cross the split: by speaker, source, id, or a fact of the label."""
    overfit: bool = False
    """The crops that are learned from validate, as a test of what the model can hold."""
    training_segments: int | None = None
    """Segments that are learned from at most, a seeded choice; None: all."""
    validation_segments: int = 512
    """Segments that validate at most, a seeded choice."""
    samples_per_epoch: int = 10_000
    """Crops of an epoch: segments once each, in random order, and again where there are fewer."""
    batch: int = 16
    """Crops of a step, over all processes."""
    cache: Path | None = None
    """Folder that keeps decoded recordings, which are then mapped; None: in memory."""
    cache_gigabytes: float = 8.0
    """Largest size of what is kept of decoded recordings."""

    def __post_init__(self) -> None:
        require_choice("cut", self.cut, ("segments", "files"))
        require(bool(self.include), "include must not be empty")
        require(1 <= self.segment_crops < 1e6, f"segment_crops must be at least 1, got {self.segment_crops}")
        require(0 <= self.skip_seconds < 1e6, f"skip_seconds must be at least 0, got {self.skip_seconds}")
        require(0 <= self.last_speakers < 1e6, f"last_speakers must be at least 0, got {self.last_speakers}")
        require(0 <= self.validation_share < 1, f"validation_share must lie in [0, 1), got {self.validation_share}")
        rules = [bool(self.validation_speakers), self.last_speakers > 0, self.validation_share > 0, self.overfit]
        require(
            sum(rules) == 1,
            "set one of validation_speakers, last_speakers, validation_share and overfit: it says what validates",
        )
        for name in ("training_segments", "validation_segments", "samples_per_epoch", "batch"):
            value = getattr(self, name)
            require(value is None or 1 <= value <= 10**9, f"{name} must be at least 1, got {value}")
        require(0 < self.cache_gigabytes < 1e6, f"cache_gigabytes must be above 0, got {self.cache_gigabytes}")

    def identity(self) -> tuple[object, ...]:
        """Return the settings that decide which crops make which batches; folders may differ when a run resumes."""
        return (self.cut, self.segment_crops, self.skip_seconds, self.samples_per_epoch, self.batch)

    def found_folder(self) -> Path:
        """Return the folder of recordings.

        Raises:
            InputError: neither the configuration nor LIGEIA_DATA names one.
        """
        folder = self.folder or data_folder()
        if folder is None:
            raise InputError("no folder of recordings: set folder in [data], or the environment variable LIGEIA_DATA")
        return folder


@dataclass
class Material:
    """The crops of a training, and the clips that validate."""

    crops: Crops
    """Places that crops are cut from."""
    config: DataConfig
    augmentation: Augmentation
    validation: Waveforms
    """Clips `[clips, n]`, normalised, of which nothing else is changed."""
    rate: int
    """Samples per second."""
    noise: NoiseConfig = NoiseConfig()  # noqa: RUF009 - frozen
    """Noise on what the model sees."""
    noisy_validation: Waveforms | None = None
    """The clips that validate as the model sees them, `[clips, n]`; None: as they are."""
    unreadable: dict[Path, str] = field(default_factory=dict)
    """Recordings that were left out, and why they cannot be read."""
    too_short: tuple[Path, ...] = ()
    """Recordings that were left out because they hold no segment."""
    _order: tuple[int, NDArray[np.int64]] = (-1, np.zeros(0, np.int64))
    """The latest round through the crops, and its order."""
    _levels: dict[Path, float] = field(default_factory=dict)
    """RMS of recordings, as far as they were asked for."""

    def batch(self, step: int, seed: int, processes: Processes) -> Waveforms:
        """Return this process's share of the batch of a step, `[clips, n]`; it depends on step and seed alone.

        Raises:
            InputError: the processes cannot have equal shares.
        """
        return np.stack([self.example(place, seed) for place in self._numbers(step, processes)])

    def pairs(self, step: int, seed: int, processes: Processes) -> tuple[Waveforms, Waveforms]:
        """Return the same as the model sees it, and as it shall be: without noise the same twice.

        Raises:
            InputError: the processes cannot have equal shares.
        """
        if self.noise.snr_db is None:
            clean = self.batch(step, seed, processes)
            return clean, clean
        pairs = [self.pair(place, seed) for place in self._numbers(step, processes)]
        return np.stack([noisy for noisy, _ in pairs]), np.stack([clean for _, clean in pairs])

    def _numbers(self, step: int, processes: Processes) -> range:
        """Return the numbers of the crops of this process's share of a batch."""
        first, size = step * self.config.batch, self.config.batch
        require(size % processes.count == 0, f"{processes.count} processes cannot share a batch of {size} evenly")
        return range(first + processes.rank, first + size, processes.count)

    def example(self, number: int, seed: int) -> NDArray[np.float32]:
        """Return crop number `number` of the whole training, counted from 0, `[n]`."""
        return self._augmented(number, seed, self.augmentation)[0]

    def pair(self, number: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the same with noise and without, both at the gain of the former."""
        clean, place = self._augmented(number, seed, replace(self.augmentation, normalise=False))
        return noisy_pair(self, clean, place, np.random.default_rng([seed % 2**63, 3, number]))

    def _augmented(self, number: int, seed: int, augmentation: Augmentation) -> tuple[NDArray[np.float32], Place]:
        """Return a crop of the training, and where it lies."""
        epoch, turn = divmod(number, self.config.samples_per_epoch)
        rounds = -(-self.config.samples_per_epoch // len(self.crops))
        lap, place = divmod(turn, len(self.crops))
        lap += epoch * rounds
        if self._order[0] != lap:
            self._order = (lap, self.crops.order(lap))
        chosen = int(self._order[1][place])
        crop = self.crops.crop(chosen, lap)[0]
        random = np.random.default_rng([seed % 2**63, 2, number])
        return augmented(crop, self.rate, augmentation, random), self.crops.places[chosen]

    def level(self, path: Path) -> float:
        """Return the RMS of a recording."""
        if path not in self._levels:
            samples = self.crops.cache.samples(path)
            scale = 2.0**15 if samples.dtype == np.int16 else 1.0
            self._levels[path] = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) / scale
        return self._levels[path]

    def identity(self) -> str:
        """Return a digest of which samples there are."""
        digest = hashlib.sha256()
        for place in self.crops.places:
            stop = place.stop
            if stop == TO_THE_END:  # elsewhere, nothing need be read
                stop = self.crops.cache.samples(place.item.path).shape[1]
            digest.update(f"{place.item.id} {place.start} {stop}\n".encode())
        digest.update(np.ascontiguousarray(self.validation).data)
        if self.noisy_validation is not None:
            digest.update(np.ascontiguousarray(self.noisy_validation).data)
        return digest.hexdigest()

    def facts(self) -> dict[str, object]:
        """Return numbers and lists for a report; paths are those below the folder."""
        folder = self.config.found_folder().resolve()
        return {
            "segments": len(self.crops),
            "validation_segments": len(self.validation),
            "unreadable": {
                path.relative_to(folder).as_posix(): reason.replace(f"{folder}/", "")
                for path, reason in self.unreadable.items()
            },
            "too_short": [path.relative_to(folder).as_posix() for path in self.too_short],
            "notes": self.notes(),
        }

    def notes(self) -> list[str]:
        """Return what slows the training down, in words."""
        cache, notes = self.crops.cache, []
        if cache.problem is not None:
            notes.append(cache.problem)
        if cache.crowded:
            notes.append("the recordings need more than cache_gigabytes: some are decoded again for every crop")
        return notes


def noisy_pair(
    material: Material, clean: NDArray[np.float32], place: Place, random: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return a crop with noise and without, both at the gain of the former."""
    level = material.level(place.item.path)
    return at_noisy_peak(clean, material.noise.drawn(len(clean), level, material.rate, random))


# --- from a folder to material ------------------------------------------------------------------------


def read_material(
    config: DataConfig,
    augmentation: Augmentation,
    *,
    rate: int,
    samples: int,
    seed: int = 0,
    noise: NoiseConfig = NoiseConfig(),  # noqa: B008 - frozen
    on_progress: OnProgress | None = None,
) -> Material:
    """Read the recordings of a training, for crops of `samples` samples at `rate` Hz.

    What results are reported on (`datasets.provenance`) is always left out.

    Raises:
        InputError: there are no recordings, none can be read, or none is long enough.
    """
    items = selected(config)
    cache = SampleCache(
        config.cache, rate=rate, sample_format="int16", max_bytes=round(config.cache_gigabytes * GIGABYTE)
    )
    readable, unreadable = decoded(items, cache, on_progress)
    require(bool(readable), _nothing_readable(unreadable))
    learned, validating = divided(readable, config)
    segment = None if config.cut == "files" else round(config.segment_crops * samples)
    skip = round(config.skip_seconds * rate)

    def cut(chosen: Sequence[Item], *, random: bool) -> Crops:
        try:
            return Crops(chosen, cache, samples, segment=segment, skip=skip, random_start=random, seed=seed % 2**63)
        except InputError as error:
            needed = config.skip_seconds + (segment or 1) / rate
            advice = 'lower segment_crops or skip_seconds, or set cut = "files"'
            raise InputError(f"{error}: each must be {needed:.2f} s long; {advice}") from error

    crops, others = cut(learned, random=augmentation.random_crop), cut(validating, random=False)
    used = {place.item.path for place in (*crops.places, *others.places)}
    crops.places = _chosen(crops.places, config.training_segments)
    others.places = _chosen(crops.places if config.overfit else others.places, config.validation_segments)
    material = Material(
        crops=crops,
        config=config,
        augmentation=augmentation,
        validation=np.stack([normalised(others.crop(number, 0)[0], augmentation) for number in range(len(others))]),
        rate=rate,
        noise=noise,
        unreadable=unreadable,
        too_short=tuple(item.path for item in readable if item.path not in used),
    )
    if noise.snr_db is not None:
        _make_validation_noisy(material, others)
    return material


def _make_validation_noisy(material: Material, others: Crops) -> None:
    """Give the clips that validate a seeded noise; noisy and clean ones have the gain of the former."""
    pairs = [
        noisy_pair(material, others.crop(number, 0)[0], place, np.random.default_rng([4, number]))
        for number, place in enumerate(others.places)
    ]
    material.noisy_validation = np.stack([noisy for noisy, _ in pairs])
    material.validation = np.stack([clean for _, clean in pairs])


def selected(config: DataConfig) -> list[Item]:
    """Return the items of the folder that the configuration selects, without those that results are reported on.

    Raises:
        InputError: there are none.
    """
    folder = config.found_folder().resolve()
    return matching(without_held_out(read_dataset(folder)), folder, config.include, config.exclude)


def decoded(
    items: Sequence[Item], cache: SampleCache, on_progress: OnProgress | None = None
) -> tuple[list[Item], dict[Path, str]]:
    """Decode recordings into a cache; return those that can be read, and why each of the others cannot."""
    report = Reporter(on_progress)
    report.stage("reading recordings", 0.0, 0.0)
    readable, unreadable = [], {}
    for number, item in enumerate(items):
        try:
            if cache.samples(item.path).shape[1] == 0:
                raise InputError(f"{item.path} has no samples")
            readable.append(item)
        except InputError as error:
            unreadable[item.path] = str(error)
        report((number + 1) / len(items))
    return readable, unreadable


def divided(items: Sequence[Item], config: DataConfig) -> tuple[list[Item], list[Item]]:
    """Return the items that are learned from, and those that validate.

    Raises:
        InputError: one of the two is empty, or a speaker has no recordings.
    """
    if config.overfit:
        return list(items), list(items)
    by = config.validation_by
    if config.validation_share > 0:
        share = config.validation_share
        parts = split(items, {"learned": 1 - share, "validating": share}, by=by)
        return parts["learned"], parts["validating"]
    groups = sorted({group_of(item, by) for item in items})
    chosen = config.validation_speakers or groups[-config.last_speakers :]
    learned, validating = hold_out(items, set(chosen), by=by)
    require(bool(learned), f"all {len(groups)} groups by {by} validate: none is left to learn from")
    return learned, validating


def _chosen(places: list[Place], most: int | None) -> list[Place]:
    """Return a seeded choice of `most` places at most, in their order."""
    if most is None or len(places) <= most:
        return places
    return [places[number] for number in np.sort(np.random.default_rng(0).permutation(len(places))[:most]).tolist()]


def _nothing_readable(unreadable: dict[Path, str]) -> str:
    first = next(iter(unreadable.values()), "")
    return f"none of {len(unreadable)} recordings can be read; the first: {first}"
