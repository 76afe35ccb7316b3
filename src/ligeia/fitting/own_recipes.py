"""Ligeia's own way of fitting each network: small ones in short blocks, as wide as the parameters allow.

The SIREN of the recipe "ligeia" was tuned on recordings. The others have the same blocks, as many parameters and the
same loop; their frequencies and learning rates come from a search on two half-second pieces of `examples/demo.flac` (48
draws a network for the plain ones), so that they are fair to start from, and no more.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from ligeia.errors import SettingsError
from ligeia.fitting import lapped
from ligeia.fitting.config import FitConfig
from ligeia.fitting.plan import DENSITY, Recipe, Shape
from ligeia.networks import (
    BY_NAME,
    Finer,
    Fmlp,
    FourierKan,
    Local,
    Multiplicative,
    NoiseLayer,
    Parallel,
    Siamese,
    Wire,
)
from ligeia.networks.coordinates import hz_to_omega, octaves_for
from ligeia.networks.registered import registered_names
from ligeia.networks.siren import MAX_WIDTH, Siren, SirenInit
from ligeia.networks.spec import NetworkSpec

Spec = TypeVar("Spec", bound=NetworkSpec)

MIN_WIDTH = 4
FIRST_HZ = 1600.0
"""Highest frequency of the first layer of our own networks."""


TUNED_WIDTH = 24
"""About the width of our SIREN at 22.05 kHz, for which its learning rates were searched.

With rates that stay, wider ones diverge at first and hardly learn: 19 dB instead of 32 dB at 192 units (200 steps on
0.2 s of `examples/demo.flac`), 4 dB instead of 27 dB at three layers of 256 (150 steps on 0.2 s of speech).
"""
WIDEST = 1024
REGISTERED_RATES = (0.005, 0.005, 0.01)
"""Learning rates of networks about which nothing is known: between those of the ones that are."""

Design = Callable[[Shape, int], NetworkSpec]
"""The network for a block, at some width."""


def own_recipe(network: str) -> Recipe:
    """Ligeia's recipe for the network of this name.

    Raises:
        SettingsError: the network is unknown.
    """
    if network in registered_names():
        return _registered(network)
    if network not in OWN:
        raise SettingsError(f"unknown network {network!r}; there are: {', '.join([*OWN, *registered_names()])}")
    return OWN[network]


def _registered(network: str) -> Recipe:
    """The recipe for a network of the caller's own, as large as its fields say."""
    return replace(
        LIGEIA,
        name=f"ligeia {network}",
        source="a network that was registered",
        design=lambda shape: BY_NAME[network](channels=shape.channels),
        config=replace(LIGEIA.config, learning_rates=REGISTERED_RATES, precision="float32"),
        density=None,
        tuned_width=None,
    )


def widest(
    design: Callable[[int], Spec], fits: Callable[[Spec], bool], *, least: int = MIN_WIDTH, most: int = MAX_WIDTH
) -> Spec:
    """The network of the largest width between `least` and `most` that `fits`; the narrowest where none does."""
    while least < most:
        middle = (least + most + 1) // 2
        least, most = (middle, most) if fits(design(middle)) else (least, middle - 1)
    return design(least)


def local_siren(
    fits: Callable[[Siren, Shape], bool], *, depth: int = 2, first_hz: float = FIRST_HZ
) -> Callable[[Shape], NetworkSpec]:
    """Ligeia's design: the widest small SIREN that `fits` a block, with a fixed first layer up to `first_hz`.

    Learning the first layer gains half a decibel at equal steps but doubles the cost of a step, so it is fixed (random
    Fourier features), shared by all blocks, and not stored. Both omegas are 1: the part they play elsewhere is played
    by bounds and learning rates. Phases start anywhere in the circle.
    """

    def design(shape: Shape) -> NetworkSpec:
        hz = min(first_hz, shape.rate / 2)
        bound = max(round(hz_to_omega(hz, shape.seconds)), 1)  # whole numbers are short in streams
        init = SirenInit(output_divisor=30.0, bias="half_turn")
        spec = Siren(channels=shape.channels, depth=depth, fixed_first=float(bound), init=init)
        return widest(lambda width: replace(spec, width=width), lambda wide: fits(wide, shape))

    return design


def within_density(spec: NetworkSpec, shape: Shape) -> bool:
    """True where the network has no more parameters than `shape` allows."""
    return spec.parameters <= shape.density * shape.samples * shape.channels


