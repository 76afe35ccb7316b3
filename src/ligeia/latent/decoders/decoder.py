"""Interface of every decoder: codes and times in, amplitudes out."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import Module, Parameter

from ligeia.codec.family.settings import DecoderSettings
from ligeia.latent.decoders.layers import Layer, evaluate, evaluate_with_slopes

BUFFERS = ("omegas",)
"""Names of tensors that are not learned."""


class Decoder(Module):
    """A function of a code and of time. Its tensors have the names and shapes of `settings.shapes(samples)`.

    Parameters whose name begins with "map_" belong to the mapping network, all others to the function itself.
    """

    kind: ClassVar[str]
    """The name in `DECODERS`."""
    whole: ClassVar[bool] = False
    """True where only the whole grid of an item can be made: the coordinates must be `grid(samples)` then."""

    def __init__(self, settings: DecoderSettings, *, samples: int, seed: int = 0) -> None:
        super().__init__()
        self.settings, self.samples, self.seed = settings, samples, seed

    def register(self, numbers: Mapping[str, Tensor]) -> None:
        """Make the tensors of the settings this module's own, in their order."""
        for name in self.settings.shapes(self.samples):
            if name in BUFFERS:
                self.register_buffer(name, numbers[name])
            else:
                self.register_parameter(name, Parameter(numbers[name]))

    @abstractmethod
    def forward(self, codes: Tensor, coordinates: Tensor) -> Tensor:
        """Amplitudes `[items, n]` of `codes [items, numbers]` at `coordinates [items or 1, n]`, float32."""

    def with_slopes(self, codes: Tensor, coordinates: Tensor) -> tuple[Tensor, Tensor]:
        """Amplitudes and their derivatives with respect to the coordinate, both `[items, n]`.

        By a backward pass, which can be differentiated again; a kind that knows a faster way overrides it. Decoders
        of whole grids give the finite difference towards the next sample (the last one: from the one before), as
        the thesis does.
        """
        if self.whole:
            amplitudes = self(codes, coordinates)
            steps = amplitudes.diff(dim=1) * (self.samples / 2)
            return amplitudes, torch.cat([steps, steps[:, -1:]], dim=1)
        learning = torch.is_grad_enabled()
        with torch.enable_grad():
            times = coordinates.expand(len(codes), -1).detach().requires_grad_()  # one sum over items would mix them
            amplitudes = self(codes, times)
            (slopes,) = torch.autograd.grad(amplitudes.sum(), times, create_graph=learning)
        return (amplitudes, slopes) if learning else (amplitudes.detach(), slopes)

    def unmask(self, fraction: float) -> None:
        """Say how much of the training is done, 0 to 1; progressive kinds open up by it."""

    def body(self) -> list[Parameter]:
        """Parameters of the function itself, which the weight penalty falls on."""
        return [value for name, value in self.named_parameters() if not name.startswith("map_")]

    def mapping(self) -> list[Parameter]:
        """Parameters of what makes conditions of a code."""
        return [value for name, value in self.named_parameters() if name.startswith("map_")]


class LayeredDecoder(Decoder):
    """A decoder whose function is, for each code, a chain of layers."""

    @abstractmethod
    def layers(self, codes: Tensor) -> list[Layer]:
        """The chain of each of `codes [items, numbers]`."""

    def forward(self, codes: Tensor, coordinates: Tensor) -> Tensor:
        """Amplitudes `[items, n]`; they have first derivatives."""
        return evaluate(self.chains(codes), self.times(coordinates)).expand(len(codes), -1)

    def with_slopes(self, codes: Tensor, coordinates: Tensor) -> tuple[Tensor, Tensor]:
        """Amplitudes and their derivatives with respect to the coordinate, `[items, n]`, in forward mode."""
        amplitudes, slopes = evaluate_with_slopes(self.chains(codes), self.times(coordinates))
        return amplitudes, slopes * self.pace

    def chains(self, codes: Tensor) -> list[Layer]:
        """The chain of each code, in single precision at least: autocast would round frequencies and phases."""
        with exactly(codes):
            return self.layers(codes.to(next(self.parameters()).dtype))

    @property
    def pace(self) -> float:
        """Factor on the coordinate before anything else."""
        return 1.0

    def times(self, coordinates: Tensor) -> Tensor:
        """Return the inputs of the chains for `coordinates [items or 1, n]`."""
        return coordinates if self.pace == 1 else coordinates * self.pace


def exactly(values: Tensor) -> torch.autocast:
    """Return a context without autocast on the device of `values`."""
    return torch.autocast(values.device.type, enabled=False)


def grid(samples: int, *, device: torch.device | None = None) -> Tensor:
    """The coordinates `[1, samples]` of an item's samples, t_k = -1 + 2 k / samples: half-open, float32.

    Example:
        >>> grid(4)
        tensor([[-1.0000, -0.5000,  0.0000,  0.5000]])
    """
    times = torch.arange(samples, dtype=torch.float64) * (2 / samples) - 1
    return times.unsqueeze(0).to(torch.float32).to(device)
