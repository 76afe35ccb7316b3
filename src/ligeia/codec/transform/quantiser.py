"""Coefficients to integers and back (FORMAT.md §8.6): dead zone, reconstruction, noise filling, mid/side.

An encoder may round as it likes. Without a Lagrangian it rounds with a dead zone, here; with one, the entropy coder
decides between two neighbouring integers, since only there the bits of each are known (`entropy`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform.dependent import trellis
from ligeia.codec.transform.scale_factors import (
    UNIT_SCALE_FACTOR,
    BlockFormat,
    Integers,
    NoiseFilling,
    Reals,
    step_exponents,
)

MAX_SIZE = 1 << 20
"""Largest size of a quantised coefficient that an encoder writes."""
RECONSTRUCTION_BIAS = 0.02
"""Reconstruction bias: subtracted from a size of more than one step (`Profile.reconstruction_bias` for one step)."""
HALF = 2**-0.5


@dataclass(frozen=True, kw_only=True)
class Rounding:
    """An encoder's way of rounding coefficients to whole steps."""

    dead_zone: float
    """Sizes are rounded up from a fraction of 1/2 + `dead_zone` on."""
    lagrangian: float = 0.0
    """If above 0: rate-distortion-optimised quantisation instead, with this many squared steps for each bit."""


@dataclass(frozen=True)
class Spectra:
    """The integers of coded blocks."""

    switching: Integers
    """Window switching `[blocks, frames]`, 0 to 4."""
    scale_factors: Integers
    """`[blocks, frames, channels, bands]`, 0 to 47 (0: silence)."""
    coefficients: NDArray[np.generic]
    """`[blocks, frames, channels, frame_size]` in steps: integers, or reals that are still to be rounded."""

    @classmethod
    def zeros(cls, layout: BlockFormat, blocks: int) -> "Spectra":
        """Return the spectra of silence."""
        return cls(
            np.zeros((blocks, layout.frames), np.int64),
            np.zeros((blocks, layout.frames, layout.channels, layout.bands), np.int64),
            np.zeros((blocks, layout.frames, layout.channels, layout.frame_size), np.int64),
        )

    @property
    def silent(self) -> NDArray[np.bool_]:
        """Blocks in which everything is 0, `[blocks]`."""
        heard = self.coefficients.any(axis=(1, 2, 3)) | self.scale_factors.any(axis=(1, 2, 3))
        return np.logical_not(heard)


@dataclass(frozen=True)
class CodedBlocks:
    """Blocks as they are in the stream."""

    steps: Integers
    """Exponents of the blocks' steps, `[blocks]`."""
    mid_side: NDArray[np.bool_]
    """Blocks whose two channels are mid and side, `[blocks]`."""
    spectra: Spectra


def to_mid_side(coefficients: Reals, chosen: NDArray[np.bool_]) -> Reals:
    """Turn left and right into mid and side, or back, in the `chosen` blocks of `[blocks, frames, channels, ...]`."""
    if coefficients.shape[2] != 2 or not chosen.any():
        return coefficients
    coefficients = coefficients.copy()
    left, right = coefficients[chosen, :, 0], coefficients[chosen, :, 1]
    coefficients[chosen] = np.stack([(left + right) * HALF, (left - right) * HALF], axis=2)
    return coefficients


def band_steps(layout: BlockFormat, steps: Integers, scale_factors: Integers) -> Reals:
    """Return the step of each band, `[blocks, frames, channels, bands]`."""
    sizes: Reals = np.exp2(step_exponents(layout, steps, scale_factors) / 16 - UNIT_SCALE_FACTOR)
    return sizes


def step_sizes(layout: BlockFormat, steps: Integers, scale_factors: Integers) -> Reals:
    """Return the step of each coefficient, `[blocks, frames, channels, frame_size]`."""
    return of_coefficients(band_steps(layout, steps, scale_factors), layout)


def of_coefficients(values: NDArray[Any], layout: BlockFormat) -> NDArray[Any]:
    """Repeat values of bands, `[..., bands]`, for each of their coefficients."""
    return np.repeat(values, np.diff(layout.edges), axis=-1)


def in_steps(coefficients: Reals, layout: BlockFormat, steps: Integers, scale_factors: Integers) -> Reals:
    """Return coefficients as real numbers of steps, 0 in silent bands."""
    exact: Reals = coefficients / step_sizes(layout, steps, scale_factors)
    exact *= _audible(scale_factors, layout)
    return exact


def quantise(
    coefficients: Reals, layout: BlockFormat, steps: Integers, scale_factors: Integers, *, dead_zone: float
) -> Integers:
    """Return coefficients in whole steps: sizes are rounded up from a fraction of 1/2 + `dead_zone` on."""
    integers = np.empty(coefficients.shape, np.int64)
    for part in _parts(coefficients.shape):
        sizes = step_sizes(layout, steps[part], scale_factors[part])
        np.divide(coefficients[part], sizes, out=sizes)
        negative = sizes < 0
        np.abs(sizes, out=sizes)
        sizes += 0.5 - dead_zone
        np.minimum(np.floor(sizes, out=sizes), MAX_SIZE, out=sizes)
        sizes *= _audible(scale_factors[part], layout)
        np.negative(sizes, out=sizes, where=negative)
        integers[part] = sizes
    return integers


