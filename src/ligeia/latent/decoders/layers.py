"""Chains of layers whose numbers depend on a sound: evaluated for all sounds at once, and differentiated in time.

A layer of a conditional network is, once a code is given, an ordinary layer: whatever scales its phases is multiplied
into its weights, [items, inputs, outputs], which are few beside the [items, n, outputs] values that it makes. So a
hidden layer costs one product and one sine. What its derivative needs, the cosine, is computed with the sine and kept.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from math import pi
from typing import Any, Literal

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn.functional import leaky_relu

from ligeia.networks.products import products
from ligeia.networks.waves import cosine_, sine

Activation = Literal["sine", "relu", "tanh", "none"]

RELU_SLOPE = 0.02
"""Slope below 0 of what the thesis calls ReLU in the function."""


@dataclass(frozen=True)
class Layer:
    """act(x W + t c + s): `weight [items or 1, inputs, outputs]`, `shift [items or 1, outputs]`.

    The first layer sees the coordinate t alone.
    """

    weight: Tensor
    shift: Tensor
    activation: Activation
    coordinate: Tensor | None = None
    """Weights c of the coordinate where it is joined to the layer's input, `[items or 1, outputs]`."""

    @property
    def is_plain_sine(self) -> bool:
        """True for sin(x W + s) with weights for each item."""
        return self.activation == "sine" and self.coordinate is None and self.weight.shape[0] == self.shift.shape[0]


def evaluate(layers: Sequence[Layer], times: Tensor) -> Tensor:
    """Outputs `[items, n]` of a chain whose last layer has one unit, at `times [items or 1, n]`.

    Where autocast is on, it holds for the layers between the first and the last: the first one's phases reach
    thousands of radians.
    """
    hidden = times.unsqueeze(-1)
    for layer in layers:
        with _precision(layer, layers):
            hidden = _input(hidden, layer, layers)
            if layer.is_plain_sine and len(hidden) in (1, len(layer.weight)):
                hidden = sine_layer(hidden, layer.weight, layer.shift)
            else:
                hidden = activated(_phases(hidden, layer, times), layer.activation)
    return hidden.squeeze(-1)


def evaluate_with_slopes(layers: Sequence[Layer], times: Tensor) -> tuple[Tensor, Tensor]:
    """Outputs as `evaluate` gives them, and their derivatives with respect to the times, both `[items, n]`.

    Forward mode: each layer hands on its values and their rates of change, for twice the products. (A backward pass to
    the times that can itself be differentiated, the other way, takes as many products, and keeps far more.)
    """
    hidden, rates = times.unsqueeze(-1), None
    for layer in layers:
        with _precision(layer, layers):
            hidden = _input(hidden, layer, layers)
            before = None if rates is None else _input(rates, layer, layers)
            if layer.is_plain_sine and len(hidden) in (1, len(layer.weight)):
                hidden, rates = sine_layer_with_rates(hidden, before, layer.weight, layer.shift)
                continue
            phases = _phases(hidden, layer, times)
            rates = layer.weight if before is None else multiplied(before, layer.weight)  # the rate of time is 1
            if layer.coordinate is not None:
                rates = rates + layer.coordinate.unsqueeze(1)
            hidden, rates = activated_with_rates(phases, rates, layer.activation)
    assert rates is not None, "a chain has layers"
    return hidden.squeeze(-1), rates.expand_as(hidden).squeeze(-1)


def _phases(hidden: Tensor, layer: Layer, times: Tensor) -> Tensor:
    """Return the input of a layer's activation."""
    phases = affine(hidden, layer.weight, layer.shift)
    if layer.coordinate is None:
        return phases
    return torch.addcmul(phases, times.unsqueeze(-1), layer.coordinate.unsqueeze(1))


def _between(layer: Layer, layers: Sequence[Layer]) -> bool:
    return layer is not layers[0] and layer is not layers[-1]


