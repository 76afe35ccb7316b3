"""Networks of several channels, of one network written for each: what they say side by side, in one network."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ligeia.errors import InputError
from ligeia.networks.siren import Siren
from ligeia.networks.spec import NetworkSpec

CHAINS = ("siren", "fmlp", "finer")
"""Networks that are one chain of dense layers. The columns of others have a meaning that depends on their place."""


def side_by_side(spec: NetworkSpec, channels: int) -> NetworkSpec:
    """Return the network of `channels` channels that holds a network `spec` for each: as many times wider.

    Raises:
        InputError: a network of this kind cannot hold several, or would be too wide.
    """
    if channels == 1:
        return spec
    if spec.name not in CHAINS:
        raise InputError(
            f"networks of {spec.name} cannot stand side by side for {channels} channels; mix the sound to mono"
        )
    changes: dict[str, Any] = {"channels": channels, "width": channels * spec.width}  # type: ignore[attr-defined]
    if isinstance(spec, Siren) and (spec.fixed_first or spec.first_width):
        # A fixed first layer is the same for all; one that is learned is not.
        changes["first_width"] = spec.first_units * (1 if spec.fixed_first else channels)
    wide: NetworkSpec = replace(spec, **changes)
    return wide


def joined(spec: NetworkSpec, wide: NetworkSpec, numbers: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Return the parameters `[blocks, ...]` of `wide`, of those of `spec` for each channel.

    Layers that see what a network has computed are block-diagonal: zeros stand where one network would see another.
    """
    if len(numbers) == 1:
        return dict(numbers[0])
    return {
        name: _joined([each[name] for each in numbers], shape, wide.shapes()[name])
        for name, shape in spec.shapes().items()
    }


def _joined(values: Sequence[Tensor], shape: tuple[int, ...], wide: tuple[int, ...]) -> Tensor:
    if len(shape) == 1 or shape[0] == wide[0]:  # all see the same inputs
        return torch.cat(list(values), dim=-1)
    whole = values[0].new_zeros((values[0].shape[0], *wide))
    for k, value in enumerate(values):
        whole[:, k * shape[0] : (k + 1) * shape[0], k * shape[1] : (k + 1) * shape[1]] = value
    return whole
