"""The envelope of a missing band, guessed from the band below by a small network (numpy).

A sound is seen through transforms of 32 ms every 8 ms, so that a bin is 31.25 Hz wide at any rate. Of each, the
logarithms of the powers of bands that are known go in, and those of the bands above come out: a layer of some width,
then four convolutions with three taps at growing distances, each with a residual connection, and a linear layer. No
recurrence: an answer depends on `REACH` transforms to both sides alone.

There are two of them. NARROW knows 0 to 3.7 kHz and guesses up to 8 kHz; WIDE knows 0 to 7.4 kHz and guesses up to
24 kHz. (Sounds at 8 and 16 kHz are all but empty above 0.92 of half their rate, where resamplers begin to cut.)
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ligeia.enhance.weights import check_shapes

Values = NDArray[np.float32]
Spectra = NDArray[np.complex64]
"""`[frames, bins]`."""
BIN_HZ = 31.25
DILATIONS = (1, 2, 4, 8)
"""Distances, in transforms, between the taps of each convolution."""
REACH = sum(DILATIONS)
"""Transforms on both sides that an answer depends on."""
FLOOR = 1e-9
"""Power below which a band is silent, in a sound whose RMS is `LEVEL`."""
LEVEL = 0.05
MIDDLE, SCALE = -4.0, 0.5
"""Offset that is subtracted from logarithms of powers, then factor, on their way in; undone on their way out."""


@dataclass(frozen=True)
class Layout:
    """The bands of one network."""

    name: str
    rate: int
    """Rate in Hz at which it sees sounds."""
    inputs: tuple[int, ...]
    """Edges of the bands that are known, in bins."""
    outputs: tuple[int, ...]
    """Edges of the bands that are guessed."""
    learned_hz: float
    """Up to here recordings had something to learn from."""

    @property
    def size(self) -> int:
        """Samples of a transform."""
        return round(self.rate / BIN_HZ)

    @property
    def hop(self) -> int:
        """Samples from one transform to the next."""
        return self.size // 4

    @property
    def known(self) -> int:
        """The first bin that is guessed."""
        return self.outputs[0]

    @property
    def learned(self) -> int:
        """Guessed bands, from the lowest, that recordings had something to learn from."""
        return int(np.sum(np.array(self.outputs[1:]) * BIN_HZ <= self.learned_hz + BIN_HZ))

    def window(self) -> Values:
        """Return the window of analysis and synthesis: the root of Hann's, whose squares add up to 2."""
        return np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(self.size) / self.size)).astype(np.float32)

    def spectra(self, samples: Values) -> Spectra:
        """Return the transforms of `samples [n]` that lie whole in it, every hop from the first sample on."""
        frames = np.lib.stride_tricks.sliding_window_view(samples, self.size)[:: self.hop]
        return np.fft.rfft(frames * self.window()).astype(np.complex64)

    def features(self, spectra: Spectra) -> Values:
        """Return what the network sees of `spectra`."""
        return log_powers(spectra, self.inputs)

    def shapes(self, width: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the arrays of a network by name; weights are `[outputs, inputs]`, or `[..., taps]`."""
        inputs, outputs = len(self.inputs) - 1, len(self.outputs) - 1
        shape: dict[str, tuple[int, ...]] = {"enter.weight": (width, inputs), "enter.bias": (width,)}
        for k in range(len(DILATIONS)):
            shape |= {f"blocks.{k}.weight": (width, width, 3), f"blocks.{k}.bias": (width,)}
        shape |= {"leave.weight": (outputs, width), "leave.bias": (outputs,)}
        return {f"{self.name}.{name}": size for name, size in shape.items()}


def log_powers(spectra: Spectra, edges: tuple[int, ...]) -> Values:
    """Return scaled logarithms of the mean powers of bands, `[frames, bands]`."""
    powers = np.square(spectra.real) + np.square(spectra.imag)
    sums = np.add.reduceat(powers[:, : edges[-1]], edges[:-1], axis=1)
    return (np.log10(sums / np.diff(edges) + FLOOR).astype(np.float32) - np.float32(MIDDLE)) * np.float32(SCALE)


NARROW = Layout(
    "narrow",
    16000,
    inputs=(*range(2, 48), *range(48, 118, 2), 118),
    outputs=(*range(118, 254, 4), 257),
    learned_hz=7680,
)
WIDE = Layout(
    "wide",
    48000,
    inputs=(*range(2, 34, 2), *range(34, 236, 6), 236),
    outputs=(*range(236, 764, 16), 769),
    learned_hz=21168,
)
LAYOUTS = {layout.name: layout for layout in (NARROW, WIDE)}


@dataclass(frozen=True, eq=False)
class Envelope:
    """A network as its arrays, float32 by name.

    Raises:
        InputError: they are not those of its layout.
    """

    layout: Layout
    arrays: Mapping[str, Values]

    def __post_init__(self) -> None:
        first = self.arrays.get(f"{self.layout.name}.enter.bias", np.zeros(0, np.float32))
        check_shapes(self.arrays, self.layout.shapes(len(first)), f"the {self.layout.name} network")

    def __call__(self, features: Values) -> Values:
        """Return the powers `[frames - 2 REACH, bands]` of the missing bands."""
        values = _gelu(self._linear("enter", features))
        for k, dilation in enumerate(DILATIONS):
            values = values[dilation:-dilation] + _gelu(self._convolved(k, values, dilation))
        return np.asarray(10 ** (self._linear("leave", values) / np.float32(SCALE) + np.float32(MIDDLE)), np.float32)

    def _array(self, name: str) -> Values:
        return self.arrays[f"{self.layout.name}.{name}"]

    def _linear(self, name: str, values: Values) -> Values:
        return np.asarray(values @ self._array(f"{name}.weight").T + self._array(f"{name}.bias"), np.float32)

    def _convolved(self, number: int, values: Values, dilation: int) -> Values:
        weight, count = self._array(f"blocks.{number}.weight"), len(values) - 2 * dilation
        total = np.repeat(self._array(f"blocks.{number}.bias")[None], count, axis=0)
        for tap in range(3):
            total += values[tap * dilation : tap * dilation + count] @ weight[..., tap].T
        return total


def _gelu(values: Values) -> Values:
    """Return values through the Gaussian error linear unit, in its form with tanh (Hendrycks & Gimpel 2016)."""
    cubic = np.float32(0.7978845608) * (values + np.float32(0.044715) * values * values * values)
    return np.asarray(np.float32(0.5) * values * (1 + np.tanh(cubic)), np.float32)
