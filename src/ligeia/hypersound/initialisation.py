"""Initialisation of the model: what it writes first is distributed as the written network itself should start.

HyperSound 2023, section 3.6, as executed: hyperfan-in (Chang et al. 2019) for ReLU networks. For SIREN the head's
matrix is a thousandth of that, and its offsets are where the network itself starts.
"""

from math import prod, sqrt

import torch
from torch import Generator, Tensor
from torch.nn import Linear

from ligeia.hypersound.config import HyperSoundConfig
from ligeia.networks import NetworkSpec
from ligeia.networks.formula import torch_dense

RELU_NETWORKS = ("fmlp",)
NEAR_ZERO = 1e-3
"""Factor on the head's matrix where its offsets carry the start."""


def start_dense(layer: Linear, config: HyperSoundConfig, generator: Generator) -> None:
    """Kaiming-uniform weights, U(±sqrt(6 / inputs)), or gentle ones, U(±1 / sqrt(inputs)); zero biases."""
    gain = 1 if config.initialisation == "gentle" else 6
    _fill(layer.weight, sqrt(gain / layer.in_features), generator)
    torch.nn.init.zeros_(layer.bias)


def start_head(head: Linear, config: HyperSoundConfig, generator: Generator) -> None:
    """Hyperfan-in, or nearly constant rows and the architecture's own start, or hyperfan-in around that start."""
    written, inputs, first = config.written(), head.in_features, 0
    kind = config.initialisation
    from_start = kind in ("start", "gentle") or (kind == "auto" and config.network not in RELU_NETWORKS)
    factor = NEAR_ZERO if from_start and kind != "gentle" else 1.0
    own = own_start(config.spec(), int(torch.randint(2**31, (1,), generator=generator))) if from_start else {}
    torch.nn.init.zeros_(head.bias)
    for name, shape in written.items():
        rows = slice(first, first + prod(shape))
        first = rows.stop
        bound = row_bound(shape, inputs) * factor
        _fill(head.weight[rows], bound, generator)
        if from_start:
            with torch.no_grad():
                head.bias[rows] = own[name].flatten()


def row_bound(shape: tuple[int, ...], inputs: int) -> float:
    """Bound of the head's uniform rows for a parameter: variance 1 / (n F) for weights of n inputs, 1 / F for others.

    F = `inputs` of the head. The variances are those of Chang et al. 2019 with the factor 2 of ReLU, and half of it
    because biases are written too.
    """
    return sqrt(3 / ((shape[0] if len(shape) > 1 else 1) * inputs))


def own_start(spec: NetworkSpec, seed: int) -> dict[str, Tensor]:
    """Parameters `[...]` with which one network of this architecture would start by itself."""
    named = dict(spec.build(blocks=1, seed=seed).named_parameters())
    return {name: named[name].detach()[0] for name in spec.shapes()}


def shared_start(spec: NetworkSpec, seed: int) -> dict[str, Tensor]:
    """The numbers that all sounds share at the start: the architecture's own, or for ReLU networks PyTorch's.

    The latter is U(±1 / sqrt(inputs)) for weights and biases, as executed.
    """
    if spec.name not in RELU_NETWORKS:
        return own_start(spec, seed)
    drawn = torch_dense(spec.shapes(), Generator().manual_seed(seed), 1)
    return {name: values[0] for name, values in drawn.items()}


def _fill(values: Tensor, bound: float, generator: Generator) -> None:
    with torch.no_grad():
        values.uniform_(-bound, bound, generator=generator)
