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
    for layer in range(1 if spec.fixed_first else 0, spec.depth + 1):
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


def fixed_layer(units: int, bound: float) -> tuple[Tensor, Tensor]:
    """Weights `[1, 1, units]` and biases `[1, units]` of a fixed first layer, float64 (FORMAT.md §7).

    The weights are `bound` (i + r_i) / units, one in each of `units` equal steps, and the biases are phases anywhere
    in the circle; the fractions come from a 64-bit linear congruential generator, so that every machine finds the
    same. Evenly spaced weights would not do: all units together would repeat within the block.
    """
    fractions = _fractions(2 * units)
    weights = [bound * (i + r) / units for i, r in enumerate(fractions[:units])]
    biases = [2 * pi * r for r in fractions[units:]]
    return torch.tensor([[weights]], dtype=torch.float64), torch.tensor([biases], dtype=torch.float64)


def _fractions(count: int) -> list[float]:
    """`count` numbers in [0, 1): the upper 32 bits of x <- a x + c modulo 2^64 (Knuth's MMIX constants), from x = 1."""
    state, fractions = 1, []
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        fractions.append((state >> 32) / 2**32)
    return fractions
