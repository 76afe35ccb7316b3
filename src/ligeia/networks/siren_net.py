"""The stacked SIREN module: many sine networks of one shape, evaluated as batched products."""

import torch
from torch import Tensor
from torch.nn import Module, Parameter

from ligeia.networks.encodings import encode_octaves
from ligeia.networks.products import affine, linear_output
from ligeia.networks.siren import Siren
from ligeia.networks.siren_init import fixed_layer, start_parameters


class SirenNet(Module):
    """`blocks` SIRENs: coordinates `[blocks, n]` or `[1, n]` in [-1, 1] to amplitudes `[blocks, n, channels]`.

    The number of blocks is read from the parameters at each call, so that `torch.func.functional_call`
    with a subset of the blocks works on the same module.
    """

    def __init__(self, spec: Siren, *, blocks: int, seed: int) -> None:
        super().__init__()
        self.spec = spec
        for name, value in start_parameters(spec, blocks=blocks, seed=seed).items():
            self.register_parameter(name, Parameter(value))
        if spec.fixed_first:
            weight, bias = fixed_layer(spec.first_units, spec.fixed_first)
            self.register_buffer("weight_0", weight, persistent=False)
            self.register_buffer("bias_0", bias, persistent=False)

    def forward(self, coordinates: Tensor, dtype: torch.dtype | None = None) -> Tensor:
        """Amplitudes; `dtype` (default: that of the coordinates) is that of the hidden layers' products.

        The phases of the first layer reach thousands of radians, so they are computed in the precision of
        the coordinates, and the output layer in single precision at least.
        """
        return linear_output(self.features(coordinates, dtype), *self._numbers(self.spec.depth))

    def features(self, coordinates: Tensor, dtype: torch.dtype | None = None) -> Tensor:
        """What the output layer sees: `[blocks, n, width]` in `dtype`."""
        hidden = torch.sin(self._first_phases(coordinates)).to(dtype or coordinates.dtype)
        for layer in range(1, self.spec.depth):
            hidden = torch.sin(self._phases(layer, hidden))
        hidden = hidden.expand(self._numbers(self.spec.depth)[0].shape[0], -1, -1)  # one fixed layer alone is shared
        return hidden * self.spec.hidden_omega if self.spec.output_omega else hidden

    def _first_phases(self, coordinates: Tensor) -> Tensor:
        spec = self.spec
        if spec.octaves:
            encoded = encode_octaves(
                coordinates * spec.coordinate_scale,
                spec.octaves,
                with_coordinate=spec.with_coordinate,
                order="grouped" if spec.grouped_encoding else "interleaved",
            )
            return self._phases(0, encoded)
        weight, bias = self._scaled(0, coordinates.dtype)
        return torch.addcmul(bias.unsqueeze(1), (coordinates * spec.coordinate_scale).unsqueeze(-1), weight)

    def _phases(self, layer: int, hidden: Tensor) -> Tensor:
        return affine(hidden, *self._scaled(layer, hidden.dtype))

    def _scaled(self, layer: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Weight and bias of a sine layer with its omega multiplied in: omega (W x + b) = (omega W) x + omega b."""
        omega = self.spec.omega(layer)
        weight, bias = self._numbers(layer)
        if omega != 1.0:
            wide = torch.promote_types(dtype, weight.dtype)
            weight, bias = weight.to(wide), bias.to(wide)
            weight = weight * omega
            bias = bias * omega if self.spec.omega_on_bias else bias
        return weight.to(dtype), bias.to(dtype)

    def _numbers(self, layer: int) -> tuple[Tensor, Tensor]:
        # Not get_parameter: under functional_call these are plain tensors.
        return getattr(self, f"weight_{layer}"), getattr(self, f"bias_{layer}")
