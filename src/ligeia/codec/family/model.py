"""The file of a family of sounds: one trained function with a code for each sound, as safetensors.

The header has one string, `ligeia`: JSON with the fields of `FamilyModel` that are not arrays. The arrays are the
decoder's (`decoder.<name>`), `codes [items, numbers]` of the sounds that it has learned from, and whatever else a kind
of family keeps. This is the only place that reads or writes such files.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.family.settings import DecoderSettings, settings_kind
from ligeia.codec.header import DIGEST_BYTES, MAX_LENGTH, MAX_RATE, Arrays, ModelId
from ligeia.errors import InputError
from ligeia.training.config import settings_from
from ligeia.weights_file import arrays_of, from_json, read_header, read_weights, shapes_of, strings_of

FORMAT = 1
KEY = "ligeia"
"""The name of the string in the header."""
DECODER = "decoder."
"""The beginning of the names of the decoder's arrays."""
MAX_ITEMS = 2**20
MAX_NUMBERS = 2**16
"""Numbers of a code at most."""
MAX_TEXT = 256
"""Characters of a name or a label at most."""
MAX_SETTINGS = 256
MAX_ENTRIES = 2**12
"""Entries of a list in the settings at most."""

Settings = Mapping[str, Any]


@dataclass(frozen=True, eq=False, kw_only=True)
class FamilyModel:
    """A family of sounds: a decoder of some kind, its numbers, and the codes of the sounds it has learned from.

    Raises:
        InputError: a field is out of range, or fields do not fit together.
    """

    name: str
    """1 to 32 of a-z, 0-9, `.`, `_` and `-`: half of the identifier by which streams name the model."""
    kind: str
    """The kind of decoder."""
    settings: Settings
    """The decoder's settings: numbers, texts, truth values and lists of them; `code` is the numbers of a code."""
    rate: int
    """Samples per second of the sounds."""
    samples: int
    """Samples of a sound: the coordinates -1 to 1."""
    codes: NDArray[np.floating] = field(repr=False)
    """The codes of the sounds that it has learned from, `[items, numbers]`."""
    arrays: Mapping[str, NDArray[np.generic]] = field(repr=False)
    """The decoder's arrays by name: float32, float16 or int8 to write, float32 once read."""
    others: Mapping[str, NDArray[np.generic]] = field(default_factory=dict, repr=False)
    """Whatever else the kind keeps, by name."""
    names: tuple[str, ...] = ()
    """Name of each sound; or none."""
    labels: tuple[str, ...] = ()
    """Label of each sound, such as its instrument or word; or none."""
    pitches: tuple[float, ...] = ()
    """Pitch of each sound in semitones, A4 = 69; or none."""
    facts: Settings = field(default_factory=dict, repr=False)
    """Facts about how it was made: plain values."""
    digest: bytes = b""
    """The first 8 bytes of the SHA-256 of its file; empty where it has none yet."""
    size: int = 0
    """Bytes of its file."""

    def __post_init__(self) -> None:
        ModelId(self.name, self.digest or bytes(DIGEST_BYTES))
        if not re.fullmatch(r"[a-z0-9_]{1,64}", self.kind):
            raise InputError(f"{self.kind!r} is not a valid kind of family")
        _check_count("rate", self.rate, MAX_RATE)
        _check_count("samples", self.samples, MAX_LENGTH)
        check_settings(self.settings)
        codes = np.asarray(self.codes)
        if codes.shape != (self.items, self.numbers) or not 1 <= self.items <= MAX_ITEMS:
            raise InputError(f"codes must be [items, {self.numbers}], with 1 to {MAX_ITEMS} items, got {codes.shape}")
        object.__setattr__(self, "names", _checked_texts("names", self.names, self.items))
        object.__setattr__(self, "labels", _checked_texts("labels", self.labels, self.items))
        object.__setattr__(self, "pitches", _checked_pitches(self.pitches, self.items))

    @property
    def items(self) -> int:
        """Sounds that it has learned from."""
        return int(np.shape(self.codes)[0]) if np.ndim(self.codes) == 2 else 0

    @property
    def numbers(self) -> int:
        """Numbers of a code."""
        return int(self.settings["code"])

    @cached_property
    def decoder(self) -> DecoderSettings:
        """The decoder's settings, checked.

        Raises:
            InputError: they are not valid settings of this kind, or there is no such kind.
        """
        return decoder_settings(self.kind, self.settings)

    @property
    def seconds(self) -> float:
        """Duration of a sound."""
        return self.samples / self.rate

    @property
    def id(self) -> ModelId:
        """The identifier by which streams name the model; only one that was written to a file, or read, has it.

        Raises:
            InputError: it has no digest yet.
        """
        if not self.digest:
            raise InputError(f"the family {self.name} has no identifier before it is written to a file")
        return ModelId(self.name, self.digest)


