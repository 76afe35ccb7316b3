"""The phased sine network: two hidden layers of sines, of which the first bends the time of the second."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

from ligeia.networks.lapped import Lapped
from ligeia.networks.spec import Evaluator, Part

EDGE = 8
"""The part of a frame in which, at both ends of a block, time is not bent: what the next block shares."""
MAX_UNITS = 4096


@dataclass(frozen=True, kw_only=True)
class Phased(Lapped):
    """Windowed sines of a phase that is itself a sum of slow sines, fitted to the sound.

    A SIREN of two hidden layers is a sum of sines of sums of sines. Here the first layer has `units` slow sines and one
    output, the phase phi; the units of the second are those of the network `Lapped`, of phi in place of time:

        f(tau) = sqrt(phi'(tau)) * sum over units i of weight_i * w_i(phi(tau)) cos(omega_i phi(tau) + theta_i)

    So all frequencies follow the phase: where the pitch of a voice glides, a phase that glides with it makes it a
    steady one, whose harmonics are narrow. The factor keeps the second layer orthonormal, but for what lies beyond half
    the rate, so that its weights have a closed form when the phase is known. The phase is not: it has to be fitted.

    With all of `phase` equal, time is not bent, and the network is `Lapped`.
    """

    name: ClassVar[str] = "phased"
    wire_id: ClassVar[int] = 13
    limits: ClassVar = {**Lapped.limits, "units": (2, MAX_UNITS)}

    units: int = 32
    """Slow sines of a block: logarithms of the slope of the phase, evenly spaced."""

    @property
    def edge(self) -> int:
        """Samples at both ends of a block in which time is not bent."""
        return self.frame_size // EDGE

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of `Lapped`, then `phase [units]`, the logarithms of slopes."""
        return {**super().shapes(), "phase": (self.units,)}

    def part(self, parameter: str) -> Part:
        """ "first" for the phase."""
        return "first" if parameter == "phase" else super().part(parameter)

    def counted(self, numbers: Mapping[str, Any], gains: Any) -> dict[str, int]:
        """Weights other than 0 as "coefficients"; two parameters for each of them, and the phase's."""
        counts = super().counted(numbers, gains)
        return counts | {"parameters": counts["parameters"] + self.units * int((gains != 0).sum())}

    @property
    def module(self) -> str:
        """The differentiable form of what `phased_sines` evaluates."""
        return "phased_net:PhasedNet"

    def evaluator(self, parameters: Mapping[str, Any], gains: Any, rate: int, sample_count: int) -> Evaluator:
        """The function of a whole sound in numpy."""
        phased_sines = import_module("ligeia.networks.phased_sines")  # it knows this file
        function: Evaluator = phased_sines.PhasedSines(self, parameters, gains, rate, sample_count)
        return function
