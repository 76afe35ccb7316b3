"""Parameters and bytes as Siamese SIREN (2023) counts them. The true numbers: `spec.parameters` and `len(stream)`.

The paper's parameters are what torchsummary prints for its code: the shared layers belong to three modules and are run
twice in a pass, so that each of their parameters counts six times (those of an output layer that both heads share, four
times). Its bytes are the length of a pickled state dictionary, in which the shared layers stand under three names and a
shared output layer under two. For its main network the two are 3.7 and 2.1 times the truth.

The numbers of bytes around the values were measured on a rebuild of the module (PyTorch 2.13); the sizes come out
within 0.2 % of those that the paper prints.
"""

from math import prod

from ligeia.errors import InputError
from ligeia.networks.siamese import Twins
from ligeia.networks.siren import Siren
from ligeia.networks.spec import NetworkSpec

HOOKS = {"shared": 6, "output": 4, "head": 1}
"""Times that torchsummary counts a parameter: of a shared layer, of a shared output layer, of a head."""
COPIES = {"shared": 3, "output": 2, "head": 1}
"""Under how many names a state dictionary holds it."""
FRAME, TENSOR = 253, 321
"""Bytes of a dump, and of each tensor in it, beside the values, at 32 bits."""
INT8_FRAME, INT8_LAYER, INT8_COPY = 841, 1264, 997
"""The same at 8 bits, for each layer and each further copy of it; copies share their biases, which stay at 32 bits."""


def paper_parameters(spec: NetworkSpec) -> int:
    """Return the column "#Params" for a `Siren` or a network with two heads: what torchsummary prints.

    Raises:
        InputError: the paper's code has no such network.
    """
    return sum(HOOKS[place] * (weights + biases) for place, weights, biases in _layers(spec))


def paper_bytes(spec: NetworkSpec, bits: int) -> int:
    """Return the columns "File Size" for a `Siren` or a network with two heads, at 32 bits ("unquantized") or 8.

    Raises:
        InputError: the paper's code has no such network, or `bits` is neither.
    """
    layers = [(COPIES[place], weights, biases) for place, weights, biases in _layers(spec)]
    if bits == 32:
        return FRAME + sum(copies * (4 * (weights + biases) + 2 * TENSOR) for copies, weights, biases in layers)
    if bits == 8:
        return INT8_FRAME + sum(
            copies * weights + 4 * biases + INT8_LAYER + (copies - 1) * INT8_COPY for copies, weights, biases in layers
        )
    raise InputError(f"the paper has sizes at 32 and 8 bits, got {bits}")


def _layers(spec: NetworkSpec) -> list[tuple[str, int, int]]:
    """Return place, number of weights and number of biases of each layer; those of each head by itself."""
    siren = isinstance(spec, Siren) and not spec.fixed_first
    if not siren and not (isinstance(spec, Twins) and spec.heads == 2):
        raise InputError(f"Siamese SIREN's code has SIRENs and twin heads, and nothing like {spec}")
    alone = spec.alone() if isinstance(spec, Twins) else spec
    shapes = alone.shapes()
    layers = []
    for name in (name for name in shapes if "weight" in name):
        place = _place(alone, name)
        layer = (place, prod(shapes[name]), prod(shapes[name.replace("weight", "bias")]))
        layers += [layer] * (2 if place == "head" else 1)
    return layers


def _place(spec: NetworkSpec, name: str) -> str:
    if isinstance(spec, Twins):
        return "head" if spec.divided(name) else "shared"
    return "output" if spec.part(name) == "output" else "shared"
