"""Weights and classes of other people's models: from where the user has put them, whole, or not at all.

Nothing is downloaded, no pickle is opened but for tensors (`weights_only`), and a state dict must fit the network entry
by entry: their own loaders skip what does not fit, and go on with random weights.
"""

import importlib.util
import os
import sys
import warnings
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ligeia.errors import InputError, MissingPackage

if TYPE_CHECKING:
    from torch import Tensor, nn


def weights_folder(model: Path | None, *, variable: str, holding: str) -> Path:
    """Return the folder of weights: `model`, or the one that the environment's `variable` names.

    Raises:
        InputError: there is none; `holding` says which files it must hold.
    """
    named = model or os.environ.get(variable)
    if not named:
        raise InputError(
            f"weights are needed, and none are downloaded: model, or {variable}, must name a folder with {holding}"
        )
    folder = Path(named)
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise InputError(f"{folder} {what}; model must name the folder with {holding}")
    return folder


def listed_files(folder: Path, index: str, count: int) -> list[Path]:
    """Return the first `count` files that the text file `index` in `folder` names, one in each line.

    Raises:
        InputError: the index, or a file that it names, is missing, or lies outside of the folder.
    """
    path = folder / index
    if not path.is_file():
        raise InputError(f"{folder} holds no file {index!r}, which names the weights: is it the folder as published?")
    names = path.read_text(encoding="utf-8", errors="replace").split()[:count]
    if len(names) < count:
        raise InputError(f"{path} names {len(names)} files of weights, {count} are needed: is it another model's?")
    for name in names:
        if Path(name).name != name or not (folder / name).is_file():
            raise InputError(f"{path} names {name!r}, which is not a file in that folder")
    return [folder / name for name in names]


def read_weights(path: Path, key: str | None = None) -> "dict[str, Tensor]":
    """Return the tensors by name in the checkpoint `path` (torch or safetensors), or those under `key` in it.

    Raises:
        InputError: the file is missing or no checkpoint, needs more than tensors to be read, or holds no tensors.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not path.is_file():
        raise InputError(f"{path} does not exist: weights are missing")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a stranger's pickle: it is refused in one line or it is fine
            is_safe = path.suffix == ".safetensors"
            content: Any = load_file(path) if is_safe else torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, RuntimeError, EOFError, ValueError, KeyError, OSError) as error:
        raise InputError(f"{path} is not a checkpoint that can be read: {error}") from error
    except Exception as error:  # unpickling has an error of its own for what holds more than tensors
        if type(error).__name__ != "UnpicklingError":
            raise
        raise InputError(f"{path} is not a checkpoint of tensors alone, and is not opened") from error
    if isinstance(content, Mapping) and key is not None and isinstance(content.get(key), Mapping):
        content = content[key]
    if not isinstance(content, Mapping) or not all(isinstance(value, torch.Tensor) for value in content.values()):
        raise InputError(f"{path} is not a valid file of weights: it holds something else than named tensors")
    return {str(name).removeprefix("module."): value for name, value in content.items()}


def load_strictly(network: "nn.Module", weights: "Mapping[str, Tensor]", path: Path) -> None:
    """Put `weights`, read from `path`, into `network`; every entry must be there, fit, and have a place.

    Raises:
        InputError: one does not; the network is left as it was.
    """
    own = network.state_dict()
    missing = [name for name in own if name not in weights]
    extra = [name for name in weights if name not in own]
    shapes = [name for name in own if name in weights and own[name].shape != weights[name].shape]
    complaints = [
        f"{len(names)} {what} (such as {names[0]!r})"
        for names, what in ((missing, "are missing"), (extra, "are unknown"), (shapes, "have another shape"))
        if names
    ]
    if complaints:
        raise InputError(
            f"{path} does not fit this network: of {len(own)} tensors {', '.join(complaints)}; is it another model's?"
        )
    network.load_state_dict(dict(weights))


def part_of_package(package: str, folder: str, module: str, *, install: str) -> ModuleType:
    """Return `module` of a `folder` of an installed package, without running what the package does on import.

    Their `__init__` files import much that is not needed here, such as torchaudio, decoders of video, and a hub.

    Raises:
        MissingPackage: it is not installed, or something that the folder itself imports is missing.
    """
    spec = importlib.util.find_spec(package)
    places = list(spec.submodule_search_locations or []) if spec else []
    if not places:
        raise MissingPackage(package, install)
    inside = Path(places[0], *folder.split("/")) if folder else Path(places[0])
    alias = f"_ligeia_{package}_{folder.replace('/', '_') or 'top'}"
    if alias not in sys.modules:
        parent = ModuleType(alias)
        parent.__path__ = [str(inside)]
        sys.modules[alias] = parent
    try:
        return import_module(f"{alias}.{module}")
    except (ImportError, OSError) as error:
        raise MissingPackage(package, install, str(error).splitlines()[0]) from error
