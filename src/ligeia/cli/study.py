"""`ligeia study`: a question from the papers, answered again on this machine."""

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ligeia.cli.options import Json, Quiet, seconds_of
from ligeia.cli.signals import by_signal, exit_code
from ligeia.cli.standard import say
from ligeia.errors import LigeiaError, SettingsError

if TYPE_CHECKING:
    from ligeia.cli.console import Console
    from ligeia.studies.study import Study


def _list_studies(requested: bool) -> None:
    if requested:
        from ligeia.studies.run import STUDIES

        width = max(map(len, STUDIES))
        say(f"{'':<{width + 2}}  cells to measure:")
        say(f"{'study':<{width + 2}}  laptop  reduced  paper  question")
        papers: dict[str, list[str]] = {}
        for study in STUDIES.values():
            cells = "  ".join(f"{_cells(study, size):>{max(len(size), 6)}}" for size in ("laptop", "reduced", "paper"))
            papers.setdefault(_paper(study.source), []).append(f"  {study.name:<{width}}  {cells}  {study.question}")
        for paper, lines in papers.items():
            say("\n".join(("", paper, *lines)))
        raise typer.Exit


def _cells(study: "Study", size: str) -> str:
    """Return the number of cells at a size; a dash where there is no such size, or it depends on the user's files."""
    try:
        return f"{len(study.cells(study.sizes[size]))}" if size in study.sizes else "-"
    except LigeiaError:
        return "-"


def _paper(source: str) -> str:
    """Return the paper that a source begins with: its makers and the year."""
    found = re.match(
        r"(?:our question, beside |bandwidth extension: |after )?(.*?\b(?:19|20)\d\d)", source, re.IGNORECASE
    )
    return source if found is None else found[1]


def study(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Study; see --list.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder for rows, table and figures.")],
    size: Annotated[
        str,
        typer.Option(
            help="laptop (minutes on two cores) or paper (as published); for some also reduced (less sound, networks "
            "that converge, three clips and seeds: minutes on one core) or hour."
        ),
    ] = "laptop",
    budget: Annotated[
        float | None,
        typer.Option(
            metavar="TIME",
            help="Begin no cell after this time; the command that continues is printed at the end.",
            parser=seconds_of,
        ),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="For a search on several machines: their common database, as an SQLAlchemy URL "
            "(postgresql://user:password@host/name). Default: a file in DIR.",
        ),
    ] = None,
    ratings: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="For metric_correlation: CSV or JSON of ratings, with set, setup, overall, quality, noise.",
        ),
    ] = None,
    scores: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="For metric_correlation: rows of the study decoders, where the ratings name no recordings.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Delete existing rows and measure everything again.")] = False,
    list_studies: Annotated[
        bool, typer.Option("--list", callback=_list_studies, is_eager=True, help="List the studies, and exit.")
    ] = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Answer a question from the papers again.

    The cells of the study are measured one by one, then they become its table and figures. An interrupted study
    continues where it stopped. Where LIGEIA_DATA names no folder with the recordings, the sounds are synthetic, and
    the table says so.
    """
    from ligeia.cli.console import Console
    from ligeia.records.journal import make_folder
    from ligeia.studies.run import config_of, forget, run_study, study_named, with_inputs, write_answer

    inputs = {"ratings": ratings, "scores": scores}
    chosen = with_inputs(study_named(name), size, inputs)
    cells = chosen.cells(config_of(chosen, size))
    if budget is not None and not 0 <= budget < float("inf"):
        raise SettingsError(f"{budget:g} is not a valid budget: it must be a number of seconds, 0 or more")
    if force and database is not None:
        raise SettingsError("--force does not delete trials from a database, as others may use them: name another one")
    make_folder(output)
    if force:
        forget(chosen, output, size)
    options = {"size": size, "budget": budget, "database": database, **inputs}
    console = Console(as_json, quiet)
    again = _command(name, output, options)
    try:
        rows = run_study(
            chosen, output, size=size, budget=budget, database=database, on_row=None if console.silent else _print_row
        )
    except KeyboardInterrupt as interrupt:
        say(f"ligeia: interrupted{by_signal(interrupt)}; the rows are kept, and this goes on:\n{again}", err=True)
        raise typer.Exit(exit_code(interrupt)) from None
    written = write_answer(chosen, rows, output, size=size)
    missing = len(cells) - len(rows)
    facts = {"study": name, "size": size, "cells": len(cells), "next": again if missing else None}
    _conclude(facts, rows, written, console)


def _command(name: str, output: Path, options: dict[str, Any]) -> str:
    """Return the command that goes on with a study, as a shell takes it; a password in an address is left out."""
    from ligeia.studies.run import DEFAULT_SIZE

    given = {option: value for option, value in options.items() if value is not None}
    if given.get("size") == DEFAULT_SIZE:
        del given["size"]
    if "database" in given:
        given["database"] = re.sub(r"(://[^:/@]*:)[^@]*@", r"\1PASSWORD@", given["database"])
    if "budget" in given:
        given["budget"] = f"{given['budget']:g}"
    words = ["ligeia", "study", name, "-o", str(output)]
    return shlex.join([*words, *(str(word) for option, value in given.items() for word in (f"--{option}", value))])


def _conclude(facts: dict[str, Any], rows: list[dict[str, Any]], written: list[Path], console: "Console") -> None:
    from ligeia.cli.output import print_json
    from ligeia.studies.run import made_note

    note = made_note(rows)
    notes = [] if note is None else [note]
    if console.as_json:
        print_json({**facts, "notes": notes, "rows": rows, "written": [str(path) for path in written]})
        return
    console.notes(notes)
    for path in () if console.quiet else written:
        say(f"wrote {path}")
    if facts["next"] is not None:
        say(f"{len(rows)} of {facts['cells']} cells are measured; this goes on:\n{facts['next']}")


def _print_row(done: int, total: int, row: dict[str, Any]) -> None:
    error = "" if row["error"] is None else f": {row['error']}"
    cell = ", ".join(f"{name} {value}" for name, value in row["cell"].items())
    say(f"{done}/{total}  {cell}{error}", err=True)
