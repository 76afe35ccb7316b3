"""CDPAM: the distance of two sounds to a network trained on what people hear (Manocha et al. 2021).

The weights come from the installed package `cdpam`; its code is neither imported nor run, and its weights file is read
by `torch.load` with `weights_only=True`. The layers of the network are stated here.
"""

import io
import pickletools
from functools import lru_cache
from importlib.util import find_spec
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ligeia.errors import FormatError, InputError, MissingExtra, UndefinedScore, needs_extra
from ligeia.metrics.metric import Signal, checked_pair

if TYPE_CHECKING:
    from torch import Tensor

    Weights = dict[str, Tensor]

RATE = 22050
_WEIGHTS_FILE = Path("CDPAM_trained", "scratchJNDdefault_best_model.pth")
_PICKLES = 5  # at the start of the file: magic number, version, byte order, content, names of the storages
_LAYERS, _TAPS, _STEP = 16, 15, 16  # convolutions; samples that each one sees; samples per output of the last
_WIDTHS = (512, 256, 64, 16, 4)
_REACH = 420  # samples on either side of its own that an output depends on: 7 taps, 4 layers, strides 1, 2, 4, 8
_SHORTEST = 2 * _REACH + 1
_PIECE, _MARGIN = 2**16, 27 * _STEP  # samples evaluated at once (3 s, about 100 MB); margin: whole steps beyond reach


