"""Crops for training: seeded, of recordings that are decoded and resampled once and then mapped from disk.

The order of crops depends on the seed and the epoch alone, so that a run continues after a crash with the crops that
it would have had, and several processes share an epoch without communicating.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.atomic import atomic_path
from ligeia.audio.reading import open_audio
from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio
from ligeia.datasets.manifest import Item
from ligeia.errors import InputError
from ligeia.progress import OnProgress, Reporter

VERSION = 1
"""Part of the names of cached files: raised when what they hold changes."""
FORMATS = ("float32", "int16")
FULL_SCALE = 32768
ENTRY = re.compile(r"[0-9a-f]{40}\.npy|\.ligeia-[0-9a-f]{16}\.npy")
"""Names of cached files, and of those that a crash has left half-written."""
MAX_OPEN = 256
"""Files that are mapped at once; each holds a file descriptor."""
TO_THE_END = 2**62
"""Stop of a place that reaches to the end of its recording."""
STALE_SECONDS = 3600.0
"""Age from which a half-written file counts as left behind."""


class SampleCache:
    """Recordings at one rate, decoded once and kept as memory-mapped `.npy` files in a folder.

    A file is identified by its path, size and date, so that the next object decodes a changed recording again. When
    `max_bytes` are full, entries that this object has not used make room, the oldest first; what finds no room is
    decoded every time (`crowded` then says so). Without a folder, or where it cannot be written (`problem` then says
    why), recordings are kept in memory within the bound.

    Raises:
        InputError: the format is unknown, or the folder is not a folder.
    """

    def __init__(
        self,
        folder: Path | None,
        *,
        rate: int,
        mono: bool = True,
        sample_format: str = "float32",
        max_bytes: int = 2**33,
    ) -> None:
        if sample_format not in FORMATS:
            raise InputError(f"the sample format must be float32 or int16, got {sample_format!r}")
        if folder is not None and folder.exists() and not folder.is_dir():
            raise InputError(f"{folder} is not a folder, so it cannot hold cached recordings")
        self.folder, self.rate, self.mono, self.sample_format = folder, rate, mono, sample_format
        self.max_bytes = max_bytes
        self.problem: str | None = None
        self.crowded = False
        self._names: dict[Path, str] = {}
        self._used: set[str] = set()
        self._open: dict[str, NDArray[Any]] = {}
        self._memory: dict[str, NDArray[Any]] = {}

    def samples(self, path: Path) -> NDArray[Any]:
        """Return all samples of a recording, `[channels, n]` in the cache's format, read-only where they are mapped.

        Raises:
            InputError: the recording cannot be read, or is larger than the whole cache may be.
        """
        name = self._name(path)
        samples = self._memory.get(name)
        if samples is None:
            samples = self._mapped(name)
        if samples is None:
            samples = self._decoded(path)
            if not self._write(name, samples):
                if self._memory_bytes + samples.nbytes <= self.max_bytes:
                    self._memory[name] = samples
                else:
                    self.crowded = True
        return samples

    @property
    def _memory_bytes(self) -> int:
        return sum(samples.nbytes for samples in self._memory.values())

    def _name(self, path: Path) -> str:
        """Return the name of a recording's entry."""
        if path not in self._names:
            try:
                status = path.stat()
            except OSError as error:
                raise InputError(f"cannot read {path}: {error.strerror}") from error
            content = [str(path.resolve()), status.st_size, status.st_mtime_ns]
            content += [VERSION, self.rate, self.mono, self.sample_format]
            self._names[path] = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:40] + ".npy"
        return self._names[path]

    def _mapped(self, name: str) -> NDArray[Any] | None:
        """Return an entry; None where there is none, or none that is whole."""
        samples = self._open.pop(name, None)
        if samples is None:
            samples = self._loaded(name)
        if samples is not None:
            self._open[name] = samples  # the latest one is the last
            if len(self._open) > MAX_OPEN:
                self._open.pop(next(iter(self._open)))
        return samples

    def _loaded(self, name: str) -> NDArray[Any] | None:
        if self.folder is None:
            return None
        try:
            samples = np.load(self.folder / name, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        if samples.ndim != 2 or samples.dtype != self.sample_format:
            return None
        if name not in self._used:
            self._used.add(name)
            with suppress(OSError):  # the folder may be read-only
                os.utime(self.folder / name)
        return np.asarray(samples)

    def _decoded(self, path: Path) -> NDArray[Any]:
        with open_audio(path) as sound:
            size = sound.sample_count * sound.channels * max(1, self.rate / sound.rate) * 4
            if size > self.max_bytes:
                raise InputError(f"{path} is too long for a cache of {self.max_bytes} bytes: {sound.seconds:.0f} s")
            audio = Audio(sound.read(0, sound.sample_count), sound.rate)
        samples = resample(audio.mono() if self.mono else audio, self.rate).samples
        if self.sample_format == "float32":
            return np.array(samples)
        return np.clip(np.rint(samples * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)

    def _write(self, name: str, samples: NDArray[Any]) -> bool:
        """Keep an entry on disk, if there is a folder and room in it."""
        if self.folder is None or self.problem is not None:
            return False
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not self._make_room(samples.nbytes):
                return False
            with atomic_path(self.folder / name, overwrite=True) as temporary:
                np.save(temporary, samples, allow_pickle=False)
        except (OSError, InputError) as error:
            self.problem = f"recordings are not cached in {self.folder}: {error}"
            return False
        self._used.add(name)
        return True

    def _make_room(self, needed: int) -> bool:
        """Delete entries of earlier runs, the oldest first, until `needed` bytes fit into the bound."""
        assert self.folder is not None
        entries = []
        with os.scandir(self.folder) as listing:
            for entry in listing:
                if ENTRY.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                    status = entry.stat(follow_symlinks=False)
                    entries.append((status.st_mtime, status.st_size, entry.name))
        total = sum(size for _, size, _ in entries)
        for modified, size, name in sorted(entries):
            if total + needed <= self.max_bytes:
                return True
            half_written = name.startswith(".") and time() - modified < STALE_SECONDS
            if name not in self._used and not half_written:
                (self.folder / name).unlink(missing_ok=True)
                total -= size
        return total + needed <= self.max_bytes


def _as_float(samples: NDArray[Any]) -> NDArray[np.float32]:
    return np.array(samples, np.float32) / np.float32(FULL_SCALE if samples.dtype == np.int16 else 1)


@dataclass(frozen=True)
class Place:
    """A stretch of a recording that gives one crop in each epoch: samples `start:stop` at the cache's rate."""

    item: Item
    start: int
    stop: int


class Crops:
    """Crops of `samples` samples from the recordings of items, at the rate of a cache.

    In each epoch every item gives one crop at a random place, or with `segment` one from each stretch of so many
    samples (after the first `skip`; what is left over at the end is not used). Without `random_start` crops begin where
    their stretches begin, as validation wants it. Recordings that are shorter than a crop are followed by zeros.

    Raises:
        InputError: the lengths are not positive, a segment is shorter than a crop, or there is nothing to crop.
    """

    def __init__(
        self,
        items: Sequence[Item],
        cache: SampleCache,
        samples: int,
        *,
        segment: int | None = None,
        skip: int = 0,
        random_start: bool = True,
        seed: int = 0,
    ) -> None:
        if samples < 1 or skip < 0 or (segment is not None and segment < samples):
            raise InputError(f"cannot take crops of {samples} samples from segments of {segment} after {skip}")
        self.cache, self.samples, self.seed = cache, samples, seed
        self._segment, self._skip, self._random_start = segment, skip, random_start
        self.places = [place for item in items for place in self._places(item)]
        if not self.places:
            raise InputError(f"there is nothing to crop: {len(items)} items, none of them long enough")

    def _places(self, item: Item) -> Iterator[Place]:
        if self._segment is None and not self._skip:
            yield Place(item, 0, TO_THE_END)  # its length is not needed before it is read
            return
        length = self.cache.samples(item.path).shape[1]
        size = length - self._skip if self._segment is None else self._segment
        for start in range(self._skip, length - max(size, 1) + 1, max(size, 1)):
            yield Place(item, start, start + size)

    def __len__(self) -> int:
        """Crops of an epoch, over all ranks."""
        return len(self.places)

    def order(self, epoch: int, *, rank: int = 0, ranks: int = 1) -> NDArray[np.int64]:
        """Return the numbers of the places of one of `ranks` processes in an epoch, in order: equally many for all."""
        order = np.random.default_rng([self.seed, 0, epoch, 0]).permutation(len(self.places))
        return order[rank : len(order) // ranks * ranks : ranks]

    def crop(self, number: int, epoch: int) -> NDArray[np.float32]:
        """Return the crop of place `number` in an epoch, float32 `[channels, samples]`.

        Raises:
            InputError: its recording cannot be read.
        """
        place = self.places[number]
        samples = self.cache.samples(place.item.path)
        stop = min(place.stop, samples.shape[1])
        free = stop - place.start - self.samples
        offset = 0
        if self._random_start and free > 0:
            offset = int(np.random.default_rng([self.seed, 1, epoch, number]).integers(free + 1))
        start = place.start + offset
        crop = _as_float(samples[:, start : min(start + self.samples, stop)])
        missing = self.samples - crop.shape[1]
        return np.pad(crop, ((0, 0), (0, missing))) if missing else crop

    def batches(
        self, epoch: int, size: int, *, rank: int = 0, ranks: int = 1, first: int = 0
    ) -> Iterator[NDArray[np.float32]]:
        """Yield batches `[size, channels, samples]` of an epoch from number `first` on, without an incomplete last one.

        Raises:
            InputError: there are too few crops for one batch, or recordings differ in their channels.
        """
        order = self.order(epoch, rank=rank, ranks=ranks)
        if len(order) < size:
            raise InputError(f"a batch needs {size} crops, and each of {ranks} processes has {len(order)}")
        for start in range(first * size, len(order) // size * size, size):
            crops = [self.crop(number, epoch) for number in order[start : start + size].tolist()]
            if len({crop.shape for crop in crops}) > 1:
                raise InputError("recordings differ in their channels: mix them to mono, or choose those of one kind")
            yield np.stack(crops)

    def fill_cache(self, *, on_progress: OnProgress | None = None) -> None:
        """Decode what is not cached yet."""
        report = Reporter(on_progress)
        report.stage("reading recordings", 0.0, 1.0)
        paths = sorted({place.item.path for place in self.places})
        for number, path in enumerate(paths):
            self.cache.samples(path)
            report((number + 1) / len(paths))
        report.finish()
