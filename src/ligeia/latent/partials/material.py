"""Material of a family of notes: recordings by instrument and dynamic, and the levels of their partials and noise.

A recording is one note whose manifest states its pitch (`midi=60`). What a note consists of is found once, by
`dsp.partials` and `dsp.noise_bands`, and kept at a few instants, dense behind the onset.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.reading import open_audio
from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio
from ligeia.datasets.layouts import data_folder, read_dataset
from ligeia.datasets.manifest import Item
from ligeia.datasets.provenance import without_held_out
from ligeia.dsp.noise_bands import band_levels
from ligeia.dsp.partials import MOST_PARTIALS, add_partials, find_partials, frame_hop
from ligeia.errors import InputError
from ligeia.progress import OnProgress, Reporter
from ligeia.training.config import require

Reals = NDArray[np.floating[Any]]

_DYNAMIC = re.compile(r"(?<!_\d{3})_(pp|p|mp|mf|f|ff|v[lL]\d?|vH|aa|oo)(?=_|$)")
"""Dynamic or vowel of a note, as the names of recordings state it."""
QUIETEST_DB = -100.0
"""Levels below this, relative to the loudest 50 ms of the note, are as good as nothing."""
LEVEL_SECONDS = 0.05
NOISE_FRAMES = 5
"""The power of noise is averaged over so many frames, so that levels are those of its mean."""
NOISE_MARGIN_DB = 3.0
"""Reduction of the noise's level: what moving partials leave of themselves is counted as noise too."""
STOP_DB, STOP_SECONDS = 6.0, 0.05
"""A note stops where it falls by so much in so short a time, for good."""
EARLIEST_STOP = 0.25
FADE_SECONDS = 0.02
"""The end of a recording is a fade-out: nothing is learned from it."""


def instants(seconds: float = 1.0) -> Reals:
    """Return the instants at which levels are kept, dense behind the onset, in seconds: multiples of 5 ms."""
    early = np.arange(0, 0.05, 0.005)
    middle = np.arange(0.05, 0.2, 0.01)
    return np.concatenate([early, middle, np.arange(0.2, seconds, 0.02)]).round(3)


@dataclass(frozen=True, kw_only=True)
class NoteData:
    """Settings of the material: the table `[data]`.

    Raises:
        InputError: a setting is out of range.
    """

    folder: Path | None = None
    """Folder of recordings with a manifest; None: LIGEIA_DATA."""
    instruments: dict[str, str]
    """Name of each instrument, and the pattern of its recordings' paths (`train/notes/bearsax_*`)."""
    sustained: tuple[str, ...] = ()
    """Instruments that hold a note as long as they are blown or bowed, whatever a second of it says."""
    rate: int = 16000
    """Recordings are resampled to this rate."""
    bands: int = 24
    """Bands of the noise."""
    unseen_every: int = 0
    """The pitches of an instrument whose MIDI number is this many apart, beginning with `unseen_first`, are not learned
    from; 0: all are."""
    unseen_first: int = 4

    def __post_init__(self) -> None:
        require(bool(self.instruments), "instruments must name one at least")
        unknown = [name for name in self.sustained if name not in self.instruments]
        require(not unknown, f"sustained names {unknown[:1]}, which is not among the instruments")
        require(self.unseen_every >= 0, f"unseen_every must be at least 0, got {self.unseen_every}")
        require(1000 <= self.rate <= 384_000, f"rate must lie between 1000 and 384000 Hz, got {self.rate}")
        require(4 <= self.bands <= 80, f"bands must lie between 4 and 80, got {self.bands}")

    def unseen(self, midi: float) -> bool:
        """Tell whether notes of this pitch are kept for tests."""
        return bool(self.unseen_every) and (round(midi) - self.unseen_first) % self.unseen_every == 0

    def found_folder(self) -> Path:
        """Return the folder of recordings.

        Raises:
            InputError: neither the settings nor LIGEIA_DATA names one.
        """
        if (folder := self.folder or data_folder()) is None:
            raise InputError("no folder of recordings: set folder in [data], or the environment variable LIGEIA_DATA")
        return folder


