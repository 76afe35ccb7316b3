"""Multiplicative filter networks: FourierNet and GaborNet (Fathony et al., ICLR 2021)."""

from dataclasses import dataclass
from math import pi
from typing import TYPE_CHECKING, ClassVar

from ligeia.networks.formula import Formula, dense_shapes, output_shapes, torch_dense, uniform
from ligeia.networks.siren import MAX_DEPTH, MAX_WIDTH
from ligeia.networks.spec import Part, not_stored

if TYPE_CHECKING:
    import torch
    from torch import Generator, Tensor

    from ligeia.networks.formula import Numbers

LARGEST = 2.0**40
"""Values of the layers beyond ± this count as this: products of products of made-up numbers would not stay finite."""


@dataclass(frozen=True, kw_only=True)
class Multiplicative(Formula):
    """Products of filters: z_0 = g_0(t), z_k = (W_k z_(k-1) + b_k) g_k(t), and a linear output of the last z.

    The filters see the coordinate itself: g_k(t) = sin(omega_k t + phi_k), which makes the network one sum of sines
    (FourierNet), or that times exp(-|gamma_k| (t - mu_k)^2 / 2) (GaborNet). They are the "first" part of the network:
    their numbers are frequencies, phases and places, and need the precision and the learning rate of such.
    """

    name: ClassVar[str] = "mfn"
    wire_id: ClassVar[int] = 8
    limits: ClassVar = {
        "width": (1, MAX_WIDTH),
        "depth": (1, MAX_DEPTH),
        "reach": (1e-9, 1e9),
        "alpha": (1e-9, 1e9),
        "beta": (1e-9, 1e9),
    }

    width: int = 64
    """Units in each layer."""
    depth: int = 4
    """Filters; between them lie `depth` - 1 linear layers."""
    gabor: bool = False
    """Gabor filters, which end, instead of sines, which do not."""
    closed: bool = False
    """Closed coordinate grid (last sample at +1) instead of the half-open one."""
    reach: float = not_stored(256.0)
    """Frequencies omega ~ U(±reach / sqrt(depth)) radians per unit of the coordinate (Gabor: times sqrt(gamma)).
    Those of the filters add up, to about `reach`; `hz_to_omega` gives it in Hz."""
    alpha: float = not_stored(6.0)
    """Gabor: gamma ~ Gamma(alpha / depth, beta)."""
    beta: float = not_stored(1.0)
    """Gabor: the rate of that distribution; a filter is about sqrt(beta depth / alpha) wide."""

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Layer by layer: `weight_k`, `bias_k` (not for k = 0), then the filter; at the end the output layer."""
        shapes: dict[str, tuple[int, ...]] = {}
        kinds = ("frequency", "phase", *(("gamma", "centre") if self.gabor else ()))
        for k in range(self.depth):
            shapes |= dense_shapes([self.width, self.width], k) if k else {}
            shapes |= {f"{kind}_{k}": (self.width,) for kind in kinds}
        return shapes | output_shapes(self.width, self.channels)

    def part(self, parameter: str) -> Part:
        """ "first" for all filters, "output" for the output layer, "hidden" for the layers between."""
        if parameter.startswith("output_"):
            return "output"
        return "hidden" if parameter.startswith(("weight_", "bias_")) else "first"

    def start(self, generator: "Generator", blocks: int) -> "dict[str, Tensor]":
        """Filters as the fields say, at any phase, centres ~ U(±1); linear layers as PyTorch's, U(±1 / sqrt(width))."""
        dense = {name: shape for name, shape in self.shapes().items() if self.part(name) != "first"}
        numbers = torch_dense(dense, generator, blocks)
        for k in range(self.depth):
            numbers |= self._start_filter(k, generator, blocks)
        return {name: numbers[name] for name in self.shapes()}

    def _start_filter(self, k: int, generator: "Generator", blocks: int) -> "dict[str, Tensor]":
        shape = (blocks, self.width)
        numbers = {
            f"frequency_{k}": uniform(shape, self.reach * self.depth**-0.5, generator),
            f"phase_{k}": uniform(shape, pi, generator),
        }
        if self.gabor:
            numbers[f"gamma_{k}"] = _gamma(shape, self.alpha / self.depth, self.beta, generator)
            numbers[f"centre_{k}"] = uniform(shape, 1.0, generator)
            numbers[f"frequency_{k}"] *= numbers[f"gamma_{k}"].sqrt()
        return numbers

    def features(self, numbers: "Numbers", coordinates: "Tensor", dtype: "torch.dtype") -> "Tensor":
        """The last product."""
        from ligeia.networks.stacked import affine

        hidden = self._filter(numbers, 0, coordinates).to(dtype)
        for k in range(1, self.depth):
            mixed = affine(hidden, numbers[f"weight_{k}"].to(dtype), numbers[f"bias_{k}"].to(dtype))
            hidden = (mixed * self._filter(numbers, k, coordinates).to(dtype)).clamp(-LARGEST, LARGEST)
        return hidden

    def _filter(self, numbers: "Numbers", k: int, coordinates: "Tensor") -> "Tensor":
        """Outputs of filter k, in the precision of the coordinates: its phases reach thousands of radians."""
        import torch

        def row(kind: str) -> "Tensor":
            return numbers[f"{kind}_{k}"].to(coordinates.dtype).unsqueeze(1)

        times = coordinates.unsqueeze(-1)
        wave = torch.addcmul(row("phase"), times, row("frequency")).sin()
        if not self.gabor:
            return wave
        return wave * (-0.5 * row("gamma").abs() * (times - row("centre")).square()).exp()


def _gamma(shape: tuple[int, ...], alpha: float, beta: float, generator: "Generator") -> "Tensor":
    """Numbers drawn from the gamma distribution of shape `alpha` and rate `beta`."""
    import numpy as np
    import torch

    # numpy draws them: torch's own distributions know no generator.
    seed = int(torch.randint(2**62, (1,), generator=generator))
    drawn = np.random.default_rng(seed).gamma(alpha, 1 / beta, shape)
    return torch.from_numpy(drawn.astype(np.float32))
