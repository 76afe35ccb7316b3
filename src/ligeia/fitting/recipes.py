"""Recipes by name: a network, how a sound is cut in blocks, and how it is fitted.

"ligeia" is our own. The others restate a paper or its code with its quirks (whole clip in one network, peak
normalisation, constant rates); exact facts and their sources are in docs/networks.md.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from ligeia.errors import InputError
from ligeia.fitting.config import FitConfig
from ligeia.networks.coordinates import hz_to_omega
from ligeia.networks.fmlp import Fmlp
from ligeia.networks.siamese import NoiseLayer, Siamese
from ligeia.networks.siren import MAX_WIDTH, Siren, SirenInit, siren2_noise
from ligeia.networks.spec import NetworkSpec

if TYPE_CHECKING:
    from ligeia.audio.signal import Sound
    from ligeia.fitting.group import FittedGroup
    from ligeia.fitting.plan import Plan

Spec = TypeVar("Spec", bound=NetworkSpec)

MIN_WIDTH = 4
DENSITY = 0.62
"""Parameters for each sample of each channel, at most, in our own recipes, unless they say otherwise."""
FIRST_HZ = 1600.0
"""How far the first layer of our own networks reaches."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a recipe may know of a block when it designs the network for it."""

    samples: int
    """Samples in a block."""
    rate: int
    """Sampling rate in Hz."""
    channels: int
    """Number of channels."""
    density: float = DENSITY
    """Parameters for each sample of each channel, at most, where the recipe's networks have no size of their own."""

    @property
    def seconds(self) -> float:
        """Duration of a block in seconds."""
        return self.samples / self.rate


Solver = Callable[["Plan", "Sound"], Iterator["FittedGroup"]]
"""Gives the fitted groups of a plan for a sound, one after the other."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A named way from a sound to a function."""

    name: str
    """The name on the command line."""
    source: str
    """Where it comes from."""
    design: Callable[[Shape], NetworkSpec]
    """The network for a block."""
    config: FitConfig
    """How it is fitted."""
    block_seconds: float | None = None
    """Aimed duration of a block; None: the whole sound is one block."""
    overlap_seconds: float = 0.0
    """Cross-fade between neighbours."""
    density: float | None = None
    """Parameters for each sample of each channel, at most; None: the network has a size of its own."""
    solve: Solver | None = None
    """What finds the parameters where they have a closed form; None: the optimiser loop."""

    def resized(self, *, width: int | None = None, depth: int | None = None) -> "Recipe":
        """The same recipe with another number of units per layer, or of hidden layers.

        Raises:
            InputError: (when it designs) its network has no such field.
        """
        changes = {key: value for key, value in (("width", width), ("depth", depth)) if value is not None}
        return replace(self, design=lambda shape: _with(self.design(shape), changes)) if changes else self


def _with(spec: NetworkSpec, changes: dict[str, int]) -> NetworkSpec:
    """`spec` with other sizes."""
    fields = [field.name for field in spec.stored_fields()]
    if missing := [name for name in changes if name not in fields]:
        raise InputError(f"the network {spec.name} has no {missing[0]}; its fields are: {', '.join(fields)}")
    return replace(spec, **changes)


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
    """Whether the network has no more parameters than `shape` allows."""
    return spec.parameters <= shape.density * shape.samples * shape.channels


def _fixed(**fields: object) -> Callable[[Shape], NetworkSpec]:
    return lambda shape: Siren(channels=shape.channels, **fields)  # type: ignore[arg-type]


def _given(spec: NetworkSpec) -> Callable[[Shape], NetworkSpec]:
    return lambda shape: replace(spec, channels=shape.channels)


def _paper(rate: float, steps: int, **changes: object) -> FitConfig:
    """Full batch, constant rate, single precision, whole clip at its peak: what all the papers do."""
    base = FitConfig(
        steps=steps,
        learning_rates=(rate, rate, rate),
        betas=(0.9, 0.999),
        schedule="constant",
        stride=1,
        precision="float32",
        closed_form=False,
        level="peak",
    )
    return replace(base, **changes)  # type: ignore[arg-type]


LIGEIA = Recipe(
    name="ligeia",
    source="this project: blocks of a twentieth of a second, cross-faded over 2.5 ms, fitted together",
    design=local_siren(within_density),
    config=FitConfig(),
    block_seconds=1 / 20,
    overlap_seconds=0.0025,
    density=DENSITY,
)

