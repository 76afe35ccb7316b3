"""Recipes by name: a network, how a sound is cut in blocks, and how it is fitted.

"ligeia" is our own. The others restate a paper or its code with its quirks (whole clip in one network, peak
normalisation, constant rates); exact facts and their sources are in docs/networks.md.
"""

from collections.abc import Callable
from dataclasses import replace

from ligeia.errors import SettingsError
from ligeia.fitting.config import FitConfig
from ligeia.fitting.own_recipes import LIGEIA
from ligeia.fitting.plan import Recipe, Shape
from ligeia.networks.fmlp import Fmlp
from ligeia.networks.siamese import NoiseLayer, Siamese
from ligeia.networks.siren import Siren, SirenInit, siren2_noise
from ligeia.networks.spec import NetworkSpec


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
        source="Mahdi 2025, 128-64-64 with ReLU layers for noise estimation (our reading: no code is published)",
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
        name="inr-denoising",
        source="INR denoising 2024, script variant: a first layer and 12 hidden ones of 256 units, fits the noisy file",
        design=_fixed(width=256, depth=13, first_omega=3000.0, hidden_omega=30.0, closed=True),
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
"""Every recipe that `fit` knows by name: our own first, then those of the papers."""

BY_NAME = {recipe.name: recipe for recipe in RECIPES}


def recipe_named(name: str) -> Recipe:
    """Return the recipe called `name`; an unknown name is a `SettingsError` that lists all names."""
    if name not in BY_NAME:
        raise SettingsError(f"unknown recipe {name!r}; there are: {', '.join(BY_NAME)}")
    return BY_NAME[name]
