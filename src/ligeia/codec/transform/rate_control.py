"""Between two exponents of a step: some blocks take the coarser one, so that a target is met finely."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, log2

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.container import write_header
from ligeia.codec.transform.encoder import LappedEncoder
from ligeia.codec.transform.scale_factors import MAX_STEP


def spread(count: int, blocks: int) -> NDArray[np.bool_]:
    """`count` of `blocks`, as evenly as can be: bool `[blocks]`."""
    passed = np.arange(blocks + 1) * count // blocks
    return np.diff(passed) > 0


def mixed(fine: NDArray[np.floating], coarse: NDArray[np.floating], count: int) -> float:
    """The sum where `count` blocks take their value of `coarse [blocks]`, the others that of `fine [blocks]`."""
    return float(np.where(spread(count, len(fine)), coarse, fine).sum())


def least_count(enough: Callable[[int], bool], blocks: int) -> int:
    """The least count from 0 to `blocks` that is `enough`, where more is always as good; `blocks` where none is."""
    low, high = -1, blocks
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


OVERSHOOT = 1.01
"""A sum may be so much larger than was asked for where that comes nearer."""
FEW = 12
"""So many blocks, or fewer, are chosen one by one."""


def nearest_mix(fine: NDArray[np.floating], coarse: NDArray[np.floating], wanted: float) -> NDArray[np.bool_]:
    """Which blocks are to take their value of `coarse [blocks]`, so that the sum is nearest to `wanted`: `[blocks]`.

    It is at most `OVERSHOOT` times that, if it can be.
    """
    blocks = len(fine)
    if blocks <= FEW:
        masks = (np.arange(1 << blocks)[:, None] >> np.arange(blocks)) & 1 == 1
    else:
        count = least_count(lambda count: mixed(fine, coarse, count) <= wanted, blocks)
        masks = np.stack([spread(count, blocks), spread(max(count - 1, 0), blocks)])
    totals = np.where(masks, coarse, fine).sum(axis=1)
    far = np.abs(totals - wanted) + np.where(totals > OVERSHOOT * wanted, np.abs(totals).max() + abs(wanted), 0)
    return np.asarray(masks[np.argmin(far)])


Whole = NDArray[np.integer]
Found = tuple[Whole, bool]
"""Exponents of the steps `[blocks]`, and whether the target is within reach."""

NEAR = 0.06
"""Logarithm to base 2 of how far from a rate a rough step may lead: 4 %, one or two exponents."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """What a stream should reach: one of a rate in 1000 bit/s, an SNR in dB, an exponent of the steps."""

    kbps: float | None = None
    snr_db: float | None = None
    step: int | None = None


def rough_step(encoder: LappedEncoder, target: Target) -> int:
    """One exponent for all blocks, near the target: within `NEAR` of it in size, and without a price of bits."""
    if target.kbps is not None:
        wanted = _wanted_bytes(encoder, target.kbps)
        encoder.start = searched(_too_many(encoder, wanted), encoder.start, encoder.least, near=NEAR)
        return encoder.start
    if target.snr_db is not None:
        encoder.start = _step_for_snr(encoder, target.snr_db, choosing=False)
        return encoder.start
    return int(steps_for(encoder, target)[0][0])


def steps_for(encoder: LappedEncoder, target: Target) -> Found:
    """The exponents for a target."""
    if target.kbps is not None:
        return _for_rate(encoder, target.kbps)
    if target.snr_db is not None:
        return _for_snr(encoder, target.snr_db)
    assert target.step is not None, "one target is given"
    own = min(max(target.step, encoder.least), MAX_STEP)
    return np.full(encoder.segments.count, own), own == target.step


def _for_rate(encoder: LappedEncoder, kbps: float) -> Found:
    """The exponents whose stream comes nearest to `kbps`, hardly above it."""
    wanted = _wanted_bytes(encoder, kbps)
    step = searched(_too_many(encoder, wanted), encoder.start, encoder.least)
    fine, coarse = encoder.block_bytes(step), encoder.block_bytes(min(step + 1, MAX_STEP))
    encoder.start = step
    return step + (nearest_mix(fine, coarse, wanted) & (step < MAX_STEP)), float(coarse.sum()) <= wanted


def _too_many(encoder: LappedEncoder, wanted: float) -> Callable[[int], float]:
    """By how much, as a logarithm to base 2, the blocks are larger than `wanted` bytes at an exponent."""
    return lambda step: log2(float(encoder.block_bytes(step).sum()) / wanted)


def _wanted_bytes(encoder: LappedEncoder, kbps: float) -> float:
    """Bytes of all blocks at a rate."""
    sound = encoder.sound
    return max(kbps * 125 * sound.frames / sound.rate - len(write_header(encoder.header)), 1e-3)


def _for_snr(encoder: LappedEncoder, snr_db: float) -> Found:
    """The coarsest exponents that reach `snr_db`."""
    encoder.start = _step_for_snr(encoder, snr_db, choosing=False)  # the quick way comes near
    step = encoder.start = _step_for_snr(encoder, snr_db, choosing=True)
    wanted = _wanted_error(encoder, snr_db)
    fine, coarse = encoder.block_errors(step), encoder.block_errors(min(step + 1, MAX_STEP))
    blocks = len(fine)
    spared = least_count(lambda count: mixed(fine, coarse, blocks - count) <= wanted, blocks)
    return step + (spread(blocks - spared, blocks) & (step < MAX_STEP)), float(fine.sum()) <= wanted


def _wanted_error(encoder: LappedEncoder, snr_db: float) -> float:
    """Energy of the errors at an SNR."""
    return encoder.energy() * 10 ** (-snr_db / 10)


def _step_for_snr(encoder: LappedEncoder, snr_db: float, *, choosing: bool) -> int:
    """The coarsest exponent for all blocks that reaches `snr_db`."""
    wanted = _wanted_error(encoder, snr_db)

    def excess(step: int) -> float:
        error = float(encoder.block_errors(step, choosing=choosing).sum())
        return inf if error <= 0 else log2(max(wanted, 1e-300) / error) / 2

    return searched(excess, encoder.start, encoder.least)


def searched(excess: Callable[[int], float], start: int, least: int = 0, *, near: float = 0.0) -> int:
    """The largest exponent from `least` on at which `excess` is not below 0; `least` where there is none.

    Or the first one that is found with an excess below `near` in size. `excess` falls by about 1 in 16 to 40 exponents:
    a secant search that ends in a bracket of two neighbours.
    """
    low, high = least - 1, MAX_STEP + 1  # excess >= 0 at low, < 0 at high
    known: dict[int, float] = {}
    step = start
    while high - low > 1:
        step = min(max(step, low + 1), high - 1)
        known[step] = excess(step)
        if abs(known[step]) < near:
            return step
        if known[step] >= 0:
            low = step
        else:
            high = step
        step = _next(known, low, high)
    return max(low, least)


def _next(known: dict[int, float], low: int, high: int) -> int:
    """Where the next guess lies: on the line through both ends of the bracket, or some way outwards."""
    if low in known and high in known:
        share = known[low] / max(known[low] - known[high], 1e-9)
        return round(low + min(max(share, 0.1), 0.9) * (high - low))  # so that both ends come nearer
    end = low if low in known else high
    value = known[end]
    if abs(value) == inf:
        return (low + high) // 2
    further = 1 << len(known)  # a target out of reach is soon known as such
    return round(end + value * 30) + (further if end == low else -further)
