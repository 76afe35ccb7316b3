"""Checkpoints: a folder of safetensors files from which a killed run continues to the very same bytes.

A file holds tensors and, as JSON in its header, plain values and the SHA-256 of the whole file (with zeros in place of
itself): a flipped bit anywhere would otherwise resume to another result, and nobody would know. Every file is written
under a temporary name first, so that a crash leaves the old one or the new one. Nothing is pickled.
"""

import hashlib
import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load as tensors_from_bytes
from safetensors.torch import save as tensors_to_bytes
from torch import Tensor
from torch.optim import Optimizer

from ligeia.audio.atomic import write_bytes
from ligeia.errors import InputError

Tensors = dict[str, Tensor]
Facts = dict[str, Any]

VERSION = 2
"""Version of the files; the first had no checksum, and is refused."""
_BLANK = "0" * 64
LEFTOVER = ".ligeia-"
"""Beginning of the names of temporary files (`audio.atomic`)."""
MARKER = "run.json"
STATES = ("group-*.safetensors", "last.safetensors", "best.safetensors", "last_good.safetensors")
FILES = (*STATES, "curve.jsonl", "*.svg", MARKER, f"{LEFTOVER}*")
"""Patterns of everything that runs leave in a folder."""


class Checkpoint:
    """A folder that holds the state of one run; `identity` stands for its settings and data.

    Raises:
        InputError: the folder holds the state of another run, or something else.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        self.folder = folder
        marker = folder / MARKER
        if folder.exists() and not folder.is_dir():
            raise InputError(f"{folder} is not a folder, so it cannot hold a checkpoint")
        if marker.exists():
            if _identity(marker) != identity:
                raise InputError(f"{folder} is the checkpoint of other data or other settings; name a new folder")
        else:
            if folder.exists() and any(not is_leftover(file) for file in folder.iterdir()):
                raise InputError(f"{folder} is not empty and not a checkpoint; name a new folder")
            folder.mkdir(parents=True, exist_ok=True)
            write_bytes(marker, json.dumps({"identity": identity}).encode(), overwrite=True)

    def file(self, name: str) -> Path:
        """The path of a state."""
        return self.folder / f"{name}.safetensors"

    def save(self, name: str, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
        """Save a state under a name, in place of the one before."""
        seen: set[int] = set()
        apart: Tensors = {}
        for key, value in tensors.items():  # safetensors refuses tensors that share memory
            alone = value.detach().contiguous()
            apart[key] = alone.clone() if alone.data_ptr() in seen else alone
            seen.add(alone.data_ptr())
        state = json.dumps({"version": VERSION, "sha256": _BLANK, "facts": dict(facts)})
        write_bytes(self.file(name), _sealed(tensors_to_bytes(apart, {"state": state})), overwrite=True)

    def load(self, name: str) -> tuple[Tensors, Facts] | None:
        """The tensors, on the CPU, and the values of a state, None where there is none.

        Raises:
            InputError: the file is damaged.
        """
        return read_state(self.file(name)) if self.file(name).exists() else None

    def drop(self, name: str) -> None:
        """Delete a state, if there is one."""
        self.file(name).unlink(missing_ok=True)


def read_state(file: Path) -> tuple[Tensors, Facts]:
    """The tensors and values of a file that a `Checkpoint` has written.

    Raises:
        InputError: the file is damaged in any bit, or of another version.
    """
    stream = file.read_bytes()
    try:
        header = json.loads(stream[8 : 8 + int.from_bytes(stream[:8], "little")])
        if header["__metadata__"].keys() == {"facts"}:
            raise InputError(f"{file} was written by an older version, without a checksum; delete it to start over")
        state = json.loads(header["__metadata__"]["state"])
        if state["version"] != VERSION:
            raise InputError(f"{file} was written by another version ({state['version']}); delete it to start over")
        if _digest(stream, stream.index(state["sha256"].encode())) != state["sha256"]:
            raise ValueError("its checksum is wrong")
        return tensors_from_bytes(stream), state["facts"]
    except InputError:
        raise
    except Exception as error:  # safetensors raises its own type, which it does not export in every version
        raise InputError(f"{file} is damaged ({error}); delete it to run this part again") from error


def _sealed(stream: bytes) -> bytes:
    """Return a file with its digest in place of the zeros."""
    place = stream.index(_BLANK.encode())
    return b"".join((stream[:place], _digest(stream, place).encode(), memoryview(stream)[place + len(_BLANK) :]))


def _digest(stream: bytes, place: int) -> str:
    """Return the SHA-256 of a file that has zeros at `place`, where the digest goes."""
    digest, view = hashlib.sha256(), memoryview(stream)
    for part in (view[:place], _BLANK.encode(), view[place + len(_BLANK) :]):
        digest.update(part)
    return digest.hexdigest()


def remove_checkpoint(folder: Path) -> None:
    """Delete a checkpoint's files, and its folder where nothing else is in it."""
    for pattern in FILES:
        for file in folder.glob(pattern):
            file.unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def is_leftover(file: Path) -> bool:
    """True for a temporary file that a crash has left."""
    return file.name.startswith(LEFTOVER)


