"""The dictionary of a writer by atoms: shapes of MDCT coefficients that it has learned, and its file."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.atomic import write_bytes
from ligeia.audio.signal import checked_rate
from ligeia.dsp.shape_index import ShapeIndex
from ligeia.errors import InputError
from ligeia.hypersound.shipped import find_model
from ligeia.networks.lapped import Lapped
from ligeia.weights_file import read_header, read_weights

MODEL = "atoms"
"""Name of the model in the header of the file."""
RECIPE = Path(str(files("ligeia.hypersound"))) / "atoms.toml"
"""Configuration of the dictionary that comes with the package."""
MAX_SHAPES = 2**20
MAX_SIDE = 64
"""Frames and coefficients of a shape at most."""


@dataclass(frozen=True, eq=False)
class Dictionary:
    """Shapes of coefficients at a sampling rate and a frame size.

    Raises:
        InputError: the shapes are not `[n, frames, coefficients]` of norm 1, or a field is out of range.
    """

    shapes: NDArray[np.float32] = field(repr=False)
    """Patches of coefficients, float32 `[n, frames, coefficients]`, each of norm 1."""
    rate: int = 16000
    """Samples per second of the sounds that it writes."""
    frame_size: int = 256
    """Samples of a frame of the transform, a multiple of 32."""
    sine: bool = True
    """See `Lapped.sine`."""
    digest: str = ""
    """The first 16 digits of the SHA-256 of its file; empty where it has none."""

    def __post_init__(self) -> None:
        checked_rate(self.rate)
        self.spec(frames=1)
        shapes = np.asarray(self.shapes)
        if shapes.ndim != 3 or shapes.dtype != np.float32 or not 1 <= len(shapes) <= MAX_SHAPES:
            raise InputError(f"shapes must be float32 [n, frames, coefficients], got {shapes.dtype} {shapes.shape}")
        if not all(1 <= side <= MAX_SIDE for side in shapes.shape[1:]):
            raise InputError(f"a shape must have 1 to {MAX_SIDE} frames and coefficients, got {shapes.shape[1:]}")
        norms = np.sqrt(np.square(shapes, dtype=np.float64).sum(axis=(1, 2)))
        if not np.allclose(norms, 1, atol=1e-3):  # false for NaN too
            raise InputError("shapes must have norm 1")
        object.__setattr__(self, "shapes", shapes)

    def __len__(self) -> int:
        return len(self.shapes)

    @cached_property
    def index(self) -> ShapeIndex:
        """Finds the shape that is most like a patch."""
        return ShapeIndex(self.shapes)

    def spec(self, frames: int) -> Lapped:
        """Return the network of which its atoms set the coefficients, with blocks of so many frames."""
        return Lapped(frame_size=self.frame_size, frames=frames, sine=self.sine)


def save_dictionary(
    path: Path | str, dictionary: Dictionary, facts: Mapping[str, Any], *, overwrite: bool = False
) -> None:
    """Write a dictionary, and plain values that say how it was made, to a safetensors file; shapes as float16.

    Raises:
        InputError: the file exists (and `overwrite` is false), or cannot be written.
    """
    from safetensors.numpy import save

    config = {"rate": dictionary.rate, "frame_size": dictionary.frame_size, "sine": dictionary.sine}
    header = {"model": MODEL, "config": json.dumps(config), "facts": json.dumps(dict(facts))}
    stream = save({"shapes": dictionary.shapes.astype(np.float16)}, header)
    write_bytes(Path(path), stream, overwrite=overwrite)


def load_dictionary(model: Path | str = MODEL) -> Dictionary:
    """Read a dictionary: a file, or the name of a model that comes with the package.

    Raises:
        InputError: there is none, or its file is damaged or of another kind.

    Example:
        `len(load_dictionary("atoms"))`
    """
    path = find_model(model)
    stream, header = read_weights(path)
    return _parsed(stream, header, path)


def is_dictionary(path: Path) -> bool:
    """Tell whether a file is a dictionary, by its header, so that one command can take models of several kinds."""
    try:
        return read_header(path).get("model") == MODEL
    except InputError:
        return False


def _parsed(stream: bytes, header: Mapping[str, str], path: Path) -> Dictionary:
    from safetensors.numpy import load

    if header.get("model") != MODEL:
        raise InputError(f"{path} is not a dictionary of atoms: its header says {header.get('model')!r}")
    try:
        config = json.loads(header["config"])
        shapes = load(stream)["shapes"].astype(np.float32)
        shapes /= np.maximum(np.sqrt(np.square(shapes).sum(axis=(1, 2), keepdims=True)), np.float32(1e-9))
        rate, frame_size, sine = int(config["rate"]), int(config["frame_size"]), bool(config["sine"])
    except Exception as error:  # safetensors raises its own type, which it does not export in every version
        raise InputError(f"{path} is not a valid dictionary of atoms: {error}") from error
    return Dictionary(shapes, rate, frame_size, sine, digest=hashlib.sha256(stream).hexdigest()[:16])
