"""Fourier-KAN: each connection is a short Fourier series (as in Fourier-ASR, AAAI 2025, arXiv 2601.06406)."""

from dataclasses import dataclass
from math import pi
from typing import TYPE_CHECKING, ClassVar

from ligeia.networks.formula import Formula, dense_shapes, output_shapes
from ligeia.networks.siren import MAX_DEPTH, MAX_WIDTH

if TYPE_CHECKING:
    import torch
    from torch import Generator, Tensor

    from ligeia.networks.formula import Numbers

MAX_GRID = 2**15


@dataclass(frozen=True, kw_only=True)
class FourierKan(Formula):
    """Layers y_o = sum over i and k = 1 to G of a_oik cos(k x_i) + b_oik sin(k x_i), plus a bias; nothing in between.

    The output layer is one of them, so that the output is linear in the cosines and sines of the last hidden layer.
    The defaults are Fourier-ASR's.
    """

    name: ClassVar[str] = "kan"
    wire_id: ClassVar[int] = 7
    limits: ClassVar = {
        "width": (1, MAX_WIDTH),
        "depth": (1, MAX_DEPTH),
        "first_grid": (1, MAX_GRID),
        "hidden_grid": (1, MAX_GRID),
        "output_grid": (1, MAX_GRID),
        "turns": (1e-9, 1e9),
    }

    width: int = 64
    """Units in each hidden layer."""
    depth: int = 3
    """Hidden layers."""
    first_grid: int = 1024
    """Harmonics G of the coordinate: harmonic k is a tone of k `turns` / T Hz in a block of T seconds."""
    hidden_grid: int = 5
    """Harmonics of the connections between hidden layers."""
    output_grid: int = 3
    """Harmonics of the connections to the output."""
    turns: float = 1.0
    """Turns of the lowest harmonic in a block. At 1 the coordinate covers [-pi, pi], as in the paper, and the function
    has the same value at both ends of the block; at 0.5 it has not."""
    closed: bool = False
    """Closed coordinate grid (last sample at +1) instead of the half-open one."""

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """`weight_k [2 inputs G, width]`, `bias_k [width]` for k = 0 to `depth` - 1, then the output layer.

        The cosines of all inputs come first (input by input, each from 1 to G), then the sines.
        """
        shapes = dense_shapes([2 * self.first_grid, self.width])
        for k in range(1, self.depth):
            shapes |= {f"weight_{k}": (2 * self.hidden_grid * self.width, self.width), f"bias_{k}": (self.width,)}
        return shapes | output_shapes(2 * self.output_grid * self.width, self.channels)

    def start(self, generator: "Generator", blocks: int) -> "dict[str, Tensor]":
        """Coefficients of variance 1 / (inputs G), so that each layer's values have variance 1; zero biases."""
        import torch

        numbers = {}
        for name, shape in self.shapes().items():
            if len(shape) == 2:
                numbers[name] = torch.randn((blocks, *shape), generator=generator) * (2 / shape[0]) ** 0.5
            else:
                numbers[name] = torch.zeros((blocks, *shape))
        return numbers

    def features(self, numbers: "Numbers", coordinates: "Tensor", dtype: "torch.dtype") -> "Tensor":
        """Cosines and sines of the last hidden layer's values."""
        from ligeia.networks.stacked import affine

        hidden = harmonics(pi * self.turns * coordinates.unsqueeze(-1), self.first_grid).to(dtype)
        for k in range(self.depth):
            values = affine(hidden, numbers[f"weight_{k}"].to(dtype), numbers[f"bias_{k}"].to(dtype))
            hidden = harmonics(values, self.hidden_grid if k < self.depth - 1 else self.output_grid)
        return hidden


def harmonics(values: "Tensor", grid: int) -> "Tensor":
    """Values `[..., n, inputs]` to cos(k x), then sin(k x), `[..., n, 2 inputs grid]`, k = 1 to `grid` for each input.

    Phases are computed in single precision at least: bfloat16 has no whole numbers above 256 but even ones.
    """
    import torch

    wide = torch.promote_types(values.dtype, torch.float32)
    orders = torch.arange(1, grid + 1, dtype=wide, device=values.device)
    phases = (values.to(wide).unsqueeze(-1) * orders).flatten(-2)
    return torch.cat([phases.cos(), phases.sin()], dim=-1).to(values.dtype)
