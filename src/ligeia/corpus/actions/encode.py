"""Encode: a recording becomes a stream, the same that `ligeia encode` writes."""

from pathlib import Path
from typing import Any

from ligeia.audio.atomic import write_bytes
from ligeia.codec.encode import encode_with_report
from ligeia.codec.recordings import open_recording
from ligeia.codec.settings import EncodeSettings
from ligeia.corpus.actions.table import Settings


def make(source: Path, target: Path, settings: Settings) -> dict[str, Any]:
    """Write the stream of a recording; `settings` are the fields of `EncodeSettings`, and "tags"."""
    wanted = EncodeSettings(**{name: value for name, value in settings.items() if name != "tags"})
    with open_recording(source) as sound:
        tags, notes = (sound.tags, sound.tag_notes) if settings["tags"] else ({}, ())
        stream, report = encode_with_report(sound, wanted, tags=tags)
        write_bytes(target, stream, overwrite=True)
        return {
            "seconds": sound.seconds,
            "figures": {"snr_db": report.snr_db},
            "preset": report.preset,
            "notes": [*sound.notes, *report.notes, *notes],
        }
