"""`ligeia denoise`: recordings with less noise in them."""

from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ligeia.cli.options import Device, Force, Json, Recordings, ResultOut, ResultPlot, ResultSubtype, Seed, Steps

if TYPE_CHECKING:
    from ligeia.audio.reading import AudioFile
    from ligeia.audio.signal import Audio

MOST_LINES = 6
"""Frequencies of a hum that are named."""


def _list_methods(requested: bool) -> None:
    if requested:
        from ligeia.cli.output import print_table
        from ligeia.enhance.denoising.denoise import DEFAULT, METHODS

        rows = [
            (f"{name} (default)" if name == DEFAULT else name, method.summary, _options_of(method.uses))
            for name, method in METHODS.items()
        ]
        print_table(("method", "what it does", "options"), rows)
        raise typer.Exit


def _options_of(uses: frozenset[str]) -> str:
    return ", ".join(sorted("noise-from" if name == "noise" else name for name in uses))


def denoise(
    recordings: Recordings,
    output: ResultOut,
    method: Annotated[str | None, typer.Option(help="How; see --list (default: ligeia's own).")] = None,
    strength: Annotated[
        float,
        typer.Option(metavar="S", min=0, max=1, help="0 leaves the recording as it is, 1 takes all that is found."),
    ] = 1.0,
    noise_from: Annotated[
        tuple[float, float] | None,
        typer.Option(metavar="START STOP", help="A stretch, in seconds, in which only the noise is heard."),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="File or folder of weights, for methods that run other's models."),
    ] = None,
    steps: Steps = None,
    seed: Seed = 0,
    device: Device = "auto",
    subtype: ResultSubtype = None,
    plot: ResultPlot = None,
    force: Force = False,
    list_methods: Annotated[
        bool, typer.Option("--list", callback=_list_methods, is_eager=True, help="List the methods, and exit.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write recordings again with less noise in them.

    Rate, channels, length, gain and sample format stay as they are. Recordings of hours need no more memory than short
    ones.
    """
    from ligeia.cli.output import print_json
    from ligeia.cli.targets import jobs_of
    from ligeia.enhance.denoising.denoise import DEFAULT, check_method

    chosen = method or DEFAULT
    settings = {"method": chosen, "strength": strength, "model": model, "steps": steps, "seed": seed, "device": device}
    check_method(chosen, noise=noise_from, model=model, steps=steps)  # before any work
    all_facts = []
    for recording, target, picture in jobs_of(recordings, output, plot, overwrite=force):
        job = _Job(recording, target, picture, subtype, noise_from, overwrite=force)
        all_facts.append(job.run(settings, as_json=as_json))
    if as_json:
        print_json(all_facts[0] if len(all_facts) == 1 else {"recordings": all_facts})


@dataclass(frozen=True)
class _Job:
    """One recording to denoise, and where to."""

    recording: Path
    target: Path
    picture: Path | None
    subtype: str | None
    noise_from: tuple[float, float] | None
    overwrite: bool

    def run(self, settings: dict[str, Any], *, as_json: bool) -> dict[str, Any]:
        """Write the recording and its picture; return the facts, and print them for people."""
        from ligeia.audio.reading import open_audio
        from ligeia.cli.output import show, show_notes

        began = perf_counter()
        with open_audio(self.recording) as sound:
            noise = stretch_of(sound, self.noise_from)
            facts: dict[str, Any] = {"input": str(self.recording), "output": str(self.target)}
            facts |= self._write(sound, settings | {"noise": noise}, as_json)
            facts["elapsed_seconds"] = perf_counter() - began
            if self.picture is not None:
                facts["plot"] = str(self.picture)
                self._draw(sound, facts["method"])
        if not as_json:
            show_notes(facts["notes"], as_json=False)
            show(facts, as_json=False, lines=_lines(facts))
        return facts

    def _write(self, sound: "AudioFile", settings: dict[str, Any], as_json: bool) -> dict[str, Any]:
        from ligeia.audio.formats import nearest_subtype
        from ligeia.audio.writing import AudioWriter
        from ligeia.cli.progress import shown_progress
        from ligeia.enhance.denoising.denoise import Denoising
        from ligeia.enhance.denoising.settings import DenoiseSettings

        subtype = self.subtype or nearest_subtype(self.target, sound.subtype)
        loudest = 0.0
        with (
            AudioWriter(
                self.target, rate=sound.rate, channels=sound.channels, subtype=subtype, overwrite=self.overwrite
            ) as writer,
            shown_progress(as_json) as watch,
        ):
            running = Denoising(sound, DenoiseSettings(**settings), on_progress=watch)
            for piece in running.pieces():
                writer.write(piece)
                loudest = max(loudest, float(abs(piece).max(initial=0)))
        notes = []
        if loudest > 1 and subtype != "FLOAT":
            notes.append(f"peaks of {loudest:.3g} were cut at full scale; --subtype FLOAT in a .wav file keeps them")
        report = running.report()
        return {
            "sample_count": sound.sample_count,
            "rate": sound.rate,
            "channels": sound.channels,
            "subtype": subtype,
            **report,
            "notes": [*report.get("notes", ()), *notes],
        }

    def _draw(self, sound: "AudioFile", method: str) -> None:
        from ligeia.audio.reading import open_audio
        from ligeia.plots.sounds import plot_before_after
        from ligeia.plots.style import save_figure

        assert self.picture is not None
        with open_audio(self.target) as result:
            save_figure(
                plot_before_after(sound, result, title=f"{self.recording.name}: denoise, {method}"), self.picture
            )


def stretch_of(sound: "AudioFile", stretch: tuple[float, float] | None) -> "Audio | None":
    """Return the samples of `stretch` (start and stop in seconds), None where there is none.

    Raises:
        InputError: it does not lie within the sound, or holds no sample.
    """
    from ligeia.audio.signal import Audio
    from ligeia.errors import InputError

    if stretch is None:
        return None
    start, stop = stretch
    if not 0 <= start < stop <= sound.seconds:
        raise InputError(
            f"--noise-from {start:g} {stop:g} is not a valid stretch of {sound.path}: "
            f"it needs 0 <= START < STOP <= {sound.seconds:g} seconds"
        )
    samples = sound.read(round(start * sound.rate), round(stop * sound.rate))
    if samples.shape[1] == 0:
        raise InputError(f"--noise-from {start:g} {stop:g} holds no sample at {sound.rate} Hz")
    return Audio(samples, sound.rate)


def _lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    sound = f"{facts['seconds']:.2f} s, {facts['rate']} Hz, {facts['channels']} channel(s)"
    lines = [("wrote", f"{facts['output']}: {sound}" + (f", {facts['subtype']}" if facts["subtype"] else ""))]
    strength = "" if facts["strength"] == 1 else f", strength {facts['strength']:g}"
    lines.append(("method", facts["method"] + strength))
    if (level := _levels(facts.get("noise_db"))) is not None:
        snr = _levels(facts.get("snr_db"))
        above = "" if snr is None else f", the recording {snr} dB above it"
        source = f"; from {facts['noise_from']}" if "noise_from" in facts else ""
        lines.append(("noise", f"{level} dB (full scale 0){above}{source}"))
    if hum := facts.get("hum_hz"):
        more = ", ..." if len(hum) > MOST_LINES else ""
        lines.append(("hum", f"taken out at {', '.join(f'{hz:.4g}' for hz in hum[:MOST_LINES])}{more} Hz"))
    if facts["taken_db"] is None:
        lines.append(("taken", "nothing"))
    else:
        level = "" if facts["gain_db"] is None else f"; the level of the whole changed by {facts['gain_db']:+.1f} dB"
        lines.append(("taken", f"{facts['taken_db']:.1f} dB (full scale 0){level}"))
    speed = facts["seconds"] / max(facts["elapsed_seconds"], 1e-9)
    lines.append(("time", f"{facts['elapsed_seconds']:.1f} s, {speed:.1f} times real time"))
    if "plot" in facts:
        lines.append(("picture", facts["plot"]))
    return lines


def _levels(found: float | list[float | None] | None) -> str | None:
    """Format a level in dB, or one for each channel; None where there is none."""
    levels = found if isinstance(found, list) else [found]
    texts = ["none" if level is None else f"{level:.1f}" for level in levels]
    if not texts or set(texts) == {"none"}:
        return None
    return texts[0] if len(set(texts)) == 1 else " / ".join(texts)
