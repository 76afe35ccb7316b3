"""The table of codecs, and finding them by name: `opus`, `mp3:32`, `ligeia:standard`.

A package adds one by an entry point of the group `ligeia.codecs` that names a `Family` (see `codec`):

```toml
[project.entry-points."ligeia.codecs"]
mine = "package.module:FAMILY"
```

Naming it on the command line (`mine`, `mine:24`) loads it; nothing else does.
"""

from importlib.metadata import EntryPoint, entry_points

from ligeia.bench.codec import Codec, Family, name_of
from ligeia.bench.fdkaac import FDK_AAC
from ligeia.bench.in_process import LIGEIA, UNCOMPRESSED
from ligeia.bench.lc3 import LC3
from ligeia.bench.learned import LEARNED
from ligeia.bench.libopus import LIBOPUS
from ligeia.bench.nolace import LIBOPUS_NOLACE
from ligeia.bench.programs import PROGRAMS
from ligeia.errors import InputError, LigeiaError, SettingsError

GROUP = "ligeia.codecs"
FAMILIES: tuple[Family, ...] = (LIGEIA, *PROGRAMS, *LIBOPUS, LIBOPUS_NOLACE, LC3, *FDK_AAC, *UNCOMPRESSED, *LEARNED)
DEFAULT = "ligeia,opus,mp3,flac"
"""The codecs of a benchmark that names none."""
BY_NAME = {family.name: family for family in FAMILIES}


def codecs_named(names: str) -> list[Codec]:
    """The codecs of a list such as `opus,mp3:32,flac`; a family alone stands for its ladder, the first of equals stays.

    Raises:
        SettingsError: a family or setting is unknown, or the list is empty.
        InputError: a plug-in fails.

    Example:
        >>> [name_of(codec) for codec in codecs_named("mp3:32,flac,mp3:32")]
        ['mp3:32', 'flac']
    """
    parts = [name.strip() for name in names.split(",") if name.strip()]
    if not parts:
        raise SettingsError(f"name at least one codec; there are: {_all_names()}")
    codecs: dict[str, Codec] = {}
    for codec in (codec for part in parts for codec in _named(part)):
        codecs.setdefault(name_of(codec), codec)
    return list(codecs.values())


def forms_of(family: Family) -> tuple[tuple[str, str], ...]:
    """Return how codecs of a family are written, letters standing for what can be chosen, and what these mean.

    Example:
        >>> forms_of(BY_NAME["opus"])
        (('opus:K', 'K: kbit/s, 6 to 510'),)
    """
    if family.forms:
        return family.forms
    letter, _, _ = family.setting.partition(":")
    return ((f"{family.name}:{letter}" if family.setting else family.name, family.setting),)


def _named(name: str) -> list[Codec]:
    family_name, _, setting = name.partition(":")
    family = BY_NAME.get(family_name) or _plugged(family_name)
    return [_made(family, point) for point in ((setting,) if setting else family.ladder)]


def _plugged(name: str) -> Family:
    """The family that an installed package adds under this name."""
    point = _plug_ins().get(name)
    if point is None:
        raise SettingsError(f"unknown codec {name!r}; there are: {_all_names()}")
    try:
        family = point.load()
    except Exception as error:  # whatever the plug-in's own code raises
        raise InputError(f"the plug-in {point.value} does not load: {type(error).__name__}: {error}") from error
    if not isinstance(family, Family) or family.name != name:
        raise InputError(f"the plug-in {point.value} is not a Family named {name!r}, got {family!r}")
    return family


def _made(family: Family, setting: str) -> Codec:
    try:
        codec = family.make(setting)
        if codec.family == family.name:  # or else rows would not find it again by its name
            return codec
        problem = f"its family is {codec.family!r}"
    except LigeiaError:
        raise
    except Exception as error:  # as above
        problem = f"{type(error).__name__}: {error}"
    raise InputError(f"the plug-in {family.name} failed with the setting {setting!r}: {problem}")


def _plug_ins() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def _all_names() -> str:
    return ", ".join(dict.fromkeys([*BY_NAME, *_plug_ins()]))
