"""What else a reader must know: failures, undefined values, remarks, versions and machines."""

from collections.abc import Iterable, Mapping
from typing import Any

from ligeia.bench.rows import Row, by_codec, failed, measured, natural
from ligeia.records.tables import Table, table

SHOWN = 3
"""So many codecs and clips are named as examples."""


def failure_table(rows: Iterable[Row]) -> Table:
    """Which family failed, with what message, where, and how often."""
    found = _collected((str(row["family"]), str(row["error"]), _where(row)) for row in rows if failed(row))
    return _told(("family", "message"), found)


def undefined_table(rows: Iterable[Row], metrics: Mapping[str, Any]) -> Table:
    """Which metric has no value, why, where, and how often."""
    found = _collected(
        (metric, str(reason), _where(row))
        for row in measured(rows)
        for metric, reason in (row.get("reasons") or {}).items()
        if metric in metrics
    )
    return _told(("metric", "why it has no value"), found)


def note_table(rows: Iterable[Row]) -> Table:
    """What was remarked while measuring, where, and how often."""
    found = _collected((str(row["family"]), str(note), _where(row)) for row in rows for note in row.get("notes") or [])
    return _told(("family", "remark"), found)


def version_table(rows: Iterable[Row]) -> Table:
    """Programme, library and options of every codec; codecs that say the same share a line."""
    versions: dict[str, list[str]] = {}
    for codec, found in by_codec(rows).items():
        for version in sorted({str(row["version"]) for row in found if row.get("version")}):
            versions.setdefault(version, []).append(codec)
    return table(
        ["codec", "version and options"], [[", ".join(of), said] for said, of in versions.items()], texts=(0, 1)
    )


def environment_table(rows: Iterable[Row], environments: Mapping[str, Mapping[str, Any]]) -> Table:
    """On what the rows were measured: one line per fact and environment that a row names."""
    counts: dict[str, int] = {}
    for row in rows:
        name = str(row.get("environment"))
        counts[name] = counts.get(name, 0) + 1
    lines = [
        [name, fact, said]
        for name in sorted(counts)
        for fact, said in [("rows", str(counts[name])), *_facts(environments.get(name))]
    ]
    return table(["environment", "what", "is"], lines, texts=(0, 1, 2))


def _facts(environment: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    if environment is None:
        return [("", "not recorded")]
    return [(str(name), _said(fact)) for name, fact in environment.items()]


def _said(fact: Any) -> str:
    if isinstance(fact, Mapping):
        return ", ".join(f"{name} {_said(one)}" for name, one in sorted(fact.items()))
    return "unknown" if fact is None else str(fact)


def _collected(found: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str], list[str]]:
    """Examples of each pair, once each and in order; pairs in order."""
    groups: dict[tuple[str, str], set[str]] = {}
    for first, second, example in found:
        groups.setdefault((first, second), set()).add(example)
    pairs = sorted(groups, key=lambda pair: (natural(pair[0]), pair[1]))
    return {pair: sorted(groups[pair], key=natural) for pair in pairs}


def _told(header: tuple[str, str], found: Mapping[tuple[str, str], list[str]]) -> Table:
    lines = [[*pair, _named(where), str(len(where))] for pair, where in found.items()]
    return table([*header, "where", "how often"], lines, texts=(0, 1, 2))


def _where(row: Row) -> str:
    return f"{row['codec']} on {row['clip']}"


def _named(names: list[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
