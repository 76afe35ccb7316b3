"""Sine networks in parallel: small ones that share the work of one, or represent the same sound several times."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Self

from ligeia.networks.abreast import abreast, chain_shapes, sine_chains, start_chains
from ligeia.networks.formula import Headed, output_shapes
from ligeia.networks.siren import MAX_DEPTH, MAX_WIDTH
from ligeia.networks.spec import not_stored

if TYPE_CHECKING:
    import torch
    from torch import Generator, Tensor

    from ligeia.networks.formula import Numbers

MAX_NETWORKS = 256


@dataclass(frozen=True, kw_only=True)
class Parallel(Headed):
    """`networks` small SIRENs of the same coordinate, f(t) = f_1(t) + f_2(t) + ..., or the mean of them.

    Zuiderveld 2021 (§7.2, future work; no code, no numbers) proposes to split the usual network in parallel ones and
    expects two things: their errors partly cancel in the sum, and sums of parallel networks are kind to optimisers. He
    also found that the mean of independently trained networks has less noise. We read this as two uses:

    - the sum (`ensemble` false): one loss for all. It is a SIREN whose hidden weights are block-diagonal: K networks of
      width w cost K w^2 products a layer instead of (K w)^2. That each starts in a band of frequencies of its own is
      ours: K equal parts of 0 to `first_bound`.
    - the ensemble (`ensemble` true): each network is fitted to the whole sound by itself, and the sound is their mean.
      All start in the whole band; they are heads, and their differences estimate the noise (`denoising.siamese`).

    Both omegas are 1: the starts and the learning rates of each part take their role, as in Ligeia's own recipe.
    """

    name: ClassVar[str] = "parallel"
    wire_id: ClassVar[int] = 9
    limits: ClassVar = {
        "networks": (1, MAX_NETWORKS),
        "width": (1, MAX_WIDTH),
        "depth": (1, MAX_DEPTH),
        "first_bound": (0, 1e9),
    }

    networks: int = 8
    """Networks in parallel."""
    width: int = 16
    """Units in each layer of each network."""
    depth: int = 2
    """Sine layers, the first one included."""
    ensemble: bool = False
    """True: the sound is the mean of networks that are fitted one by one; false: it is the sum of all."""
    closed: bool = False
    """Closed coordinate grid (last sample at +1) instead of the half-open one."""
    first_bound: float = not_stored(100.0)
    """The largest first weight at the start; use `hz_to_omega` to give it in Hz."""

    @property
    def head_count(self) -> int:
        """Networks of an ensemble; the sum is one head."""
        return self.networks if self.ensemble else 1

    @property
    def averaged(self) -> bool:
        """True: the sound is the mean of the heads."""
        return True

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """`weight_k`, `bias_k` for k = 0 to `depth` - 1, networks side by side, then the output layer."""
        chains = chain_shapes(self.width, self.depth, self.networks)
        if self.ensemble:
            return chains | output_shapes(self.width, self.networks * self.channels)
        return chains | output_shapes(self.networks * self.width, self.channels)

    def divided(self, parameter: str) -> bool:
        """True for every parameter of an ensemble."""
        return self.ensemble

    def alone(self) -> Self:
        """Return the same network with one head."""
        return replace(self, networks=1) if self.ensemble else self

    def start(self, generator: "Generator", blocks: int) -> "dict[str, Tensor]":
        """First weights in a band for each network, phases anywhere, small output weights (`start_chains`)."""
        step = self.first_bound / self.networks
        bands = [(k * step, (k + 1) * step) for k in range(self.networks)]
        if self.ensemble:
            bands = [(0.0, self.first_bound)] * self.networks
        return start_chains(self.shapes(), bands, blocks, generator)

    @property
    def module(self) -> str:
        """A stack that is `ManyHeads` if it is an ensemble, else `LinearOutput`."""
        return "stacked:HeadedNet" if self.ensemble else "stacked:StackedNet"

    def features(self, numbers: "Numbers", coordinates: "Tensor", dtype: "torch.dtype") -> "Tensor":
        """The last sine layers of all networks, side by side: `[blocks, n, networks * width]`."""
        shared = coordinates.shape[0] == 1
        inputs = coordinates if shared else coordinates.repeat_interleave(self.networks, 0)
        return abreast(sine_chains(numbers, inputs, self.networks, dtype), self.networks)
