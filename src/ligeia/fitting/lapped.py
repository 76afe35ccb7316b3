"""The closed-form fit of the windowed-sine network: switch windows, transform, keep the largest coefficients.

Its units are orthonormal, so the best output weights are the coefficients of an MDCT, all at once and without an
optimiser; and the best network of a given number of units has the largest of them.

Where some samples are missing, or trusted less than others, there are as many coefficients as samples, so that what is
missing needs an assumption: that few coefficients describe it all.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil, log2
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.blocks import Segments
from ligeia.audio.signal import Sound, snr_from_energies
from ligeia.dsp.mdct import Integers, Reals, WindowSequence, inverse_mdct, mdct, to_switching, window_sequence
from ligeia.dsp.window_switching import bits_cost, choose_switching, sparse_cost
from ligeia.errors import InputError, SettingsError
from ligeia.fitting.plan import FittedGroup, Plan, Shape
from ligeia.inr import INR
from ligeia.networks.lapped import FRAME_STEP, Lapped

FRAME_SECONDS = 0.04
"""A frame is the next power of two samples above this duration."""
ROUNDS = 2
"""Rounds in which the window switching is chosen, each time for the threshold that the one before has led to."""
START_SWITCHING = 1
FINE = 0.1
"""Step for which windows are switched where every coefficient is kept, as a part of the RMS of the coefficients."""

GAP_STEPS = 60
"""Thresholds tried while gaps are filled."""
LOWEST = 1e-3
"""The last of them, relative to the first."""
RIDGE = 1e-4
"""Cost of the squared change of a coefficient beside a squared error of a trusted sample: it holds coefficients that
hardly any trusted sample depends on."""
MAX_ROUNDS = 50
ENOUGH = 1e-6
"""Size of the residual, relative to the first one, at which the coefficients are solved."""


def design(shape: Shape) -> Lapped:
    """The network for a block: frames of 40 to 80 ms, as many as cover it."""
    least = min(FRAME_SECONDS * shape.rate, shape.samples)
    frame_size = max(1 << ceil(log2(least)), FRAME_STEP)
    return Lapped(channels=shape.channels, frame_size=frame_size, frames=-(-shape.samples // frame_size))


def analyse(
    sound: Sound,
    spec: Lapped,
    *,
    coefficients: int | None = None,
    snr_db: float | None = None,
    switching: NDArray[np.integer[Any]] | None = None,
    trust: NDArray[np.floating[Any]] | None = None,
) -> INR:
    """The windowed-sine network of a sound, in closed form.

    It keeps the largest `coefficients` of the whole sound, all channels together (None: all of them), or, if fewer, as
    many as reach `snr_db`. The window `switching` `[blocks, frames]`, 0 to 4, is chosen where it is not given, for all
    channels together. `trust` `[time]`, 0 to 1, says how far each sample is trusted: samples of trust 0 are missing and
    are filled in from the others; the kept coefficients then minimise the squared error weighted by it.

    The report has "snr_db" (of the trusted samples), "seconds", "coefficients" and "parameters" (two for each).

    Raises:
        InputError: the sound has other channels than `spec`, or no samples; `switching`, `trust` or `coefficients` does
            not fit.

    Example:
        >>> import ligeia
        >>> tone = ligeia.Audio(np.sin(np.arange(8000) / 5)[None], rate=8000)
        >>> inr = analyse(tone, Lapped(frame_size=512, frames=8), coefficients=100)
        >>> inr.report["coefficients"], inr.report["snr_db"] > 30
        (100, True)
    """
    started = monotonic()
    samples = _checked_samples(sound, spec, coefficients)
    segments = Segments(sound.sample_count, hop=spec.block_samples)
    shape = (segments.count, spec.frames)
    frames = _framed(samples, spec, segments)
    trusted = None if trust is None else _framed(_checked_trust(trust, sound), spec, segments)
    if trusted is not None:
        frames = fill_gaps(frames, trusted, window_sequence(spec, np.zeros(shape, np.int64)))
    size = _Size(frames.size if coefficients is None else coefficients, snr_db)
    chosen = _chosen_switching(frames, spec, size) if switching is None else _checked_switching(switching, shape)
    windows = window_sequence(spec, chosen)
    kept = size.kept(mdct(frames, windows))
    if trusted is not None:
        kept = refit(kept, frames, trusted, windows)
    inr = _made(kept, spec, chosen, segments, sound.rate)
    seconds = monotonic() - started
    signal, error = _energies(samples, inr.render().samples, np.ones(sound.sample_count) if trust is None else trust)
    counts = spec.counted(inr.parameters, inr.gains)
    report = {"network": spec.name, **counts, "snr_db": snr_from_energies(signal, error), "seconds": seconds}
    return replace(inr, report=report)


def solve(plan: Plan, sound: Sound) -> Iterator[FittedGroup]:
    """The groups of a plan for a `Lapped`: two parameters for each coefficient, `plan.density` for each sample at most.

    The whole sound is solved at once; of the plan's settings only `snr_db` counts, which may ask for fewer.
    """
    assert isinstance(plan.spec, Lapped)
    started = monotonic()
    coefficients = max(int(plan.density / 2 * sound.sample_count * sound.channels), 1)
    inr = analyse(sound, plan.spec, coefficients=coefficients, snr_db=plan.config.snr_db)
    samples, estimate = sound.read(0, sound.sample_count), inr.render().samples
    share = (monotonic() - started) / len(plan.groups)
    for blocks in plan.groups:
        part = slice(blocks.start, blocks.stop)
        inside = slice(blocks.start * plan.segments.hop, blocks.stop * plan.segments.hop)
        signal, error = _energies(samples[:, inside], estimate[:, inside], np.ones(1))
        parameters = {name: value[part] for name, value in inr.parameters.items()}
        yield FittedGroup(blocks, parameters, inr.gains[part], signal, error, 0, share, [])


@dataclass(frozen=True)
class _Size:
    """Coefficients to keep: the largest, at most `most`, and no more than `snr_db` asks for."""

    most: int
    snr_db: float | None

    def count(self, coefficients: Reals) -> int:
        """The number of coefficients to keep."""
        most = min(self.most, int(np.count_nonzero(coefficients)))
        if self.snr_db is None:
            return most
        dropped = np.cumsum(np.sort(np.square(coefficients, dtype=np.float64), axis=None))
        spared = int(np.searchsorted(dropped, dropped[-1] * 10 ** (-self.snr_db / 10), side="right"))
        return min(most, coefficients.size - spared)

    def threshold(self, coefficients: Reals) -> float:
        """The size of the smallest one that is kept; infinite where there is none."""
        count = self.count(coefficients)
        sizes, rank = np.abs(coefficients).ravel(), coefficients.size - count
        return float(np.partition(sizes, rank)[rank]) if count else np.inf

    def kept(self, coefficients: Reals) -> Reals:
        """`coefficients` with all others 0."""
        count, sizes = self.count(coefficients), np.abs(coefficients).ravel()
        threshold = self.threshold(coefficients)
        above = sizes > threshold
        # Of several that are equally large, the first ones stay.
        above[np.flatnonzero(sizes == threshold)[: count - int(above.sum())]] = True
        return np.where(above.reshape(coefficients.shape), coefficients, 0)


def _chosen_switching(frames: Reals, spec: Lapped, size: _Size) -> Integers:
    """Return the window switching `[blocks, frames]` for a number of coefficients; for all, with steps `FINE`."""
    shape = (frames.shape[1] // spec.frames, spec.frames)
    switching = np.full(shape, START_SWITCHING)
    for _ in range(ROUNDS):
        coefficients = mdct(frames, window_sequence(spec, switching))
        rms = float(np.sqrt(np.mean(np.square(coefficients, dtype=np.float64))))
        if rms == 0:
            return switching
        few = size.most < frames.size or size.snr_db is not None
        cost = sparse_cost(size.threshold(coefficients)) if few else bits_cost(FINE * rms)
        switching = choose_switching(frames, spec, cost).reshape(shape)
    return switching


def _made(coefficients: Reals, spec: Lapped, switching: Integers, segments: Segments, rate: int) -> INR:
    """The INR of `[channels, frames, frame_size]`; nothing is shared before its first and behind its last block."""
    edges = np.ones((segments.count, 2), np.float32)
    edges[0, 0] = edges[-1, 1] = 0
    moved = np.ascontiguousarray(np.moveaxis(coefficients, 0, -1), dtype=np.float32)
    weight = moved.reshape(segments.count, *spec.shapes()["weight"])
    parameters = {"switching": switching.astype(np.float32), "edges": edges, "weight": weight}
    return INR(spec, parameters, rate, segments, np.array(weight.any(axis=(1, 2, 3)), np.float32))


# --- gaps -------------------------------------------------------------------------------------------


def fill_gaps(frames: Reals, trust: Reals, windows: WindowSequence) -> Reals:
    """Samples `[channels, frames, frame_size]` with gaps filled in; `trust [1, frames, frame_size]`, 0 to 1.

    Over and over, the coefficients above a threshold that falls from the largest one on give the untrusted samples
    (Elad et al. 2005, for images). Samples of trust 1 stay as they are; those of trust between are moved part of the
    way.
    """
    trusted = frames * trust
    estimate = trusted
    first = float(np.abs(mdct(trusted, windows)).max())
    for threshold in first * np.geomspace(1, LOWEST, GAP_STEPS):
        coefficients = mdct(estimate, windows)
        sparse = inverse_mdct(np.where(np.abs(coefficients) >= threshold, coefficients, 0), windows)
        estimate = trusted + (1 - trust) * sparse
    return estimate


def refit(coefficients: Reals, frames: Reals, trust: Reals, windows: WindowSequence) -> Reals:
    """The best values of those `coefficients` that are not 0: the least squared error, weighted by `trust`.

    Where that leaves them free, they stay what they are. Solved by conjugate gradients (Hestenes & Stiefel 1952): the
    products are transforms, there and back.
    """
    kept = coefficients != 0
    trust = trust.astype(np.float64)

    def product(direction: Reals) -> Reals:
        weighted: Reals = np.where(kept, mdct(trust * inverse_mdct(direction, windows), windows), 0)
        return weighted + RIDGE * direction

    solution = coefficients.astype(np.float64)
    residual = np.where(kept, mdct(trust * (frames - inverse_mdct(solution, windows)), windows), 0)
    direction, energy = residual, float(np.vdot(residual, residual))
    first = energy
    for _ in range(MAX_ROUNDS):
        if energy <= ENOUGH**2 * first or energy == 0:
            break
        image = product(direction)
        step = energy / float(np.vdot(direction, image))
        solution = solution + step * direction
        residual = residual - step * image
        last, energy = energy, float(np.vdot(residual, residual))
        direction = residual + energy / last * direction
    return solution.astype(np.float32)


# --- arrays -----------------------------------------------------------------------------------------


def _framed(samples: NDArray[np.float32], spec: Lapped, segments: Segments) -> Reals:
    """Samples `[channels, time]` as `[channels, frames, frame_size]`, zeros behind the end."""
    frames = np.zeros((samples.shape[0], segments.count * spec.block_samples), np.float32)
    frames[:, : samples.shape[1]] = samples
    return frames.reshape(samples.shape[0], -1, spec.frame_size)


def _energies(samples: NDArray[np.float32], estimate: NDArray[np.float32], trust: Reals) -> tuple[float, float]:
    """Energies of the sound and of the error, each sample weighted by its trust."""
    error = estimate - samples
    signal = np.square(samples, dtype=np.float64) * trust
    return float(signal.sum()), float((np.square(error, dtype=np.float64) * trust).sum())


def _checked_samples(sound: Sound, spec: Lapped, coefficients: int | None) -> NDArray[np.float32]:
    if sound.sample_count < 1:
        raise InputError("the sound has no samples")
    if sound.channels != spec.channels:
        raise InputError(f"the sound has {sound.channels} channel(s), the network {spec.channels}")
    if coefficients is not None and coefficients < 0:
        raise SettingsError(f"coefficients must be at least 0, got {coefficients}")
    return sound.read(0, sound.sample_count)


def _checked_trust(trust: NDArray[np.floating[Any]], sound: Sound) -> NDArray[np.float32]:
    if trust.shape != (sound.sample_count,):
        raise InputError(f"trust must be [{sound.sample_count}], got {list(trust.shape)}")
    if not ((trust >= 0) & (trust <= 1)).all():
        raise InputError("trust must lie between 0 and 1")
    return trust.astype(np.float32)[None]


def _checked_switching(switching: NDArray[np.integer[Any]], shape: tuple[int, int]) -> Integers:
    if switching.shape != shape:
        raise InputError(f"switching must be {list(shape)}, got {list(switching.shape)}")
    allowed = to_switching(switching.astype(np.float64))
    if not np.array_equal(allowed, switching):
        raise InputError("switching must be 0 to 4, and at the ends of a block 0 to 2")
    return allowed
