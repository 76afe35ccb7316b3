"""Files of the networks of this room: safetensors, whose arrays are checked against what a network expects."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ligeia.errors import InputError

Arrays = dict[str, NDArray[np.float32]]


def shipped(name: str) -> Path:
    """Return the file of an extender that comes with the package."""
    return Path(str(files("ligeia.enhance.extension").joinpath(f"{name}.safetensors")))


def read_arrays(path: Path) -> Arrays:
    """Read all arrays of a file, as float32.

    Raises:
        InputError: it cannot be read, or is not a safetensors file.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = load(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot read the network {path}: {error.strerror or error}") from error
    except (SafetensorError, ValueError, KeyError) as error:
        raise InputError(f"{path} is not a valid safetensors file, or is damaged ({error})") from error
    return {name: np.ascontiguousarray(value, np.float32) for name, value in arrays.items()}


def check_shapes(
    arrays: Mapping[str, NDArray[np.floating]], expected: Mapping[str, tuple[int, ...]], what: str
) -> None:
    """Refuse arrays that are not those of `what`.

    Raises:
        InputError: one is missing, unexpected, of another shape, or not finite.
    """
    missing, unexpected = expected.keys() - arrays.keys(), arrays.keys() - expected.keys()
    if missing or unexpected:
        raise InputError(
            f"this is not a valid file of {what}: missing {', '.join(sorted(missing)[:3]) or 'nothing'}, "
            f"unexpected {', '.join(sorted(unexpected)[:3]) or 'nothing'}; is it a model of another kind?"
        )
    for name, shape in expected.items():
        if arrays[name].shape != shape:
            raise InputError(f"this is not a valid file of {what}: {name} must be {shape}, got {arrays[name].shape}")
        if not np.isfinite(arrays[name]).all():
            raise InputError(f"this is not a valid file of {what}: {name} holds NaN or infinity")