def _precision(layer: Layer, layers: Sequence[Layer]) -> AbstractContextManager[None]:
    """A context without autocast for the first and the last layer."""
    if _between(layer, layers):
        return nullcontext()
    return torch.autocast(layer.weight.device.type, enabled=False)


def _input(hidden: Tensor, layer: Layer, layers: Sequence[Layer]) -> Tensor:
    """Return the input of a layer, in its own precision where autocast is off."""
    return hidden if _between(layer, layers) else hidden.to(layer.weight.dtype)


def affine(hidden: Tensor, weight: Tensor, shift: Tensor) -> Tensor:
    """x W + s: `hidden [items or 1, n, inputs]`, `weight [items or 1, inputs, outputs]`, `shift [items or 1, outputs]`.

    One product for all items where they share their weights.
    """
    product = multiplied(hidden, weight)
    return product + shift.to(product.dtype).unsqueeze(1)


def multiplied(hidden: Tensor, weight: Tensor) -> Tensor:
    """x W, of the shapes of `affine`."""
    if weight.shape[0] == 1:
        return (hidden.reshape(-1, hidden.shape[2]) @ weight[0]).view(*hidden.shape[:2], -1)
    return torch.bmm(hidden.expand(weight.shape[0], -1, -1), weight)


def sine_layer(hidden: Tensor, weight: Tensor, shift: Tensor) -> Tensor:
    """sin(x W + s) of `hidden [items or 1, n, inputs]`, with `weight [items, inputs, outputs]` and `shift`.

    It has first derivatives; under autocast it is computed, and differentiated, in half precision.
    """
    output: Tensor = _SineLayer.apply(*_cast(hidden, weight, shift))  # type: ignore[no-untyped-call]
    return output


def sine_layer_with_rates(hidden: Tensor, rates: Tensor | None, weight: Tensor, shift: Tensor) -> tuple[Tensor, Tensor]:
    """sin(p), p = x W + s, and its rates of change r W cos(p) where x changes by `rates`; None: where x is the time."""
    cast = _cast(hidden, weight, shift, *([] if rates is None else [rates]))
    output, rate = _SineLayerWithRates.apply(*cast)  # type: ignore[no-untyped-call]
    return output, rate


def _cast(*values: Tensor) -> tuple[Tensor, ...]:
    """Tensors in the precision of autocast where it is on."""
    device = values[0].device.type
    if not torch.is_autocast_enabled(device):
        return values
    kind = torch.get_autocast_dtype(device)
    return tuple(value.to(kind) for value in values)


def activated(phases: Tensor, activation: Activation) -> Tensor:
    """The outputs of a layer."""
    if activation == "sine":
        output: Tensor = _Sine.apply(phases) if phases.requires_grad else phases.sin()  # type: ignore[no-untyped-call]
        return output
    if activation == "relu":
        return leaky_relu(phases, RELU_SLOPE)
    return phases.tanh() if activation == "tanh" else phases


def activated_with_rates(phases: Tensor, rates: Tensor, activation: Activation) -> tuple[Tensor, Tensor]:
    """The outputs of a layer and their rates of change, given those of its phases, `[items or 1, n or 1, outputs]`."""
    if activation == "sine":
        output, rate = _SineWithRate.apply(phases, rates)  # type: ignore[no-untyped-call]
        return output, rate
    output = activated(phases, activation)
    if activation == "relu":
        return output, torch.where(phases > 0, rates, rates * RELU_SLOPE)
    return output, rates * (1 - output.square()) if activation == "tanh" else rates


def turned(phases: Tensor) -> Tensor:
    """Phases in radians without their full turns: -pi to pi, where numbers of few bits are finest.

    Give them in double precision: where omega multiplies a bias, phases of ten thousand radians arise, of which single
    precision keeps three digits behind the point, and half precision none.
    """
    return torch.remainder(phases + pi, 2 * pi) - pi


