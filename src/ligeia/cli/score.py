"""`ligeia score`: measure how close a recording is to another, or those of one folder to those of another."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ligeia.cli.options import (
    Aligned,
    Json,
    LevelKind,
    MaxDelay,
    MetricNames,
    Mixing,
    Quiet,
)
from ligeia.cli.signals import exit_code
from ligeia.cli.sources import STDIN, path_of
from ligeia.cli.standard import say

if TYPE_CHECKING:
    from ligeia.cli.console import Console
    from ligeia.corpus.actions.score import Comparison
    from ligeia.metrics.score import Scores


def _list_metrics(requested: bool) -> None:
    if requested:
        from ligeia.cli.output import print_table
        from ligeia.metrics.table import METRICS

        rows = [
            (m.name, m.unit, f"{m.lowest:g} .. {m.highest:g}", m.better, m.summary, m.extra or "")
            for m in METRICS.values()
        ]
        print_table(("metric", "unit", "range", "better", "measures", "extra"), rows)
        raise typer.Exit


def score(
    reference: Annotated[
        Path,
        typer.Option(
            metavar="A", help="Reference: a recording, a .lig file, - (standard input), or a folder.", parser=path_of
        ),
    ],
    estimate: Annotated[Path, typer.Option(metavar="B", help="What to judge: as the reference.", parser=path_of)],
    metrics: MetricNames = None,
    channels: Mixing = None,
    level: LevelKind = "kept",
    align: Aligned = True,
    max_delay: MaxDelay = 0.5,
    list_metrics: Annotated[
        bool, typer.Option("--list", callback=_list_metrics, is_eager=True, help="List the metrics, and exit.")
    ] = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Compare a recording with its reference, or all recordings of a folder with those of another.

    Rate, channels, delay and level are put in order first; the output says exactly how each value was measured.
    Recordings in folders are paired by name, whatever their endings: one row each, mean and median at the end.
    """
    from ligeia.cli.console import Console

    folders = _are_folders(reference, estimate)
    comparison = comparison_of(metrics, channels, level, align=align, max_delay=max_delay, of_folders=folders)
    if folders:
        _score_folders(reference, estimate, comparison, Console(as_json, quiet))
    else:
        _score_files(reference, estimate, comparison, Console(as_json, quiet))


def comparison_of(
    metrics: str | None, channels: str | None, level: str, *, align: bool, max_delay: float, of_folders: bool
) -> "Comparison":
    """Return how sounds are compared, by the options; `of_folders` the metrics are those that reports show.

    Raises:
        SettingsError: an option is not valid.
    """
    from ligeia.corpus.actions.score import Comparison
    from ligeia.metrics.score import checked_channels, checked_level, checked_max_delay
    from ligeia.metrics.table import DEFAULT, HEADLINES, metrics_named

    names = (HEADLINES if of_folders else DEFAULT) if metrics is None else _split(metrics)
    chosen = tuple(metric.name for metric in metrics_named(names))
    mixing, level_kind = checked_channels(channels), checked_level(level)
    return Comparison(chosen, mixing, level_kind, align, checked_max_delay(max_delay))


def _split(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(",") if name.strip())


def _are_folders(reference: Path, estimate: Path) -> bool:
    """Tell whether two folders are to be compared.

    Raises:
        SettingsError: only one of them is a folder, both are the same, or both are standard input.
        InputError: one does not exist.
    """
    from ligeia.errors import InputError, SettingsError

    for path in (reference, estimate):
        if path != STDIN and not path.exists():
            raise InputError(f"{path} does not exist")
    folders = [path for path in (reference, estimate) if path.is_dir()]
    if len(folders) == 1:
        raise SettingsError(f"{folders[0]} is a folder and the other is not: give two recordings, or two folders")
    if len(folders) == 2 and reference.resolve() == estimate.resolve():
        raise SettingsError(f"{reference} is given twice: its recordings would be compared with themselves")
    if reference == estimate == STDIN:
        raise SettingsError("standard input can be the reference or the estimate, not both")
    return len(folders) == 2


def _score_files(reference: Path, estimate: Path, comparison: "Comparison", console: "Console") -> None:
    from ligeia.cli.output import print_json
    from ligeia.cli.scoring import scores_of

    result = scores_of(comparison, reference, estimate)
    same = STDIN not in (reference, estimate) and reference.samefile(estimate)
    notes = ["reference and estimate are the same file"] if same else []
    if console.as_json:
        print_json({"reference": str(reference), "estimate": str(estimate), "notes": notes, **result.as_dict()})
    else:
        console.notes(notes)
        _show(result)


def _score_folders(reference: Path, estimate: Path, comparison: "Comparison", console: "Console") -> None:
    from ligeia.cli.output import print_json
    from ligeia.cli.pairing import pair_folders
    from ligeia.cli.scoring import compare_folders, facts_of, show_results

    pairing = pair_folders(reference, estimate)
    with console.progress() as on_progress:
        results = compare_folders(pairing, comparison, on_progress)
    if console.as_json:
        print_json(facts_of(results, reference, estimate))
    else:
        show_results(results)
    if not results.complete:
        raise typer.Exit(1 if results.interrupt is None else exit_code(results.interrupt))


def _show(result: "Scores") -> None:
    from ligeia.cli.output import print_table
    from ligeia.metrics.table import METRICS

    rows = []
    for name, entry in result.scores.items():
        metric = METRICS[name]
        value = "undefined" if entry.value != entry.value else f"{entry.value:.4g}"
        place = (
            f"{entry.rate} Hz, {entry.channels}"
            if len(entry.per_channel) != 1 or entry.channels == "mono"
            else f"{entry.rate} Hz"
        )
        rows.append((name, value, metric.unit, f"{metric.better} is better", place, entry.reason or ""))
    print_table(("metric", "value", "unit", "", "measured at", "remark"), rows)
    recipe = result.recipe
    say(f"compared {recipe.sample_count} samples at {recipe.rate} Hz; delay {recipe.delay_samples} samples")
    for note in recipe.notes:
        say(f"note: {note}")
