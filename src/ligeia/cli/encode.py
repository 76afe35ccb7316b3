"""`ligeia encode`: compress recordings into .lig files."""

from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from ligeia.cli.batch import Facts, Job, Lines, run_jobs
from ligeia.cli.options import (
    Checkpoint,
    Device,
    EncoderNetwork,
    Force,
    Json,
    Kbps,
    LigOut,
    Preset,
    Quality,
    QuantisationAware,
    Quiet,
    Recordings,
    Recursive,
    Seed,
    Steps,
    TargetSnr,
    Width,
    WithTags,
)

if TYPE_CHECKING:
    from ligeia.cli.console import Console
    from ligeia.codec.settings import EncodeSettings


def encode(
    recordings: Recordings,
    output: LigOut = None,
    preset: Preset = None,
    kbps: Kbps = None,
    snr: TargetSnr = None,
    quality: Quality = None,
    network: EncoderNetwork = None,
    quantisation_aware: QuantisationAware = None,
    width: Width = None,
    steps: Steps = None,
    seed: Seed = 0,
    device: Device = "auto",
    checkpoint: Checkpoint = None,
    with_tags: WithTags = True,
    recursive: Recursive = False,
    force: Force = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Compress recordings into .lig files.

    A file holds a function of time, quantised and entropy-coded: by default windowed sines (an MDCT), solved in
    closed form. Give one of --kbps, --snr and --quality at most.
    """

    from ligeia.audio.naming import to_streams
    from ligeia.cli.console import Console
    from ligeia.cli.targets import Wanted, places_of
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