def model_bytes(model: FamilyModel) -> bytes:
    """Return the file of a model; each array is stored in the type that it has.

    Raises:
        InputError: an array is not float32, float16 or int8, or is not finite.
    """
    from safetensors.numpy import save

    fields = {"format": FORMAT, "name": model.name, "kind": model.kind, "decoder": dict(model.settings)}
    fields |= {"rate": model.rate, "samples": model.samples, "names": model.names, "labels": model.labels}
    fields |= {"pitches": model.pitches, "facts": dict(model.facts)}
    arrays = {f"{DECODER}{name}": np.asarray(value) for name, value in model.arrays.items()}
    arrays |= {name: np.asarray(value) for name, value in model.others.items()} | {"codes": np.asarray(model.codes)}
    for name, value in arrays.items():
        if value.dtype not in (np.float32, np.float16, np.int8):
            raise InputError(f"{name} must be float32, float16 or int8, got {value.dtype}")
    text = json.dumps(fields, separators=(",", ":"), sort_keys=True, allow_nan=False)
    stream: bytes = save({name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)}, {KEY: text})
    arrays_of(stream, f"the family {model.name}")
    return stream


def with_digest(model: FamilyModel) -> FamilyModel:
    """Return a model as its file would be read again: arrays as stored, and the digest."""
    return parse_model(model_bytes(model), f"the family {model.name}")


def read_model(path: Path | str) -> FamilyModel:
    """Read the file of a family.

    Raises:
        InputError: it cannot be read, is damaged, or is not such a file.
    """
    stream, _ = read_weights(Path(path))
    return parse_model(stream, str(path))


def is_family(path: Path) -> bool:
    """Tell whether a file is a family of sounds, by its header: one command takes models of several kinds."""
    try:
        return KEY in read_header(path)
    except InputError:
        return False


def parse_model(stream: bytes, place: str) -> FamilyModel:
    """Return the model in the bytes of a file; `place` begins the messages.

    Raises:
        InputError: they are not a valid family.
    """
    fields = _fields(stream, place)
    try:
        shapes = shapes_of(stream, place)
        if len(shape := shapes.get("codes", ())) != 2 or shape[0] > MAX_ITEMS or shape[1] > MAX_NUMBERS:
            raise InputError(f"the codes have the impossible shape {shape}")
        expected = decoder_settings(fields["kind"], fields["settings"]).shapes(fields["samples"])
        _check_shapes({name: shape for name, shape in shapes.items() if name.startswith(DECODER)}, expected)
        arrays = arrays_of(stream, place)
        codes = arrays.pop("codes")
        decoder = {name.removeprefix(DECODER): value for name, value in arrays.items() if name.startswith(DECODER)}
        others = {name: value for name, value in arrays.items() if not name.startswith(DECODER)}
        model = FamilyModel(**fields, codes=codes, arrays=decoder, others=others)
    except InputError as error:
        begins = str(error).startswith(place)
        raise error if begins else InputError(f"{place} is not a valid family of sounds: {error}") from error
    return replace(model, digest=digest_of(stream), size=len(stream))


def decoder_settings(kind: str, settings: Settings) -> DecoderSettings:
    """Return the settings of a decoder of some kind, made of plain values.

    Raises:
        InputError: there is no such kind, or a setting is unknown, of another type, or out of range.
    """
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()}
    return settings_from(settings_kind(kind), plain, "decoder")