class _SineLayer(Function):
    """The function behind `sine_layer`: it keeps its input and the cosines, which take the place of the phases."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, shift: Tensor) -> Tensor:
        phases = _layer_phases(hidden, weight, shift)
        if not any(ctx.needs_input_grad):
            return sine(phases)
        sines = sine(phases)
        ctx.save_for_backward(hidden, weight, cosine_(phases))
        return sines

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, above: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        hidden, weight, cosines = ctx.saved_tensors
        change = above * cosines
        to_weight = _to_weight(hidden, change)
        return _to_input(change, weight, hidden) if ctx.needs_input_grad[0] else None, to_weight, change.sum(1)


class _SineLayerWithRates(Function):
    """The function behind `sine_layer_with_rates`; the rates come last, or are left out where they are 1."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, shift: Tensor, *rates: Tensor) -> tuple[Tensor, Tensor]:
        phases = _layer_phases(hidden, weight, shift)
        turns = products(rates[0], weight) if rates else weight
        sines, cosines = sine(phases), cosine_(phases)
        ctx.save_for_backward(hidden, weight, sines, cosines, turns, *rates)
        return sines, cosines * turns

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, above: Tensor, above_rate: Tensor) -> tuple[Tensor | None, ...]:
        hidden, weight, sines, cosines, turns, *rates = ctx.saved_tensors
        change = above * cosines
        change.addcmul_(above_rate * sines, turns, value=-1)
        to_hidden = _to_input(change, weight, hidden) if ctx.needs_input_grad[0] else None
        to_weight, to_turns = _to_weight(hidden, change), above_rate * cosines
        if not rates:
            return to_hidden, to_weight + to_turns.sum(1, keepdim=True), change.sum(1)
        to_weight = to_weight + _to_weight(rates[0], to_turns)
        return to_hidden, to_weight, change.sum(1), _to_input(to_turns, weight, rates[0])


def _layer_phases(hidden: Tensor, weight: Tensor, shift: Tensor) -> Tensor:
    """x W + s for each item, in memory of its own."""
    if weight.shape[1] == 1:  # a product with one input is slow
        return torch.addcmul(shift.unsqueeze(1), hidden, weight)
    return products(hidden, weight).add_(shift.unsqueeze(1))


def _to_weight(hidden: Tensor, change: Tensor) -> Tensor:
    """The derivative of a loss with respect to the weights, given that with respect to the phases."""
    return torch.bmm(hidden.expand(len(change), -1, -1).transpose(1, 2), change)


def _to_input(change: Tensor, weight: Tensor, hidden: Tensor) -> Tensor:
    """The derivative of a loss with respect to the input of a layer, or to its rates."""
    return products(change, weight.transpose(1, 2)).sum_to_size(hidden.shape)


class _Sine(Function):
    """The sine, which keeps the cosine for its derivative."""

    @staticmethod
    def forward(ctx: Any, phases: Tensor) -> Tensor:
        ctx.save_for_backward(cosine_(phases.clone()))
        return sine(phases)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, above: Tensor) -> Tensor:
        (cosines,) = ctx.saved_tensors
        return above * cosines  # type: ignore[no-any-return]


class _SineWithRate(Function):
    """sin(p) and its rate of change r cos(p)."""

    @staticmethod
    def forward(ctx: Any, phases: Tensor, rates: Tensor) -> tuple[Tensor, Tensor]:
        sines, cosines = phases.sin(), phases.cos()
        ctx.save_for_backward(sines, cosines, rates)
        return sines, cosines * rates

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, above: Tensor, above_rate: Tensor) -> tuple[Tensor, Tensor]:
        sines, cosines, rates = ctx.saved_tensors
        to_phases = above * cosines
        to_phases.addcmul_(above_rate * sines, rates, value=-1)
        return to_phases.sum_to_size(sines.shape), (above_rate * cosines).sum_to_size(rates.shape)
