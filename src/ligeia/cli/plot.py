"""`ligeia plot`: a picture of a recording, or of two and their difference."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ligeia.cli.options import Force, Json, Quiet, Start, Stop
from ligeia.cli.sources import STDIN, named, path_of

if TYPE_CHECKING:
    from ligeia.cli.console import Console
    from ligeia.plots.recordings import View


def plot(
    recordings: Annotated[
        list[Path],
        typer.Argument(
            metavar="IN [IN2]",
            help="A recording or .lig file (- is standard input); with a second one also their difference.",
            parser=path_of,
        ),
    ],
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="OUT.png", help="Picture: .png, .svg or .pdf; or a folder, DIR/.")
    ],
    kind: Annotated[str, typer.Option(help="both, waveform or spectrogram.")] = "both",
    start: Start = 0.0,
    stop: Stop = None,
    channels: Annotated[
        str | None, typer.Option(help="each (a row for each) or mono (their mean); default: each of two, mono of more.")
    ] = None,
    align: Annotated[bool, typer.Option(help="Of two: find and undo the delay of the second.")] = True,
    force: Force = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Draw waveform and spectrogram of a recording; of two also what the second has beside the first.

    Recordings and .lig files of any length. Where there are two, all waveforms share one scale, and so do all
    spectrograms; the signal-to-noise ratio over the time that is shown stands in the title.
    """
    from ligeia.audio.atomic import checked_target
    from ligeia.cli.console import Console
    from ligeia.cli.targets import picture_of, refuse_inputs
    from ligeia.errors import SettingsError
    from ligeia.plots.recordings import View
    from ligeia.plots.style import save_figure

    if len(recordings) > 2:
        raise SettingsError(f"a picture shows one recording, or two and their difference; got {len(recordings)}")
    if recordings.count(STDIN) > 1:
        raise SettingsError("standard input can be one of the two recordings, not both")
    names = [named(path) if path == STDIN else path.name for path in recordings]
    view = View(kind=kind, start=start, stop=stop, channels=channels, title=" and ".join(names))  # type: ignore[arg-type]
    picture = picture_of(recordings[0], output, in_folder=False)
    checked_target(picture, overwrite=force)
    refuse_inputs(picture, recordings)
    drawn, facts = _drawn(recordings, view, align=align)
    save_figure(drawn, picture, overwrite=force)
    facts = {"output": str(picture), "inputs": [str(path) for path in recordings], **facts}
    _show(facts, Console(as_json, quiet))


def _drawn(recordings: list[Path], view: "View", *, align: bool) -> tuple[Any, dict[str, Any]]:
    """Return the picture, and facts about it."""
    from ligeia.cli.sources import open_sound
    from ligeia.metrics.difference import compared
    from ligeia.plots.recordings import is_mixed, plot_difference, plot_sound

    with ExitStack() as opened:
        sounds = [opened.enter_context(open_sound(path)) for path in recordings]
        first, notes = sounds[0], list[str]()
        more: dict[str, Any] = {}
        if len(sounds) == 1:
            drawn = plot_sound(first, view)
        else:
            pair = compared(reference=first, estimate=sounds[1], align=align)
            drawn = plot_difference(pair, view)
            notes += pair.notes
            more = {"snr_db": drawn.snr_db, "delay_samples": pair.delay.samples, "delay_fraction": pair.fraction}
        if view.channels is None and is_mixed(first.channels, view):
            notes.append(f"the {first.channels} channels are shown as their mean; --channels each gives each a row")
        shape = {"start": drawn.start, "stop": drawn.stop, "rate": first.rate, "channels": first.channels}
    return drawn.figure, {**shape, **more, "notes": notes}


def _show(facts: dict[str, Any], console: "Console") -> None:
    from ligeia.cli.output import decibels
    from ligeia.plots.recordings import span

    console.notes(facts["notes"])
    stretch = f"{span(facts['start'], facts['stop'])}, {facts['rate']} Hz, {facts['channels']} channel(s)"
    lines = [("wrote", facts["output"]), ("shows", stretch)]
    if "snr_db" in facts:
        lines.append(("SNR", f"{decibels(facts['snr_db'])} over that time, all channels together"))
    console.report(facts, lines)
