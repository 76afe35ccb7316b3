"""The closed-form fit of the lapped network: split, transform, keep the largest units.

Its units are orthonormal, so the best output weights are products of the sound with them, all at once and without an
optimiser; and the best network of so many units has the largest of them.
"""

from collections.abc import Iterator
from dataclasses import replace
from math import ceil, log2
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.blocks import Segments
from ligeia.audio.signal import Sound, snr_from_energies
from ligeia.dsp.mdct import Integers, Reals, mdct, to_switching, window_sequence
from ligeia.dsp.window_switching import bits_cost, choose_switching, sparse_cost
from ligeia.errors import InputError
from ligeia.fitting.group import FittedGroup
from ligeia.fitting.lapped_gaps import filled, refitted
from ligeia.inr import INR
from ligeia.networks.lapped import FRAME_STEP, Lapped

if TYPE_CHECKING:
    from ligeia.fitting.plan import Plan
    from ligeia.fitting.recipes import Shape

FRAME_SECONDS = 0.04
"""A superframe is the next power of two samples above this duration."""
ROUNDS = 2
"""How often splits are chosen, each time for the threshold that the ones before have led to."""
START_SPLIT = 1
FINE = 0.1
"""Step for which splits are chosen where every unit is kept, as a part of the RMS of the weights."""


