"""Progressive activation scaling (Zuiderveld 2021, 5.4.2): high frequencies join in while a fit is on its way.

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

import torch
from torch import Tensor
from torch.nn import Module

from ligeia.fitting.first_units import FirstUnits

END = 0.5
"""Part of the run after which every unit is there in full."""


class Unmasking:
    """When which first-layer unit is how much there; `units` as they were at the start."""

    def __init__(self, units: FirstUnits, groups: int) -> None:
        self.reader, self.groups = units.reader, groups
        rising = units.omegas.sort(dim=1).values
        slower = torch.searchsorted(rising, units.omegas)
        self.group = slower * groups // units.omegas.shape[1]
        """The group of each unit, `[blocks or 1, units]`; units of equal frequency share one."""

    def mask(self, fraction: float) -> Tensor:
        """How much of each unit is there at `fraction` (0 to 1) of the run, 0 to 1, `[blocks or 1, units]`."""
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
