"""What codecs made by training have in common: a package and weights that only the user can bring."""

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ligeia.bench.codec import CodecError, Usage
from ligeia.bench.here import run_here


def package(module: str, distribution: str) -> Any:
    """A module of a package that the user may have installed.

    Raises:
        CodecError: it is not there, or does not load.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        hint = "" if error.name == module.partition(".")[0] else f" completely ({error.name} is missing)"
        raise CodecError(f"{distribution} is not installed{hint}: pip install {distribution}") from error
    except Exception as error:  # old packages fail in many ways beside a new torch
        raise CodecError(f"{distribution} does not load: {' '.join(str(error).split())}") from error


def weights(name: str, path: Path) -> Path:
    """The file of weights, which must be there: nothing is downloaded.

    Raises:
        CodecError: it is not.
    """
    if not path.is_file():
        raise CodecError(f"{name} has no weights on this machine: there is no {path}")
    return path


def versions(*distributions: str) -> str:
    """Names and versions of installed distributions."""
    return ", ".join(f"{name} {_version(name)}" for name in distributions)


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "(unknown version)"


def measured(name: str, work: Callable[[], object]) -> Usage:
    """Run somebody else's Python code here, and say what it took.

    Raises:
        CodecError: it raised anything.
    """
    try:
        return run_here(work)
    except Exception as error:
        raise CodecError(f"{name}: {type(error).__name__}: {' '.join(str(error).split())}") from error


def write_tensor(wav: Path, samples: Any, rate: int) -> None:
    """Write a torch tensor `[channels, time]` as a 32-bit float WAV file."""
    from ligeia.audio.signal import Audio
    from ligeia.audio.writing import write_audio

    write_audio(wav, Audio(samples.detach().cpu().numpy(), rate), subtype="FLOAT", overwrite=True)