RECIPES: tuple[Recipe, ...] = (
    LIGEIA,
    Recipe(
        name="siamese-baseline",
        source="Siamese SIREN 2023, 'PE + SIREN' 3x256, as its code runs it",
        design=_fixed(
            width=256,
            depth=3,
            first_omega=100.0,
            hidden_omega=100.0,
            octaves=16,
            closed=True,
            init=SirenInit(first_like_hidden=True),
        ),
        config=_paper(1e-4, 2500, weight_decay=1e-5),
    ),
    Recipe(
        name="siamese",
        source="Siamese SIREN 2023, 2x256 shared + 1x128 for each head, as its code runs it",
        design=_given(Siamese(closed=True)),
        config=_paper(1e-4, 2500, weight_decay=1e-5),
    ),
    Recipe(
        name="mahdi-siamese",
        source="Mahdi 2025, 128-64-64 with ReLU layers for noise estimation (our reading: there is no code)",
        design=_given(NoiseLayer(closed=True)),
        config=_paper(1e-4, 2500, weight_decay=1e-5),
    ),
    Recipe(
        name="siren-audio",
        source="Sitzmann et al. 2020, audio experiment of the authors' code: coordinates in [-100, 100]",
        design=_fixed(
            width=256,
            depth=4,
            first_omega=30.0,
            hidden_omega=30.0,
            coordinate_scale=100.0,
            closed=True,
        ),
        config=_paper(1e-4, 9001),
    ),
    Recipe(
        name="siren-notebook",
        source="the authors' explore_siren notebook; also Mahdi 2025 and INR denoising 2024",
        design=_fixed(width=256, depth=4, first_omega=3000.0, hidden_omega=30.0, closed=True),
        config=_paper(1e-4, 1000),
    ),
    Recipe(
        name="siren-pytorch",
        source="lucidrains/siren-pytorch 0.1.7: biases within the weights' bound, hidden omega 1, wide output layer",
        design=_fixed(
            width=256,
            depth=4,
            first_omega=30.0,
            hidden_omega=1.0,
            closed=True,
            init=SirenInit(bias="weight_bound"),
        ),
        config=_paper(1e-4, 1000),
    ),
    Recipe(
        name="hypersound-siren",
        source="HyperSound 2023, stand-alone SIREN 5x90 with its bug (hidden bound divided by the first omega)",
        design=_fixed(
            width=90,
            depth=5,
            first_omega=2000.0,
            hidden_omega=30.0,
            omega_on_bias=False,
            output_omega=True,
            closed=True,
            init=SirenInit(hidden_divisor=2000.0, output_divisor=2000.0),
        ),
        config=_paper(1e-4, 100_000),
    ),
    Recipe(
        name="hypersound-fmlp",
        source="HyperSound 2023, stand-alone FMLP 5x90; its code minimises the absolute error",
        design=_given(Fmlp(closed=True)),
        config=_paper(1e-4, 100_000, loss="l1"),
    ),
    Recipe(
        name="inr-collection",
        source="Zuiderveld 2021, INR-collection's SIREN: biases in U(0, 2 pi), right-open grid",
        design=_fixed(
            width=256,
            depth=8,
            first_omega=1760.0,
            hidden_omega=245.0,
            init=SirenInit(bias="two_pi", output_divisor=30.0),
        ),
        config=_paper(1e-5, 5000),
    ),
    Recipe(
        name="siren2",
        source="SIREN² / WINNER 2025 (arXiv 2509.12980), 4x222, at a spectral centroid of 0.1 of Nyquist",
        design=_fixed(
            width=222,
            depth=4,
            first_omega=30.0,
            hidden_omega=30.0,
            closed=True,
            init=SirenInit(noise=siren2_noise(0.1)),
        ),
        config=_paper(1e-4, 1000, schedule="staircase"),
    ),
)

BY_NAME = {recipe.name: recipe for recipe in RECIPES}


def recipe_named(name: str) -> Recipe:
    """The recipe called `name`, or `InputError` that lists what there is."""
    if name not in BY_NAME:
        raise InputError(f"unknown recipe {name!r}; there are: {', '.join(BY_NAME)}")
    return BY_NAME[name]