def design(shape: "Shape") -> Lapped:
    """The network for a block: superframes of 40 to 80 ms, as many as cover it."""
    least = min(FRAME_SECONDS * shape.rate, shape.samples)
    frame = max(1 << ceil(log2(least)), FRAME_STEP)
    return Lapped(channels=shape.channels, frame_size=frame, frames=-(-shape.samples // frame))


def analyse(
    sound: Sound,
    spec: Lapped,
    *,
    units: int | None = None,
    snr_db: float | None = None,
    splits: NDArray[np.integer[Any]] | None = None,
    trust: NDArray[np.floating[Any]] | None = None,
) -> INR:
    """The lapped network of a sound, in closed form.

    It keeps the `units` largest weights of the whole sound, all channels together (None: all of them), or, if
    fewer, as many as reach `snr_db`. `splits` `[blocks, frames]`, 0 to 4, are chosen where they are not given, for all
    channels together. `trust` `[time]`, 0 to 1, says how far each sample is trusted: samples of trust 0 are missing and
    are filled in from the others; among the kept units the weights then minimise the squared error weighted by it.

    The report has "snr_db" (of the trusted samples), "seconds", "units" and "parameters" (two for each unit).

    Raises:
        InputError: the sound has other channels than `spec`, or no samples; `splits`, `trust` or `units` does not fit.

    Example:
        >>> import ligeia
        >>> tone = ligeia.Audio(np.sin(np.arange(8000) / 5)[None], rate=8000)
        >>> inr = analyse(tone, Lapped(frame_size=512, frames=8), units=100)
        >>> inr.report["units"], inr.report["snr_db"] > 30
        (100, True)
    """
    started = monotonic()
    samples = _checked_samples(sound, spec, units)
    segments = Segments(sound.frames, hop=spec.block_samples)
    shape = (segments.count, spec.frames)
    rows = _framed(samples, spec, segments)
    trusted = None if trust is None else _framed(_checked_trust(trust, sound), spec, segments)
    if trusted is not None:
        rows = filled(rows, trusted, window_sequence(spec, np.zeros(shape, np.int64)))
    wanted = _Wanted(rows.size if units is None else units, snr_db)
    chosen = _chosen_splits(rows, spec, wanted) if splits is None else _checked_splits(splits, shape)
    layout = window_sequence(spec, chosen)
    weights = wanted.kept(mdct(rows, layout))
    if trusted is not None:
        weights = refitted(weights, rows, trusted, layout)
    inr = _made(weights, spec, chosen, segments, sound.rate)
    seconds = monotonic() - started
    signal, error = _energies(samples, _rendered(inr), np.ones(sound.frames) if trust is None else trust)
    counts = spec.counted(inr.parameters, inr.gains)
    report = {"network": spec.name, **counts, "snr_db": snr_from_energies(signal, error), "seconds": seconds}
    return replace(inr, report=report)


def solve(plan: "Plan", sound: Sound) -> Iterator[FittedGroup]:
    """The groups of a plan for a `Lapped`: two parameters for each unit, `plan.density` for each sample at most.

    The whole sound is solved at once; of the plan's settings only `snr_db` counts, which may ask for fewer units.
    """
    assert isinstance(plan.spec, Lapped)
    started = monotonic()
    units = max(int(plan.density / 2 * sound.frames * sound.channels), 1)
    inr = analyse(sound, plan.spec, units=units, snr_db=plan.config.snr_db)
    samples, estimate = sound.read(0, sound.frames), _rendered(inr)
    share = (monotonic() - started) / len(plan.groups)
    for blocks in plan.groups:
        part = slice(blocks.start, blocks.stop)
        inside = slice(blocks.start * plan.segments.hop, blocks.stop * plan.segments.hop)
        signal, error = _energies(samples[:, inside], estimate[:, inside], np.ones(1))
        parameters = {name: value[part] for name, value in inr.parameters.items()}
        yield FittedGroup(blocks, parameters, inr.gains[part], signal, error, 0, share, [])


class _Wanted:
    """How many units to keep: the largest, at most `units`, and no more than `snr_db` asks for."""

    def __init__(self, units: int, snr_db: float | None) -> None:
        self.units, self.snr_db = units, snr_db

    def count(self, weights: Reals) -> int:
        """The number of units to keep."""
        units = min(self.units, int(np.count_nonzero(weights)))
        if self.snr_db is None:
            return units
        dropped = np.cumsum(np.sort(np.square(weights, dtype=np.float64), axis=None))
        spared = int(np.searchsorted(dropped, dropped[-1] * 10 ** (-self.snr_db / 10), side="right"))
        return min(units, weights.size - spared)

    def threshold(self, weights: Reals) -> float:
        """The size of the smallest one that is kept; infinite where there is none."""
        count = self.count(weights)
        sizes, rank = np.abs(weights).ravel(), weights.size - count
        return float(np.partition(sizes, rank)[rank]) if count else np.inf

    def kept(self, weights: Reals) -> Reals:
        """`weights` with all others 0."""
        count, sizes = self.count(weights), np.abs(weights).ravel()
        threshold = self.threshold(weights)
        above = sizes > threshold
        # Of several that are equally large, the first ones stay.
        above[np.flatnonzero(sizes == threshold)[: count - int(above.sum())]] = True
        return np.where(above.reshape(weights.shape), weights, 0)


def _chosen_splits(rows: Reals, spec: Lapped, wanted: _Wanted) -> Integers:
    """The splits `[blocks, frames]` that suit the number of units, or, where all are kept, steps of `FINE`."""
    shape = (rows.shape[1] // spec.frames, spec.frames)
    splits = np.full(shape, START_SPLIT)
    for _ in range(ROUNDS):
        weights = mdct(rows, window_sequence(spec, splits))
        rms = float(np.sqrt(np.mean(np.square(weights, dtype=np.float64))))
        if rms == 0:
            return splits
        few = wanted.units < rows.size or wanted.snr_db is not None
        cost = sparse_cost(wanted.threshold(weights)) if few else bits_cost(FINE * rms)
        splits = choose_switching(rows, spec, cost).reshape(shape)
    return splits


def _made(weights: Reals, spec: Lapped, splits: Integers, segments: Segments, rate: int) -> INR:
    """The INR of `weights [channels, rows, frame]`; nothing is shared before its first and behind its last block."""
    edges = np.ones((segments.count, 2), np.float32)
    edges[0, 0] = edges[-1, 1] = 0
    moved = np.ascontiguousarray(np.moveaxis(weights, 0, -1), dtype=np.float32)
    weight = moved.reshape(segments.count, *spec.shapes()["weight"])
    gains = np.array(weight.any(axis=(1, 2, 3)), np.float32)
    return INR(spec, {"splits": splits.astype(np.float32), "edges": edges, "weight": weight}, rate, segments, gains)


def _framed(samples: NDArray[np.float32], spec: Lapped, segments: Segments) -> Reals:
    """Samples `[channels, time]` as `[channels, rows, frame]`, zeros behind the end."""
    rows = np.zeros((samples.shape[0], segments.count * spec.block_samples), np.float32)
    rows[:, : samples.shape[1]] = samples
    return rows.reshape(samples.shape[0], -1, spec.frame_size)


def _rendered(inr: INR) -> NDArray[np.float32]:
    return np.concatenate(list(inr.render_pieces()), axis=1)


def _energies(samples: NDArray[np.float32], estimate: NDArray[np.float32], trust: Reals) -> tuple[float, float]:
    """Those of the sound and of the error, each sample weighted by its trust."""
    error = estimate - samples
    return float((np.square(samples, dtype=np.float64) * trust).sum()), float(
        (np.square(error, dtype=np.float64) * trust).sum()
    )


def _checked_samples(sound: Sound, spec: Lapped, units: int | None) -> NDArray[np.float32]:
    if sound.frames < 1:
        raise InputError("the sound has no samples")
    if sound.channels != spec.channels:
        raise InputError(f"the sound has {sound.channels} channel(s), the network {spec.channels}")
    if units is not None and units < 0:
        raise InputError(f"units must be at least 0, got {units}")
    return sound.read(0, sound.frames)


def _checked_trust(trust: NDArray[np.floating[Any]], sound: Sound) -> NDArray[np.float32]:
    if trust.shape != (sound.frames,):
        raise InputError(f"trust must be [{sound.frames}], got {list(trust.shape)}")
    if not ((trust >= 0) & (trust <= 1)).all():
        raise InputError("trust must lie between 0 and 1")
    return trust.astype(np.float32)[None]


def _checked_splits(splits: NDArray[np.integer[Any]], shape: tuple[int, int]) -> Integers:
    if splits.shape != shape:
        raise InputError(f"splits must be {list(shape)}, got {list(splits.shape)}")
    found = to_switching(splits.astype(np.float64))
    if not np.array_equal(found, splits):
        raise InputError("splits must be 0 to 4, and at the ends of a block 0 to 2")
    return found
