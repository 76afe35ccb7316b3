"""The INR: sound as a function of time. It can be evaluated, rendered, and differentiated.

A sound is one network, or a row of blocks with one network each, cross-faded where they overlap. The
blocks share their shape, so that any number of them is evaluated as one batched product.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import pi
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor
from torch.func import functional_call
from torch.nn import Module

from ligeia.audio.blocks import Segments
from ligeia.audio.signal import Audio, checked_rate, rendered_frames
from ligeia.errors import InputError
from ligeia.networks.coordinates import span_seconds, to_coordinates
from ligeia.networks.spec import GridRender, NetworkSpec

MAX_ORDER = 8
_UNITS_AT_ONCE = 2**22
"""Hidden units evaluated at a time, all points and blocks together: it bounds the memory (16 MiB a layer)."""


@dataclass(frozen=True, eq=False)
class INR:
    """A sound as a function of time.

    `spec` says what the networks look like; `parameters` holds their numbers, float32 `[blocks, ...]` by
    name; `rate` (Hz) and `segments` say which samples the function stands for; `gains` float32 `[blocks]`
    is the level of each block (0: silence). `report` says how it was made.

    Raises:
        InputError: parameters, gains and segments do not fit together.

    Example:
        >>> import ligeia
        >>> tone = ligeia.Audio(np.sin(np.arange(800) / 5)[None], rate=8000)
        >>> inr = ligeia.fit(tone, steps=10)
        >>> inr([0.0123, 0.05]).shape                       # any instants, in seconds
        (1, 2)
        >>> inr.render(rate=48000).frames                   # any rate
        4800
        >>> inr.derivative([0.0123], order=2).shape
        (1, 1)
    """

    spec: NetworkSpec
    parameters: Mapping[str, Tensor]
    rate: int
    segments: Segments
    gains: Tensor
    report: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        checked_rate(self.rate)
        for name, shape in self.spec.shapes().items():
            expected = (self.segments.count, *shape)
            if name not in self.parameters:
                raise InputError(f"the parameter {name} is missing")
            if tuple(self.parameters[name].shape) != expected:
                raise InputError(f"{name} must be {expected}, got {tuple(self.parameters[name].shape)}")
        if tuple(self.gains.shape) != (self.segments.count,):
            raise InputError(f"gains must be [{self.segments.count}], got {tuple(self.gains.shape)}")
        own = self.spec.block_samples
        if own is not None and (self.segments.hop, self.segments.overlap) != (own, 0):
            raise InputError(f"blocks of {self.spec.name} must have {own} samples, and share none")

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.spec.channels

    @property
    def frames(self) -> int:
        """Number of samples per channel at the original rate."""
        return self.segments.frames

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return self.frames / self.rate

    @property
    def parameter_count(self) -> int:
        """Unique parameters of all audible blocks together (silence has none, and a sparse network those it uses)."""
        return self.spec.counted(self.parameters, self.gains)["parameters"]

    @cached_property
    def _module(self) -> Module:
        """The network's formula; its own numbers are never used."""
        return self.spec.build(blocks=1)

    def __call__(self, seconds: ArrayLike) -> NDArray[np.float32]:
        """Amplitudes float32 `[channels, n]` at `seconds`, float `[n]`, in any order; 0 outside the sound.

        Raises:
            InputError: `seconds` is not one-dimensional, or holds NaN or infinite values.
        """
        times, back = _sorted_times(seconds)
        with torch.no_grad():
            values = self._evaluate(torch.from_numpy(times))
        return values[:, back].numpy()

    def derivative(self, seconds: ArrayLike, order: int = 1) -> NDArray[np.float64]:
        """The derivative of given order with respect to time, float64 `[channels, n]`, per second^order.

        It is that of the function itself (automatic differentiation in double precision), cross-fades
        between blocks included, not a difference quotient.

        Raises:
            InputError: `order` is not between 1 and 8, or `seconds` is not usable (see `__call__`).
        """
        if not 1 <= order <= MAX_ORDER:
            raise InputError(f"order must lie between 1 and {MAX_ORDER}, got {order}")
        times, back = _sorted_times(seconds)
        variable = torch.from_numpy(times).requires_grad_(True)
        values = self._evaluate(variable, torch.float64)
        rows = [_derive(values[channel], variable, order) for channel in range(self.channels)]
        return torch.stack(rows)[:, back].numpy()

    def render(self, rate: int | None = None, *, start: float = 0.0, stop: float | None = None) -> Audio:
        """The sound between `start` and `stop` (seconds), sampled at `rate` Hz (default: the original one).

        Sample k is the function at `start` + k / rate. At the original rate the whole sound has exactly
        the original number of samples. Below it the function is sampled as it is, so what lies above
        half the new rate aliases: render at the original rate and resample where that matters.
        """
        pieces = list(self.render_pieces(rate, start=start, stop=stop))
        return Audio(np.concatenate(pieces, axis=1), self.rate if rate is None else rate)

    def render_pieces(
        self, rate: int | None = None, *, start: float = 0.0, stop: float | None = None, frames: int = 2**18
    ) -> Iterator[NDArray[np.float32]]:
        """What `render` gives, in pieces of at most `frames` samples, float32 `[channels, n]`."""
        rate = self.rate if rate is None else checked_rate(rate)
        total = rendered_frames(self.seconds, rate, start, stop)
        for first in range(0, max(total, 1), frames):
            yield self.evenly(start + np.arange(first, min(first + frames, total)) / rate)

    def evenly(self, seconds: NDArray[np.float64]) -> NDArray[np.float32]:
        """What calling gives, at `seconds` that rise in equal steps: quick where the network is a `GridRender`."""
        if not isinstance(self.spec, GridRender) or len(seconds) < 2:
            return self(seconds)
        step = float(seconds[-1] - seconds[0]) / (len(seconds) - 1)
        with torch.no_grad():
            return self._evaluate(torch.from_numpy(seconds), step=step).numpy()

    def _evaluate(self, times: Tensor, dtype: torch.dtype = torch.float32, step: float | None = None) -> Tensor:
        """Amplitudes `[channels, n]` at sorted `times` float64 `[n]`, differentiable in `times`.

        With `step`, that of the times, they are evaluated as a grid.
        """
        out = torch.zeros(self.channels, len(times), dtype=dtype)
        for blocks, first, count in self._pieces(times, 1 if step else self._widest):
            points = first.unsqueeze(1) + torch.arange(int(count.max()))
            inside = points < (first + count).unsqueeze(1)
            points = torch.where(inside, points, first.unsqueeze(1))
            values = self._block_values(blocks, times[points], dtype, step) * inside
            out = out.index_add(1, points.flatten(), values.flatten(1))
        return out

    @property
    def _widest(self) -> int:
        """Hidden units of the widest layer."""
        return max(max(shape) for shape in self.spec.shapes().values())

    def _pieces(self, times: Tensor, width: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Groups of (block, first point, number of points), small enough to be evaluated together."""
        block, first, count = self._block_ranges(times)
        limit = max(_UNITS_AT_ONCE // width, 1)
        block, first, count = _split_long(block, first, count, limit)
        each = max(limit // max(int(count.max()), 1), 1) if len(count) else 1
        for k in range(0, len(block), each):
            yield block[k : k + each], first[k : k + each], count[k : k + each]

    def _block_ranges(self, times: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """For each audible block that some of the sorted `times` fall in: its number, first point, points."""
        known = times.detach()
        starts, reach = torch.from_numpy(self.segments.starts).double(), self.spec.reach_samples
        stops = (starts + self.segments.length + reach).clamp(max=self.frames)
        if self.segments.overlap or reach:
            starts[1:] -= 0.5 + reach  # cross-fades begin half a sample before the first sample that has a weight
        # A sample's own instant must fall on its own side of a border whatever the rounding of k / rate.
        slack = 1e-6
        low = torch.searchsorted(known, (starts - slack) / self.rate)
        high = torch.searchsorted(known, (stops - slack) / self.rate)
        block = torch.nonzero((high > low) & (self.gains != 0)).flatten()
        return block, low[block], high[block] - low[block]

    def _block_values(self, blocks: Tensor, times: Tensor, dtype: torch.dtype, step: float | None = None) -> Tensor:
        """Cross-faded amplitudes `[channels, blocks, n]` of `blocks` at `times [blocks, n]`, in seconds.

        With `step` seconds, the times are the first of each row and as many steps on from it.
        """
        chosen = {name: value[blocks] for name, value in self.parameters.items()}
        local = times - (blocks.double() * self.segments.hop / self.rate).unsqueeze(
            1
        )  # whole numbers divide to float32
        span = span_seconds(self.segments.length, self.rate, closed=self.spec.closed_grid)
        # Coordinates stay in double precision: rounding them would shift the phases of high frequencies.
        values: Tensor
        if step is not None and isinstance(self.spec, GridRender):
            values = self.spec.on_grid(chosen, to_coordinates(local[:, 0], span), 2 * step / span, times.shape[1])
        else:
            values = functional_call(self._module, chosen, (to_coordinates(local, span), dtype))
        level = self.gains[blocks].to(dtype).unsqueeze(1) * self._fade(blocks, local).to(dtype)
        return (values * level.unsqueeze(2)).permute(2, 0, 1)

    def _fade(self, blocks: Tensor, local: Tensor) -> Tensor:
        """Cross-fade weights `[blocks, n]` at `local` seconds since the start of each block."""
        overlap, hop = self.segments.overlap, self.segments.hop
        if overlap == 0:
            return torch.ones_like(local)
        fade_in = _ramp(local * self.rate, overlap)
        fade_out = 1 - _ramp(local * self.rate - hop, overlap)
        fade_in = torch.where((blocks > 0).unsqueeze(1), fade_in, 1.0)
        return fade_in * torch.where((blocks < self.segments.count - 1).unsqueeze(1), fade_out, 1.0)


def _ramp(samples: Tensor, overlap: int) -> Tensor:
    """Raised-cosine rise over `overlap` samples, the same as `Segments.window` at whole samples."""
    return torch.sin(pi / 2 * ((samples + 0.5) / overlap).clamp(0, 1)).square()


def _sorted_times(seconds: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """`seconds` in rising order, and the index that undoes the sorting."""
    times = np.asarray(seconds, dtype=np.float64)
    if times.ndim != 1:
        raise InputError(f"seconds must be one-dimensional, got {times.ndim} dimension(s)")
    if not np.isfinite(times).all():
        raise InputError("seconds hold NaN or infinite values")
    order = np.argsort(times, kind="stable")
    return times[order], np.argsort(order, kind="stable")


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
    index = torch.arange(int(parts.sum())) - (parts.cumsum(0) - parts).repeat_interleave(parts)
    block, first, count = (x.repeat_interleave(parts) for x in (block, first, count))
    return block, first + index * limit, (count - index * limit).clamp(max=limit)
