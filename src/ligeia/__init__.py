"""Ligeia: sound as functions (implicit neural representations of audio).

Every public name is loaded when it is first used, so that importing the package does no work.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ligeia.audio.reading import open_audio, read_audio
    from ligeia.audio.resample import resample
    from ligeia.audio.signal import Audio
    from ligeia.audio.writing import write_audio
    from ligeia.codec.decode import decode
    from ligeia.codec.encode import encode, encode_inr, encode_with_report
    from ligeia.codec.inspect import inspect
    from ligeia.codec.reader import StreamReader, open
    from ligeia.codec.settings import EncodeSettings
    from ligeia.embedding import embed
    from ligeia.enhance.denoising.denoise import denoise
    from ligeia.enhance.enhanced import Enhanced
    from ligeia.enhance.extension.extend import extend
    from ligeia.enhance.restoration.restore import restore
    from ligeia.errors import (
        Cancelled,
        FitError,
        FormatError,
        InputError,
        LigeiaError,
        MissingExtra,
        SettingsError,
        UndefinedScore,
    )
    from ligeia.fitting.config import FitConfig
    from ligeia.fitting.fit import fit
    from ligeia.fitting.plan import Recipe
    from ligeia.fitting.recipes import RECIPES
    from ligeia.inr import INR
    from ligeia.latent.morphing import MorphSettings, morph
    from ligeia.latent.sampling import SampleSettings, sample
    from ligeia.metrics.score import Scores, score
    from ligeia.metrics.table import METRICS
    from ligeia.networks import Siren
    from ligeia.networks.registered import register

__version__ = "0.1.0.dev0"

_HOME = {
    "Audio": "ligeia.audio.signal",
    "open_audio": "ligeia.audio.reading",
    "read_audio": "ligeia.audio.reading",
    "write_audio": "ligeia.audio.writing",
    "resample": "ligeia.audio.resample",
    "INR": "ligeia.inr",
    "fit": "ligeia.fitting.fit",
    "embed": "ligeia.embedding",
    "FitConfig": "ligeia.fitting.config",
    "Recipe": "ligeia.fitting.plan",
    "RECIPES": "ligeia.fitting.recipes",
    "Siren": "ligeia.networks",
    "register": "ligeia.networks.registered",
    "encode": "ligeia.codec.encode",
    "encode_inr": "ligeia.codec.encode",
    "encode_with_report": "ligeia.codec.encode",
    "EncodeSettings": "ligeia.codec.settings",
    "MorphSettings": "ligeia.latent.morphing",
    "SampleSettings": "ligeia.latent.sampling",
    "morph": "ligeia.latent.morphing",
    "sample": "ligeia.latent.sampling",
    "extend": "ligeia.enhance.extension.extend",
    "decode": "ligeia.codec.decode",
    "inspect": "ligeia.codec.inspect",
    "open": "ligeia.codec.reader",
    "StreamReader": "ligeia.codec.reader",
    "denoise": "ligeia.enhance.denoising.denoise",
    "restore": "ligeia.enhance.restoration.restore",
    "Enhanced": "ligeia.enhance.enhanced",
    "score": "ligeia.metrics.score",
    "Scores": "ligeia.metrics.score",
    "METRICS": "ligeia.metrics.table",
    "LigeiaError": "ligeia.errors",
    "InputError": "ligeia.errors",
    "SettingsError": "ligeia.errors",
    "FormatError": "ligeia.errors",
    "Cancelled": "ligeia.errors",
    "FitError": "ligeia.errors",
    "MissingExtra": "ligeia.errors",
    "UndefinedScore": "ligeia.errors",
}

__all__ = [
    "INR",
    "METRICS",
    "RECIPES",
    "Audio",
    "Cancelled",
    "EncodeSettings",
    "Enhanced",
    "FitConfig",
    "FitError",
    "FormatError",
    "InputError",
    "LigeiaError",
    "MissingExtra",
    "MorphSettings",
    "Recipe",
    "SampleSettings",
    "Scores",
    "SettingsError",
    "Siren",
    "StreamReader",
    "UndefinedScore",
    "__version__",
    "decode",
    "denoise",
    "embed",
    "encode",
    "encode_inr",
    "encode_with_report",
    "extend",
    "fit",
    "inspect",
    "morph",
    "open",
    "open_audio",
    "read_audio",
    "register",
    "resample",
    "restore",
    "sample",
    "score",
    "write_audio",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'ligeia' has no attribute {name!r}")
    from ligeia.errors import needs_extra

    with needs_extra("torch", "torch"):
        return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
