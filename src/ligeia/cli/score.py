"""`ligeia score`: measure how close one recording is to another."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ligeia.cli.options import Json

if TYPE_CHECKING:
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
    reference: Annotated[Path, typer.Option(metavar="A", help="Reference recording.")],
    estimate: Annotated[Path, typer.Option(metavar="B", help="Recording to judge.")],
    metrics: Annotated[
        str | None, typer.Option(metavar="a,b,...", help="Metrics to compute (default: all but the slow ones).")
    ] = None,
    channels: Annotated[
        str | None,
        typer.Option(help="each (mean over channels) or mono (downmix); default: each metric's own convention."),
    ] = None,
    level: Annotated[str, typer.Option(help="kept, or matched (first scale the estimate by least squares).")] = "kept",
    align: Annotated[bool, typer.Option(help="Find and undo the delay of the estimate.")] = True,
    max_delay: Annotated[float, typer.Option(metavar="SECONDS", help="Longest delay to search for, in seconds.")] = 0.5,
    list_metrics: Annotated[
        bool, typer.Option("--list", callback=_list_metrics, is_eager=True, help="List the metrics, and exit.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Compare a recording with its reference.

    Rate, channels, delay and level are put in order first; the output says exactly how each value was measured.
    """
    from ligeia.audio.reading import read_audio
    from ligeia.cli.output import print_json
    from ligeia.metrics.score import checked_channels, checked_level
    from ligeia.metrics.score import score as compare

    names = None if metrics is None else [name.strip() for name in metrics.split(",") if name.strip()]
    level_kind, mixing = checked_level(level), checked_channels(channels)
    result = compare(
        reference=read_audio(reference),
        estimate=read_audio(estimate),
        metrics=names,
        channels=mixing,
        level=level_kind,
        align=align,
        max_delay=max_delay,
    )
    if as_json:
        facts = {"reference": str(reference), "estimate": str(estimate), **result.as_dict()}
        print_json(facts)
    else:
        _show(result)


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
    typer.echo(f"compared {recipe.sample_count} samples at {recipe.rate} Hz; delay {recipe.delay_samples} samples")
    for note in recipe.notes:
        typer.echo(f"note: {note}")
