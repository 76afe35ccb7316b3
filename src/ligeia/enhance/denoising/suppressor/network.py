"""The network of the suppressor: convolutions over time, with a long view to both sides, in numpy.

For each bin it writes a gain between 0 and 1. Below 4 kHz it writes besides, for the spectrum and its two neighbours in
time, a complex factor each: a short filter along time in each bin, as in deep filtering (Mack & Habets 2020; Schröter
et al. 2022), which mends phases too, and joins three spectra into a longer one where a harmonic is steady.

A layer of `width` units, then rectifiers and convolutions with three taps at distances that grow, twice from 1 to 32
spectra, each with a residual connection. No recurrence: an output depends on `REACH` spectra to both sides, 1.3 s, so
that a long recording can be computed in pieces, and the network hears what the noise is like before and after a word.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ligeia.enhance.denoising.suppressor.features import (
    BINS,
    HOP,
    INPUTS,
    OVERLAP,
    PHASE_BINS,
    RATE,
    Spectrum,
    before_and_after,
    inputs,
)
from ligeia.enhance.weights import check_shapes

DILATIONS = (1, 2, 4, 8, 16, 32) * 2
"""Distances, in spectra, between the taps of each convolution."""
REACH = sum(DILATIONS)
"""Spectra on both sides that an output depends on."""
CONTEXT_SECONDS = (REACH + OVERLAP + 2) * HOP / RATE
"""Seconds of sound on both sides that an instant depends on."""
TAPS = 3
"""Spectra that the filter of a bin joins."""
OPEN = 2.0
"""Added to the logit of a gain: a network that has learned nothing lets most through."""
CLEAR_DB, CLEAREST_DB = 3.0, 15.0
"""Ratios of speech to what would be taken away, from which on less is taken away, and nothing."""
CLEAR_FRAMES, CLEAR_BINS = 5, 9
"""Spectra and bins around each over which that ratio is taken."""
CLEAR_FLOOR = 1e-9
"""Added to both powers: silence is not clear."""
OUTPUTS = BINS + 2 * TAPS * PHASE_BINS

Values = NDArray[np.float32]


def shapes(width: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the arrays of a network by name; weights are `[outputs, inputs]`, or `[..., taps]`."""
    shape: dict[str, tuple[int, ...]] = {"enter.weight": (width, INPUTS), "enter.bias": (width,)}
    for k in range(len(DILATIONS)):
        shape |= {f"blocks.{k}.weight": (width, width, 3), f"blocks.{k}.bias": (width,)}
    return shape | {"leave.weight": (OUTPUTS, width), "leave.bias": (OUTPUTS,)}


@dataclass(frozen=True, eq=False)
class Gains:
    """Factors that turn the spectra of a noisy sound into those of speech."""

    real: Values
    """Factors between 0 and 1 `[frames, BINS]`."""
    filters: Spectrum
    """Factors of the spectra before, now and after, added below `PHASE_BINS`, `[frames, TAPS, PHASE_BINS]`."""

    def applied(self, spectrum: Spectrum) -> Spectrum:
        """Return the speech in spectra `[frames, BINS]`."""
        speech = spectrum * self.real
        before, after = before_and_after(spectrum)
        for tap, neighbour in enumerate((before, spectrum[:, :PHASE_BINS], after)):
            speech[:, :PHASE_BINS] += neighbour * self.filters[:, tap]
        return np.asarray(speech, np.complex64)


def clearness(before: Values, after: Values) -> Values:
    """Return how much of a sound is to be left as it is, 0 to 1 `[frames, BINS]`, where it is clear already.

    `before` are the powers of what would be taken away, `after` those of the speech, all `[frames, BINS]`. Where the
    speech is much louder, noise is not heard, but every mistake is: a clean recording stays what it is.
    """
    taken, kept = (_around(_around(power, CLEAR_FRAMES).T, CLEAR_BINS).T + CLEAR_FLOOR for power in (before, after))
    return np.asarray(np.clip((10 * np.log10(kept / taken) - CLEAR_DB) / (CLEAREST_DB - CLEAR_DB), 0, 1), np.float32)


def _around(values: Values, count: int) -> Values:
    """Return the mean of values `[n, ...]` and their neighbours, `count` in all; there are zeros beyond the ends."""
    padded = np.pad(values, ((count // 2 + 1, count // 2), (0, 0))).astype(np.float64)
    sums = np.cumsum(padded, axis=0)
    return np.asarray((sums[count:] - sums[:-count]) / count, np.float32)


@dataclass(frozen=True, eq=False)
class Network:
    """A network as its arrays, float32 by name."""

    arrays: Mapping[str, Values]

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.floating]], source: str) -> "Network":
        """Return the network of the arrays of a file; `source` names it in messages.

        Raises:
            InputError: an array is missing, unexpected, of another shape, or not finite.
        """
        width = len(arrays["enter.bias"]) if "enter.bias" in arrays else 0
        check_shapes(arrays, shapes(width), f"the suppressor ({source})")
        return cls({name: np.ascontiguousarray(value, np.float32) for name, value in arrays.items()})

    def __call__(self, spectrum: Spectrum) -> "Gains":
        """Return what is to be done to spectra `[frames, BINS]`."""
        values = self._linear("enter", inputs(spectrum))
        for k, dilation in enumerate(DILATIONS):
            values += self._convolved(k, np.maximum(values, 0), dilation)
        out = self._linear("leave", values)
        gains = 1 / (1 + np.exp(-(out[:, :BINS] + np.float32(OPEN))))
        real, imaginary = out[:, BINS:].reshape(len(out), 2, TAPS, PHASE_BINS).swapaxes(0, 1)
        return Gains(gains, np.asarray(real + 1j * imaginary, np.complex64))

    def _linear(self, name: str, values: Values) -> Values:
        return np.asarray(values @ self.arrays[f"{name}.weight"].T + self.arrays[f"{name}.bias"], np.float32)

    def _convolved(self, number: int, values: Values, dilation: int) -> Values:
        """Return a convolution `[frames, width]` with zeros beyond the ends."""
        weight = self.arrays[f"blocks.{number}.weight"]
        total = values @ weight[..., 1].T + self.arrays[f"blocks.{number}.bias"]
        if len(values) > dilation:
            total[dilation:] += values[:-dilation] @ weight[..., 0].T
            total[:-dilation] += values[dilation:] @ weight[..., 2].T
        return np.asarray(total, np.float32)
