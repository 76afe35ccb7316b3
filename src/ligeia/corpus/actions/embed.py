"""Embed: a recording becomes functions by a trained model, in the same stream that `ligeia embed` writes.

The model is read once in each process, and must be the one that the run began with.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

from ligeia.audio.atomic import write_bytes
from ligeia.audio.reading import AudioFile
from ligeia.codec.family.finding import family_file, find_family
from ligeia.codec.recordings import open_recording
from ligeia.codec.settings import EncodeReport
from ligeia.corpus.actions.table import Settings
from ligeia.corpus.places import digest_of
from ligeia.errors import InputError, SettingsError, needs_extra


def make(source: Path, target: Path, settings: Settings) -> dict[str, Any]:
    """Write the stream of a recording; `settings` have "kind", "model", "model_sha256", "seed" and "options"."""
    model = _model(settings["kind"], settings["model"], settings["model_sha256"])
    with open_recording(source) as sound:
        stream, report, figures = _embedded(sound, model, settings)
        write_bytes(target, stream, overwrite=True)
        return {
            "seconds": sound.seconds,
            "figures": {"snr_db": report.snr_db, **figures},
            "notes": [*sound.notes, *report.notes],
        }


def model_file(kind: str, model: str) -> Path:
    """Return the file of a model, by its path or its name.

    Raises:
        InputError: there is none.
    """
    if kind == "family":
        return family_file(model)
    from ligeia.hypersound.shipped import find_model

    return find_model(model)


@lru_cache(maxsize=2)
def _model(kind: str, model: str, digest: str) -> Any:
    """Return a model, ready to use.

    Raises:
        SettingsError: it is not here, or another one.
    """
    try:
        path = model_file(kind, model)
    except InputError as error:
        raise SettingsError(str(error)) from error
    if digest_of(path) != digest:
        raise SettingsError(f"{path} is not the model that this run began with: its SHA-256 is not {digest}")
    if kind == "family":
        return find_family(path)
    with needs_extra("torch", "torch"):
        from ligeia.hypersound.dictionary import load_dictionary
        from ligeia.hypersound.embed import Writer

    return load_dictionary(model) if kind == "atoms" else Writer.open(model)


def _embedded(sound: AudioFile, model: Any, settings: Settings) -> tuple[bytes, EncodeReport, dict[str, float]]:
    options, seed = settings["options"], settings["seed"]
    if settings["kind"] == "family":
        from ligeia.latent.embedding import embed_family

        found = embed_family(sound, model, seed=seed, **options)
        return found.stream, found.report, {"si_snr_db": found.si_snr_db}
    if settings["kind"] == "atoms":
        from ligeia.hypersound.atoms import atoms_stream

        stream, report, _ = atoms_stream(sound, model, **options)
        return stream, report, {}
    from ligeia.hypersound.embed import embed_stream

    return *embed_stream(sound, model, seed=seed, **options), {}