@dataclass(frozen=True)
class Note:
    """A recording of one note."""

    item: Item
    instrument: str
    voice: str
    """Instrument and dynamic: what a code stands for, such as "piano/vL"."""
    midi: float

    @property
    def name(self) -> str:
        """Name of the recording, without folder and ending."""
        return self.item.path.stem


def find_notes(config: NoteData) -> list[Note]:
    """Return the recordings of the instruments, by instrument and pitch; those that are held out house-wide are not.

    Raises:
        InputError: an instrument has no recordings, or one of them states no pitch.
    """
    items = without_held_out(read_dataset(config.found_folder()))
    notes = []
    for instrument, pattern in config.instruments.items():
        chosen = [item for item in items if fnmatchcase(item.id, pattern)]
        if not chosen:
            raise InputError(f"no recording of the instrument {instrument} in {config.found_folder()}: {pattern}")
        notes += sorted((_note(item, instrument) for item in chosen), key=lambda note: (note.midi, note.name))
    return notes


def _note(item: Item, instrument: str) -> Note:
    try:
        midi = float(item.tags["midi"])
    except (KeyError, ValueError) as error:
        raise InputError(f"{item.id} states no pitch: its label must have midi=, got {item.label!r}") from error
    dynamics = _DYNAMIC.findall(item.path.stem)
    return Note(item, instrument, f"{instrument}/{dynamics[-1]}" if dynamics else instrument, midi)


def read_note(note: Note, rate: int) -> Reals:
    """Return the samples of a note, one channel, `[time]`."""
    sound = open_audio(note.item.path)
    audio = resample(Audio(sound.read(0, sound.sample_count), sound.rate), rate)
    return np.asarray(audio.samples.mean(axis=0), np.float64)


@dataclass(frozen=True, eq=False)
class Targets:
    """Targets of learning: arrays whose first axis is the note; levels in dB, relative to the note's loudest."""

    levels: NDArray[np.float32]
    """Levels of partials, `[notes, partials, instants]`."""
    noise: NDArray[np.float32]
    """Levels of bands, `[notes, bands, instants]`."""
    counts: NDArray[np.int64]
    """Partials of each note."""
    heard: NDArray[np.bool_]
    """The instants before the note stops, `[notes, instants]`."""
    cents: NDArray[np.float32]
    """Pitch relative to the middle of the note, `[notes, instants]`."""
    pitches: NDArray[np.float32]
    """Pitch of the first partial, in semitones."""
    inharmonicity: NDArray[np.float32]
    """The logarithm to base 10 of B, `STIFF_FLOOR` where there is none."""
    sustained: NDArray[np.bool_]
    """True where the instrument holds its notes, `[notes]`."""
    hz: NDArray[np.float32]
    """Frequencies of partials, `[notes, partials]`."""
    voices: NDArray[np.int64]
    """Number of each note's voice."""
    voice_names: tuple[str, ...]
    names: tuple[str, ...]
    """Name of each note."""


STIFF_FLOOR = -6.0
"""Logarithm of an inharmonicity that is none."""


def read_targets(
    notes: Sequence[Note], config: NoteData, *, voices: Sequence[str], on_progress: OnProgress | None = None
) -> Targets:
    """Analyse notes of `voices`: partials, noise, and where each stops.

    Raises:
        InputError: a recording cannot be read.
    """
    rows: list[dict[str, Any]] = []
    report = Reporter(on_progress)
    report.stage("analysing notes", 0.0, 1.0)
    for number, note in enumerate(notes, 1):
        rows.append(_row(read_note(note, config.rate), note, config))
        report(number / len(notes))
    arrays = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    numbers = np.array([list(voices).index(note.voice) for note in notes])
    return Targets(**arrays, voices=numbers, voice_names=tuple(voices), names=tuple(note.name for note in notes))


