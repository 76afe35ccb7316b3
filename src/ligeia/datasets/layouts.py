"""Readers of datasets as they are published: each a function from a folder to items.

Speakers get names that hold across datasets (`LibriSpeech-103`, `VCTK-p225`), so that a split by speaker also holds
where datasets are joined. What a corpus says of an item goes into its label; `official` is the split that its makers
chose (train, validation, test). Durations are left open where only the recordings have them: see `manifest.measured`.
"""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ligeia.datasets.manifest import MANIFEST, Item, check_unique, read_manifest, speaker_in
from ligeia.errors import InputError

ENDINGS = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aif", ".aiff", ".m4a")
"""Endings of files that count as recordings where a folder is searched."""
MAX_BYTES = 2**30
"""Size of a list (of speakers, of notes) at most; NSynth's largest has 150 MB."""
QUALITIES = (
    *("bright", "dark", "distortion", "fast_decay", "long_release"),
    *("multiphonic", "nonlinear_env", "percussive", "reverb", "tempo-synced"),
)
"""NSynth's ten qualities, in the order of its flags."""
OFFICIAL = {"train": "train", "dev": "validation", "valid": "validation", "test": "test"}
"""Official splits, by how the names of corpora's folders begin."""


@dataclass(frozen=True)
class Layout:
    """A way in which datasets lie in folders."""

    name: str
    summary: str
    """The files by which it is known."""
    recognise: Callable[[Path], bool]
    """Cheap test of whether a folder is laid out so."""
    read: Callable[[Path], Iterable[Item]]
    """Items of a folder."""


def data_folder() -> Path | None:
    """Return the folder of recordings that the environment variable LIGEIA_DATA names, if it names one."""
    named = os.environ.get("LIGEIA_DATA")
    return Path(named) if named else None


def read_dataset(folder: Path, layout: str | None = None) -> list[Item]:
    """Read the items of a dataset, sorted by path; without `layout` (a name of `LAYOUTS`) it is recognised.

    Raises:
        InputError: the folder or the layout does not exist, there are no items, or its lists are damaged.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"cannot read the dataset {folder}: it is not a folder")
    reader = _layout(folder, layout)
    try:
        items = sorted(reader.read(folder.resolve()), key=lambda item: item.path)
    except OSError as error:
        raise InputError(f"cannot read the dataset {folder}: {error.filename}: {error.strerror}") from error
    if not items:
        raise InputError(f"{folder} holds no recordings in the layout {reader.name} ({reader.summary})")
    check_unique(items, folder)
    return items


def read_part(folder: Path, layout: str | None = None) -> list[Item]:
    """Read the items below a folder that may be part of a dataset: where a manifest lies up to two levels above, by it.

    Raises:
        InputError: as `read_dataset`, or the manifest lists nothing below the folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"cannot read the dataset {folder}: it is not a folder")
    whole = next((above for above in folder.resolve().parents[:2] if (above / MANIFEST).is_file()), None)
    if layout is not None or whole is None or (folder / MANIFEST).is_file():
        return read_dataset(folder, layout)
    items = [item for item in read_dataset(whole, "manifest") if item.path.is_relative_to(folder.resolve())]
    if not items:
        raise InputError(f"{whole / MANIFEST} lists no recording below {folder.name}; read it by another layout")
    return items


def _layout(folder: Path, name: str | None) -> Layout:
    if name is None:
        return next(layout for layout in LAYOUTS if layout.recognise(folder))
    for layout in LAYOUTS:
        if layout.name == name:
            return layout
    raise InputError(f"unknown layout {name!r}; there are: {', '.join(layout.name for layout in LAYOUTS)}")


