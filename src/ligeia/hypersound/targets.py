"""The written networks as functions: all sounds of a batch at the same coordinates."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.func import functional_call
from torch.nn import Module

from ligeia.hypersound.dense import Activation, chains
from ligeia.networks import Fmlp, NetworkSpec, Siren
from ligeia.networks.coordinates import encode_octaves

Numbers = Mapping[str, Tensor]

LARGE_LAYER = 2**16
"""Values of the widest layer of one sound above which a CPU is faster with one sound after another (`chains`)."""
LARGE_NETWORK = 2**28
"""The same for any architecture: its parameters times the coordinates."""
AT_ONCE = 8192
"""Coordinates at which any large architecture is then evaluated at once."""


class Targets(Module):
    """The networks of one spec, without numbers of their own."""

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        self.spec, self.module = spec, spec.build(blocks=1)
        for name, value in list(self.module.named_parameters()):  # buffers move with the model, and nobody learns them
            delattr(self.module, name)
            self.module.register_buffer(name, value.detach(), persistent=False)

    def evaluate(self, parameters: Numbers, coordinates: Tensor, *, plainly: bool = False) -> Tensor:
        """Amplitudes `[batch, n]` of networks with parameters `[batch, *shape]` at `coordinates [n]`.

        Under autocast ReLU networks run in half precision; no others do, because phases need single precision.

        On a CPU large networks are evaluated one after another; those of the paper by a function that has derivatives
        with respect to the parameters once. With `plainly`, or where coordinates need derivatives, it is the spec's own
        module in one batch, which `torch.func` can transform and differentiate any number of times.
        """
        if not isinstance(self.spec, Fmlp) and torch.is_autocast_enabled(coordinates.device.type):
            with torch.autocast(coordinates.device.type, enabled=False):
                return self.evaluate(parameters, coordinates, plainly=plainly)
        count = next(iter(parameters.values())).shape[0]
        if plainly or coordinates.requires_grad or coordinates.device.type != "cpu":
            return self._together(parameters, coordinates)
        width = _chain_width(self.spec)
        if width * len(coordinates) >= max(LARGE_LAYER, 1) and coordinates.dtype == torch.float32:
            return self._chains(parameters, coordinates)
        if count * len(coordinates) > AT_ONCE and self.spec.parameters * len(coordinates) >= LARGE_NETWORK:
            return torch.cat([self._alone(parameters, k, coordinates) for k in range(count)])
        return self._together(parameters, coordinates)

    def _together(self, parameters: Numbers, coordinates: Tensor) -> Tensor:
        amplitudes: Tensor = functional_call(self.module, dict(parameters), (coordinates.unsqueeze(0),))
        return amplitudes.squeeze(-1)

    def _alone(self, parameters: Numbers, number: int, coordinates: Tensor) -> Tensor:
        """Network `number` of the batch, `[1, n]`, a part of the coordinates at a time."""
        one = {name: values[number : number + 1] for name, values in parameters.items()}
        return torch.cat([self._together(one, part) for part in torch.split(coordinates, AT_ONCE)], 1)

    def _chains(self, parameters: Numbers, coordinates: Tensor) -> Tensor:
        """The paper's two networks; of half precisions, CPUs have bfloat16 alone."""
        spec = self.spec
        layers = [(parameters[f"weight_{k}"], parameters[f"bias_{k}"]) for k in range(_hidden_layers(spec))]
        inputs, activation = coordinates.unsqueeze(-1), _activation(spec)
        if isinstance(spec, Fmlp):
            layers.append((parameters["output_weight"], parameters["output_bias"]))
            inputs = encode_octaves(
                coordinates,
                spec.octaves,
                with_coordinate=spec.with_coordinate,
                order="grouped" if spec.grouped_encoding else "interleaved",
            )
            if torch.is_autocast_enabled("cpu") and torch.get_autocast_dtype("cpu") == torch.bfloat16:
                inputs = inputs.bfloat16()
        elif isinstance(spec, Siren):
            last = (parameters[f"weight_{spec.depth}"], parameters[f"bias_{spec.depth}"])
            layers = [_with_omega(spec, k, layer) for k, layer in enumerate(layers)]
            layers.append((last[0] * spec.hidden_omega if spec.output_omega else last[0], last[1]))
            inputs = inputs * spec.coordinate_scale
        with torch.autocast("cpu", enabled=False):
            return chains(inputs, activation, layers)


def _with_omega(spec: Siren, layer: int, numbers: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Weight and bias of a sine layer with its omega multiplied in."""
    omega, (weight, bias) = spec.omega(layer), numbers
    return weight * omega, bias * omega if spec.omega_on_bias else bias


def _chain_width(spec: NetworkSpec) -> int:
    """Units of the widest layer where the network is a chain of dense layers that all sounds enter with one input."""
    if isinstance(spec, Fmlp):
        return spec.width
    if isinstance(spec, Siren) and not spec.octaves and not spec.fixed_first:
        return max(spec.first_units, spec.width)
    return 0


def _hidden_layers(spec: NetworkSpec) -> int:
    return len(spec.shapes()) // 2 - 1


def _activation(spec: NetworkSpec) -> Activation:
    return "relu" if isinstance(spec, Fmlp) else "sine"