def _identity(marker: Path) -> object:
    try:
        content = json.loads(marker.read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"{marker} cannot be read: {error}") from error
    return content.get("identity") if isinstance(content, dict) else None


# --- parts of a state -----------------------------------------------------------------------------------


def prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> Tensors:
    """The same tensors under names that begin with `prefix` and a dot."""
    return {f"{prefix}.{name}": value for name, value in tensors.items()}


def without_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> Tensors:
    """The tensors whose names begin with `prefix` and a dot, without it."""
    return {name[len(prefix) + 1 :]: value for name, value in tensors.items() if name.startswith(f"{prefix}.")}


def optimiser_state(optimiser: Optimizer) -> Tensors:
    """The memory of an optimiser for each parameter, as `NUMBER.SLOT`."""
    slots = optimiser.state_dict()["state"].items()
    return {f"{k}.{slot}": torch.as_tensor(value) for k, memory in slots for slot, value in memory.items()}


def restore_optimiser(optimiser: Optimizer, state: Mapping[str, Tensor]) -> None:
    """Restore the memory of an optimiser."""
    slots: dict[int, Tensors] = {}
    for key, value in state.items():
        number, slot = key.split(".", 1)
        slots.setdefault(int(number), {})[slot] = value
    optimiser.load_state_dict({"state": slots, "param_groups": optimiser.state_dict()["param_groups"]})


def random_state() -> tuple[Tensors, Facts]:
    """The states of the global random number generators of torch, numpy and Python."""
    numpy_state: Any = np.random.get_state(legacy=True)  # noqa: NPY002 - others may draw from it
    _, keys, position, has_gauss, gauss = numpy_state
    version, numbers, python_gauss = random.getstate()
    tensors = {"torch": torch.get_rng_state(), "numpy": torch.from_numpy(keys.astype(np.int64))}
    tensors |= {"python": torch.tensor(numbers)}
    tensors |= {f"cuda.{k}": state for k, state in enumerate(_cuda_states())}
    return tensors, {"numpy": [position, has_gauss, gauss], "python": [version, python_gauss]}


def restore_random(tensors: Mapping[str, Tensor], facts: Facts) -> None:
    """Set the global random number generators of torch, numpy and Python."""
    torch.set_rng_state(tensors["torch"])
    position, has_gauss, gauss = facts["numpy"]
    keys = tensors["numpy"].numpy().astype(np.uint32)
    np.random.set_state(("MT19937", keys, position, has_gauss, gauss))  # noqa: NPY002
    version, python_gauss = facts["python"]
    random.setstate((version, tuple(tensors["python"].tolist()), python_gauss))
    for device, _ in enumerate(_cuda_states()):
        if f"cuda.{device}" in tensors:
            torch.cuda.set_rng_state(tensors[f"cuda.{device}"], device)


def _cuda_states() -> list[Tensor]:
    """Return the states of the devices in use; asking for others would wake them up."""
    return torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []  # type: ignore[no-untyped-call]