def _row(samples: Reals, note: Note, config: NoteData) -> dict[str, Any]:
    partials = find_partials(samples, config.rate, note.midi)
    residual = samples - add_partials(partials, len(samples))
    hop, times = frame_hop(config.rate), instants()
    at = np.rint(times * config.rate / hop).astype(np.int64).clip(max=len(partials.envelopes) - 1)
    loudest = 20 * np.log10(loudest_rms(samples, config.rate) + 1e-9)
    levels = np.full((MOST_PARTIALS, len(times)), QUIETEST_DB)
    levels[: partials.envelopes.shape[1]] = decibels(np.abs(partials.envelopes[at].T)) - loudest
    noise = _noise_levels(residual, config, hop)[at.clip(max=len(samples) // hop)].T - loudest - NOISE_MARGIN_DB
    ratio = partials.ratio[at] / np.median(partials.ratio)
    hz = np.zeros(MOST_PARTIALS)
    hz[: len(partials.hz)] = partials.hz * np.median(partials.ratio)
    return {
        "levels": levels.clip(min=QUIETEST_DB).astype(np.float32),
        "noise": noise.clip(min=QUIETEST_DB).astype(np.float32),
        "counts": np.int64(partials.envelopes.shape[1]),
        "sustained": np.bool_(note.instrument in config.sustained),
        "heard": times < stop_seconds(samples, config.rate),
        "cents": (1200 * np.log2(ratio)).astype(np.float32),
        "pitches": np.float32(69 + 12 * np.log2(hz[0] / 440)),
        "inharmonicity": np.float32(max(np.log10(partials.inharmonicity + 1e-12), STIFF_FLOOR)),
        "hz": hz.astype(np.float32),
    }


def _noise_levels(residual: Reals, config: NoteData, hop: int) -> Reals:
    levels = band_levels(residual, config.rate, config.bands, hop)
    power, window = 10 ** (levels / 10), np.ones(NOISE_FRAMES)
    weight = np.convolve(np.ones(len(power)), window, "same")
    averaged = np.stack([np.convolve(column, window, "same") / weight for column in power.T], axis=1)
    # Averaged over the frames behind an onset, not over the silence before it.
    averaged[: NOISE_FRAMES // 2] = power[: NOISE_FRAMES // 2]
    return np.asarray(10 * np.log10(averaged))


def decibels(amplitudes: Reals) -> Reals:
    """Return the levels of sines of these amplitudes, whose power is half the square."""
    return np.asarray(20 * np.log10(amplitudes / np.sqrt(2) + 1e-9))


def loudest_rms(samples: Reals, rate: int) -> float:
    """Return the root mean square of the loudest `LEVEL_SECONDS`."""
    size = min(round(LEVEL_SECONDS * rate), len(samples))
    sums = np.concatenate([[0.0], np.cumsum(np.square(samples))])
    return float(np.sqrt((sums[size:] - sums[:-size]).max() / size))


def stop_seconds(samples: Reals, rate: int) -> float:
    """Return where a note stops: at a sudden fall behind which it stays quiet, or at the end."""
    hop = frame_hop(rate)
    power = np.convolve(np.square(samples), np.ones(8 * hop) / (8 * hop), "same")[::hop] + 1e-12
    level = 10 * np.log10(power)
    span = round(STOP_SECONDS * rate / hop)
    after = np.maximum.accumulate(level[::-1])[::-1]
    falls = np.flatnonzero(after[span:] < level[:-span] - STOP_DB)
    falls = falls[falls * hop > EARLIEST_STOP * rate]
    end = len(samples) / rate - FADE_SECONDS
    return min(float(falls[0] * hop / rate) - FADE_SECONDS, end) if len(falls) else end


def facts_of(notes: Sequence[Note]) -> Mapping[str, object]:
    """Return what there is to say about the material: recordings and licences by instrument."""
    table: dict[str, dict[str, object]] = {}
    for note in notes:
        entry = table.setdefault(note.instrument, {"notes": 0, "licence": note.item.licence})
        entry["notes"] = int(str(entry["notes"])) + 1
    return table
