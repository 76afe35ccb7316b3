"""Splits that keep groups together, and subsets; both by hash, so that added files move nothing that was there."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from ligeia.datasets.manifest import Item
from ligeia.errors import InputError

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
"""Parts of a split, and about which share of the groups each gets."""
MAX_BYTES = 2**26
"""Size of a list of ids at most."""
MOST_NAMED = 5
"""Ids without an item that a message names."""


def group_of(item: Item, by: str = "speaker") -> str:
    """Return the group of an item: its speaker (or instrument), source or id, or the fact of that name in its label.

    Several joined by "+" make smaller groups: "speaker+midi" keeps the recordings of a note of an instrument together.
    An item of which one is not known is a group of its own.
    """
    names = by.split("+")
    values = [getattr(item, name) if name in ("speaker", "source", "id") else item.tags.get(name, "") for name in names]
    return "+".join(values) if all(values) else f"{item.set}/{item.id}"


def place_of(group: str, seed: int = 0) -> float:
    """Return the place of a group in [0, 1), which depends on nothing but its name and the seed."""
    digest = sha256(f"{seed}:{group}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def split(
    items: Iterable[Item], shares: Mapping[str, float] = SHARES, *, by: str = "speaker", seed: int = 0
) -> dict[str, list[Item]]:
    """Return items by part; all items of a group (see `group_of`) fall into one part.

    Each group is placed by a hash of its name, so that a group stays where it is when others come or go. Shares of
    groups are therefore met on average: a few groups may split unevenly.

    Raises:
        InputError: the shares are not positive with the sum 1, or a part gets no item.
    """
    if not shares or min(shares.values()) <= 0 or abs(sum(shares.values()) - 1) > 1e-9:
        raise InputError(f"the shares of a split must be positive and sum to 1, got {dict(shares)}")
    parts: dict[str, list[Item]] = {name: [] for name in shares}
    groups = set()
    for item in items:
        group = group_of(item, by)
        groups.add(group)
        parts[_part(place_of(group, seed), shares)].append(item)
    empty = [name for name, members in parts.items() if not members]
    if empty:
        raise InputError(
            f"no item falls into {', '.join(empty)}: there are {len(groups)} groups by {by}; "
            "use another seed, larger shares, or another grouping"
        )
    return parts


def _part(place: float, shares: Mapping[str, float]) -> str:
    top = 0.0
    for name, share in shares.items():
        top += share
        if place < top:
            return name
    return name


def hold_out(items: Iterable[Item], groups: Collection[str], *, by: str = "speaker") -> tuple[list[Item], list[Item]]:
    """Return the items outside the named groups, and those inside.

    Raises:
        InputError: a group has no items: it may be misspelt, and would then not be kept out.
    """
    kept: list[Item] = []
    held: list[Item] = []
    for item in items:
        (held if group_of(item, by) in groups else kept).append(item)
    unknown = set(groups) - {group_of(item, by) for item in held}
    if unknown:
        raise InputError(f"no item has the {by} {', '.join(sorted(unknown))}")
    return kept, held


def official_split(items: Iterable[Item]) -> dict[str, list[Item]]:
    """Return items by the part that the makers of the dataset put them in (`official=` in their labels).

    Raises:
        InputError: an item has none.
    """
    parts: dict[str, list[Item]] = {}
    for item in items:
        if "official" not in item.tags:
            raise InputError(f"the item {item.id} of {item.set} has no official split")
        parts.setdefault(item.tags["official"], []).append(item)
    return parts


def subset(items: Sequence[Item], count: int, *, seed: int = 0) -> list[Item]:
    """Return a seeded choice of `count` items, in their order; it hardly changes when the dataset grows a little.

    Raises:
        InputError: there are fewer.
    """
    if not 0 < count <= len(items):
        raise InputError(f"cannot choose {count} of {len(items)} items")
    order = sorted(range(len(items)), key=lambda k: place_of(f"{items[k].set}/{items[k].id}", seed))
    return [items[k] for k in sorted(order[:count])]


def with_ids(items: Iterable[Item], ids: Iterable[str] | Path) -> list[Item]:
    """Return the items with these ids, in the order of the ids; a path names a JSON list of them, or an object by id.

    An id may end in `.wav`, as lists of files write it.

    Raises:
        InputError: the list cannot be read, names none or one twice, or an id has no item (the first are named).
    """
    names = _listed(ids) if isinstance(ids, Path) else list(ids)
    by_id = {item.id: item for item in items}
    names = [name if name in by_id else name.removesuffix(".wav") for name in names]
    if len(set(names)) < len(names) or not names:
        raise InputError(f"{ids if isinstance(ids, Path) else 'the list of ids'} names no id, or one twice")
    missing = [name for name in names if name not in by_id]
    if missing:
        first = ", ".join(map(repr, missing[:MOST_NAMED]))
        more = ", ..." if len(missing) > MOST_NAMED else ""
        raise InputError(f"{len(missing)} of {len(names)} ids have no item: {first}{more}")
    return [by_id[name] for name in names]


def _listed(path: Path) -> list[str]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path} is not a list of ids: it has {path.stat().st_size} bytes")
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not a list of ids: {error}") from error
    if not isinstance(content, (list, dict)) or not all(isinstance(name, str) for name in content):
        raise InputError(f"{path} is not a list of ids")
    return list(content)
