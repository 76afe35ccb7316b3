"""The rows of a folder that belong in one report, whichever runs measured them; and what keeps the others out."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from ligeia.bench.rows import by_codec, measured
from ligeia.bench.run import ROWS, BenchSettings, facts_of
from ligeia.datasets.suite import Clip
from ligeia.errors import InputError
from ligeia.records.environment import read_environments
from ligeia.records.journal import Row, read_rows

SHOWN = 4
"""Names that a note lists, at most."""


def rows_for_report(
    clips: list[Clip], folder: Path, settings: BenchSettings, *, codecs: Collection[str] | None = None
) -> tuple[list[Row], list[str]]:
    """Return the rows in `folder` that can stand in one report on these clips, and notes for its reader.

    These are the rows of all runs, with whatever codecs, on these very clips and as much of each. Others stay where
    they are and are counted in the notes, and so is what makes the rows unequal: clips or metrics that some codecs
    lack, several versions of a codec, several machines. `codecs` limits the rows to those of these names.

    Raises:
        InputError: there is no such row, or the rows are damaged.
    """
    facts = {clip.name: facts_of(clip) for clip in clips}
    kept: list[Row] = []
    left: dict[str, int] = {}
    for row in read_rows(folder / ROWS):
        if codecs is not None and row["codec"] not in codecs:
            continue
        reason = _mismatch(row, facts.get(str(row["clip"])), settings)
        if reason is None:
            kept.append(row)
        else:
            left[reason] = left.get(reason, 0) + 1
    notes = [f"{count} row{'' if count == 1 else 's'} {reason}: not in the report" for reason, count in left.items()]
    if not kept:
        because = f" ({'; '.join(notes)})" if notes else ""
        raise InputError(f"{folder} holds no rows for these clips and codecs{because}")
    return kept, [*notes, *_inequalities(kept, clips, settings), *_surroundings(kept, read_environments(folder))]


def _mismatch(row: Row, clip: Row | None, settings: BenchSettings) -> str | None:
    """Return why a row does not belong beside those of this suite and these settings."""
    if clip is None:
        return "on clips that are not in this suite"
    if row.get("seconds_limit") != settings.seconds:
        limit = row.get("seconds_limit")
        return "on whole clips" if limit is None else f"on the first {limit:g} s of each clip"
    if row.get("clip_sha256") != clip["clip_sha256"]:
        return "on clips that have changed since"
    if row.get("group") != clip["group"]:
        return "on clips that were in other groups"
    return None


def _inequalities(rows: list[Row], clips: list[Clip], settings: BenchSettings) -> list[str]:
    """Say what makes medians unequal within a group; a codec may be left out of a whole group."""
    codecs = by_codec(rows)
    sizes = Counter(clip.group for clip in clips)
    fewer = [
        f"{codec} ({len(members)})"
        for codec, members in codecs.items()
        if len(members) < sum(sizes[group] for group in {str(row["group"]) for row in members})
    ]
    given = {
        (row["group"], name) for row in measured(rows) for name, value in row["metrics"].items() if value is not None
    }
    lacking: dict[str, list[str]] = {}
    for codec, members in codecs.items():
        if names := [name for name in settings.metrics if any(_lacks(row, name, given) for row in measured(members))]:
            lacking.setdefault(", ".join(names), []).append(codec)
    versions = [codec for codec, members in codecs.items() if len({row.get("version") for row in members}) > 1]
    notes = [f"not measured on all clips of a group, so that medians are of others: {_listed(fewer)}"] if fewer else []
    notes += [f"measured without {names}: {_listed(members)}" for names, members in lacking.items()]
    if versions:
        notes.append(f"rows of several versions: {_listed(versions)}; naming them again measures the older ones again")
    return notes


def _lacks(row: Mapping[str, Any], metric: str, given: Collection[tuple[str, str]]) -> bool:
    """True where a row has no entry for a metric that others of its group have."""
    return metric not in row["metrics"] and (row["group"], metric) in given


def _surroundings(rows: list[Row], environments: Mapping[str, Any]) -> list[str]:
    """Say where speeds were not measured alike."""
    known = [environments.get(str(row.get("environment")), {}) for row in rows]
    kinds = {tuple(str(facts.get(name)) for name in ("machine", "workers", "threads")) for facts in known}
    if len(kinds) < 2:
        return []
    return [f"measured on {len(kinds)} machines or numbers of workers: speeds of one and another are not comparable"]


def _listed(names: Iterable[str]) -> str:
    first = list(names)
    more = len(first) - SHOWN
    return ", ".join(first[:SHOWN]) + (f" and {more} more" if more > 0 else "")
