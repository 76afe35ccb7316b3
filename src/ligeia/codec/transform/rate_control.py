"""Rate control: the steps with which a stream has a rate, or an SNR.

One exponent for all blocks is found, and some blocks then take the next coarser one, so that the target is met finely.
For a rate one trial or two tell enough of its curve (`rate_curve`), and what was written corrects it. For an SNR there
is a secant search that ends in a bracket of two neighbours. A search asks a `Measure` for bytes or errors and returns
a result; nothing else changes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, log2
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform.rate_curve import RateCurve
from ligeia.codec.transform.scale_factors import MAX_STEP, Integers, Reals

NEAR = 0.08
"""Part of the bytes by which a trial may miss a rate: what its curve adds or takes away is known well enough."""
MOST_TRIALS = 6
MOST_CORRECTIONS = 2
SHORT, LONG = 0.99, 1.005
"""Parts of a rate between which a stream is near enough to it."""
REACHED = 0.98
"""Part of a rate from which on it counts as reached."""
OVERSHOOT = 1.01
"""Factor by which a sum may exceed the target if that is nearer to it."""
FEW = 12
"""Up to this number, blocks are chosen one by one."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """The target of a stream: one of a rate, an SNR, a quality, an exponent of the steps."""

    kbps: float | None = None
    """Rate in 1000 bit/s."""
    snr_db: float | None = None
    quality: float | None = None
    """0 to 10; see `presets.step_at`."""
    step: int | None = None


@dataclass(frozen=True)
class Steps:
    """Exponents of the steps, and whether they reach the target."""

    exponents: Integers
    """`[blocks]`."""
    reached: bool


class Measure(Protocol):
    """Bytes and errors of the blocks of an analysed sound in steps of any exponent."""

    @property
    def blocks(self) -> int:
        """Number of blocks."""

    @property
    def finest_step(self) -> int:
        """The least exponent that can be stored."""

    @property
    def energy(self) -> float:
        """Energy of the sound."""

    def target_bytes(self, kbps: float) -> float:
        """Return the bytes of all blocks at a rate."""

    def rate_curve(self) -> RateCurve:
        """Return a curve that has seen no trial."""

    def block_bytes(self, step: int) -> Reals:
        """Return the approximate bytes of each block, `[blocks]`."""

    def block_errors(self, step: int, *, optimised: bool = True) -> Reals:
        """Return the energy of the error of each block, `[blocks]`.

        Not `optimised`, coefficients are rounded without regard to bits, which is faster.
        """


def rough_step(measure: Measure, target: Target, start: int) -> int:
    """Return one exponent for all blocks, near a rate or an SNR, whose search begins at `start`."""
    if target.kbps is not None:
        return measure.rate_curve().step_for(measure.target_bytes(target.kbps), measure.finest_step)
    assert target.snr_db is not None, "steps need no search"
    return _search_snr(measure, target.snr_db, start, optimised=False)


def choose_steps(measure: Measure, target: Target, start: int) -> Steps:
    """Return the exponents for a target; the search begins at `start`."""
    if target.kbps is not None:
        return RateSearch(measure, target.kbps).steps(start)
    if target.snr_db is not None:
        return _steps_for_snr(measure, target.snr_db, start)
    step = min(max(start, measure.finest_step), MAX_STEP)
    return Steps(np.full(measure.blocks, step), step == start)


class Sized(Protocol):
    """A stream that has been written."""

    @property
    def sizes(self) -> Reals:
        """Bytes of each block, `[blocks]`."""


Written = TypeVar("Written", bound=Sized)


class RateSearch:
    """The search for the exponents whose stream comes nearest to a rate, hardly above it."""

    def __init__(self, measure: Measure, kbps: float) -> None:
        self._measure, self._curve = measure, measure.rate_curve()
        self._total = self._aim = measure.target_bytes(kbps)

    def written(self, start: int, write: Callable[[Integers], Written]) -> tuple[Steps, Written]:
        """Return the exponents nearest to the rate, and what `write` makes with them; trials begin at `start`."""
        steps = self.steps(start)
        found = [(steps, write(steps.exponents))]
        for _ in range(MOST_CORRECTIONS):
            better = self.corrected(found[-1][0], found[-1][1].sizes)
            if better is None:
                break
            found.append((better, write(better.exponents)))
        return min(found, key=lambda each: abs(float(each[1].sizes.sum()) - self._total))

    def steps(self, start: int) -> Steps:
        """Return the exponents after trials that begin at `start`."""
        step, tried = min(max(start, self._measure.finest_step), MAX_STEP), dict[int, float]()
        while step not in tried and len(tried) < MOST_TRIALS:
            share = tried[step] = self._tried_share(step)
            step = self._curve.step_for(self._aim, self._measure.finest_step)
            if abs(share - 1) <= NEAR:
                return self._mixed(step)
        return self._mixed(self._bracketed(min(tried, key=lambda each: abs(_octaves(tried[each])))))

    def corrected(self, steps: Steps, sizes: Reals) -> Steps | None:
        """Return better exponents than those with which `sizes [blocks]` bytes were written; None: there are none."""
        share = float(sizes.sum()) / self._total
        if not steps.reached or SHORT <= share <= LONG:
            return None
        if abs(share - 1) <= NEAR:
            self._curve.learn(steps.exponents, sizes)
            better = self._mixed(self._curve.step_for(self._aim, self._measure.finest_step))
        else:  # trials of very few bytes are far from what is written: aim as far beside the rate
            self._aim /= max(share, 1e-3)
            better = self._mixed(self._bracketed(int(steps.exponents.min())))
        return None if np.array_equal(better.exponents, steps.exponents) else better

    def _tried_share(self, step: int) -> float:
        """Return the bytes in steps of an exponent as a part of those aimed at; the curve takes them in."""
        sizes = self._measure.block_bytes(step)
        self._curve.learn(step, sizes)
        return float(sizes.sum()) / self._aim

    def _bracketed(self, start: int) -> int:
        """Return the coarsest exponent with which a trial takes the bytes aimed at; the search begins at `start`.

        The curve leads astray where hardly any coefficients are other than 0, as those of a constant or a click.
        """
        step = search_step(lambda each: _octaves(self._tried_share(each)), start, self._measure.finest_step)
        self._tried_share(step)
        return step

    def _mixed(self, step: int) -> Steps:
        """The exponents `step` and the next coarser one, which some blocks take."""
        fine, coarse = self._curve.at(step), self._curve.at(min(step + 1, MAX_STEP))
        exponents = step + (nearest_mix(fine, coarse, self._aim) & (step < MAX_STEP))
        enough = step > self._measure.finest_step or float(fine.sum()) >= REACHED * self._aim
        reached = enough and (step < MAX_STEP or float(coarse.sum()) <= self._aim)
        return Steps(exponents, reached)


def _octaves(share: float) -> float:
    """The binary logarithm of a part, of which nothing is very little."""
    return log2(max(share, 1e-9))


def _steps_for_snr(measure: Measure, snr_db: float, start: int) -> Steps:
    """The coarsest exponents that reach an SNR."""
    quick = _search_snr(measure, snr_db, start, optimised=False)  # it comes near
    step = _search_snr(measure, snr_db, quick, optimised=True)
    allowed = _allowed_error(measure, snr_db)
    fine, coarse = measure.block_errors(step), measure.block_errors(min(step + 1, MAX_STEP))
    blocks = len(fine)
    spared = least_count(lambda count: mixed(fine, coarse, blocks - count) <= allowed, blocks)
    exponents = step + (evenly_spread(blocks - spared, blocks) & (step < MAX_STEP))
    return Steps(exponents, float(fine.sum()) <= allowed)


def _search_snr(measure: Measure, snr_db: float, start: int, *, optimised: bool) -> int:
    """The coarsest exponent for all blocks that reaches an SNR."""
    allowed = _allowed_error(measure, snr_db)

    def excess(step: int) -> float:
        error = float(measure.block_errors(step, optimised=optimised).sum())
        return inf if error <= 0 else log2(max(allowed, 1e-300) / error) / 2

    return search_step(excess, start, measure.finest_step)


def _allowed_error(measure: Measure, snr_db: float) -> float:
    """Energy of the error at an SNR."""
    return measure.energy * 10 ** (-snr_db / 10)


def search_step(excess: Callable[[int], float], start: int, finest: int = 0) -> int:
    """Return the largest exponent from `finest` on at which `excess` is not below 0; `finest` where there is none.

    `excess` falls by about 1 in 16 to 40 exponents.
    """
    low, high = finest - 1, MAX_STEP + 1  # excess >= 0 at low, < 0 at high
    measured: dict[int, float] = {}
    step = start
    while high - low > 1:
        step = min(max(step, low + 1), high - 1)
        measured[step] = excess(step)
        if measured[step] >= 0:
            low = step
        else:
            high = step
        step = _next_guess(measured, low, high)
    return max(low, finest)


def _next_guess(measured: dict[int, float], low: int, high: int) -> int:
    """The next exponent: on the line through both ends of the bracket, or some way outwards."""
    if low in measured and high in measured:
        share = measured[low] / max(measured[low] - measured[high], 1e-9)
        return round(low + min(max(share, 0.1), 0.9) * (high - low))  # so that both ends come nearer
    end = low if low in measured else high
    value = measured[end]
    if abs(value) == inf:
        return (low + high) // 2
    further = 1 << len(measured)  # a target out of reach is soon known as such
    return round(end + value * 30) + (further if end == low else -further)


def evenly_spread(count: int, blocks: int) -> NDArray[np.bool_]:
    """Choose `count` of `blocks`, as evenly as can be: bool `[blocks]`."""
    passed = np.arange(blocks + 1) * count // blocks
    return np.diff(passed) > 0


def mixed(fine: Reals, coarse: Reals, count: int) -> float:
    """Return the sum where `count` blocks take their value of `coarse [blocks]`, the others that of `fine [blocks]`."""
    return float(np.where(evenly_spread(count, len(fine)), coarse, fine).sum())


def least_count(is_enough: Callable[[int], bool], blocks: int) -> int:
    """Return the least count from 0 to `blocks` that is enough, where more is always as good; else `blocks`."""
    low, high = -1, blocks
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def nearest_mix(fine: Reals, coarse: Reals, total: float) -> NDArray[np.bool_]:
    """Choose the blocks that take their value of `coarse [blocks]`, so that the sum is nearest to `total`: `[blocks]`.

    It is at most `OVERSHOOT` times that, if it can be.
    """
    blocks = len(fine)
    if blocks <= FEW:
        masks = (np.arange(1 << blocks)[:, None] >> np.arange(blocks)) & 1 == 1
    else:
        count = least_count(lambda count: mixed(fine, coarse, count) <= total, blocks)
        masks = np.stack([evenly_spread(count, blocks), evenly_spread(max(count - 1, 0), blocks)])
    totals = np.where(masks, coarse, fine).sum(axis=1)
    far = np.abs(totals - total) + np.where(totals > OVERSHOOT * total, np.abs(totals).max() + abs(total), 0)
    return _moved_nearer(masks[np.argmin(far)], fine, coarse, total)


def _moved_nearer(mask: NDArray[np.bool_], fine: Reals, coarse: Reals, total: float) -> NDArray[np.bool_]:
    """Move single blocks while the sum is further from `total` than any of them can move it.

    One block more, evenly spread, is a choice of other blocks: where these differ much, the sum jumps.
    """
    moved, steps = mask.copy(), np.abs(fine - coarse)
    left = total - np.where(moved, coarse, fine).sum()
    while steps.size and abs(left) > steps.max():
        nearer = np.where(moved, fine - coarse, coarse - fine) * np.sign(left)
        best = int(np.argmax(nearer))
        if nearer[best] <= 0:
            break
        moved[best] = not moved[best]
        left -= np.sign(left) * nearer[best]
    return moved
