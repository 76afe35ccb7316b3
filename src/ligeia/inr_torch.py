"""The INR as a torch module, for every network: differentiable in time and in its parameters.

The blocks share their shape, so that any number of them is evaluated as one batched product.
"""

from collections.abc import Iterator, Mapping
from math import pi

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.func import functional_call
from torch.nn import Module, Parameter

from ligeia.audio.blocks import Segments
from ligeia.networks.coordinates import span_seconds, to_coordinates
from ligeia.networks.spec import NetworkSpec

_UNITS_AT_ONCE = 2**22
"""Hidden units evaluated at a time, all points and blocks together: it bounds the memory (16 MiB a layer)."""


class TorchINR(Module):
    """A sound as a function of time: seconds `[n]` to amplitudes `[channels, n]`.

    Its parameters are those of `network`, `[blocks, ...]` each; `gains [blocks]` are a buffer. Without `copy` they
    share the memory of the INR, and do not ask for gradients.
    """

    gains: Tensor

    def __init__(
        self,
        spec: NetworkSpec,
        parameters: Mapping[str, NDArray[np.float32]],
        gains: NDArray[np.float32],
        rate: int,
        segments: Segments,
        *,
        copy: bool,
    ) -> None:
        super().__init__()
        self.spec, self.rate, self.segments = spec, rate, segments
        self.network = spec.build(blocks=1)
        for name in spec.shapes():
            learned = self.network.get_parameter(name).requires_grad
            setattr(self.network, name, Parameter(_tensor(parameters[name], copy), requires_grad=learned))
        self.register_buffer("gains", _tensor(gains, copy))
        if not copy:
            self.requires_grad_(False)

    def forward(self, seconds: Tensor) -> Tensor:
        """Amplitudes `[channels, n]`, of the type of `seconds [n]`; 0 outside the sound.

        Time is counted in double precision; products of hidden layers have the type of `seconds`.
        """
        times, order = seconds.double().sort(stable=True)
        return self._sorted(times, seconds.dtype)[:, order.argsort()]

    def at(self, seconds: NDArray[np.float64]) -> NDArray[np.float32]:
        """Amplitudes `[channels, n]` at `seconds [n]`, in any order."""
        order = np.argsort(seconds, kind="stable")
        with torch.no_grad():
            values = self._sorted(torch.from_numpy(seconds[order]), torch.float32).numpy()
        return values[:, np.argsort(order, kind="stable")]

    def evenly(self, first: float, step: float, count: int) -> NDArray[np.float32]:
        """Amplitudes `[channels, count]` at `first` + n `step` seconds."""
        with torch.no_grad():
            times = torch.from_numpy(first + np.arange(count) * step)
            return self._sorted(times, torch.float32).numpy()

    def derivative(self, seconds: NDArray[np.float64], order: int) -> NDArray[np.float64]:
        """The derivative of this order, float64 `[channels, n]`, per second^order (automatic differentiation)."""
        variable = torch.from_numpy(seconds).requires_grad_(True)
        values = self(variable)
        return torch.stack([_derive(channel, variable, order) for channel in values]).numpy()

    def _sorted(self, times: Tensor, dtype: torch.dtype) -> Tensor:
        """Amplitudes `[channels, n]` at sorted `times` float64 `[n]`, differentiable in `times`."""
        out = torch.zeros(self.spec.channels, len(times), dtype=dtype, device=times.device)
        for blocks, first, count in self._pieces(times):
            points = first.unsqueeze(1) + torch.arange(int(count.max()), device=times.device)
            inside = points < (first + count).unsqueeze(1)
            points = torch.where(inside, points, first.unsqueeze(1))
            values = self._block_values(blocks, times[points], dtype) * inside
            out = out.index_add(1, points.flatten(), values.flatten(1))
        return out

    def _pieces(self, times: Tensor) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Groups of (block, first point, number of points), small enough to be evaluated together."""
        block, first, count = self._block_ranges(times)
        widest = max(max(shape) for shape in self.spec.shapes().values())
        limit = max(_UNITS_AT_ONCE // widest, 1)
        block, first, count = _split_long(block, first, count, limit)
        each = max(limit // max(int(count.max()), 1), 1) if len(count) else 1
        for k in range(0, len(block), each):
            yield block[k : k + each], first[k : k + each], count[k : k + each]

    def _block_ranges(self, times: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Number, first point and count of points of each audible block that any of the sorted `times` fall in."""
        instants = times.detach()
        starts, reach = torch.from_numpy(self.segments.starts).double().to(times.device), self.spec.reach_samples
        stops = (starts + self.segments.length + reach).clamp(max=self.segments.sample_count)
        if self.segments.overlap or reach:
            starts[1:] -= 0.5 + reach  # cross-fades begin half a sample before the first sample that has a weight
        # A sample's instant must fall on its side of a border whatever the rounding of k / rate.
        slack = 1e-6
        low = torch.searchsorted(instants, (starts - slack) / self.rate)
        high = torch.searchsorted(instants, (stops - slack) / self.rate)
        block = torch.nonzero((high > low) & (self.gains != 0)).flatten()
        return block, low[block], high[block] - low[block]

    def _block_values(self, blocks: Tensor, times: Tensor, dtype: torch.dtype) -> Tensor:
        """Cross-faded amplitudes `[channels, blocks, n]` of `blocks` at `times [blocks, n]`, in seconds."""
        chosen = {name: self.network.get_parameter(name)[blocks] for name in self.spec.shapes()}
        starts = blocks.double() * self.segments.hop / self.rate  # whole numbers divide to float32
        local = times - starts.unsqueeze(1)
        span = span_seconds(self.segments.length, self.rate, closed=self.spec.closed_grid)
        # Coordinates stay in double precision: rounding them would shift the phases of high frequencies.
        values: Tensor = functional_call(self.network, chosen, (to_coordinates(local, span), dtype))
        fade = cross_fade(self.segments, blocks.unsqueeze(1), local * self.rate)
        level = self.gains[blocks].to(dtype).unsqueeze(1) * fade.to(dtype)
        return (values * level.unsqueeze(2)).permute(2, 0, 1)


