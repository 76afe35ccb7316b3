"""Sections: facts beside the sound, between header and block 0, which a decoder may skip (FORMAT.md §2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zlib import crc32

from ligeia.audio.tags import check_tags, is_name, why_not
from ligeia.codec.bytesio import Reader, varint
from ligeia.errors import FormatError, InputError

SECTION_MARKER = 0x5A
MAX_SECTION_BYTES = 2**16
"""Bytes of all sections of a stream together at most."""
TAGS = 1
"""The type of the section that holds tags."""


@dataclass(frozen=True)
class Section:
    """One section: its type, and its payload."""

    type: int
    payload: bytes


def write_sections(sections: Iterable[Section]) -> bytes:
    """Return sections as bytes, in order of their types.

    Raises:
        InputError: two have the same type, or all of them together are too long.
    """
    ordered = sorted(sections, key=lambda section: section.type)
    data = b"".join(map(_section_bytes, ordered))
    if len({section.type for section in ordered}) < len(ordered):
        raise InputError("a stream has at most one section of each type")
    if len(data) > MAX_SECTION_BYTES:
        raise InputError(f"sections of {len(data)} bytes cannot be stored: {MAX_SECTION_BYTES} at most")
    return data


def _section_bytes(section: Section) -> bytes:
    body = bytes([SECTION_MARKER]) + varint(section.type) + varint(len(section.payload)) + section.payload
    return body + crc32(body).to_bytes(4, "little")


def read_sections(reader: Reader) -> tuple[Section, ...]:
    """Read the sections at the reader's position, if any; types that are not known are read like all others.

    Raises:
        FormatError: a section is damaged, not in order, or they are too long; then the reader stands behind the last
            valid one.
    """
    start, sections = reader.position, list[Section]()
    while reader.data[reader.position : reader.position + 1] == bytes([SECTION_MARKER]):
        attempt = Reader(reader.data, reader.position)
        try:
            section = _read_section(attempt, MAX_SECTION_BYTES - (reader.position - start))
            if section.type <= (sections[-1].type if sections else 0):
                raise FormatError(f"a section of type {section.type} is not in its place")
        except FormatError as error:
            raise _Stopped(str(error), tuple(sections)) from error
        sections.append(section)
        reader.position = attempt.position
    return tuple(sections)


class _Stopped(FormatError):
    """A section that is not valid, after those that are."""

    def __init__(self, message: str, before: tuple[Section, ...]) -> None:
        super().__init__(message)
        self.before = before


def salvage_sections(reader: Reader) -> tuple[Section, ...]:
    """Read the valid sections at the reader's position, up to the first that is damaged."""
    try:
        return read_sections(reader)
    except _Stopped as stopped:
        return stopped.before


def _read_section(reader: Reader, most: int) -> Section:
    start = reader.position
    reader.take(1)
    kind, length = reader.varint(), reader.varint()
    if reader.position - start + length + 4 > most:
        raise FormatError(f"sections are longer than {MAX_SECTION_BYTES} bytes together")
    payload = reader.take(length)
    body = reader.data[start : reader.position]
    if crc32(body) != int.from_bytes(reader.take(4), "little"):
        raise FormatError(f"a section of type {kind} is damaged: its checksum does not match")
    return Section(kind, payload)


# --- tags -------------------------------------------------------------------------------------------


def tag_sections(tags: Mapping[str, str] | None) -> tuple[Section, ...]:
    """Return the section that holds tags; none where there are none.

    Raises:
        TypeError, SettingsError: the tags are not valid, see `check_tags`.
    """
    texts = [(name.encode(), value.encode()) for name, value in check_tags(tags or {}).items()]
    payload = b"".join(varint(len(name)) + name + varint(len(value)) + value for name, value in texts)
    return (Section(TAGS, payload),) if payload else ()


def tags_in(sections: Iterable[Section]) -> dict[str, str]:
    """Return the tags that sections hold, in order of their names.

    Raises:
        FormatError: the section of tags is not valid.
    """
    payload = next((section.payload for section in sections if section.type == TAGS), b"")
    reader, tags = Reader(payload), dict[str, str]()
    while reader.position < len(payload):
        name, value = _read_text(reader), _read_text(reader)
        if not is_name(name) or name <= max(tags, default=""):
            raise FormatError(f"{name!r:.80} is not a valid name of a tag there")
        if (why := why_not(value)) is not None:
            raise FormatError(f"the tag {name} is not valid: {why}")
        tags[name] = value
    return tags


def _read_text(reader: Reader) -> str:
    try:
        return reader.take(reader.varint()).decode()
    except UnicodeDecodeError as error:
        raise FormatError("a tag is not valid UTF-8") from error
