"""`ligeia encode`: compress recordings into .lig files."""

from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from ligeia.cli.batch import Facts, Job, Lines, run_jobs
from ligeia.cli.options import (
    Checkpoint,
    Device,
    Force,
    Json,
    LigOut,
    Quiet,
    Recordings,
    Recursive,
    Seed,
    Steps,
    Width,
)  # fmt: skip

if TYPE_CHECKING:
    from ligeia.cli.console import Console
    from ligeia.codec.settings import EncodeSettings


def encode(
    recordings: Recordings,
    output: LigOut = None,
    preset: Annotated[
        str | None,
        typer.Option(
            help="speech, music or waveform (default: waveform with --snr, else speech or music, whichever suits the "
            "sound); with --network siren: draft, standard or fine."
        ),
    ] = None,
    kbps: Annotated[float | None, typer.Option(help="Bit rate to meet, in kbit/s.")] = None,
    snr: Annotated[float | None, typer.Option(metavar="DB", help="Signal-to-noise ratio to meet, in dB.")] = None,
    quality: Annotated[
        float | None, typer.Option(metavar="Q", help="Quality from 0 (smallest) to 10 (best); default: 6.")
    ] = None,
    network: Annotated[
        str | None,
        typer.Option(
            help="lapped (default; solved in closed form) or siren (fitted by gradient descent; needs torch)."
        ),
    ] = None,
    quantisation_aware: Annotated[
        bool | None, typer.Option(help="With --network siren: quantisation-aware fitting (default: yes).")
    ] = None,
    width: Width = None,
    steps: Steps = None,
    seed: Seed = 0,
    device: Device = "auto",
    checkpoint: Checkpoint = None,
    with_tags: Annotated[
        bool, typer.Option("--tags/--no-tags", help="Keep title, artist and the like of the recording.")
    ] = True,
    recursive: Recursive = False,
    force: Force = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Compress recordings into .lig files.

    A file holds a function of time, quantised and entropy-coded: by default windowed sines (an MDCT), solved in
    closed form. Give one of --kbps, --snr and --quality at most.
    """

    from ligeia.cli.console import Console
    from ligeia.cli.targets import Wanted, places_of, to_streams
    from ligeia.codec.settings import EncodeSettings

    settings = EncodeSettings(
        network=network, preset=preset, kbps=kbps, quality=quality, snr_db=snr, width=width, steps=steps, seed=seed,
        device=device, quantisation_aware=quantisation_aware,
    )  # fmt: skip
    wanted = Wanted(recordings, output, recursive=recursive, overwrite=force)
    check_checkpoint(checkpoint, wanted.several)
    places = places_of(wanted, to_streams())
    console = Console(as_json, quiet, aside=any(place.to_stdout for place in places))
    run_jobs(places, lambda place: _Encode(place, settings, checkpoint, with_tags), console, several=wanted.several)


def check_checkpoint(checkpoint: Path | None, several: bool) -> None:
    """Refuse a checkpoint for several recordings."""
    from ligeia.errors import SettingsError

    if checkpoint is not None and several:
        raise SettingsError("a checkpoint is the state of one recording: give it with a single one")


@dataclass(frozen=True)
class _Encode(Job):
    """One recording to compress."""

    settings: "EncodeSettings"
    checkpoint: Path | None
    with_tags: bool

    def run(self, console: "Console") -> Facts:
        """Write the stream."""
        from ligeia.cli.output import facts_of, keep
        from ligeia.cli.sources import open_recording
        from ligeia.codec.encode import encode_with_report

        place, checkpoint, started = self.place, self.checkpoint, monotonic()
        with (
            open_recording(place.recording) as sound,
            console.progress(saves=checkpoint is not None) as watch,
        ):
            tags, notes = (sound.tags, sound.tag_notes) if self.with_tags else ({}, ())
            stream, report = encode_with_report(
                sound, self.settings, checkpoint=checkpoint, tags=tags, on_progress=watch
            )
        keep(place.target, stream, overwrite=place.overwrite, checkpoint=checkpoint)
        facts = {**facts_of(place.target, stream, report), "tags": report.tags, "seed": self.settings.seed}
        facts["elapsed_seconds"] = monotonic() - started  # from the open recording to the written stream
        return facts | {"notes": [*sound.notes, *report.notes, *notes]}

    def lines(self, facts: Facts) -> Lines:
        """Return size, error and time."""
        from ligeia.cli.output import lines_of

        return lines_of(facts)
