"""`ligeia denoise`: recordings with less noise in them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer

from ligeia.cli.batch import Facts, Lines, run_jobs
from ligeia.cli.enhancing import Enhancing, time_line, wrote_line
from ligeia.cli.options import (
    DenoisingMethod,
    DenoisingStrength,
    Device,
    Force,
    Json,
    MethodModel,
    Quiet,
    Recordings,
    Recursive,
    ResultOut,
    ResultPlot,
    ResultSubtype,
    Seed,
    Steps,
    seconds_of,
)

if TYPE_CHECKING:
    from ligeia.audio.reading import AudioFile
    from ligeia.audio.signal import Audio
    from ligeia.cli.console import Console

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
    method: DenoisingMethod = None,
    strength: DenoisingStrength = 1.0,
    noise_from: Annotated[
        tuple[float, float] | None,
        typer.Option(
            metavar="START STOP", help="A stretch in which only the noise is heard: two times.", parser=seconds_of
        ),
    ] = None,
    model: MethodModel = None,
    steps: Steps = None,
    seed: Seed = 0,
    device: Device = "auto",
    subtype: ResultSubtype = None,
    plot: ResultPlot = None,
    recursive: Recursive = False,
    force: Force = False,
    quiet: Quiet = False,
    list_methods: Annotated[
        bool, typer.Option("--list", callback=_list_methods, is_eager=True, help="List the methods, and exit.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write recordings again with less noise in them.

    Rate, channels, length, gain and sample format stay as they are. Recordings of hours need no more memory than short
    ones.
    """
    from ligeia.audio.naming import to_recordings
    from ligeia.cli.console import Console
    from ligeia.cli.targets import Wanted, places_of
    from ligeia.enhance.denoising.denoise import DEFAULT, check_method

    chosen = method or DEFAULT
    settings = {"method": chosen, "strength": strength, "model": model, "steps": steps, "seed": seed, "device": device}
    check_method(chosen, noise=noise_from, model=model, steps=steps)  # before any work
    keeps = () if model is None else (model,)
    wanted = Wanted(recordings, output, recursive, force, plot=plot, subtype=subtype, keeps=keeps)
    places = places_of(wanted, to_recordings())
    console = Console(as_json, quiet, aside=any(place.to_stdout for place in places))
    run_jobs(places, lambda place: _Denoise(place, settings, noise_from), console, several=wanted.several)


@dataclass(frozen=True)
class _Denoise(Enhancing):
    """One recording to denoise."""

    settings: dict[str, Any]
    noise_from: tuple[float, float] | None
    verb: ClassVar[str] = "denoise"

    def write(self, sound: "AudioFile", console: "Console") -> Facts:
        """Write the recording with less noise in it."""
        from ligeia.audio.formats import nearest_subtype
        from ligeia.cli.written import named_for, with_level, writer_for
        from ligeia.enhance.denoising.denoise import Denoising
        from ligeia.enhance.denoising.settings import DenoiseSettings

        place = self.place
        settings = DenoiseSettings(**self.settings, noise=stretch_of(sound, self.noise_from))
        subtype = place.subtype or nearest_subtype(named_for(place.target), sound.subtype)
        shape = {"rate": sound.rate, "channels": sound.channels}
        with writer_for(place, shape, subtype=subtype, tags=sound.tags) as writer, console.progress() as watch:
            running = Denoising(sound, settings, on_progress=watch)
            for piece in running.pieces():
                writer.write(piece)
        report = running.report()
        level = with_level(writer, report.get("notes", ()))
        return {"sample_count": sound.sample_count, **shape, "subtype": subtype, **report, **level}

    def findings(self, facts: Facts) -> Lines:
        """Return what was written, and what was taken off."""
        strength = "" if facts["strength"] == 1 else f", strength {facts['strength']:g}"
        return [wrote_line(facts), ("method", facts["method"] + strength), *_findings(facts), time_line(facts)]


def stretch_of(sound: "AudioFile", stretch: tuple[float, float] | None) -> "Audio | None":
    """Return the samples of `stretch` (start and stop in seconds), None where there is none.

    Raises:
        InputError: it does not lie within the sound, or holds no sample.
    """
    from ligeia.audio.signal import Audio
    from ligeia.errors import InputError, SettingsError

    if stretch is None:
        return None
    start, stop = stretch
    if not 0 <= start < stop <= sound.seconds:
        kind = InputError if start < stop else SettingsError
        raise kind(
            f"--noise-from {start:g} {stop:g} is not a valid stretch of {sound.path}: "
            f"it needs 0 <= START < STOP <= {sound.seconds:g} seconds"
        )
    samples = sound.read(round(start * sound.rate), round(stop * sound.rate))
    if samples.shape[1] == 0:
        raise InputError(f"--noise-from {start:g} {stop:g} holds no sample at {sound.rate} Hz")
    return Audio(samples, sound.rate)


def _findings(facts: Facts) -> Lines:
    lines = []
    if (level := _levels(facts.get("noise_db"))) is not None:
        snr = _levels(facts.get("snr_db"))
        above = "" if snr is None else f", the recording {snr} dB above it"
        source = f"; from {facts['noise_from']}" if "noise_from" in facts else ""
        lines.append(("noise", f"{level} dB (full scale 0){above}{source}"))
    if hum := facts.get("hum_hz"):
        more = ", ..." if len(hum) > MOST_LINES else ""
        lines.append(("hum", f"taken out at {', '.join(f'{hz:.4g}' for hz in hum[:MOST_LINES])}{more} Hz"))
    if facts["taken_db"] is None:
        return [*lines, ("taken", "nothing")]
    level = "" if facts["gain_db"] is None else f"; the level of the whole changed by {facts['gain_db']:+.1f} dB"
    return [*lines, ("taken", f"{facts['taken_db']:.1f} dB (full scale 0){level}")]


def _levels(found: float | list[float | None] | None) -> str | None:
    """Format a level in dB, or one for each channel; None where there is none."""
    levels = found if isinstance(found, list) else [found]
    texts = ["none" if level is None else f"{level:.1f}" for level in levels]
    if not texts or set(texts) == {"none"}:
        return None
    return texts[0] if len(set(texts)) == 1 else " / ".join(texts)
