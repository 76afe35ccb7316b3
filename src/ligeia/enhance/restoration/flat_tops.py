"""Clipping found in a recording: flat tops, with corners, at the highest level that it reaches.

A converter or amplifier that cannot go higher leaves runs of samples within a few steps of one level. The top of a
smooth wave is flat too, but has no corners: its neighbours are nearly as high. Loud but honest recordings reach their
peak once or twice. Both signs are judged apart, as amplifiers clip them at different levels.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ligeia.enhance.restoration.damage import DAMAGE, Damage, joined, made, no_damage, runs_of
from ligeia.enhance.restoration.stretch import Reals

FLAT = 0.002
"""Depth of a flat top below the highest level, relative to it."""
STEP = 2.0**-15
"""A step of 16-bit samples, which a flat top may also vary by."""
LEAST_LEVEL = 0.02
"""Least level at which clipping is looked for."""
LEAST_LENGTH = 3
"""Samples of a top that show that it is flat."""
CORNER = 6.0
"""Steps into a top and out of it, in multiples of its depth, that are corners."""
JUMP = 0.9
"""Steps, relative to the level, beyond which a top is that of a square wave or a pulse: nothing leads up to it."""
TOPS = 4
"""Tops with corners that prove clipping, at least."""
SHARE = 0.5
"""Share of the runs of `LEAST_LENGTH` samples and more at the level that must be such tops."""


@dataclass
class Side:
    """The highest samples of one sign so far."""

    level: float = 0.0
    """The highest."""
    runs: list[NDArray[np.void]] = field(default_factory=list)
    """Runs near the level of their own block, as `TOP`."""


TOP = np.dtype([("start", "i8"), ("stop", "i8"), ("lowest", "f8"), ("highest", "f8"), ("corner", "f8"), ("jump", "f8")])
"""A run of samples near the highest level: their least and greatest, the lesser and the greater of the steps into it
and out."""


class Tops:
    """The flat tops of one channel, found block by block."""

    def __init__(self) -> None:
        self._sides = {1: Side(), -1: Side()}

    def look(self, row: Reals, first: int) -> None:
        """Add samples `[time]`, the first of which is sample `first` of the channel."""
        for sign, side in self._sides.items():
            level = float((sign * row).max(initial=0.0))
            side.level = max(side.level, level)
            if level >= max(LEAST_LEVEL, _floor(side.level)):
                side.runs.append(_tops(sign * row, _floor(level), first))

    def clipped(self, channel: int) -> Damage:
        """Return the clipped samples, if the channel is clipped."""
        return joined([_damage(side, sign, channel) for sign, side in self._sides.items() if _is_clipped(side)])

    def touched(self, channel: int) -> Damage:
        """Return all runs near the highest level, clipped or not: nothing there is to be taken for a click."""
        return joined([_damage(side, sign, channel) for sign, side in self._sides.items()])


def _floor(level: float) -> float:
    return level - max(FLAT * level, 1.5 * STEP)


def _tops(row: Reals, floor: float, first: int) -> NDArray[np.void]:
    """Return the runs of samples above `floor` with their shapes."""
    runs = runs_of(row >= floor)
    tops = np.zeros(runs.shape[1], TOP)
    tops["start"], tops["stop"] = runs + first
    if not runs.size:
        return tops
    wide = np.pad(row, (1, 1), mode="edge")
    tops["lowest"] = np.minimum.reduceat(np.r_[row, np.inf], runs.T.ravel())[::2]
    tops["highest"] = np.maximum.reduceat(np.r_[row, -np.inf], runs.T.ravel())[::2]
    into, out = row[runs[0]] - wide[runs[0]], row[runs[1] - 1] - wide[runs[1] + 1]
    tops["corner"], tops["jump"] = np.minimum(into, out), np.maximum(into, out)
    return tops


def _near_level(side: Side) -> NDArray[np.void]:
    tops = np.concatenate([np.zeros(0, TOP), *side.runs])
    return tops[tops["lowest"] >= _floor(side.level)]


def _is_clipped(side: Side) -> bool:
    tops = _near_level(side)
    long = tops[tops["stop"] - tops["start"] >= LEAST_LENGTH]
    depth = np.maximum(long["highest"] - long["lowest"], STEP)
    cornered = int(np.count_nonzero((long["corner"] > CORNER * depth) & (long["jump"] < JUMP * side.level)))
    return cornered >= TOPS and cornered >= SHARE * len(long)


def _damage(side: Side, sign: int, channel: int) -> Damage:
    tops = _near_level(side)
    if not len(tops):
        return no_damage()
    damage = made(np.stack([tops["start"], tops["stop"]]), channel=channel, kind="clipping")
    damage["level"] = sign * tops["lowest"]
    assert damage.dtype == DAMAGE
    return damage
