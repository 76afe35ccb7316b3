"""`ligeia study`: a question from the papers, answered again on this machine."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ligeia.cli.options import Json


def _list_studies(requested: bool) -> None:
    if requested:
        from ligeia.cli.output import print_table
        from ligeia.studies.run import STUDIES

        lines = [(study.name, study.question, study.source) for study in STUDIES.values()]
        print_table(("study", "question", "source"), lines)
        raise typer.Exit


def study(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Study; see --list.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder for rows, table and figures.")],
    size: Annotated[
        str, typer.Option(help="laptop (minutes on two cores) or paper (as published); activations also: hour.")
    ] = "laptop",
    budget: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="Begin no cell after this time; the same command continues later."),
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
    as_json: Json = False,
) -> None:
    """Answer a question from the papers again.

    The cells of the study are measured one by one, then they become its table and figures. An interrupted study
    continues where it stopped.
    """
    from ligeia.cli.output import print_json
    from ligeia.errors import InputError
    from ligeia.records.journal import make_folder
    from ligeia.studies.run import config_of, forget, run_study, study_named, with_inputs, write_answer

    chosen = with_inputs(study_named(name), size, {"ratings": ratings, "scores": scores})
    chosen.cells(config_of(chosen, size))
    if budget is not None and not 0 <= budget < float("inf"):
        raise InputError(f"the budget must be a number of seconds, 0 or more, got {budget:g}")
    if force and database is not None:
        raise InputError("--force does not delete trials from a database, as others may use them: name another one")
    make_folder(output)
    if force:
        forget(chosen, output, size)
    try:
        rows = run_study(
            chosen, output, size=size, budget=budget, database=database, on_row=None if as_json else _print_row
        )
    except KeyboardInterrupt:
        typer.echo(f"ligeia: interrupted; the rows in {output} are kept, and the same command continues", err=True)
        raise typer.Exit(130) from None
    written = write_answer(chosen, rows, output, size=size)
    if as_json:
        print_json({"study": name, "size": size, "rows": rows, "written": [str(path) for path in written]})
        return
    for path in written:
        typer.echo(f"wrote {path}")


def _print_row(done: int, total: int, row: dict[str, Any]) -> None:
    error = "" if row["error"] is None else f": {row['error']}"
    cell = ", ".join(f"{name} {value}" for name, value in row["cell"].items())
    typer.echo(f"{done}/{total}  {cell}{error}", err=True)
