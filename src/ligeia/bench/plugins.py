"""Codecs from outside: anything importable that is a `Codec`, or that makes one from a setting.

Two ways lead in:

- `python:package.module:attribute`, with `:setting` behind it where there is one;
- an entry point of the group `ligeia.codecs`, whose name becomes the family (`mine`, `mine:24`):

```toml
[project.entry-points."ligeia.codecs"]
mine = "package.module:attribute"
```

The attribute is an object with the methods of `Codec`, or something that is called with the setting as text (empty
where none is given) and returns one. Naming a plug-in runs its code. A callable may have an attribute `ladder`, the
settings to use where the family alone is named.
"""

from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from ligeia.bench.codec import Codec, Usage
from ligeia.errors import InputError

GROUP = "ligeia.codecs"
PREFIX = "python"
"""The family of codecs named by where they are imported from."""
NEEDED = ("suffix", "lossless", "version", "encode", "decode", "payload_bytes")


@dataclass(frozen=True)
class Plugged:
    """A codec from outside under the name by which it was asked for, so that the name finds it again."""

    family: str
    setting: str
    codec: Codec

    @property
    def suffix(self) -> str:
        """Ending of its files."""
        return self.codec.suffix

    @property
    def lossless(self) -> bool:
        """Whether nothing is lost."""
        return self.codec.lossless

    def version(self) -> str:
        """Programme, library and options."""
        return self.codec.version()

    def encode(self, wav: Path, encoded: Path, timeout: float) -> Usage:
        """Encode a WAV file."""
        return self.codec.encode(wav, encoded, timeout)

    def decode(self, encoded: Path, wav: Path, timeout: float) -> Usage:
        """Decode to a WAV file."""
        return self.codec.decode(encoded, wav, timeout)

    def payload_bytes(self, encoded: Path) -> int | None:
        """Bytes without the container."""
        return self.codec.payload_bytes(encoded)


def plug_ins() -> dict[str, EntryPoint]:
    """The entry points of installed packages, by name."""
    return {point.name: point for point in entry_points(group=GROUP)}


def from_entry_point(name: str, setting: str) -> list[Codec]:
    """The codecs that an installed plug-in makes: one, or its ladder where the setting is empty.

    Raises:
        InputError: it does not load, or makes something else.
    """
    point = plug_ins()[name]
    return _made(point.value, name, setting)


def from_path(text: str) -> list[Codec]:
    """The codecs at `package.module:attribute` or `package.module:attribute:setting`.

    Raises:
        InputError: it does not load, or makes something else.
    """
    module, _, rest = text.partition(":")
    attribute, _, setting = rest.partition(":")
    if not module or not attribute:
        raise InputError(f"name a plug-in as {PREFIX}:package.module:attribute, got {PREFIX}:{text}")
    return _made(f"{module}:{attribute}", f"{PREFIX}:{module}:{attribute}", setting)


def _made(where: str, family: str, setting: str) -> list[Codec]:
    thing = _loaded(where)
    if not callable(thing):
        if setting:
            raise InputError(f"{family} takes no setting, got {setting!r}")
        return [Plugged(family, "", _checked(thing, where))]
    settings = [setting] if setting else [str(one) for one in getattr(thing, "ladder", ("",))]
    return [Plugged(family, one, _checked(_called(thing, one, where), where)) for one in settings]


def _loaded(where: str) -> Any:
    module, _, attribute = where.partition(":")
    try:
        thing: Any = import_module(module)
        for name in attribute.split("."):
            thing = getattr(thing, name)
        return thing
    except Exception as error:  # whatever the plug-in's own code raises
        raise InputError(f"the plug-in {where} does not load: {_line(error)}") from error


def _called(factory: Any, setting: str, where: str) -> Any:
    try:
        return factory(setting)
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"the plug-in {where} failed with the setting {setting!r}: {_line(error)}") from error


def _checked(thing: Any, where: str) -> Codec:
    missing = [name for name in NEEDED if not hasattr(thing, name)]
    if missing:
        raise InputError(f"the plug-in {where} gives no codec: it has no {', '.join(missing)}")
    return thing  # type: ignore[no-any-return]


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
