"""`ligeia bench`: Ligeia beside other codecs, clip by clip, with tables and curves at the end."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ligeia.cli.options import Json, Quiet, seconds_of
from ligeia.cli.signals import by_signal, exit_code
from ligeia.cli.standard import say

if TYPE_CHECKING:
    from ligeia.bench.run import OnRow
    from ligeia.cli.console import Console
    from ligeia.records.journal import Row


def _list_codecs(requested: bool) -> None:
    if requested:
        from ligeia.bench.codecs import FAMILIES, forms_of
        from ligeia.cli.output import print_table

        rows = [
            (form, meaning, *((family.summary, family.install) if not number else ("", "")))
            for family in FAMILIES
            for number, (form, meaning) in enumerate(forms_of(family))
        ]
        print_table(("codec", "where", "description", "how to install it"), rows)
        say("A name alone stands for a ladder of settings:")
        for family in FAMILIES:
            if family.ladder != ("",):
                say(f"  {family.name:<8} {', '.join(family.ladder)}")
        raise typer.Exit


def bench(
    suite: Annotated[
        str,
        typer.Argument(
            metavar="SUITE",
            help="A text file with a clip on each line, a folder (its sub-folders are the groups), or an installed "
            "suite: speech, speech_music, unlearned, unseen, unseen_speech.",
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder for rows and report.")],
    codecs: Annotated[
        str | None,
        typer.Option(
            metavar="a,b,...",
            help="Codecs: families (opus: a ladder of rates) or single points (opus:24, ligeia:lapped@24); see --list "
            "(default: ligeia,opus,mp3,flac; with --report-only: all that were measured).",
        ),
    ] = None,
    metrics: Annotated[
        str | None, typer.Option(metavar="a,b,...", help="Metrics to compute (default: all but the slow ones).")
    ] = None,
    data: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the suite's clips.")] = None,
    seconds: Annotated[
        float | None, typer.Option(metavar="TIME", help="Use at most this much of each clip.", parser=seconds_of)
    ] = None,
    workers: Annotated[int, typer.Option(help="Number of clips at once; timings are meaningful only with 1.")] = 1,
    timeout: Annotated[
        float,
        typer.Option(metavar="TIME", help="Time limit of one run of a codec (default: 15 minutes).", parser=seconds_of),
    ] = 900.0,
    anchor: Annotated[str, typer.Option(help="Family that BD-rates are measured against.")] = "opus",
    retry: Annotated[bool, typer.Option("--retry", help="Measure rows with errors again.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Delete existing rows and measure everything again.")] = False,
    report_only: Annotated[
        bool, typer.Option("--report-only", help="Measure nothing; write the report from existing rows.")
    ] = False,
    list_codecs: Annotated[
        bool, typer.Option("--list", callback=_list_codecs, is_eager=True, help="List the codecs, and exit.")
    ] = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Compare Ligeia with other codecs on a suite of clips.

    Every clip goes through every codec. Rows are kept as they come, so that an interrupted run continues; at the end
    all rows of the folder, those of earlier runs with other codecs too, become a report.
    """
    from ligeia.bench.codec import name_of
    from ligeia.bench.codecs import DEFAULT as CODECS
    from ligeia.bench.codecs import codecs_named
    from ligeia.bench.merge import rows_for_report
    from ligeia.bench.report import write_bench_report
    from ligeia.bench.run import ROWS, BenchSettings, run_bench
    from ligeia.cli.console import Console
    from ligeia.datasets.suite import read_suite
    from ligeia.metrics.table import DEFAULT, HEADLINES, METRICS
    from ligeia.records.environment import ENVIRONMENTS, read_environments

    names = DEFAULT if metrics is None else _split(metrics)
    settings = BenchSettings(metrics=names, seconds=seconds, workers=workers, timeout=timeout, retry=retry)
    codecs_named(anchor)
    chosen = codecs_named(CODECS if codecs is None else codecs)
    clips = read_suite(suite, data)
    if force and not report_only:
        for name in (ROWS, ENVIRONMENTS):
            (output / name).unlink(missing_ok=True)
    rows: list[Row] = []
    if not report_only:
        with _shown(as_json or quiet, output) as on_row:
            rows = run_bench(clips, chosen, output, settings, on_row=on_row)
    wanted = {name_of(codec) for codec in chosen} if report_only and codecs is not None else None
    reported, notes = rows_for_report(clips, output, settings, codecs=wanted)
    shown = {name: METRICS[name] for name in (HEADLINES if metrics is None else names)}
    written = write_bench_report(reported, read_environments(output), output, metrics=shown, anchor=anchor, notes=notes)
    _conclude(rows or reported, reported, notes, written, output, Console(as_json, quiet))


def _split(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(",") if name.strip())


@contextmanager
def _shown(quiet: bool, output: Path) -> Iterator["OnRow | None"]:
    """Give a callback that shows each row on stderr, None where `quiet`; on Ctrl-C, say that the rows are kept."""
    try:
        if quiet:
            yield None
        elif sys.stderr.isatty():
            yield from _bar()
        else:
            yield lambda done, total, row: say(f"{done}/{total}  {_line(row)}", err=True)
    except KeyboardInterrupt as interrupt:
        kept = f"the rows in {output} are kept, and the same command continues"
        say(f"ligeia: interrupted{by_signal(interrupt)}; {kept}", err=True)
        raise typer.Exit(exit_code(interrupt)) from None


def _bar() -> Iterator["OnRow"]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda done, total, row: bar.update(task, completed=done, total=total, description=_line(row))


def _line(row: "Row") -> str:
    if row["error"] is not None:
        return f"{row['clip']}  {row['codec']}: {row['error']}"
    return f"{row['clip']}  {row['codec']}: {row['kbps']:.1f} kbps, {row['encode_seconds']:.1f} s"


def _conclude(
    rows: "list[Row]", reported: "list[Row]", notes: list[str], written: list[Path], output: Path, console: "Console"
) -> None:
    """Say what was measured and written; exit with 1 where something that was asked for could not be measured."""
    from ligeia.cli.output import print_json

    failed = [row for row in rows if row["error"] is not None]
    facts: dict[str, Any] = {"output": str(output), "rows": len(rows), "failed": len(failed)}
    facts |= {"reported": len(reported), "notes": notes}
    if console.as_json:
        print_json(facts | {"report": [str(path) for path in written], "results": rows})
    elif not console.quiet:
        console.notes(notes)
        more = f"; {len(reported)} in the report, with those of earlier runs" if len(reported) > len(rows) else ""
        say(f"{len(rows)} rows in {output}, {len(failed)} of them with an error{more}")
        for path in written:
            say(f"wrote {path}")
    if failed:
        raise typer.Exit(1)
