"""The stacked module of networks with several heads."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import Module, Parameter

from ligeia.networks.headed import Headed
from ligeia.networks.products import linear_output


class HeadedNet(Module):
    """`blocks` networks of several heads: coordinates `[blocks, n]` or `[1, n]` to amplitudes `[blocks, n, channels]`.

    The number of blocks is read from the parameters at each call, so that `torch.func.functional_call`
    with a subset of the blocks works on the same module.
    """

    def __init__(self, spec: Headed, parameters: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.spec = spec
        for name in spec.shapes():
            self.register_parameter(name, Parameter(parameters[name]))

    def forward(self, coordinates: Tensor, dtype: torch.dtype | None = None) -> Tensor:
        """The sound: the mean of the heads, or the first one alone, whichever the spec says."""
        if self.spec.averaged:
            return self.sound(self.heads(coordinates, dtype))
        numbers = self.spec.numbers_of(0, self.numbers())
        features = self.spec.alone().features(numbers, coordinates, dtype or coordinates.dtype)
        return linear_output(features, numbers["output_weight"], numbers["output_bias"])

    def heads(self, coordinates: Tensor, dtype: torch.dtype | None = None) -> Tensor:
        """What every head says, `[heads, blocks, n, channels]`; `dtype` as in `forward`."""
        numbers, count = self.numbers(), self.spec.head_count
        features = self.spec.features(numbers, coordinates, dtype or coordinates.dtype).chunk(count, -1)
        weights, biases = numbers["output_weight"].chunk(count, -1), numbers["output_bias"].chunk(count, -1)
        return torch.stack([linear_output(*each) for each in zip(features, weights, biases, strict=True)])

    def sound(self, said: Tensor) -> Tensor:
        """The sound `[blocks, n, channels]` of what the heads say: their mean, or what the first one says."""
        return said.mean(0) if self.spec.averaged else said[0]

    def numbers(self) -> dict[str, Tensor]:
        """The parameters by name."""
        # Not get_parameter: under functional_call these are plain tensors.
        return {name: getattr(self, name) for name in self.spec.shapes()}
