"""An emulation of the papers' quantisation: PyTorch's dynamic int8, which rounds the activations too.

Siamese SIREN (2023) and Mahdi (2025) quantise with `torch.quantization.quantize_dynamic`: one scale for each weight
tensor, and, at each call, one scale and zero point for all inputs of a layer; 7 bits of it on x86. The first input of
a network without an encoding is time itself: of it 128 values are left, and so of the sound. That, not quantisation as
such, is why their "original SIREN cannot be quantised". Ligeia's own streams quantise weights only.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Audio
from ligeia.errors import InputError
from ligeia.inr import INR
from ligeia.networks.siamese import Siamese
from ligeia.networks.siren import Siren, encoded_size

Array = NDArray[np.float32]

WEIGHT_LEVELS = 255
"""qint8, symmetric: -128 to 127."""
ACTIVATION_LEVELS = 127
"""quint8 of which the x86 engine uses 7 bits, so that sums of products fit in 16 bits: 0 to 127."""


class Layer(NamedTuple):
    """One layer: `weight [inputs, outputs]`, `bias [outputs]`; sin(omega (x W + b)), or linear where omega is 0."""

    weight: Array
    bias: Array
    omega: float


def quantised_weight(weight: Array) -> Array:
    """Return a weight tensor rounded to int8 with one scale: round(w / s) s, s = max |w| / 127.5."""
    scale = max(float(np.abs(weight).max()) / (WEIGHT_LEVELS / 2), float(np.finfo(np.float32).eps))
    values: Array = (np.clip(np.rint(weight / scale), -128, 127) * scale).astype(np.float32)
    return values


def quantised_activation(values: Array) -> Array:
    """Return the inputs of a layer rounded to 0 … 127 with a scale and zero point that span them and zero."""
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    scale = (high - low) / ACTIVATION_LEVELS or 1.0
    zero = float(np.clip(np.rint(-low / scale), 0, ACTIVATION_LEVELS))
    codes = np.clip(np.rint(values / scale) + zero, 0, ACTIVATION_LEVELS)
    rounded: Array = ((codes - zero) * scale).astype(np.float32)
    return rounded


def run_layers(layers: list[Layer], inputs: Array) -> Array:
    """Evaluate layers with weights and activations rounded on `inputs [n, features]`; `[n, channels]`."""
    hidden = inputs
    for layer in layers:
        phases = quantised_activation(hidden) @ quantised_weight(layer.weight) + layer.bias
        hidden = np.sin(layer.omega * phases).astype(np.float32) if layer.omega else phases
    return hidden


def render_dynamic_int8(inr: INR, *, head: int = 0) -> Audio:
    """Render `inr` after the papers' quantisation; of a Siamese SIREN, one head.

    The whole sound is one batch, as in the papers: the scale of the activations depends on it.

    Raises:
        InputError: the network is not a SIREN or Siamese SIREN, has several blocks, or other conventions.
    """
    spec = inr.spec
    if inr.segments.count != 1:
        raise InputError(
            f"the papers quantise one network for the whole sound; this one has {inr.segments.count} blocks"
        )
    numbers = {name: value[:1] for name, value in inr.parameters.items()}
    if isinstance(spec, Siamese):
        numbers, spec = spec.numbers_of(head, numbers), spec.alone()
    if not isinstance(spec, (Siren, Siamese)) or (isinstance(spec, Siren) and not _is_plain(spec)):
        raise InputError(f"dynamic int8 is emulated for plain SIRENs and Siamese SIRENs, not for this {spec.name}")
    arrays = {name: value[0] for name, value in numbers.items()}
    output = run_layers(_layers(spec, arrays), _inputs(spec, inr.sample_count))
    return Audio(float(inr.gains[0]) * output.T, inr.rate)


def _is_plain(spec: Siren) -> bool:
    return spec.omega_on_bias and not (spec.fixed_first or spec.output_omega or spec.grouped_encoding)


def _layers(spec: Siren | Siamese, arrays: Mapping[str, Array]) -> list[Layer]:
    if isinstance(spec, Siren):
        depth = spec.depth
        output = Layer(arrays[f"weight_{depth}"], arrays[f"bias_{depth}"], 0.0)
    else:
        depth = spec.shared_depth + spec.head_depth
        output = Layer(arrays["output_weight"], arrays["output_bias"], 0.0)
    sines = [Layer(arrays[f"weight_{k}"], arrays[f"bias_{k}"], spec.omega(k)) for k in range(depth)]
    return [*sines, output]


def _inputs(spec: Siren | Siamese, samples: int) -> Array:
    """Return the encoded coordinates `[samples, features]`."""
    import torch

    from ligeia.networks.coordinates import encode_octaves, span_seconds, to_coordinates

    span = span_seconds(samples, 1, closed=spec.closed_grid)
    coordinates = to_coordinates(torch.arange(samples, dtype=torch.float64), span)
    scale = spec.coordinate_scale if isinstance(spec, Siren) else 1.0
    encoded = encode_octaves(
        (coordinates * scale).unsqueeze(0), spec.octaves, with_coordinate=spec.with_coordinate, order="interleaved"
    )
    size = encoded_size(spec.octaves, with_coordinate=spec.with_coordinate)
    features: Array = encoded.reshape(samples, size).float().numpy()
    return features
