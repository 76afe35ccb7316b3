"""Priors over the codes of a family: where new sounds are drawn from.

All of them take what has been learned, the codes of the training items, as a sample: a Gaussian whose covariance is
shrunk (Ledoit & Wolf 2004), a kernel density (Silverman 1986), or a flow (`latent.flow`). Codes
have more numbers than there are items, so that no covariance is ever written out: draws are sums of the deviations of
the items, which is the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from ligeia.arguments import check_fields
from ligeia.codec.family.model import FamilyModel
from ligeia.errors import InputError, SettingsError, needs_extra

Reals = NDArray[np.float64]

ENOUGH = 8
"""Items from which a label has a spread of its own; one of fewer takes that within all labels."""
NEAR_SEMITONES = 1.5
"""A pitch stands for the items that are no further away."""
MOST_TRIES = 100


@dataclass(frozen=True, eq=False)
class Population:
    """Codes as a sample: `codes [items, numbers]` to start from, and deviations `[any, numbers]`, of mean 0."""

    codes: Reals
    deviations: Reals

    @property
    def centre(self) -> Reals:
        """The mean of the codes."""
        centre: Reals = self.codes.mean(axis=0)
        return centre


@dataclass(frozen=True, kw_only=True)
class Draw:
    """Settings of drawing codes.

    Raises:
        TypeError: a setting is of another type.
        SettingsError: a setting is out of range.
    """

    seed: int = 0
    temperature: float = 1.0
    """Factor on the randomness: 0 gives the mean, or the items themselves."""
    truncation: float = 3.0
    """Standard deviations beyond which no normal number is drawn."""

    def __post_init__(self) -> None:
        check_fields(self)
        if not 0 <= self.seed < 2**64:
            raise SettingsError(f"the seed must be a whole number from 0, got {self.seed}")
        if not 0 <= self.temperature <= 10:
            raise SettingsError(f"the temperature must lie between 0 and 10, got {self.temperature:g}")
        if not 0.1 <= self.truncation <= 100:
            raise SettingsError(f"the truncation must lie between 0.1 and 100, got {self.truncation:g}")

    def normal(self, random: np.random.Generator, shape: tuple[int, ...]) -> Reals:
        """Return normal numbers within the truncation, times the temperature."""
        numbers = random.standard_normal(shape)
        for _ in range(MOST_TRIES):
            beyond = np.abs(numbers) > self.truncation
            if not beyond.any():
                break
            numbers[beyond] = random.standard_normal(int(beyond.sum()))
        return self.temperature * numbers.clip(-self.truncation, self.truncation)


Prior = Callable[[Population, int, Draw], Reals]


def population(model: FamilyModel, like: str | None = None) -> Population:
    """Return the codes of a family; with `like`, those of a label, or of items near a pitch in semitones.

    Raises:
        InputError: the family has no such label or pitch.
    """
    codes = np.asarray(model.codes, np.float64)
    if like is None:
        return Population(codes, codes - codes.mean(axis=0))
    chosen = codes[items_like(model, like)]
    if len(chosen) >= ENOUGH:
        return Population(chosen, chosen - chosen.mean(axis=0))
    return Population(chosen, _within_labels(model, codes))


def items_like(model: FamilyModel, like: str) -> NDArray[np.int64]:
    """Return the numbers of the items of a label, or near a pitch in semitones.

    Raises:
        InputError: there are none.
    """
    if like in model.labels:
        return np.flatnonzero(np.array(model.labels) == like)
    try:
        pitch = float(like)
    except ValueError:
        pitch = None
    if pitch is not None and model.pitches:
        near = np.flatnonzero(np.abs(np.array(model.pitches) - pitch) <= NEAR_SEMITONES)
        if len(near):
            return near
        low, high = min(model.pitches), max(model.pitches)
        raise InputError(f"the family {model.name} has no item near the pitch {pitch:g}; it has {low:g} to {high:g}")
    labels = sorted(set(model.labels))
    there = f"it has {', '.join(labels[:20])}{', ...' if len(labels) > 20 else ''}" if labels else "it has no labels"
    raise InputError(f"{like!r} is not a label of the family {model.name}; {there}")


def item_named(model: FamilyModel, name: str) -> int:
    """Return the number of the item of this name; a whole number that is not a name counts items from 0.

    Raises:
        InputError: there is none, or several begin so.
    """
    if name in model.names:
        return model.names.index(name)
    begun = [number for number, other in enumerate(model.names) if other.startswith(name)]
    if len(begun) == 1:
        return begun[0]
    if name.isdecimal() and int(name) < model.items:
        return int(name)
    if begun:
        some = ", ".join(model.names[number] for number in begun[:5])
        raise InputError(f"{name!r} is the beginning of {len(begun)} items of the family {model.name}: {some}, ...")
    some = f", such as {', '.join(model.names[:5])}" if model.names else " without names"
    raise InputError(f"{name!r} is not an item of the family {model.name}: it has {model.items}{some}")


def _within_labels(model: FamilyModel, codes: Reals) -> Reals:
    labels = np.array(model.labels) if model.labels else np.zeros(len(codes))
    deviations = codes.copy()
    for label in np.unique(labels):
        deviations[labels == label] -= codes[labels == label].mean(axis=0)
    return deviations


# --- the priors -------------------------------------------------------------------------------------


def gaussian(codes: Population, count: int, draw: Draw) -> Reals:
    """Draw from a Gaussian with the mean and the shrunk covariance of the codes, `[count, numbers]`.

    The covariance is (1 - a) S + a diag(S), with the sample covariance S and, for numbers of variance 1, the share a of
    Ledoit and Wolf (2004).
    """
    random = np.random.default_rng(draw.seed)
    deviations = codes.deviations
    spread = np.sqrt(np.square(deviations).mean(axis=0))
    share = shrinkage(deviations[:, spread > 0] / spread[spread > 0])
    learned = draw.normal(random, (count, len(deviations))) @ deviations / sqrt(len(deviations))
    alone = draw.normal(random, (count, deviations.shape[1])) * spread
    drawn: Reals = codes.centre + sqrt(1 - share) * learned + sqrt(share) * alone
    return drawn


def shrinkage(deviations: Reals) -> float:
    """Return the best share a, 0 to 1, of m I in (1 - a) S + a m I, for `deviations [items, numbers]`.

    Ledoit & Wolf, J. Multivariate Analysis 88 (2004), Lemma 3.2 to 3.4. The products between items hold all that
    is needed of the covariance.
    """
    items, numbers = deviations.shape
    if not numbers:
        return 1.0
    products = deviations @ deviations.T / items
    variance = float(np.trace(products)) / numbers
    distance = float(np.square(products).sum()) / numbers - variance**2
    squares = np.square(np.diag(products) * items)
    error = (float(squares.sum()) / items - float(np.square(products).sum())) / items / numbers
    return float(np.clip(error / distance, 0, 1)) if distance > 0 else 1.0


def kernels(codes: Population, count: int, draw: Draw) -> Reals:
    """Draw from a kernel density: an item, and a part h of a deviation around it, shrunk so that the variance stays.

    Silverman, *Density Estimation* (1986), §6.4. h follows Scott's rule with the dimensions that the codes really use:
    (sum of the eigenvalues of their covariance)^2 / sum of their squares.
    """
    random = np.random.default_rng(draw.seed)
    deviations = codes.deviations
    products = deviations @ deviations.T
    used = float(np.trace(products)) ** 2 / max(float(np.square(products).sum()), 1e-300)
    width = max(len(codes.codes), 2) ** (-1 / (max(used, 1.0) + 4))
    chosen = codes.codes[random.integers(len(codes.codes), size=count)]
    noise = draw.normal(random, (count, len(deviations))) @ deviations / sqrt(len(deviations))
    drawn: Reals = codes.centre + (chosen - codes.centre + width * noise) / sqrt(1 + (width * draw.temperature) ** 2)
    return drawn


def flow(codes: Population, count: int, draw: Draw) -> Reals:
    """Draw from a flow that has learned the codes; see `latent.flow`.

    Raises:
        MissingExtra: torch is not installed.
    """
    with needs_extra("torch", "torch"):
        from ligeia.latent.flow import flow_draws

    random = np.random.default_rng(draw.seed)
    return flow_draws(codes.codes, codes.deviations, lambda size: draw.normal(random, (count, size)), draw.seed)


PRIORS: dict[str, Prior] = {"gaussian": gaussian, "kde": kernels, "flow": flow}


ITEM = "item"
"""The name by which the items themselves are meant, instead of a prior."""


def check_prior(name: str) -> None:
    """Raise `InputError`, with all names, unless `name` is that of a prior, or means the items."""
    if name not in (*PRIORS, ITEM):
        raise SettingsError(f"unknown prior {name!r}; there are: {', '.join((*PRIORS, ITEM))}")
