"""Progressive activation scaling (Zuiderveld 2021, 5.4.2): high frequencies fade in during a fit.

The units of the first layer, sorted by the frequency that they start with, fade in over the first half of the run in
groups of equal size, low frequencies first: the half is cut in as many periods as there are groups, and in the first
half of each period one group more rises linearly from nothing to its full size. The thesis says "masking omega"; what
is masked here is the output of a unit, as in SAPE (Hertz et al. 2021), on which the thesis builds: a masked unit then
contributes nothing, whatever its phase.

Networks need not know. A unit times m, seen through the weights of the next layer, is the same as the unit itself
through m times its row of those weights; so the rows are scaled while a step is computed, and are themselves again
when the optimiser takes it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import pi

import torch
from torch import Tensor
from torch.nn import Module

from ligeia.errors import InputError
from ligeia.networks.finer import Finer
from ligeia.networks.siren import Siren
from ligeia.networks.spec import NetworkSpec

END = 0.5
"""Part of the run after which every unit is there in full."""


@dataclass(frozen=True)
class FirstUnits:
    """The features of a positional encoding, or the units of a first layer of sines."""

    omegas: Tensor
    """Angular frequency of each, in radians per unit of the coordinate, `[blocks or 1, units]`."""
    reader: str
    """Name of the parameter `[blocks, units, outputs]` whose rows read them."""


def first_units(spec: NetworkSpec, module: Module) -> FirstUnits:
    """The first units of a module, by its parameters as they are now.

    Raises:
        InputError: the network has no octaves, and is neither a SIREN nor a FINER.
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


class Unmasking:
    """The order in which first-layer units fade in; `units` as they were at the start."""

    def __init__(self, units: FirstUnits, groups: int) -> None:
        self.reader, self.groups = units.reader, groups
        rising = units.omegas.sort(dim=1).values
        slower = torch.searchsorted(rising, units.omegas)
        self.group = slower * groups // units.omegas.shape[1]
        """The group of each unit, `[blocks or 1, units]`; units of equal frequency share one."""

    def mask(self, fraction: float) -> Tensor:
        """The share of each unit, 0 to 1, at `fraction` (0 to 1) of the run, `[blocks or 1, units]`."""
        period = END / self.groups
        return ((fraction - self.group * period) / (period / 2)).clamp(0, 1).float()

    @contextmanager
    def applied(self, module: Module, fraction: float) -> Iterator[None]:
        """Within this, `module` is masked; gradients of what happened within are put right at its end."""
        reader, mask = module.get_parameter(self.reader), self.mask(fraction).unsqueeze(2)
        true = reader.detach().clone()
        with torch.no_grad():
            reader.mul_(mask)
        try:
            yield
        finally:
            with torch.no_grad():
                reader.copy_(true)
                if reader.grad is not None:
                    reader.grad.mul_(mask)
