"""What turns with time at the entrance of a module, how fast, and through which weights the rest sees it."""

from dataclasses import dataclass
from math import pi

import torch
from torch import Tensor
from torch.nn import Module

from ligeia.errors import InputError
from ligeia.networks.finer import Finer
from ligeia.networks.siren import Siren
from ligeia.networks.spec import NetworkSpec


@dataclass(frozen=True)
class FirstUnits:
    """The features of a positional encoding, or the units of a first layer of sines."""

    omegas: Tensor
    """How fast each turns, in radians per unit of the coordinate, `[blocks or 1, units]`."""
    reader: str
    """Name of the parameter `[blocks, units, outputs]` whose rows read them."""


def first_units(spec: NetworkSpec, module: Module) -> FirstUnits:
    """Those of a module, by its numbers as they are now.

    Raises:
        InputError: the network has no octaves, and is no SIREN or FINER.
    """
    if getattr(spec, "octaves", 0):
        return FirstUnits(octave_omegas(spec).unsqueeze(0).to(next(module.parameters()).device), "weight_0")
    if not isinstance(spec, Siren | Finer):
        raise InputError(f"progressive_groups works with octaves, siren and finer, not with {spec.name}")
    reader = "weight_1" if "weight_1" in spec.shapes() else "output_weight"
    weight, bias = (getattr(module, name).detach() for name in ("weight_0", "bias_0"))
    speed = weight.abs().squeeze(1) * (spec.first_omega * getattr(spec, "coordinate_scale", 1.0))
    if isinstance(spec, Finer):
        speed = speed * (2 * bias.abs() + 1)  # at the middle of the block
    return FirstUnits(speed, reader)


def octave_omegas(spec: NetworkSpec) -> Tensor:
    """Radians per unit of the coordinate of each feature of `encode_octaves`, `[features]`: 0 for the coordinate."""
    octaves: int = getattr(spec, "octaves")  # noqa: B009 - only some networks have them
    tones = pi * getattr(spec, "coordinate_scale", 1.0) * 2.0 ** torch.arange(octaves)
    pairs = tones.repeat(2) if getattr(spec, "grouped_encoding", False) else tones.repeat_interleave(2)
    return torch.cat([torch.zeros(1), pairs]) if getattr(spec, "with_coordinate", True) else pairs
