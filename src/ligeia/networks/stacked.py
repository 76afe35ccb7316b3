"""The stacked module of every network that is written as a `Formula`."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import Module, Parameter

from ligeia.networks.formula import Formula
from ligeia.networks.products import linear_output


class StackedNet(Module):
    """`blocks` networks of one shape: coordinates `[blocks, n]` or `[1, n]` to amplitudes `[blocks, n, channels]`.

    The number of blocks is read from the parameters at each call, so that `torch.func.functional_call`
    with a subset of the blocks works on the same module.
    """

    def __init__(self, spec: Formula, parameters: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.spec = spec
        for name in spec.shapes():
            self.register_parameter(name, Parameter(parameters[name]))

    def forward(self, coordinates: Tensor, dtype: torch.dtype | None = None) -> Tensor:
        """Amplitudes; `dtype` (default: that of the coordinates) is that of the hidden layers' products."""
        numbers = self.numbers()
        return linear_output(self.features(coordinates, dtype), numbers["output_weight"], numbers["output_bias"])

    def features(self, coordinates: Tensor, dtype: torch.dtype | None = None) -> Tensor:
        """What the output layer sees: `[blocks, n, features]` in `dtype`."""
        numbers = self.numbers()
        features = self.spec.features(numbers, coordinates, dtype or coordinates.dtype)
        return features.expand(numbers["output_weight"].shape[0], -1, -1)  # what all blocks share is computed once

    def numbers(self) -> dict[str, Tensor]:
        """The parameters by name."""
        # Not get_parameter: under functional_call these are plain tensors.
        return {name: getattr(self, name) for name in self.spec.shapes()}