LIGEIA = Recipe(
    name="ligeia",
    source="this project: blocks of a twentieth of a second, cross-faded over 2.5 ms, fitted together",
    design=local_siren(within_density),
    config=FitConfig(),
    block_seconds=1 / 20,
    overlap_seconds=0.0025,
    density=DENSITY,
    tuned_width=TUNED_WIDTH,
)


def _reach(shape: Shape, hz: float = FIRST_HZ) -> float:
    return hz_to_omega(min(hz, shape.rate / 2), shape.seconds)


def _finer(shape: Shape, width: int) -> NetworkSpec:
    return Finer(channels=shape.channels, width=width, depth=2, first_omega=_reach(shape) / 5, hidden_omega=2.0)


def _wire(shape: Shape, width: int) -> NetworkSpec:
    omega = _reach(shape)
    return Wire(channels=shape.channels, width=width, depth=2, first_omega=omega, hidden_omega=1.0, scale=1.0)


def _kan(shape: Shape, width: int) -> NetworkSpec:
    grid = max(round(FIRST_HZ / 2 * shape.seconds), 1)
    return FourierKan(
        channels=shape.channels, width=width, depth=2, first_grid=grid, hidden_grid=3, output_grid=3, turns=0.5
    )


def _fmlp(shape: Shape, width: int) -> NetworkSpec:
    return Fmlp(channels=shape.channels, width=width, depth=2, octaves=octaves_for(shape.rate, shape.seconds))


def _mfn(shape: Shape, width: int) -> NetworkSpec:
    return Multiplicative(channels=shape.channels, width=width, depth=2, gabor=True, reach=_reach(shape))


def _siamese(shape: Shape, width: int) -> NetworkSpec:
    octaves = octaves_for(shape.rate, shape.seconds)
    return Siamese(
        channels=shape.channels, shared_width=width, head_width=max(width // 2, 1), octaves=octaves,
        first_omega=30.0, hidden_omega=30.0, average=True,
    )  # fmt: skip


def _noise_layer(shape: Shape, width: int) -> NetworkSpec:
    octaves = octaves_for(shape.rate, shape.seconds)
    return NoiseLayer(
        channels=shape.channels, first_width=width, shared_width=width, head_width=max(width // 2, 1),
        octaves=octaves, first_omega=30.0, hidden_omega=30.0, average=True,
    )  # fmt: skip


def _parallel(shape: Shape, width: int) -> NetworkSpec:
    return Parallel(channels=shape.channels, networks=4, width=width, first_bound=_reach(shape))


def _local(shape: Shape, width: int) -> NetworkSpec:
    windows = Local(channels=shape.channels, windows=8, width=width)
    return replace(windows, first_bound=_reach(shape) * windows.reach)


def _own(name: str, design: Design, rates: tuple[float, float, float], seconds: float = 1 / 20) -> Recipe:
    """`LIGEIA` with another network, in blocks of about `seconds`."""
    return replace(
        LIGEIA,
        name=f"ligeia {name}",
        source="this project, see fitting/own_recipes.py",
        design=lambda shape: widest(
            partial(design, shape), lambda spec: within_density(spec, shape), least=1, most=WIDEST
        ),
        config=replace(LIGEIA.config, learning_rates=rates, precision="float32"),
        block_seconds=seconds,
        overlap_seconds=seconds / 20,
        tuned_width=None,
    )


LAPPED = replace(
    LIGEIA,
    name="ligeia lapped",
    source="this project: blocks of a second, solved in closed form, see fitting/lapped.py",
    design=lapped.design,
    block_seconds=1.0,
    overlap_seconds=0.0,
    solve=lapped.solve,
)

OWN: dict[str, Recipe] = {
    "siren": LIGEIA,
    "fmlp": _own("fmlp", _fmlp, (0.1, 0.05, 0.003)),
    "siamese": _own("siamese", _siamese, (3e-3, 3e-3, 3e-3), seconds=0.2),
    "siamese-relu": _own("siamese-relu", _noise_layer, (3e-3, 3e-3, 1e-2), seconds=0.2),
    "finer": _own("finer", _finer, (6e-5, 0.02, 0.05)),
    "wire": _own("wire", _wire, (8e-5, 0.025, 0.01)),
    "kan": _own("kan", _kan, (0.02, 0.075, 0.05)),
    "mfn": _own("mfn", _mfn, (0.1, 0.07, 0.006)),
    "parallel": _own("parallel", _parallel, (0.1, 0.05, 0.018), seconds=0.2),
    "local": _own("local", _local, (0.1, 0.07, 0.018), seconds=0.2),
    "lapped": LAPPED,
}
"""One for each entry of `SPECS` but `film`, whose functions come from a family and are not fitted one by one."""
