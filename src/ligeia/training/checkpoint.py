"""Checkpoints: a folder of safetensors files from which a killed fit goes on to the very same bytes.

Each finished group of blocks is a file of its own and the running one is another, so that saving costs the
same however long the sound is. Every file is written under a temporary name first.
"""

import json
from pathlib import Path

from safetensors.torch import load as tensors_from_bytes
from safetensors.torch import save as tensors_to_bytes
from torch import Tensor

from ligeia.audio.atomic import write_bytes
from ligeia.errors import InputError

Tensors = dict[str, Tensor]

LEFTOVER = ".ligeia-"
"""How the names of temporary files begin (`audio.atomic`)."""
SECONDS_BETWEEN = 20.0
"""How often the running group is saved."""


class Checkpoint:
    """A folder that holds the state of one fit; `identity` says which sound and settings it belongs to.

    Raises:
        InputError: the folder holds the state of another fit, or something else.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        self.folder = folder
        marker = folder / "fit.json"
        if folder.exists() and not folder.is_dir():
            raise InputError(f"{folder} is not a folder, so it cannot hold a checkpoint")
        if marker.exists():
            if _identity(marker) != identity:
                raise InputError(f"{folder} is the checkpoint of another sound or other settings; name a new folder")
        else:
            if folder.exists() and any(not is_leftover(file) for file in folder.iterdir()):
                raise InputError(f"{folder} is not empty and no checkpoint; name a new folder")
            folder.mkdir(parents=True, exist_ok=True)
            write_bytes(marker, json.dumps({"identity": identity}).encode(), overwrite=True)

    def finished(self, group: int) -> Tensors | None:
        """What was saved of a finished group, or None."""
        return _load(self._group_file(group))

    def finish(self, group: int, tensors: Tensors) -> None:
        """Save a finished group and drop the running state."""
        self._save(self._group_file(group), tensors)
        self._running_file.unlink(missing_ok=True)

    def running(self, group: int) -> Tensors | None:
        """The state in which `group` was last seen running, or None."""
        tensors = _load(self._running_file)
        if tensors is None:
            return None
        if "group" not in tensors:
            raise InputError(f"{self._running_file} is no state of a fit; delete it to fit this part again")
        return tensors if int(tensors["group"]) == group else None

    def run(self, tensors: Tensors) -> None:
        """Save the state of the running group."""
        self._save(self._running_file, tensors)

    def _group_file(self, group: int) -> Path:
        return self.folder / f"group-{group:06d}.safetensors"

    @property
    def _running_file(self) -> Path:
        return self.folder / "running.safetensors"

    def _save(self, file: Path, tensors: Tensors) -> None:
        write_bytes(
            file,
            tensors_to_bytes({name: value.contiguous() for name, value in tensors.items()}),
            overwrite=True,
        )


def remove_checkpoint(folder: Path) -> None:
    """Delete a checkpoint's files, and its folder where nothing else is in it."""
    for pattern in ("group-*.safetensors", "running.safetensors", "fit.json", f"{LEFTOVER}*"):
        for file in folder.glob(pattern):
            file.unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def is_leftover(file: Path) -> bool:
    """Whether `file` is a temporary one that a crash has left."""
    return file.name.startswith(LEFTOVER)


def _identity(marker: Path) -> object:
    try:
        content = json.loads(marker.read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"{marker} cannot be read: {error}") from error
    return content.get("identity") if isinstance(content, dict) else None


def _load(file: Path) -> Tensors | None:
    if not file.exists():
        return None
    try:
        tensors: Tensors = tensors_from_bytes(file.read_bytes())
    except Exception as error:  # safetensors raises its own type, which it does not export in every version
        raise InputError(f"{file} is damaged ({error}); delete it to fit this part again") from error
    return tensors
