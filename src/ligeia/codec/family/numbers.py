"""Facts known about the numbers of a code before a block is read: centre, spread, and which of them are whole (§9).

Most are real numbers, rounded in steps that are parts of the spread which each has among the sounds that the family has
learned from: so all of them are alike, and one table suits them. Numbers that are the same in all those sounds have a
table of their own: they cost nothing until a sound needs them. Some kinds have whole numbers too, which choose what an
amount, the next real number, is of: a place, a shape of a dictionary. Where the amount is 0 they are not stored.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.family.model import FamilyModel
from ligeia.errors import InputError

LEAST_SPREAD = 0.01
"""Least spread, as a part of the mean one: a number that hardly differs among the sounds has this."""

Reals = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CodeNumbers:
    """The numbers of a code, all arrays `[numbers]` unless said otherwise."""

    centre: Reals
    """Mean among the family's sounds; 0 of whole numbers and amounts."""
    spread: Reals
    """Standard deviation."""
    groups: tuple[Places, ...]
    """Places of real numbers that share a table: those that differ among the sounds, those that do not."""
    limits: Places
    """Whole numbers are below it; 0: a real number."""
    amounts: Places
    """Place of the amount that decides whether a whole number is stored; its own place for real numbers."""

    @property
    def whole(self) -> Places:
        """Places of the whole numbers."""
        return np.flatnonzero(self.limits)

    @property
    def owned(self) -> Places:
        """Places of the amounts of whole numbers, each once."""
        return np.unique(self.amounts[self.limits > 0])

    def steps(self, precision: int) -> Reals:
        """Return the quantisation step of each number: its spread, times 2^(-precision / 2); 1 of whole numbers."""
        steps: Reals = np.where(self.limits > 0, 1.0, self.spread * 2.0 ** (-precision / 2))
        return steps


@lru_cache(maxsize=16)
def code_numbers(model: FamilyModel) -> CodeNumbers:
    """Return what is known of the numbers of a family's codes.

    Raises:
        InputError: the family has an array `spread` that is not valid.
    """
    codes = np.asarray(model.codes, np.float64)
    limits = np.array(model.decoder.limits(model.samples) or (0,) * model.numbers, np.int64)
    if limits.shape != (model.numbers,):
        raise InputError(f"the family {model.name} has limits for {len(limits)} numbers of {model.numbers}")
    amounts = _amounts(limits)
    owned = (limits > 0) | np.isin(np.arange(model.numbers), amounts[limits > 0])
    centre = np.where(owned, 0.0, codes.mean(axis=0))
    still = codes.max(axis=0) == codes.min(axis=0)
    groups = tuple(np.flatnonzero((limits == 0) & chosen) for chosen in (~still, still))
    spread = _spread(model, codes.std(axis=0), limits)
    return CodeNumbers(centre, spread, tuple(group for group in groups if len(group)), limits, amounts)


def _amounts(limits: Places) -> Places:
    """Return the place of the next real number for each number."""
    places = np.arange(len(limits))
    following = np.where(limits == 0, places, len(limits) - 1)
    return np.minimum.accumulate(following[::-1])[::-1]


def _spread(model: FamilyModel, deviations: Reals, limits: Places) -> Reals:
    real = deviations[limits == 0]
    mean = float(real.mean()) if len(real) else 0.0
    spread = np.maximum(deviations, LEAST_SPREAD * mean) if mean > 0 else np.ones(len(deviations))
    if (own := model.others.get("spread")) is not None:
        spread = np.asarray(own, np.float64)
        if spread.shape != deviations.shape or not (spread > 0).all():
            raise InputError(f"the spread of the family {model.name} must be {len(deviations)} positive numbers")
    return np.where(limits > 0, 1.0, spread)
