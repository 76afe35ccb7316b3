"""Finding the model that a name or a stream means: shipped with the package, in LIGEIA_MODELS, or beside the stream."""

import os
from collections.abc import Iterator
from contextvars import ContextVar
from importlib.resources import files
from pathlib import Path

from ligeia.codec.family.model import KEY, FamilyModel, digest_of, is_family, parse_model, read_model
from ligeia.codec.header import ModelId
from ligeia.errors import FormatError, InputError
from ligeia.weights_file import read_header, read_weights

VARIABLE = "LIGEIA_MODELS"
"""The environment variable that names a folder of models."""
ENDING = ".safetensors"
MOST_FILES = 1000
"""Files of a folder that are looked at."""

_KNOWN: dict[ModelId, FamilyModel] = {}
_FOLDERS: ContextVar[tuple[Path, ...]] = ContextVar("folders of models", default=())


def shipped_folder() -> Path:
    """Return the folder of the package in which its families lie."""
    return Path(str(files("ligeia"))) / "latent"


def shipped_families() -> list[Path]:
    """Return the files of the families that come with the package."""
    return [path for path in sorted(shipped_folder().glob(f"*{ENDING}")) if is_family(path)]


def look_in(folder: Path) -> None:
    """Look for models in this folder too, from now on in this context: that of a stream's file."""
    if folder not in _FOLDERS.get():
        _FOLDERS.set((*_FOLDERS.get(), folder))


def remember(model: FamilyModel) -> FamilyModel:
    """Keep a model, so that streams find it by its identifier, and return it.

    Raises:
        InputError: it was never written to a file, so that it has no identifier.
    """
    return _KNOWN.setdefault(model.id, model)


def find_family(model: Path | str) -> FamilyModel:
    """Return the family of a file, or of a name: shipped with the package, or in the folder of LIGEIA_MODELS.

    A file that exists goes before a name.

    Raises:
        InputError: there is neither, or the file is not a valid family.
    """
    return remember(read_model(family_file(model)))


def family_file(model: Path | str) -> Path:
    """Return the file of a family; see `find_family`."""
    path = Path(model)
    if path.is_file():
        return path
    if path.is_dir():
        raise InputError(f"{path} is a folder, not a model")
    named = [file for folder in _folders() for file in [folder / f"{model}{ENDING}"] if file.is_file()]
    if named and path.name == str(model):
        return named[0]
    names = ", ".join(file.stem for file in shipped_families()) or "none"
    raise InputError(f"there is no file {model}, and no family of that name; with the package come: {names}")


def is_named_family(model: Path | str) -> bool:
    """Tell whether a family is meant by a file or a name; other kinds of models have names of their own."""
    try:
        return is_family(family_file(model))
    except InputError:
        return False


def model_of(identifier: ModelId) -> FamilyModel:
    """Return the model that a stream names.

    Raises:
        FormatError: it is in none of the folders; the message says how to get it.
    """
    if identifier in _KNOWN:
        return _KNOWN[identifier]
    others = []
    for path in _candidates(identifier.name):
        try:
            stream, _ = read_weights(path)
            if digest_of(stream) != identifier.digest:
                others.append(path)
                continue
            model = parse_model(stream, str(path))
        except InputError as error:
            raise FormatError(str(error)) from error
        if model.id == identifier:
            return remember(model)
    raise FormatError(missing(identifier, others))


def missing(identifier: ModelId, others: list[Path] | None = None) -> str:
    """Return a line that says that a model is not here, and how to get it."""
    version = f" ({others[0]} is another version)" if others else ""
    return (
        f"this stream needs the family {identifier}, which is not here{version}: put {identifier.name}{ENDING} beside "
        f"the stream, or into the folder that {VARIABLE} names; "
        f"or train it: ligeia train latent CONFIG.toml -o {identifier.name}{ENDING}"
    )


def _folders() -> Iterator[Path]:
    yield shipped_folder()
    if os.environ.get(VARIABLE):
        yield Path(os.environ[VARIABLE])
    yield from _FOLDERS.get()


def _candidates(name: str) -> Iterator[Path]:
    """Yield files whose header has the name of a model, those called so first."""
    for folder in _folders():
        try:
            paths = sorted(folder.glob(f"*{ENDING}"), key=lambda path: (path.stem != name, path.name))
        except OSError:  # a folder that cannot be listed has no models
            continue
        yield from (path for path in paths[:MOST_FILES] if path.is_file() and _is_named(path, name))


def _is_named(path: Path, name: str) -> bool:
    try:
        return f'"name":"{name}"' in read_header(path).get(KEY, "")
    except InputError:
        return False
