"""Tags of recordings: title, artist and the like, cleaned, bounded in size, and safe to print.

Tags come from strangers. What is kept of them is short UTF-8 text under nine known names; what is shown of them on a
terminal has no character that would move the cursor, change colours, or turn the direction of reading.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from re import fullmatch

from ligeia.errors import SettingsError

NAMES = ("title", "artist", "album", "date", "track", "genre", "comment", "copyright", "license")
"""The tags that are carried from one recording to another."""
_ALIASES = {"tracknumber": "track", "author": "artist", "year": "date", "licence": "license"}
MAX_BYTES = 1024
"""UTF-8 bytes of a value that are carried; libsndfile reads no tag of a WAV file where all together have 20 kB."""
MAX_STORED_BYTES = 4096
"""UTF-8 bytes of a value that a stream may hold (FORMAT.md §2)."""
_SHOWN = 200  # characters of a value on a terminal


@dataclass(frozen=True)
class Found:
    """Tags of a recording that are kept, and remarks on those that are not."""

    tags: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def cleaned(found: Iterable[tuple[str, str]]) -> Found:
    """Return the known tags among `found` (name, value), each cleaned and at most `MAX_BYTES` long.

    The first value of a name counts. Control characters are taken out, line ends become newlines; a value that is not
    UTF-8 (it has the replacement character) is left out, and one that is too long is cut, with a remark.

    Example:
        >>> cleaned([("TITLE", " Night\\x1b[31m train\\r\\n"), ("encoder", "x")])
        Found(tags={'title': 'Night[31m train'}, notes=())
    """
    tags: dict[str, str] = {}
    notes: list[str] = []
    for raw, value in found:
        name = _ALIASES.get(raw.lower(), raw.lower())
        text = _without_controls(value).strip()
        if name not in NAMES or name in tags or not text:
            continue
        if "\ufffd" in text:
            notes.append(f"the tag {name} was left out: it is not valid UTF-8")
            continue
        tags[name] = _cut(text)
        if tags[name] != text:
            notes.append(f"the tag {name} was cut to {MAX_BYTES} bytes")
    return Found({name: tags[name] for name in NAMES if name in tags}, tuple(notes))


def _without_controls(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(character for character in lines if is_text(character))


def is_text(character: str) -> bool:
    """Return whether a tag may hold a character: no control characters but tab and newline, no half of a pair."""
    code = ord(character)
    return character in "\t\n" or (code >= 0x20 and not 0x7F <= code <= 0x9F and not 0xD800 <= code <= 0xDFFF)


def _cut(text: str) -> str:
    return text.encode()[:MAX_BYTES].decode(errors="ignore").rstrip()


def check_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return tags that a caller gives, in order of their names.

    Raises:
        TypeError: they are not a mapping of str to str.
        SettingsError: a name or a value is not valid.
    """
    if not isinstance(tags, Mapping) or not all(isinstance(part, str) for pair in tags.items() for part in pair):
        raise TypeError(f'tags map names to texts, such as {{"title": "Night train"}}; got {tags!r:.80}')
    for name, value in tags.items():
        if not is_name(name):
            raise SettingsError(f"{name!r:.80} is not a valid name of a tag: 1 to 32 of a-z 0-9 _ -, such as title")
        if (why := why_not(value)) is not None:
            raise SettingsError(f"the tag {name} is not valid: {why}")
    return dict(sorted(tags.items()))


def is_name(name: str) -> bool:
    """Return whether a tag may have this name: 1 to 32 of a-z, 0-9, `_` and `-`."""
    return fullmatch("[a-z0-9_-]{1,32}", name) is not None


def why_not(value: str) -> str | None:
    """Return why a text is not a valid value of a tag, or None where it is one."""
    if bad := next((character for character in value if not is_text(character)), None):
        return f"it holds the control character {bad!r}"
    size = len(value.encode())
    return None if 1 <= size <= MAX_STORED_BYTES else f"it has {size} bytes, and 1 to {MAX_STORED_BYTES} may be stored"


def shown(value: str) -> str:
    """Return a tag as one line for a terminal, cut; characters that do not print are written as escapes.

    Example:
        >>> print(shown("one\\ntwo \\u202etxt.exe"))
        one / two \\u202etxt.exe
    """
    line = " / ".join(part.strip() for part in value.splitlines() if part.strip())
    short = line if len(line) <= _SHOWN else line[:_SHOWN] + "..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in short)
