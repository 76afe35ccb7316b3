"""`ligeia extend`: recordings at a higher rate, with the band that a method adds."""

from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ligeia.cli.options import Force, Json, Recordings, ResultOut, ResultPlot, ResultSubtype, Seed

if TYPE_CHECKING:
    from ligeia.audio.reading import AudioFile
    from ligeia.enhance.extension.settings import ExtendSettings


def _list_methods(requested: bool) -> None:
    if requested:
        from ligeia.cli.output import print_table
        from ligeia.enhance.extension.extend import DEFAULT, METHODS

        rows = [
            (f"{name} (default)" if name == DEFAULT else name, method.summary, ", ".join(sorted(method.uses)))
            for name, method in METHODS.items()
        ]
        print_table(("method", "what it does", "options"), rows)
        raise typer.Exit


def extend(
    recordings: Recordings,
    output: ResultOut,
    rate: Annotated[int, typer.Option(metavar="HZ", help="Sampling rate of the output in Hz, above the input's.")],
    method: Annotated[str | None, typer.Option(help="How; see --list (default: ligeia's own).")] = None,
    strength: Annotated[
        float,
        typer.Option(metavar="S", min=0, max=1, help="0 adds nothing, 1 all that the method guesses."),
    ] = 1.0,
    model: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="A network of `ligeia train extend`, or the checkpoint of a plug-in."),
    ] = None,
    seed: Seed = 0,
    subtype: ResultSubtype = None,
    plot: ResultPlot = None,
    force: Force = False,
    list_methods: Annotated[
        bool, typer.Option("--list", callback=_list_methods, is_eager=True, help="List the methods, and exit.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write recordings at a higher sampling rate, with a guess of the band that they lack.

    What they hold stays: a method only adds above it, and the report says what. Recordings of hours need no more memory
    than short ones.
    """
    from ligeia.cli.output import print_json
    from ligeia.cli.targets import jobs_of
    from ligeia.enhance.extension.extend import DEFAULT, check_settings
    from ligeia.enhance.extension.settings import ExtendSettings

    settings = ExtendSettings(rate=rate, method=method or DEFAULT, strength=strength, model=model, seed=seed)
    check_settings(settings)  # before any work
    all_facts = []
    for recording, target, picture in jobs_of(recordings, output, plot, overwrite=force):
        job = _Job(recording, target, picture, subtype, overwrite=force)
        all_facts.append(job.run(settings, as_json=as_json))
    if as_json:
        print_json(all_facts[0] if len(all_facts) == 1 else {"recordings": all_facts})


@dataclass(frozen=True)
class _Job:
    """One recording to extend, and where to."""

    recording: Path
    target: Path
    picture: Path | None
    subtype: str | None
    overwrite: bool

    def run(self, settings: "ExtendSettings", *, as_json: bool) -> dict[str, Any]:
        """Write the recording and its picture; return the facts, and print them for people."""
        from ligeia.audio.reading import open_audio
        from ligeia.cli.output import show, show_notes

        began = perf_counter()
        with open_audio(self.recording) as sound:
            facts: dict[str, Any] = {"input": str(self.recording), "output": str(self.target)}
            facts |= self._write(sound, settings, as_json)
            facts["elapsed_seconds"] = perf_counter() - began
            if self.picture is not None:
                facts["plot"] = str(self.picture)
                self._draw(sound, self.picture, facts["method"])
        if not as_json:
            show_notes(facts["notes"], as_json=False)
            show(facts, as_json=False, lines=_lines(facts))
        return facts

    def _write(self, sound: "AudioFile", settings: "ExtendSettings", as_json: bool) -> dict[str, Any]:
        from ligeia.audio.formats import nearest_subtype
        from ligeia.audio.writing import AudioWriter
        from ligeia.cli.progress import shown_progress
        from ligeia.enhance.extension.extend import Extending

        subtype = self.subtype or nearest_subtype(self.target, sound.subtype)
        settings.check(sound)  # before a file is begun
        shape = {"rate": settings.rate, "channels": sound.channels}
        count, loudest = 0, 0.0
        with (
            AudioWriter(self.target, subtype=subtype, overwrite=self.overwrite, **shape) as writer,
            shown_progress(as_json) as watch,
        ):
            running = Extending(sound, settings, on_progress=watch)
            for piece in running.pieces():
                writer.write(piece)
                count += piece.shape[1]
                loudest = max(loudest, float(abs(piece).max(initial=0)))
        report = running.report()
        notes = list(report["notes"])
        if loudest > 1 and subtype != "FLOAT":
            notes.append(f"peaks of {loudest:.3g} were cut at full scale; --subtype FLOAT in a .wav file keeps them")
        return {"sample_count": count, "channels": sound.channels, "subtype": subtype, **report, "notes": notes}

    def _draw(self, sound: "AudioFile", picture: Path, method: str) -> None:
        from ligeia.audio.reading import open_audio
        from ligeia.plots.sounds import plot_before_after
        from ligeia.plots.style import save_figure

        with open_audio(self.target) as result:
            save_figure(plot_before_after(sound, result, title=f"{self.recording.name}: extend, {method}"), picture)


def _lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    sound = f"{facts['seconds']:.2f} s, {facts['rate']} Hz, {facts['channels']} channel(s)"
    added = facts["added_hz"]
    strength = "" if facts["strength"] == 1 else f", strength {facts['strength']:g}"
    lines = [
        ("wrote", f"{facts['output']}: {sound}" + (f", {facts['subtype']}" if facts["subtype"] else "")),
        ("method", facts["method"] + strength),
        ("kept", f"0 to {facts['known_hz']:g} Hz, as given" if facts["known_hz"] else "nothing: all is written anew"),
        ("added", "nothing" if added is None else f"{added[0]:g} to {added[1]:g} Hz"),
    ]
    speed = facts["seconds"] / max(facts["elapsed_seconds"], 1e-9)
    lines.append(("time", f"{facts['elapsed_seconds']:.1f} s, {speed:.1f} times real time"))
    if "plot" in facts:
        lines.append(("picture", facts["plot"]))
    return lines
