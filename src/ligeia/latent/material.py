"""Material of a family: recordings of one length, at one rate, in one array, with what each of them is.

Recordings of other rates are resampled, channels mixed to one, longer ones cut after `seconds`, shorter ones followed
by zeros; the facts say of how many. What cannot be read, holds NaN or is silent is left out and named, and the next
candidate of the selection takes its place.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from math import ceil
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.reading import open_audio
from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio
from ligeia.datasets.labels import family_of, pitch_of, word_of
from ligeia.datasets.layouts import data_folder, read_part
from ligeia.datasets.manifest import Item
from ligeia.datasets.provenance import without_held_out
from ligeia.datasets.selection import Selection, candidates, in_words, matching, selection_named
from ligeia.datasets.splits import split, with_ids
from ligeia.errors import InputError
from ligeia.progress import OnProgress, Reporter
from ligeia.training.config import require, require_choice

Waveforms = NDArray[np.float32]
"""Sounds `[items, samples]`."""
MOST_NUMBERS = 2**28
"""Samples of all items at most: 1 GiB."""
SILENCE = 1e-4
"""A recording whose peak is below this (-80 dBFS) is silent."""
MARGIN_SECONDS = 0.1
"""Read beyond the end, so that resampling knows what follows."""
LEVEL = 0.1
"""Root mean square that `scaling = "level"` brings sounds to: -20 dBFS."""


@dataclass(frozen=True, kw_only=True)
class DataSettings:
    """Settings of the material: the table `[data]`.

    `selection` names a rule of `datasets.selection`; the fields from `families` to `balanced` that are stated
    replace those of the rule.

    Raises:
        InputError: a setting is out of range.
    """

    folder: Path | None = None
    """Folder of recordings; one that does not exist here is looked up below LIGEIA_DATA; None: that one itself."""
    layout: str | None = None
    """Layout (`datasets.layouts`); None: it is recognised."""
    include: tuple[str, ...] = ("*",)
    """Patterns of paths below the folder."""
    exclude: tuple[str, ...] = ()
    """Patterns of paths that are left out."""
    ids: Path | None = None
    """JSON list of ids, or object by id, of exactly the items; nothing else then selects."""
    selection: str | None = None
    """Name of a selection: keyboard, diverse, keywords, digits."""
    families: tuple[str, ...] = ()
    """Families of instruments."""
    words: tuple[str, ...] = ()
    """Words that are said."""
    lowest_pitch: int | None = None
    """The lowest MIDI note."""
    highest_pitch: int | None = None
    """The highest MIDI note."""
    plain: bool | None = None
    """Only notes without any of NSynth's qualities."""
    official: str = ""
    """Part of the official split: train, validation or test."""
    balanced: tuple[str, ...] = ()
    """Facts whose combinations come equally often."""
    items: int | None = None
    """Number of items; None: all."""
    unseen_share: float = 0.0
    """About this share of the groups is kept unseen."""
    unseen_by: str = "speaker+midi"
    """The groups that are unseen as a whole: by speaker, id, facts of the label, or several joined by "+"."""
    part: Literal["learned", "unseen"] = "learned"
    """The part that is read; the unseen one is for final rows."""
    seconds: float = 1.0
    """Length of each item."""
    rate: int = 16000
    """Sampling rate in Hz."""
    scaling: Literal["none", "peak", "level"] = "none"
    """Sounds keep their level, as in the thesis; have the peak 1; or a root mean square of 0.1, but no peak above 1."""
    seed: int = 0
    """Start of every choice."""

    def __post_init__(self) -> None:
        require(bool(self.include), "include must not be empty")
        require(self.items is None or 1 <= self.items <= 10**7, f"items must be at least 1, got {self.items}")
        require(0 <= self.unseen_share < 1, f"unseen_share must lie in [0, 1), got {self.unseen_share}")
        require(0 < self.seconds <= 600, f"seconds must lie above 0 and be at most 600, got {self.seconds}")
        require(1 <= self.rate <= 384_000, f"rate must lie between 1 and 384000 Hz, got {self.rate}")
        require(
            self.samples >= 2, f"{self.seconds} s at {self.rate} Hz are {self.samples} samples: at least 2 are needed"
        )
        require_choice("scaling", self.scaling, ("none", "peak", "level"))
        require_choice("part", self.part, ("learned", "unseen"))
        require(
            self.part == "learned" or self.unseen_share > 0,
            "part is unseen, but nothing is: set unseen_share to the share of the groups that is",
        )
        self.rule()

    @property
    def samples(self) -> int:
        """Samples of each item."""
        return round(self.seconds * self.rate)

    def rule(self) -> Selection:
        """Return the selection: the named one, with the fields that are stated here.

        Raises:
            InputError: there is none of this name, or the range of pitches is empty.
        """
        named = Selection() if self.selection is None else selection_named(self.selection)
        given = {field.name: getattr(self, field.name) for field in fields(Selection)}
        return replace(named, **{name: value for name, value in given.items() if value not in (None, (), "")})

    def found_folder(self) -> Path:
        """Return the folder of recordings.

        Raises:
            InputError: neither the settings nor LIGEIA_DATA names one that exists.
        """
        common = data_folder()
        if self.folder is None:
            if common is None:
                raise InputError(
                    "no folder of recordings: set folder in [data], or the environment variable LIGEIA_DATA"
                )
            return common.resolve()
        places = [self.folder] if common is None else [self.folder, common / self.folder]
        for place in places:
            if place.is_dir():
                return place.resolve()
        hint = "" if common is not None else "; LIGEIA_DATA, below which it is looked up too, is not set"
        raise InputError(f"the folder of recordings does not exist: {' nor '.join(map(str, places))}{hint}")


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One item of the material, and what it is; unknown facts are empty or None."""

    name: str
    """The item's id in its dataset."""
    label: str = ""
    """Name in figures: the word, else the instrument or the speaker."""
    family: str = ""
    """Family of the instrument."""
    pitch: int | None = None
    """MIDI note."""
    speaker: str = ""
    """Speaker or instrument."""
    licence: str = ""
    """Terms of use."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Material:
    """Sounds to learn from."""

    waveforms: Waveforms
    """float32 `[items, samples]`, scaled as the settings say."""
    items: tuple[Recording, ...]
    """Facts about each of them."""
    gains: NDArray[np.float32]
    """`[items]`, what each was multiplied by when it was scaled."""
    settings: DataSettings
    left_out: dict[str, str]
    """Recordings that would have been chosen, and why they were not."""
    changed: Counter[str]
    """Numbers of those that were resampled, mixed, cut, padded."""
    others: Counter[str]
    """Numbers of recordings that the selection leaves out, by reason."""

    @property
    def rate(self) -> int:
        """Sampling rate in Hz."""
        return self.settings.rate

    @property
    def samples(self) -> int:
        """Samples of each item."""
        return int(self.waveforms.shape[1])

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self.items)

    def identity(self) -> str:
        """Return a digest of the rate, of which items there are, and of their samples."""
        digest = hashlib.sha256(f"{self.rate}\n".encode())
        for item in self.items:
            digest.update(f"{item.name}\n".encode())
        digest.update(np.ascontiguousarray(self.waveforms).data)
        return digest.hexdigest()

    def facts(self) -> dict[str, object]:
        """Return numbers and lists for a report."""
        families = Counter(item.family or "unknown" for item in self.items)
        pitches = [item.pitch for item in self.items if item.pitch is not None]
        return {
            "items": len(self),
            "seconds": self.samples / self.rate,
            "rate": self.rate,
            "families": dict(sorted(families.items())),
            "labels": dict(sorted(Counter(item.label for item in self.items).items())),
            "pitches": [min(pitches), max(pitches)] if pitches else [],
            "resampled": self.changed["resampled"],
            "mixed_to_mono": self.changed["mixed"],
            "cut": self.changed["cut"],
            "padded": self.changed["padded"],
            "left_out": dict(self.left_out),
            "not_selected": dict(self.others),
        }


def read_material(settings: DataSettings, *, on_progress: OnProgress | None = None) -> Material:
    """Read the recordings that the settings select.

    What results of the whole project are reported on (`datasets.provenance`) is always left out.

    Raises:
        InputError: there is no folder or no recording, a listed id has none or one that cannot be used, or fewer than
            `items` can be used; the message gives the numbers.
        Cancelled: the callback asked for it.
    """
    order, others = chosen(settings)
    wanted = len(order) if settings.items is None or settings.ids is not None else settings.items
    if len(order) < wanted:
        raise InputError(_too_few(settings, wanted, len(order), in_words(others)))
    count = wanted * settings.samples
    require(count <= MOST_NUMBERS, f"{wanted} items of {settings.samples} samples are too many: {count} numbers")
    read = _Reading(settings)
    report = Reporter(on_progress)
    report.stage("reading recordings", 0.0, 1.0)
    for item in order:
        if len(read.kept) < wanted:
            read.take(item)
            report(len(read.kept) / wanted)
    report.finish()
    if settings.ids is not None and read.left_out:
        name, reason = next(iter(read.left_out.items()))
        raise InputError(f"{len(read.left_out)} of {wanted} listed recordings cannot be used; {name}: {reason}")
    if not read.kept or (settings.items is not None and len(read.kept) < wanted):
        name, reason = next(iter(read.left_out.items()))
        unusable = f"; {len(read.left_out)} cannot be used, the first is {name}: {reason}"
        raise InputError(_too_few(settings, wanted, len(read.kept), in_words(others) + unusable))
    return read.material(order if settings.ids is not None else sorted(order, key=lambda item: item.path), others)


def chosen(settings: DataSettings) -> tuple[list[Item], Counter[str]]:
    """Return the candidates in the order in which they are taken, and how many others there are for each reason.

    Raises:
        InputError: there are none, or a listed id has no recording.
    """
    folder = settings.found_folder()
    there = read_part(folder, settings.layout)
    items = without_held_out(there)
    if settings.ids is not None:
        return with_ids(items, settings.ids), Counter()
    if not items:
        raise InputError(f"all {len(there)} recordings of {folder} are held out: results are reported on them")
    found = matching(items, folder, settings.include, settings.exclude)
    others = +Counter({"held out": len(there) - len(items), "another path": len(items) - len(found)})
    if settings.unseen_share > 0:
        shares = {"learned": 1 - settings.unseen_share, "unseen": settings.unseen_share}
        part = split(found, shares, by=settings.unseen_by, seed=settings.seed)[settings.part]
        others["the other part"] = len(found) - len(part)
        found = part
    order, more = candidates(found, settings.rule(), seed=settings.seed)
    if not order:
        raise InputError(f"the selection leaves no recording of {folder}{in_words(others + more)}")
    return order, others + more


def _too_few(settings: DataSettings, wanted: int, found: int, reasons: str) -> str:
    return f"{wanted} items are asked for, and {settings.found_folder()} has {found} that fit{reasons}"


class _Reading:
    """Recordings as they are taken one by one."""

    def __init__(self, settings: DataSettings) -> None:
        self.settings = settings
        self.kept: dict[str, tuple[NDArray[np.float32], float]] = {}
        self.left_out: dict[str, str] = {}
        self.changed: Counter[str] = Counter()

    def take(self, item: Item) -> None:
        """Read an item; note what had to be done, or why it cannot be used."""
        try:
            samples, changes = brought(item.path, self.settings.samples, self.settings.rate)
        except InputError as error:
            self.left_out[item.id] = " ".join(str(error).replace(str(item.path), item.path.name).split())
            return
        if float(np.abs(samples).max()) < SILENCE:
            self.left_out[item.id] = "silent"
            return
        gain = gain_of(samples, self.settings.scaling)
        self.kept[item.id] = samples * np.float32(gain), gain
        self.changed.update(changes)

    def material(self, order: Iterable[Item], others: Counter[str]) -> Material:
        """Return what has been read, in this order."""
        items = [item for item in order if item.id in self.kept]
        return Material(
            waveforms=np.stack([self.kept[item.id][0] for item in items]),
            gains=np.array([self.kept[item.id][1] for item in items], np.float32),
            items=tuple(described(item) for item in items),
            settings=self.settings,
            left_out=self.left_out,
            changed=self.changed,
            others=others,
        )


def brought(path: Path, samples: int, rate: int) -> tuple[NDArray[np.float32], list[str]]:
    """Return the first `samples` samples of a recording at `rate` Hz in one channel, and what was done for that.

    Raises:
        InputError: it cannot be read, or holds NaN.
    """
    with open_audio(path) as sound:
        needed = ceil((samples / rate + MARGIN_SECONDS) * sound.rate)
        audio = Audio(sound.read(0, min(needed, sound.sample_count)), sound.rate)
        length = sound.sample_count * rate / sound.rate
    changes = {
        "resampled": audio.rate != rate,
        "mixed": audio.channels > 1,
        "cut": length >= samples + 1,
        "padded": length <= samples - 1,
    }
    signal = resample(audio.mono(), rate).samples[0, :samples]
    signal = np.pad(signal, (0, samples - len(signal)))
    return np.asarray(signal, np.float32), [name for name, done in changes.items() if done]


def gain_of(samples: NDArray[np.float32], scaling: str) -> float:
    """Return the gain that scaling gives a sound that is not silent."""
    peak = float(np.abs(samples).max())
    if scaling == "none":
        return 1.0
    if scaling == "peak":
        return 1 / peak
    return min(LEVEL / float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))), 1 / peak)


def described(item: Item) -> Recording:
    """Return what an item of a dataset is."""
    return Recording(
        name=item.id,
        label=word_of(item) or item.speaker or item.path.stem,
        family=family_of(item),
        pitch=pitch_of(item),
        speaker=item.speaker,
        licence=item.licence,
    )
