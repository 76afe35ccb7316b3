"""Denoise: a recording with less noise in it, the same that `ligeia denoise` writes."""

from pathlib import Path
from typing import Any

from ligeia.audio.formats import nearest_subtype
from ligeia.audio.writing import AudioWriter
from ligeia.codec.recordings import open_sound
from ligeia.corpus.actions.table import Settings
from ligeia.enhance.denoising.denoise import Denoising
from ligeia.enhance.denoising.settings import DenoiseSettings


def make(source: Path, target: Path, settings: Settings) -> dict[str, Any]:
    """Write the recording with less noise in it; `settings` are fields of `DenoiseSettings`, and "subtype"."""
    given = {name: value for name, value in settings.items() if name not in ("subtype", "model_sha256")}
    model = None if settings["model"] is None else Path(settings["model"])
    wanted = DenoiseSettings(**given | {"model": model})
    with open_sound(source) as sound:
        subtype = settings["subtype"] or nearest_subtype(target, sound.subtype)
        with AudioWriter(
            target, rate=sound.rate, channels=sound.channels, subtype=subtype, overwrite=True, tags=sound.tags
        ) as writer:
            running = Denoising(sound, wanted)
            for piece in running.pieces():
                writer.write(piece)
        report = running.report()
        return {
            "seconds": sound.seconds,
            "figures": {"taken_db": report["taken_db"]},
            "notes": [*sound.notes, *report.get("notes", ()), *writer.clipping],
        }
