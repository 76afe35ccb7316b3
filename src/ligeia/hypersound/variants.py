"""Networks from written and shared numbers: the variants of HyperSound 2023, Table 1."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import Module, Parameter, ParameterDict

from ligeia.hypersound.config import HyperSoundConfig
from ligeia.hypersound.initialisation import shared_start

Numbers = Mapping[str, Tensor]


class Variant(Module):
    """Written numbers `name -> [batch, *shape]` to all parameters of the target networks, by name in order.

    As executed, shared biases of "additive" and "multiplicative" are not used: what is written is the bias, or, in
    the latter, a factor on the layer's output, which has no bias. That factor is brought into the weights here, so
    that all variants end in parameters of the same architecture.
    """

    def __init__(self, config: HyperSoundConfig, seed: int) -> None:
        super().__init__()
        self.config, self.names = config, tuple(config.spec().shapes())
        kept = set(self.names) - set(config.written()) if config.variant == "shared" else set(self.names)
        if config.variant == "standard":
            kept = set()
        elif config.reading == "executed" and config.variant != "shared":
            kept = {name for name in kept if not is_bias(name)}
        start = shared_start(config.spec(), seed) if kept else {}
        self.shared = ParameterDict({name: Parameter(start[name].clone()) for name in self.names if name in kept})

    def forward(self, written: Numbers) -> dict[str, Tensor]:
        """The parameters of every target network."""
        if self.config.variant == "multiplicative":
            return self._products(written)
        return {name: self._sum(name, written) for name in self.names}

    def _sum(self, name: str, written: Numbers) -> Tensor:
        if name not in self.shared:
            return written[name]
        shared: Tensor = self.shared[name]
        if name in written:
            return written[name] + shared
        batch = next(iter(written.values())).shape[0]
        return shared.unsqueeze(0).expand(batch, *shared.shape)

    def _products(self, written: Numbers) -> dict[str, Tensor]:
        products = {name: written[name] * self.shared[name] for name in self.shared}
        if self.config.reading == "paper":
            return products
        for name in self.names:
            if is_bias(name):
                weight = weight_of(name)
                products[weight] = products[weight] * written[name].unsqueeze(-2)
                products[name] = torch.zeros_like(written[name])
        return {name: products[name] for name in self.names}


def is_bias(name: str) -> bool:
    """True for the biases of dense layers."""
    return "bias" in name


def weight_of(bias: str) -> str:
    """Name of the weights that a bias goes with."""
    return bias.replace("bias", "weight")
