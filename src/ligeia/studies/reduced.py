"""The size `reduced`: the networks of a paper on less sound, so small that they converge in seconds to minutes.

What a network can hold goes by its parameters for each sample, so a shorter sound at a lower rate is given a narrower
network with as many of them (`narrowed`), and the paper's number of steps. What frequencies it starts with goes by
hertz, not by the coordinate, which runs from -1 to 1 whatever the length: a first omega acts on that coordinate, so it
shrinks with the sound (`omega_in_hz`), and so do octaves (`octaves_in_hz`). Every cell is measured for several clips
and seeds (`Repeats`), and the lines of a table are means with their deviations (`records.columns.spread`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log2
from typing import Any, TypeVar

from ligeia.networks.coordinates import octaves_for
from ligeia.networks.spec import NetworkSpec
from ligeia.studies.study import Cell

RATE = 8000
"""Sampling rate of the size in Hz."""
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

    The seed is outermost: what there is after the first one has every setting.
    """
    if not isinstance(config, Repeats):
        return list(cells)
    pairs = [(seed, clip) for seed in config.seeds for clip in config.clips]
    return [{**cell, "clip": clip, "seed": seed} for seed, clip in pairs for cell in cells]


def settings_of(cell: Cell) -> dict[str, Any]:
    """Return the settings of a fit that a cell asks for: its seed, and one thread, as these fits run beside others."""
    return {"seed": cell["seed"], "threads": 1} if "seed" in cell else {}


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