def cross_fade(cut: Segments, blocks: Tensor, samples: Tensor) -> Tensor:
    """Cross-fade weights at `samples` since the start of each one's block; both of one shape, or broadcast to it."""
    if cut.overlap == 0:
        return torch.ones_like(samples)
    fade_in = torch.where(blocks > 0, _ramp(samples, cut.overlap), 1.0)
    fade_out = 1 - _ramp(samples - cut.hop, cut.overlap)
    return fade_in * torch.where(blocks < cut.count - 1, fade_out, 1.0)


def _tensor(array: NDArray[np.float32], copy: bool) -> Tensor:
    """An array as a tensor; one that may not be written to is copied in any case."""
    return torch.from_numpy(array.copy() if copy or not array.flags.writeable else array)


def _ramp(samples: Tensor, overlap: int) -> Tensor:
    """Raised-cosine rise over `overlap` samples, the same as `Segments.window` at whole samples."""
    return torch.sin(pi / 2 * ((samples + 0.5) / overlap).clamp(0, 1)).square()


def _derive(values: Tensor, variable: Tensor, order: int) -> Tensor:
    """Derivative of `values [n]`, each of which depends on its own entry of `variable [n]` alone."""
    for _ in range(order):
        if not values.requires_grad:  # nothing here depends on time: silence
            return torch.zeros_like(variable)
        (values,) = torch.autograd.grad(values.sum(), variable, create_graph=True)
    return values.detach()


def _split_long(block: Tensor, first: Tensor, count: Tensor, limit: int) -> tuple[Tensor, Tensor, Tensor]:
    """Cut ranges of more than `limit` points into several of at most that many."""
    parts = (count + limit - 1) // limit
    index = torch.arange(int(parts.sum()), device=parts.device) - (parts.cumsum(0) - parts).repeat_interleave(parts)
    block, first, count = (x.repeat_interleave(parts) for x in (block, first, count))
    return block, first + index * limit, (count - index * limit).clamp(max=limit)
