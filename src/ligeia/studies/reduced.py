"""The size `reduced`: the networks of a paper on less sound, so small that they converge in seconds to minutes.

What a network can hold goes by its parameters for each sample, so a shorter sound at a lower rate is given a narrower
network with as many of them (`narrowed`), and the paper's number of steps. What frequencies it starts with goes by
hertz, not by the coordinate, which runs from -1 to 1 whatever the length: a first omega acts on that coordinate, so it
shrinks with the sound (`omega_in_hz`), and so do octaves (`octaves_in_hz`). Every cell is measured for several clips
and seeds (`Repeats`), which are fitted side by side (`Fits`): a step of a small network is mostly the time that it
takes to start it. The lines of a table are means with their deviations (`records.columns.spread`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import log2
from typing import TypeVar

from ligeia.fitting.recipes import recipe_named
from ligeia.inr import INR
from ligeia.networks.coordinates import octaves_for
from ligeia.networks.spec import NetworkSpec
from ligeia.studies.fits import sound
from ligeia.studies.study import Cell
from ligeia.studies.together import fitted_together

RATE = 8000
"""Sampling rate of the size in Hz."""
CLIP_SECONDS = 0.3125
"""Duration of the clips: 2500 samples, and the octaves of a clip of 10 s less 5 reach the same hertz."""
TIMES = 4
"""Repetitions of a clip for metrics that need a second of sound (`fits.scored`)."""
CLIPS = (0, 1, 2)
"""Numbers of the clips."""
SEEDS = (0, 1, 2)
"""Seeds of the fits of each clip."""


@dataclass(frozen=True, kw_only=True)
class Repeats:
    """Part of a CONFIG whose cells are measured for every clip and seed."""

    clips: tuple[int, ...] = CLIPS
    """Numbers of the clips."""
    seeds: tuple[int, ...] = SEEDS
    """Seeds of the fits of each clip."""


REPEATS = frozenset({"clips", "seeds"})
"""Fields of `Repeats`, which only say which cells there are (`Study.selecting`)."""


def repeated(config: object, cells: Sequence[Cell]) -> list[Cell]:
    """Return the cells for every clip and seed of a CONFIG that has `Repeats`; else as they are.

    Those of one setting follow each other, as they are fitted together.
    """
    if not isinstance(config, Repeats):
        return list(cells)
    pairs = [(seed, clip) for seed in config.seeds for clip in config.clips]
    return [{**cell, "clip": clip, "seed": seed} for cell in cells for seed, clip in pairs]


@dataclass(frozen=True, kw_only=True)
class Fits:
    """The fits of one network to several sounds, each from several starts."""

    recipe: str
    """Name of the recipe."""
    spec: NetworkSpec
    """The network."""
    sounds: tuple[tuple[str, int], ...]
    """Kind and number of each sound."""
    seeds: tuple[int, ...]
    """Names of the fits of each sound; the first one seeds the numbers that all of them start with."""
    seconds: float
    """Duration of the sounds."""
    rate: int
    """Sampling rate in Hz."""
    steps: int
    """Full-batch steps."""

    def of(self, place: int, seed: int) -> INR:
        """Return one of them: by the place of its sound, and its seed.

        Raises:
            MissingExtra: torch is not installed.
        """
        return _all(self)[self.seeds.index(seed) * len(self.sounds) + place]


@lru_cache(maxsize=1)  # the other cells of the same setting come next
def _all(fits: Fits) -> list[INR]:
    sounds = [sound(kind, number, rate=fits.rate, seconds=fits.seconds)[0] for kind, number in fits.sounds]
    recipe = replace(recipe_named(fits.recipe), design=lambda shape: fits.spec)
    return fitted_together(sounds * len(fits.seeds), recipe, steps=fits.steps, seed=fits.seeds[0], threads=1)


@dataclass(frozen=True, kw_only=True)
class RepeatedSpeech(Repeats):
    """Part of a CONFIG whose sounds are clips of speech, at the length and the rate of this size.

    It comes before the CONFIG of other sizes among the bases, since its defaults are those that count.
    """

    seconds: float = CLIP_SECONDS
    """Duration of each clip."""
    rate: int = RATE
    """Sampling rate in Hz."""

    def fit(self, recipe: str, spec: NetworkSpec, *, steps: int, clip: int, seed: int) -> INR:
        """Return the fit of a network to a clip from one start; those of all clips and starts are made at once."""
        sounds = tuple(("speech", clip) for clip in self.clips)
        fits = Fits(
            recipe=recipe,
            spec=spec,
            sounds=sounds,
            seeds=self.seeds,
            seconds=self.seconds,
            rate=self.rate,
            steps=steps,
        )
        return fits.of(self.clips.index(clip), seed)


AnySpec = TypeVar("AnySpec", bound=NetworkSpec)


def narrowed(spec: AnySpec, parameters: float) -> AnySpec:
    """Return a network with all its widths multiplied by one number, so that its parameters come nearest to so many.

    No width falls below one unit. The factor is one for all layers, so that their proportions stay.
    """
    widths = {field.name: getattr(spec, field.name) for field in spec.stored_fields() if "width" in field.name}
    widest = max(widths.values())
    narrower = (
        replace(spec, **{name: max(round(width * units / widest), 1) for name, width in widths.items() if width})
        for units in range(1, widest + 1)
    )
    return min(narrower, key=lambda network: abs(network.parameters - parameters))


def omega_in_hz(omega: float, *, seconds: float, of: float) -> float:
    """Return the first omega that reaches, in a sound of `seconds`, the hertz that `omega` reaches in one `of` others.

    Example:
        >>> omega_in_hz(3000, seconds=0.5, of=4)
        375.0
    """
    return omega * seconds / of


def octaves_in_hz(octaves: int, *, seconds: float, of: float, rate: float) -> int:
    """Return the octaves that reach, in a sound of `seconds`, the hertz that `octaves` reach in one `of` others.

    Rounded to whole octaves, and no more than cover half the rate.

    Example:
        >>> octaves_in_hz(16, seconds=0.625, of=10, rate=8000), octaves_in_hz(16, seconds=0.5, of=4, rate=8000)
        (12, 12)
    """
    return max(min(round(octaves + log2(seconds / of)), octaves_for(rate, seconds)), 1)