def cdpam(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Learned perceptual distance of two sounds: 0 for the same sound, above 1 for utterly different ones.

    Takes mono signals `[time]` at 22050 Hz; no unit, lower is better. It hears a change of level (half the gain costs
    0.1 to 0.7). On a CPU it takes seconds per second of sound; memory does not grow with the length.

    Raises:
        InputError: another rate, or unusable arrays.
        UndefinedScore: shorter than 841 samples (38 ms), what one output of the network sees, or absurdly loud.
        MissingExtra: torch, or the package `cdpam`, which brings the weights, is not installed.
        FormatError: its weights file is damaged or of another network.

    Source: Manocha, Jin, Zhang, Finkelstein, "CDPAM: Contrastive learning for perceptual audio similarity", 2021;
        weights of the package cdpam 0.0.6.
    """
    ours, theirs = checked_pair(reference, estimate)
    if rate != RATE:
        raise InputError(f"CDPAM is defined at {RATE} Hz, got {rate} Hz: resample both sounds first")
    if len(ours) < _SHORTEST:
        raise UndefinedScore(f"shorter than the {_SHORTEST} samples that one output of CDPAM sees")
    with needs_extra("torch", "cdpam"):
        import torch
    weights = _weights()
    with torch.inference_mode(), np.errstate(over="ignore"):
        distance = float(_distance(_embedding(ours, weights), _embedding(theirs, weights), weights))
    if not isfinite(distance):
        raise UndefinedScore("too loud for the numbers that CDPAM computes with")
    return distance


def _embedding(signal: Signal, weights: "Weights") -> "Tensor":
    """Embed a sound, unit length, float32 `[512]`: the first half of the mean of the outputs over time.

    The sound is taken in pieces whose margins cover the encoder's reach, so the mean is that of the whole.
    """
    import torch

    scaled = np.round(signal * 32768).astype(np.float32)
    total = torch.zeros((), dtype=torch.float64)
    for start in range(0, len(scaled), _PIECE):
        total = total + _summed(scaled, start, weights)
    mean = total / -(-len(scaled) // _STEP)
    return torch.nn.functional.normalize(mean[: len(mean) // 2].float(), dim=0)


def _summed(scaled: NDArray[np.float32], start: int, weights: "Weights") -> "Tensor":
    """Return the sum, float64 `[1024]`, of the encoder's outputs of the piece that begins at sample `start`."""
    import torch

    first = max(start - _MARGIN, 0)
    outputs = _encoded(torch.from_numpy(scaled[first : start + _PIECE + _MARGIN]), weights)
    skipped = (start - first) // _STEP
    return outputs[:, skipped : skipped + _PIECE // _STEP].sum(dim=1, dtype=torch.float64)


def _encoded(samples: "Tensor", weights: "Weights") -> "Tensor":
    """Return the outputs of the encoder, float32 `[1024, ceil(time / 16)]`, for samples `[time]` in units of 1 / 32768.

    Sixteen times: convolution, batch normalisation, leaky ReLU of slope 0.1. Every fourth layer keeps each second
    output: here it computes no others.
    """
    from torch.nn.functional import batch_norm, conv1d, leaky_relu

    x = samples[None, None]
    for layer in range(_LAYERS):
        convolution, norm = f"base_encoder.encoder.{layer}.", f"base_encoder.ebatch.{layer}."
        stride = 2 if layer % 4 == 3 else 1
        x = conv1d(x, weights[convolution + "weight"], weights[convolution + "bias"], stride, padding=_TAPS // 2)
        moments = weights[norm + "running_mean"], weights[norm + "running_var"]
        x = leaky_relu(batch_norm(x, *moments, weights[norm + "weight"], weights[norm + "bias"]), 0.1, inplace=True)
    return x[0]


def _distance(reference: "Tensor", estimate: "Tensor", weights: "Weights") -> "Tensor":
    """Sum weighted absolute differences after each of four linear layers (leaky ReLU of slope 0.01 between)."""
    from torch.nn.functional import leaky_relu, linear

    total = reference.new_zeros(())
    for layer in range(4):
        prefix = f"model_dist.convs.{layer}.0."
        pair = (linear(x, weights[prefix + "weight"], weights[prefix + "bias"]) for x in (reference, estimate))
        reference, estimate = (leaky_relu(x) if layer < 3 else x for x in pair)
        total = total + (weights[f"model_dist.chan_w.{layer}"] * (estimate - reference)).abs().sum()
    return total


@lru_cache(maxsize=1)
def _weights() -> "Weights":
    """Read the tensors of the network by name, float32, from the installed package; 103 MB, read once.

    Raises:
        MissingExtra: the package is not installed.
        FormatError: its weights file is missing, damaged or of another network.
    """
    import torch

    path = _package_folder() / _WEIGHTS_FILE
    try:
        state = torch.load(_without_text_integers(path.read_bytes()), map_location="cpu", weights_only=True)["state"]
    except OSError as error:
        raise FormatError(f"the package cdpam has no readable weights: {error}") from error
    except Exception as error:  # of many kinds, for damaged files
        raise FormatError(f"the weights of the package cdpam are damaged: {error}") from error
    wrong = [name for name, shape in _shapes().items() if name not in state or state[name].shape != shape]
    if wrong:
        raise FormatError(f"the weights of the package cdpam are of another network: {wrong[0]} differs")
    return {name: state[name].float() for name in _shapes()}


def _without_text_integers(data: bytes) -> io.BytesIO:
    """Return a file of `torch.save` (before torch 1.6) with the integers that Python 2 wrote as text in binary.

    The state of the optimiser, which nobody needs here, holds some, and `weights_only=True` refuses them (the
    operation INT). Nothing is unpickled: the operations are listed, and INT is replaced by LONG1.
    """
    file, copied = io.BytesIO(data), 0
    pieces: list[bytes] = []
    for _ in range(_PICKLES):
        for operation, argument, start in pickletools.genops(file):
            if operation.name == "INT":
                pieces += data[copied:start], b"\x8a\x08" + int(argument or 0).to_bytes(8, "little", signed=True)
                copied = file.tell()
    return io.BytesIO(b"".join([*pieces, data[copied:]]))


def _package_folder() -> Path:
    """Return the folder that the package `cdpam` is installed in; it is not imported."""
    spec = find_spec("cdpam")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtra("cdpam", "cdpam")
    return Path(next(iter(spec.submodule_search_locations)))


def _shapes() -> dict[str, tuple[int, ...]]:
    """Return the shapes of the tensors that the network consists of."""
    shapes: dict[str, tuple[int, ...]] = {}
    width = 1
    for layer in range(_LAYERS):
        wider = 64 * 2 ** ((layer + 1) // 4)
        shapes[f"base_encoder.encoder.{layer}.weight"] = (wider, width, _TAPS)
        shapes[f"base_encoder.encoder.{layer}.bias"] = (wider,)
        for name in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"base_encoder.ebatch.{layer}.{name}"] = (wider,)
        width = wider
    for layer, (inputs, outputs) in enumerate(pairwise(_WIDTHS)):
        shapes[f"model_dist.convs.{layer}.0.weight"] = (outputs, inputs)
        shapes[f"model_dist.convs.{layer}.0.bias"] = (outputs,)
        shapes[f"model_dist.chan_w.{layer}"] = (outputs,)
    return shapes
