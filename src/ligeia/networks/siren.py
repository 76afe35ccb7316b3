"""SIREN: an MLP with sine activations (Sitzmann et al. 2020), with every convention as an option.

The papers and their codes disagree on where omega goes, how biases start, and what the last layer
does; `fitting.recipes` names each combination. In Ligeia's own recipes both omegas are 1: their effect on
the start is in `SirenInit`, and on the speed of learning in the learning rates of each part.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import exp
from typing import ClassVar, Literal

from ligeia.errors import SettingsError
from ligeia.networks.spec import NetworkSpec, Part, not_stored

MAX_WIDTH = 4096
MAX_DEPTH = 64
MAX_OCTAVES = 32


@dataclass(frozen=True, kw_only=True)
class SirenInit:
    """Initialisation of a SIREN's parameters. The defaults are those of the authors' code (vsitzmann/siren)."""

    first_bound: float | None = None
    """First weights ~ U(±this); None: 1 / inputs. Use `hz_to_omega` to give it in Hz (omega 1)."""
    first_like_hidden: bool = False
    """First weights ~ U(±sqrt(6 / inputs) / first_omega), as Siamese SIREN 2023 does after an encoding."""
    hidden_divisor: float | None = None
    """Hidden weights ~ U(±sqrt(6 / width) / this); None: hidden_omega."""
    hidden_gain: float = 1.0
    """Factor on the hidden weights' bound (weight scaling, Yeom et al. 2025)."""
    output_divisor: float | None = None
    """Output weights ~ U(±sqrt(6 / width) / this); None: hidden_omega."""
    bias: Literal["torch", "weight_bound", "two_pi", "half_turn"] = "torch"
    """U(±1/sqrt(inputs)), the weights' own bound (siren-pytorch), U(0, 2 pi) (INR-collection), or
    U(±pi / omega), a phase anywhere in the circle (Ligeia). The output bias: 0 under "half_turn", else the
    rule named here, except that INR-collection keeps PyTorch's."""
    noise: tuple[float, float] = (0.0, 0.0)
    """Standard deviations of Gaussian noise added to the first and second weights (SIREN², `siren2_noise`)."""


@dataclass(frozen=True, kw_only=True)
class Siren(NetworkSpec):
    """Sine network: `depth` sine layers of `width` units and a linear output layer."""

    name: ClassVar[str] = "siren"
    wire_id: ClassVar[int] = 1
    limits: ClassVar = {
        "first_omega": (1e-9, 1e9),
        "hidden_omega": (1e-9, 1e9),
        "coordinate_scale": (1e-9, 1e9),
        "width": (1, MAX_WIDTH),
        "depth": (1, MAX_DEPTH),
        "first_width": (0, MAX_WIDTH),
        "fixed_first": (0, 1e9),
        "octaves": (0, MAX_OCTAVES),
    }

    width: int = 64
    """Units in each hidden layer."""
    depth: int = 3
    """Hidden (sine) layers, the first one included."""
    first_width: int = 0
    """Units in the first layer; 0: `width`, or twice that where the first layer is fixed and costs nothing."""
    fixed_first: float = 0.0
    """Above 0: the first layer is not learned. Its weights are this bound times fixed numbers between 0 and 1, its
    phases are fixed too (`fixed_layer`), all blocks share them, and streams do not hold them."""
    first_omega: float = 1.0
    """Frequency factor omega of the first layer."""
    hidden_omega: float = 1.0
    """Frequency factor omega of the other sine layers."""
    omega_on_bias: bool = True
    """True: sin(omega (W x + b)); False: sin(W (omega x) + b), as in HyperSound 2023, eq. 3."""
    output_omega: bool = False
    """True: the input of the output layer is multiplied by hidden_omega (HyperSound 2023)."""
    octaves: int = 0
    """Octaves of the positional encoding; 0: the network sees the coordinate itself."""
    with_coordinate: bool = True
    """Include the coordinate itself in the encoding."""
    grouped_encoding: bool = False
    """Encoding order: all sines, then all cosines (True), or interleaved (False)."""
    closed: bool = False
    """Closed coordinate grid (last sample at +1) instead of the half-open one."""
    coordinate_scale: float = 1.0
    """Factor on the coordinate before anything else (100 in the authors' audio experiments)."""
    init: SirenInit = not_stored(SirenInit())  # noqa: RUF009 - frozen
    """Initialisation of the parameters."""

    def check(self) -> None:
        """Raise `SettingsError` where a field is out of range."""
        super().check()
        if self.fixed_first and self.octaves:
            raise SettingsError("a fixed first layer takes the coordinate itself, not octaves of it")
        if self.init.bias not in ("torch", "weight_bound", "two_pi", "half_turn"):
            raise SettingsError(f"unknown bias initialisation {self.init.bias!r}")

    @property
    def inputs(self) -> int:
        """Features that the first layer sees."""
        return encoded_size(self.octaves, with_coordinate=self.with_coordinate)

    @property
    def first_units(self) -> int:
        """Units in the first layer."""
        return self.first_width or self.width * (2 if self.fixed_first else 1)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """`weight_k [inputs, outputs]` and `bias_k [outputs]` for k = 0 (first) to `depth` (output).

        A fixed first layer has no parameters, so that k then starts at 1.
        """
        sizes = [self.inputs, self.first_units, *[self.width] * (self.depth - 1), self.channels]
        shapes: dict[str, tuple[int, ...]] = {}
        for k, (inputs, outputs) in enumerate(pairwise(sizes)):
            if k > 0 or not self.fixed_first:
                shapes[f"weight_{k}"] = (inputs, outputs)
                shapes[f"bias_{k}"] = (outputs,)
        return shapes

    def part(self, parameter: str) -> Part:
        """ "first", "hidden" or "output"."""
        layer = int(parameter.rsplit("_", 1)[1])
        return "first" if layer == 0 else "output" if layer == self.depth else "hidden"

    def omega(self, layer: int) -> float:
        """The frequency factor of sine layer `layer`."""
        return self.first_omega if layer == 0 else self.hidden_omega

    @property
    def module(self) -> str:
        """A stack of its own, with a fixed first layer or without."""
        return "siren_net:SirenNet"


def encoded_size(octaves: int, *, with_coordinate: bool) -> int:
    """Number of features of `encode_octaves`; without octaves the coordinate itself is the only one."""
    return 2 * octaves + int(with_coordinate) if octaves else 1


def siren2_noise(centroid: float, omega: float = 30.0) -> tuple[float, float]:
    """Noise at initialisation of SIREN² (WINNER): standard deviations for the first and second weights.

    `centroid` is the spectral centroid as a fraction of Nyquist, 0 to 1. The formulas are S0 = 3500
    (1 - exp(-7 c)) and S1 = 3 c, each divided by omega (arXiv 2509.12980); they were tuned for clips of
    about 150 000 samples, so scale the first with the duration where it differs much.
    """
    return 3500 * (1 - exp(-7 * centroid)) / omega, 3 * centroid / omega