def audio_files(folder: Path) -> Iterator[Path]:
    """Yield the recordings below a folder, by their endings; hidden ones are left out."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in ENDINGS and not path.name.startswith(".") and path.is_file():
            yield path


def _label(**facts: object) -> str:
    return "; ".join(f"{name}={value}" for name, value in facts.items() if value not in ("", None))


def _lines(path: Path) -> list[str]:
    """Return the lines of a list that a corpus may have; none where it is missing."""
    if not path.is_file():
        return []
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path} is too large for a list: {path.stat().st_size} bytes")
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


def _inner(folder: Path, name: str) -> Path:
    """Return the subfolder of recordings; a copy may have the recordings alone."""
    return folder / name if (folder / name).is_dir() else folder


def _folder(folder: Path) -> Iterator[Item]:
    for path in audio_files(folder):
        name = path.relative_to(folder)
        kind = "" if name.parent == Path() else name.parent.as_posix()
        yield Item(id=name.as_posix(), path=path, set=folder.name, speaker=speaker_in(name.name), label=kind)


def _librispeech(folder: Path) -> Iterator[Item]:
    """`train-clean-100/19/198/19-198-0000.flac`; the folder may also be one subset, or hold one called LibriSpeech."""
    lists = [folder / "SPEAKERS.TXT", folder / "LibriSpeech" / "SPEAKERS.TXT", folder.parent / "SPEAKERS.TXT"]
    rows = [line.split("|") for path in lists for line in _lines(path) if not line.startswith(";")]
    genders = {row[0].strip(): row[1].strip() for row in rows if len(row) > 2}
    for path in audio_files(folder):
        match = re.fullmatch(r"(\d+)-(\d+)-\d{4}", path.stem)
        if match and path.parent.name == match[2]:
            speaker, subset = match[1], path.parents[2].name
            official = OFFICIAL.get(subset.partition("-")[0], "")
            label = _label(chapter=match[2], subset=subset, gender=genders.get(speaker), official=official)
            yield Item(id=path.stem, path=path, set="librispeech", speaker=f"LibriSpeech-{speaker}", label=label)


def _vctk(folder: Path) -> Iterator[Item]:
    """`wav48_silence_trimmed/p225/p225_001_mic1.flac` (0.92), or `wav48/p225/p225_001.wav` (0.80)."""
    rows = [line.split() for line in _lines(folder / "speaker-info.txt")[1:]]
    about = {row[0]: row for row in rows if len(row) > 3}
    for path in audio_files(folder):
        match = re.fullmatch(r"([ps]\d+)_(\d{3})(?:_(mic\d))?", path.stem)
        if match and path.parent.name == match[1]:
            row = about.get(match[1], ["", "", "", ""])
            label = _label(utt=match[2], mic=match[3], gender=row[2], accent=row[3])
            yield Item(id=path.stem, path=path, set="vctk", speaker=f"VCTK-{match[1]}", label=label)


def _lj_speech(folder: Path) -> Iterator[Item]:
    """`wavs/LJ001-0001.wav`: one speaker, so that splits go by chapter."""
    for path in audio_files(_inner(folder, "wavs")):
        match = re.fullmatch(r"(LJ\d{3})-\d{4}", path.stem)
        if match:
            yield Item(id=path.stem, path=path, set="lj_speech", speaker="LJSpeech", label=_label(chapter=match[1]))


def _gtzan(folder: Path) -> Iterator[Item]:
    """`genres_original/blues/blues.00000.wav`, or `genres/blues/blues.00000.au`; artists are not named."""
    for path in sorted(folder.rglob("*.*.*")):
        match = re.fullmatch(r"([a-z]+)\.\d{5}\.(wav|au|flac)", path.name)
        if match and path.parent.name == match[1] and path.is_file():
            yield Item(id=path.stem, path=path, set="gtzan", label=_label(genre=match[1]))


def _nsynth(folder: Path) -> Iterator[Item]:
    """`nsynth-train/examples.json` beside `nsynth-train/audio/*.wav`; the folder may also be one of the three parts."""
    for index in [folder / "examples.json", *sorted(folder.glob("nsynth-*/examples.json"))]:
        if index.is_file():
            part = index.parent.name.removeprefix("nsynth-")
            for name, note in _notes(index).items():
                path = index.parent / "audio" / f"{name}.wav"
                if path.is_file():
                    yield _note(name, note, path, OFFICIAL.get(part, ""))


def _notes(index: Path) -> dict[str, dict[str, object]]:
    try:
        notes = json.loads("\n".join(_lines(index)))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{index} is not a list of NSynth notes: {error}") from error
    valid = isinstance(notes, dict) and all(isinstance(note, dict) for note in notes.values())
    if not valid or not all(re.fullmatch(r"[\w-]+", name) for name in notes):
        raise InputError(f"{index} is not a list of NSynth notes: it must map names of notes to their facts")
    return dict(notes)


def _qualities(note: Mapping[str, object]) -> str:
    """Return the qualities of a note; "unknown" where they are damaged: flags and names must agree."""
    names, flags = note.get("qualities_str"), note.get("qualities")
    if names is None and flags is None:
        return "unknown"
    flagged = []
    if flags is not None:
        if not isinstance(flags, list) or len(flags) != len(QUALITIES) or any(flag not in (0, 1) for flag in flags):
            return "unknown"
        flagged = [name for name, flag in zip(QUALITIES, flags, strict=True) if flag]
    if names is None:
        return ",".join(flagged)
    if not isinstance(names, list) or (flags is not None and len(names) != len(flagged)):
        return "unknown"
    return ",".join(map(str, names))


def _note(name: str, note: dict[str, object], path: Path, official: str) -> Item:
    label = _label(
        midi=note.get("pitch"),
        velocity=note.get("velocity"),
        family=note.get("instrument_family_str"),
        production=note.get("instrument_source_str"),
        qualities=_qualities(note),
        official=official,
    )
    instrument = str(note.get("instrument_str", name.rsplit("-", 2)[0]))
    return Item(id=name, path=path, set="nsynth", speaker=f"NSynth-{instrument}", label=label)


def _speech_commands(folder: Path) -> Iterator[Item]:
    """`yes/0a7c2a8d_nohash_0.wav`, with `testing_list.txt` and `validation_list.txt`; background noise is left out."""
    lists = {"test": "testing_list.txt", "validation": "validation_list.txt"}
    official = {line.strip(): part for part, name in lists.items() for line in _lines(folder / name)}
    for path in audio_files(folder):
        match = re.fullmatch(r"([0-9a-f]+)_nohash_(\d+)", path.stem)
        if match:
            name = path.relative_to(folder).as_posix()
            label = _label(word=path.parent.name, take=match[2], official=official.get(name, "train"))
            identity = name.removesuffix(path.suffix)
            yield Item(id=identity, path=path, set="speech_commands", speaker=f"SC-{match[1]}", label=label)


def _fsdd(folder: Path) -> Iterator[Item]:
    """`recordings/7_jackson_0.wav`: the first five takes of every digit and speaker are the official test."""
    for path in audio_files(_inner(folder, "recordings")):
        match = re.fullmatch(r"(\d)_([a-z]+)_(\d+)", path.stem)
        if match:
            official = "test" if int(match[3]) < 5 else "train"
            label = _label(digit=match[1], take=int(match[3]), official=official)
            yield Item(id=path.stem, path=path, set="fsdd", speaker=f"FSDD-{match[2]}", label=label)


def _has(*patterns: str) -> Callable[[Path], bool]:
    """Return a test for a file or folder of any of these patterns."""
    return lambda folder: any(next(folder.glob(pattern), None) is not None for pattern in patterns)


LAYOUTS: tuple[Layout, ...] = (
    Layout("manifest", MANIFEST, _has(MANIFEST), lambda folder: read_manifest(folder / MANIFEST)),
    Layout(
        "librispeech",
        "SPEAKERS.TXT, or folders such as train-clean-100",
        _has(
            "SPEAKERS.TXT",
            "LibriSpeech/SPEAKERS.TXT",
            "train-clean-*",
            "dev-clean",
            "test-clean",
            "[0-9]*/*/*.trans.txt",
        ),
        _librispeech,
    ),
    Layout("vctk", "speaker-info.txt, or a folder wav48", _has("speaker-info.txt", "wav48*"), _vctk),
    Layout("lj_speech", "wavs/LJ001-0001.wav", _has("wavs/LJ0*-*.wav"), _lj_speech),
    Layout("gtzan", "blues/blues.00000.wav", _has("blues/blues.0*", "genres*/blues"), _gtzan),
    Layout("nsynth", "nsynth-train/examples.json", _has("examples.json", "nsynth-*/examples.json"), _nsynth),
    Layout("speech_commands", "testing_list.txt", _has("testing_list.txt", "*/*_nohash_0.wav"), _speech_commands),
    Layout("fsdd", "recordings/0_jackson_0.wav", _has("recordings/[0-9]_*_*.wav"), _fsdd),
    Layout("folder", "any recordings; subfolders are labels", lambda _: True, _folder),
)
"""All layouts, in the order in which they are recognised."""
