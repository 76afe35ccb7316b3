"""Scale factors of bands that will hold noise alone: the encoder's choice, not a decoder's matter.

Where all coefficients of a band are rounded to 0, a decoder fills it with noise, whose amplitude is a part of what the
scale factor says (`Profile.empty_filling`: about two thirds). Beside bands that kept their coefficients, and from frame
to frame, such a band is then 4 dB too soft. Here the scale factors of these bands are rounded as a louder noise needs
them, and all others stay. Whole octaves are coarse, so that a choice can only be right on average.
"""

from dataclasses import dataclass

import numpy as np

from ligeia.codec.transform.quantiser import filling_parts
from ligeia.codec.transform.scale_factors import (
    SCALE_FACTORS,
    UNIT_SCALE_FACTOR,
    BlockFormat,
    Integers,
    Reals,
    step_exponents,
)


@dataclass(frozen=True, kw_only=True)
class EmptyBands:
    """What noise in empty bands should be like, and which bands are empty."""

    part: float
    """The amplitude of the noise as a part of the band's own."""
    least: float
    """From how many steps on a coefficient is not rounded to 0."""


def louder_noise(
    levels: Reals, largest: Reals, scale_factors: Integers, layout: BlockFormat, step: int, wanted: EmptyBands
) -> Integers:
    """Return scale factors that are rounded for noise of the `wanted` level in bands that are empty in steps of `step`.

    All arrays are `[blocks, frames, channels, bands]`: the `levels` of bands in octaves, as scale factors are but not
    rounded; the size of the `largest` coefficient of each; and the scale factors as they would be.
    """
    exponents = step_exponents(layout, np.full(len(levels), step), scale_factors)
    empty = largest < wanted.least * np.exp2(exponents / 16 - UNIT_SCALE_FACTOR)
    parts, _ = filling_parts(layout, np.ones_like(empty))
    louder = np.clip(np.rint(levels + np.log2(wanted.part / parts)).astype(np.int64), 0, SCALE_FACTORS - 1)
    return np.where(empty & (scale_factors > 0), louder, scale_factors)