def digest_of(stream: bytes) -> bytes:
    """Return the digest of the bytes of a file: the half of an identifier that tells versions apart."""
    return hashlib.sha256(stream).digest()[:DIGEST_BYTES]


def _fields(stream: bytes, place: str) -> dict[str, Any]:
    """Return the fields of a model that are in the header, of the right types."""
    strings = strings_of(stream, place)
    if KEY not in strings:
        raise InputError(f"{place} is not a family of sounds: its header has no entry {KEY!r}; is it another model?")
    try:
        header = from_json(strings[KEY])
    except ValueError as error:
        raise InputError(f"{place} is not a valid family of sounds: its header is not JSON ({error})") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        found = header.get("format") if isinstance(header, dict) else None
        raise InputError(f"{place}: families of the format {found!r} are not known here, only {FORMAT}")
    expected = {"name": str, "kind": str, "decoder": dict, "rate": int, "samples": int, "facts": dict}
    expected |= {"names": list, "labels": list, "pitches": list}
    for name, kind in expected.items():
        if type(header.get(name)) is not kind:
            raise InputError(f"{place} is not a valid family of sounds: its header has no valid {name!r}")
    fields = {name: header[name] for name in expected if name != "decoder"}
    return fields | {"settings": header["decoder"]}


def _check_shapes(found: Mapping[str, tuple[int, ...]], expected: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse shapes of a decoder's arrays that are not those of its settings.

    Raises:
        InputError: one is missing, unexpected, or of another shape.
    """
    wanted = {f"{DECODER}{name}": shape for name, shape in expected.items()}
    missing, unexpected = sorted(wanted.keys() - found.keys()), sorted(found.keys() - wanted.keys())
    if missing or unexpected:
        raise InputError(
            f"its arrays are not those of its settings: missing {', '.join(missing[:3]) or 'nothing'}, "
            f"unexpected {', '.join(unexpected[:3]) or 'nothing'}"
        )
    for name, shape in wanted.items():
        if found[name] != shape:
            raise InputError(f"{name} must be {shape} by its settings, got {found[name]}")


def check_settings(settings: Settings) -> None:
    """Refuse settings that are not plain values, or without a valid `code`.

    Raises:
        InputError: a setting is not valid.
    """
    _check_count("code", settings.get("code"), MAX_NUMBERS)
    if len(settings) > MAX_SETTINGS:
        raise InputError(f"{len(settings)} settings; {MAX_SETTINGS} is the most")
    for name, value in settings.items():
        entries = value if isinstance(value, (list, tuple)) else [value]
        if len(entries) > MAX_ENTRIES or not all(_is_plain(entry) for entry in entries):
            raise InputError(f"the setting {name!r} is not a number, a text, a truth value or a list of them")


def _is_plain(value: object) -> bool:
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, int):
        return abs(value) < 2**53
    return value is None or (isinstance(value, str) and len(value) <= MAX_TEXT)


def _check_count(name: str, value: object, most: int) -> None:
    if type(value) is not int or not 1 <= value <= most:
        raise InputError(f"{name} must be a whole number from 1 to {most}, got {value!r}")


def _checked_texts(name: str, texts: object, items: int) -> tuple[str, ...]:
    if not isinstance(texts, (list, tuple)) or len(texts) not in (0, items):
        raise InputError(f"{name} must be a text for each of {items} sounds, or none")
    if not all(isinstance(text, str) and len(text) <= MAX_TEXT for text in texts):
        raise InputError(f"{name} must be texts of {MAX_TEXT} characters at most")
    return tuple(texts)


def _checked_pitches(pitches: object, items: int) -> tuple[float, ...]:
    if not isinstance(pitches, (list, tuple)) or len(pitches) not in (0, items):
        raise InputError(f"pitches must be a number for each of {items} sounds, or none")
    if not all(isinstance(pitch, (int, float)) and abs(pitch) < 1000 for pitch in pitches):
        raise InputError("pitches must be finite numbers of semitones")
    return tuple(float(pitch) for pitch in pitches)


def float_arrays(arrays: Mapping[str, NDArray[np.generic]]) -> Arrays:
    """Return arrays as float32: those of a model that was not read from a file may have other types."""
    return {name: np.asarray(value, np.float32) for name, value in arrays.items()}
