"""Decode: a stream becomes a recording, the same that `ligeia decode` writes."""

from pathlib import Path
from typing import Any

from ligeia.audio.writing import AudioWriter
from ligeia.codec.family.finding import look_in
from ligeia.codec.rendering import Rendered, rendering
from ligeia.codec.source import Source
from ligeia.codec.synthesis.decoding import is_enhanced
from ligeia.corpus.actions.table import Settings


def make(source: Path, target: Path, settings: Settings) -> dict[str, Any]:
    """Write the recording of a stream; `settings` are fields of `Rendered`, "format" and "subtype"."""
    how = Rendered(**{name: value for name, value in settings.items() if name not in ("format", "subtype")})
    look_in(source.absolute().parent)  # the model of a family may lie beside the stream
    with source.open("rb") as file:
        found = rendering(Source(file), how)
        stream = found.stream
        with AudioWriter(
            target, rate=found.rate, channels=found.channels, subtype=settings["subtype"], overwrite=True,
            tags=stream.tags,
        ) as writer:  # fmt: skip
            for piece in found.pieces:
                writer.write(piece)
        notes = [f"{len(stream.lost)} damaged blocks are silent"] if how.salvage and stream.lost else []
        return {
            "seconds": found.sample_count / found.rate,
            "figures": {},
            "enhanced": is_enhanced(stream),
            "notes": [*notes, *writer.clipping],
        }
