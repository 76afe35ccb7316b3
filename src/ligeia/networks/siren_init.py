"""How SIRENs start: the conventions of the papers, SIREN²'s noise, and Ligeia's own."""

from math import exp, pi, sqrt

import torch
from torch import Generator, Tensor

from ligeia.networks.siren import Siren


def siren2_noise(centroid: float, omega: float = 30.0) -> tuple[float, float]:
    """Noise at initialisation of SIREN² (WINNER): standard deviations for the first and second weights.

    `centroid` is the spectral centroid as a fraction of Nyquist, 0 to 1. The formulas are S0 = 3500
    (1 - exp(-7 c)) and S1 = 3 c, each divided by omega (arXiv 2509.12980); they were tuned for clips of
    about 150 000 samples, so scale the first with the duration where it differs much.
    """
    return 3500 * (1 - exp(-7 * centroid)) / omega, 3 * centroid / omega


def start_parameters(spec: Siren, *, blocks: int, seed: int) -> dict[str, Tensor]:
    """Freshly drawn parameters `[blocks, ...]`, named and ordered as `spec.shapes()`."""
    generator = Generator().manual_seed(seed)
    parameters: dict[str, Tensor] = {}
    for layer in range(spec.depth + 1):
        shape = spec.shapes()[f"weight_{layer}"]
        bound = _weight_bound(spec, layer, shape[0])
        weight = _uniform((blocks, *shape), bound, generator)
        if layer < 2 and layer < spec.depth and spec.init.noise[layer]:
            weight += torch.randn(weight.shape, generator=generator) * spec.init.noise[layer]
        parameters[f"weight_{layer}"] = weight
        parameters[f"bias_{layer}"] = _start_bias(spec, layer, blocks, bound, generator)
    return parameters


def _weight_bound(spec: Siren, layer: int, inputs: int) -> float:
    init = spec.init
    if layer == 0 and init.first_like_hidden:
        return sqrt(6 / inputs) / spec.first_omega
    if layer == 0:
        return init.first_bound if init.first_bound is not None else 1 / inputs
    divisor = init.output_divisor if layer == spec.depth else init.hidden_divisor
    gain = 1.0 if layer == spec.depth else init.hidden_gain
    return gain * sqrt(6 / inputs) / (divisor or spec.hidden_omega)


def _start_bias(spec: Siren, layer: int, blocks: int, bound: float, generator: Generator) -> Tensor:
    inputs, outputs = spec.shapes()[f"weight_{layer}"]
    shape = (blocks, outputs)
    rule, is_output = spec.init.bias, layer == spec.depth
    if rule == "weight_bound":
        return _uniform(shape, bound, generator)
    if rule == "two_pi" and not is_output:
        return torch.rand(shape, generator=generator) * 2 * pi
    if rule == "half_turn":
        return torch.zeros(shape) if is_output else _uniform(shape, pi / spec.omega(layer), generator)
    return _uniform(shape, 1 / sqrt(inputs), generator)


def _uniform(shape: tuple[int, ...], bound: float, generator: Generator) -> Tensor:
    return (torch.rand(shape, generator=generator) * 2 - 1) * bound
