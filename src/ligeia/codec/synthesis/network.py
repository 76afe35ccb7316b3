"""The network of the synthesis: a small convolutional network over short-time spectra, in numpy.

From what is seen around an instant (`features.inputs`) it writes, for each bin, a gain for the decoded sound, and a
complex number that is added, in units of the level that the stream tells there. The phase of that number counts from
the decoded sound's, noise filling included: with a phase of its own, the network adds the same pulse to each frame,
where noise should be, and PESQ is content with a buzz of a hundred pulses a second.

A layer of `width` units, then convolutions with three taps at growing distances, each with a residual connection; no
recurrence, so that an output depends on `REACH` spectra to both sides alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.synthesis.features import BINS, FACTS, FRAME_SIZE, PHASE_BINS, RATE, SIZE_OF_LEVEL, Spectrum, inputs
from ligeia.codec.synthesis.features import band_weights as weights_of_bands
from ligeia.codec.transform.scale_factors import Reals, band_edges
from ligeia.errors import InputError

DILATIONS = (1, 2, 4, 8)
"""Distances, in short-time spectra, between the taps of each convolution."""
REACH = sum(DILATIONS)
"""Spectra on both sides that an output depends on."""
SILENT = 1e-9
"""Magnitude below which a bin has no phase."""
GAIN_LIMIT = 2.5
"""Largest natural logarithm of a gain: 22 dB."""
OUTPUTS = 3 * BINS
"""A gain, and both parts of a complex number, for each bin."""
BANDS = len(band_edges(FRAME_SIZE, RATE)) - 1
INPUTS = BINS + 2 * PHASE_BINS + FACTS * BANDS

Values = NDArray[np.float32]


def shapes(width: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the arrays of a network by name; weights are `[outputs, inputs]`, or `[..., taps]`."""
    shape: dict[str, tuple[int, ...]] = {"enter.weight": (width, INPUTS), "enter.bias": (width,)}
    for k in range(len(DILATIONS)):
        shape |= {f"blocks.{k}.weight": (width, width, 3), f"blocks.{k}.bias": (width,)}
    return shape | {"leave.weight": (OUTPUTS, width), "leave.bias": (OUTPUTS,)}


def band_weights() -> Values:
    """Return weights `[BANDS, BINS]` that bring a quantity of bands to bins."""
    return weights_of_bands(np.array(band_edges(FRAME_SIZE, RATE)))


@dataclass(frozen=True, eq=False)
class Network:
    """A network as its arrays, float32 by name."""

    arrays: Mapping[str, Values]

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.floating]], source: str) -> "Network":
        """Return the network of the arrays of a file; `source` names it in messages.

        Raises:
            InputError: an array is missing, unexpected, or of another shape.
        """
        width = len(arrays["enter.bias"]) if "enter.bias" in arrays else 0
        expected = shapes(width)
        missing, unexpected = expected.keys() - arrays.keys(), arrays.keys() - expected.keys()
        if missing or unexpected:
            raise InputError(
                f"{source} is not a valid network of the synthesis: missing {', '.join(sorted(missing)) or 'nothing'}, "
                f"unexpected {', '.join(sorted(unexpected)) or 'nothing'}"
            )
        wrong = [name for name, shape in expected.items() if arrays[name].shape != shape]
        if wrong:
            raise InputError(
                f"{source} is not a valid network of the synthesis: {wrong[0]} must be {expected[wrong[0]]}, "
                f"got {arrays[wrong[0]].shape}; was it trained for other spectra?"
            )
        return cls({name: np.ascontiguousarray(value, np.float32) for name, value in arrays.items()})

    def __call__(self, spectrum: Spectrum, facts: Reals) -> Spectrum:
        """Return the new spectra `[frames - 2 REACH - 1, BINS]` of `spectrum [frames, BINS]`.

        `facts [frames, FACTS, BANDS]` belong to the same frames; the first frame is there for its phase alone.
        """
        values = _gelu(self._linear("enter", inputs(spectrum[1:], spectrum[:-1], facts[1:])))
        for k, dilation in enumerate(DILATIONS):
            values = values[dilation:-dilation] + _gelu(self._convolved(k, values, dilation))
        out = self._linear("leave", values)
        chosen = slice(1 + REACH, len(spectrum) - REACH)
        gain = np.exp(np.float32(GAIN_LIMIT) * np.tanh(out[:, :BINS]))
        size = np.exp2(facts[chosen, 0] @ band_weights()) * np.float32(SIZE_OF_LEVEL)
        direction = spectrum[chosen] / (np.abs(spectrum[chosen]) + np.float32(SILENT))
        added = (out[:, BINS : 2 * BINS] + 1j * out[:, 2 * BINS :]) * size * direction
        return np.asarray(spectrum[chosen] * gain + added, np.complex64)

    def _linear(self, name: str, values: Values) -> Values:
        return np.asarray(values @ self.arrays[f"{name}.weight"].T + self.arrays[f"{name}.bias"], np.float32)

    def _convolved(self, number: int, values: Values, dilation: int) -> Values:
        weight, count = self.arrays[f"blocks.{number}.weight"], len(values) - 2 * dilation
        total = np.repeat(self.arrays[f"blocks.{number}.bias"][None], count, axis=0)
        for tap in range(3):
            total += values[tap * dilation : tap * dilation + count] @ weight[..., tap].T
        return total


def _gelu(values: Values) -> Values:
    """Return values through the Gaussian error linear unit, in its form with tanh (Hendrycks & Gimpel 2016)."""
    cubic = np.float32(0.7978845608) * (values + np.float32(0.044715) * values * values * values)
    return np.asarray(np.float32(0.5) * values * (1 + np.tanh(cubic)), np.float32)
