"""Renditions of a job's result to hear and see: matching WAV files of recording and result, overviews of both."""

import hashlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np

from ligeia.audio.reading import AudioFile, open_audio
from ligeia.audio.resample import Resampled
from ligeia.audio.signal import Sound
from ligeia.audio.writing import AudioWriter
from ligeia.server.overview import Difference, overview
from ligeia.server.tasks.task import Made, write_floats

BLOCK_SECONDS = 10.0
FINE = ("PCM_24", "PCM_32", "FLOAT", "DOUBLE")
"""Sample formats of recordings that are finer than 16 bits."""


@dataclass(frozen=True)
class File:
    """A file that a job made, and where it is to lie."""

    kind: str
    path: Path
    key: str
    name: str
    """Under which it is downloaded."""

    def row(self) -> dict[str, object]:
        """Return its row in the table of results, but for the job."""
        with self.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = self.path.stat().st_size
        return {"kind": self.kind, "key": self.key, "bytes": size, "sha256": digest, "name": self.name}


@dataclass(frozen=True)
class Names:
    """Keys and names of the files of one attempt at a job."""

    label: str
    """The name of the recording, which is a stranger's: no part of a key."""
    sound: str
    job: str
    attempt: str

    def own(self, kind: str, ending: str) -> str:
        """Return the key of a file of this attempt alone."""
        return f"jobs/{self.job}/{kind}-{self.attempt}{ending}"

    def file(self, suffix: str, ending: str) -> str:
        """Return the name of a download."""
        return f"{PurePath(self.label).stem or 'sound'}{suffix}{ending}"


def stream_file(made: Made, names: Names) -> list[File]:
    """Return the stream, where there is one."""
    if made.stream is None:
        return []
    return [File("lig", made.stream, names.own("lig", ".lig"), names.file("", ".lig"))]


def files_of(made: Made, sound: Sound, names: Names, folder: Path, on_share: Callable[[float], None]) -> list[File]:
    """Return the recording and the result as WAV files of one rate and length, and the overviews; all in `folder`."""
    fine = getattr(sound, "subtype", None) in FINE
    with ExitStack() as close:
        estimate = close.enter_context(open_audio(made.estimate))
        rate = estimate.rate
        reference = sound if rate == sound.rate else close.enter_context(_resampled(sound, rate, folder))
        if reference.sample_count != estimate.sample_count:
            raise ValueError(f"{estimate.sample_count} samples of {reference.sample_count} came out of a task")
        wav, original = folder / "result.wav", folder / "reference.wav"
        write_heard(estimate, wav, fine=fine)
        on_share(0.2)
        write_heard(reference, original, fine=fine)
        on_share(0.4)
        shared = f"sounds/{names.sound}"
        files = [
            File("wav", wav, names.own("wav", ".wav"), names.file(made.ending, ".wav")),
            File("reference", original, f"{shared}/reference-{rate}.wav", names.file("-original", ".wav")),
        ]
        error = Difference(estimate, reference)
        sounds = {"overview": estimate, "reference_overview": reference, "error_overview": error}
        for number, (kind, drawn) in enumerate(sounds.items()):
            path = folder / kind
            path.write_bytes(overview(drawn, _part(on_share, 0.4 + 0.2 * number, 0.2)))
            key = f"{shared}/overview-{rate}" if kind == "reference_overview" else names.own(kind, "")
            files.append(File(kind, path, key, names.file(f"-{kind.replace('_', '-')}", ".lgov")))
    return files


def _part(on_share: Callable[[float], None], begin: float, size: float) -> Callable[[float], None]:
    return lambda share: on_share(begin + size * share)


def _resampled(sound: Sound, rate: int, folder: Path) -> AudioFile:
    """Return a sound at another rate, from a file: it is read several times."""
    other, path = Resampled(sound, rate), folder / "resampled.wav"
    step = max(round(BLOCK_SECONDS * rate), 1)
    pieces = (other.read(at, at + step) for at in range(0, other.sample_count, step))
    write_floats(path, rate, sound.channels, pieces)
    return open_audio(path)


def write_heard(sound: Sound, path: Path, *, fine: bool) -> None:
    """Write a sound with 16 bits (24 where it was `fine`), or as floats where it goes beyond full scale."""
    step = max(round(BLOCK_SECONDS * sound.rate), 1)
    starts = range(0, sound.sample_count, step)
    peak = max((float(np.abs(sound.read(at, at + step)).max(initial=0.0)) for at in starts), default=0.0)
    subtype = "FLOAT" if peak > 1 else "PCM_24" if fine else "PCM_16"
    with AudioWriter(path, rate=sound.rate, channels=sound.channels, subtype=subtype) as writer:
        for at in starts:
            writer.write(sound.read(at, at + step))