def _audible(scale_factors: Integers, layout: BlockFormat) -> NDArray[np.bool_]:
    """Coefficients that may be other than 0: those of bands that are not silent, `[..., frame_size]`."""
    if not layout.profile.has_scale_factors:
        return np.ones((*scale_factors.shape[:-1], layout.frame_size), bool)
    return of_coefficients(scale_factors > 0, layout)


COEFFICIENTS_AT_ONCE = 2**16
"""Coefficients whose temporary arrays stay in the processor's cache."""


def _parts(shape: tuple[int, ...]) -> Iterator[slice]:
    """Cut blocks of a shape in parts that are computed together."""
    size = max(COEFFICIENTS_AT_ONCE // prod(shape[1:]), 1)
    return (slice(first, first + size) for first in range(0, shape[0], size))


def reconstruct(blocks: CodedBlocks, layout: BlockFormat, numbers: Integers) -> Reals:
    """Return the coefficients of blocks, mid and side still, float32 `[blocks, frames, channels, frame_size]`.

    `numbers [blocks]` are those of the blocks in the stream: the signs of the noise depend on them.
    """
    integers, scale_factors = blocks.spectra.coefficients, blocks.spectra.scale_factors
    if layout.profile.dependent:
        values = np.moveaxis(trellis.reconstructed(np.moveaxis(integers, 1, 0).astype(np.int64)), 0, 1)
        return np.asarray(values * step_sizes(layout, blocks.steps, scale_factors), np.float32)
    sizes = band_steps(layout, blocks.steps, scale_factors)
    low, high = layout.profile.reconstruction_bias, RECONSTRUCTION_BIAS
    bias = np.array([-high, -low, 0.0, low, high])
    reconstructed = np.empty(integers.shape, np.float32)
    for part in _parts(integers.shape):
        near = np.minimum(np.maximum(integers[part], -2), 2)
        near += 2
        coefficients = integers[part] - bias.take(near)
        coefficients *= of_coefficients(sizes[part], layout)
        if layout.profile.has_scale_factors:
            zeros = integers[part] == 0
            amplitude = _noise_amplitude(coefficients, zeros, scale_factors[part], layout, sizes[part])
            noise = of_coefficients(amplitude, layout)
            noise.view(np.uint64)[:] ^= noise_signs(noise.shape, numbers[part])
            np.copyto(coefficients, noise, where=zeros)
        reconstructed[part] = coefficients
    return reconstructed


def _noise_amplitude(
    coefficients: Reals, zeros: NDArray[np.bool_], scale_factors: Integers, layout: BlockFormat, sizes: Reals
) -> Reals:
    """The amplitude of the noise in place of the zeros of each band: what they lack of the energy that it should have.

    That is what the scale factor tells; `sizes` are the steps of the bands.
    """
    edges = layout.edges
    widths = np.diff(edges)
    energy = np.exp2(2.0 * (scale_factors - UNIT_SCALE_FACTOR)) * widths * (scale_factors > 0)
    missing = np.maximum(energy - np.add.reduceat(np.square(coefficients), edges[:-1], axis=-1), 0)
    count = np.add.reduceat(zeros.view(np.uint8), edges[:-1], axis=-1, dtype=np.int64)
    part, limit = filling_parts(layout, count == widths)
    amplitude: Reals = np.minimum(np.sqrt(missing / np.maximum(count, 1)) * part, limit * sizes)
    return amplitude


def filling_parts(layout: BlockFormat, empty: NDArray[np.bool_]) -> tuple[Reals, Reals]:
    """Return the part of the missing amplitude that noise has, and its limit in steps; `empty [..., bands]` or not."""
    profile, low = layout.profile, is_low(layout)

    def part(filling: NoiseFilling) -> Reals:
        return np.where(low, filling.low, filling.high)

    parts = np.where(empty, part(profile.empty_filling), part(profile.filling))
    return parts, np.where(empty, profile.empty_filling.limit, profile.filling.limit)


def is_low(layout: BlockFormat) -> NDArray[np.bool_]:
    """Return the bands that count as low in noise filling, `[bands]`."""
    edges = layout.edges
    low: NDArray[np.bool_] = (
        edges[:-1] + edges[1:]
    ) * layout.rate < 4 * layout.frame_size * layout.profile.noise_split_hz
    return low


def noise_signs(shape: tuple[int, ...], numbers: Integers) -> NDArray[np.uint64]:
    """Return the sign bit of a float64, 2^63 or 0, for each coefficient of `shape`, by its place in the whole sound."""
    count = np.uint64(prod(shape[1:]))
    mixed = np.arange(1, count + 1, dtype=np.uint64) + numbers.astype(np.uint64)[:, None] * count
    mixed *= np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(32)
    mixed *= np.uint64(0xD6E8FEB86659FD93)
    mixed &= np.uint64(1 << 63)
    return mixed.reshape(shape)
