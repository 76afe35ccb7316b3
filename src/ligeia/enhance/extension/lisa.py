"""LISA: a network that sees a few samples around an instant and says what the sound is between them (numpy).

Local Implicit representation for Super resolution of Arbitrary scale (Kim et al., ICASSP 2022, arXiv 2111.00195), in
the form of its published configuration ("lisa-enc", 88 705 parameters): a convolutional encoder gives each sample of
the input a latent code (kernels 7, 3, 3, 1 with 16, 32, 64, 32 channels, tanh between them). A decoder (five layers of
128 rectified linear units and a linear one) takes the distance of an instant from a sample, in half sample intervals,
and the codes of that sample and of its two neighbours; its answers for the sample before the instant and for the one
after it are cross-faded linearly.

An output depends on samples no more than `REACH` intervals away; where all of them are 0 it is 0. All frequencies are
rewritten, those that were given too: a method that keeps what it is given is `highband`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.resample import resampled_count
from ligeia.audio.signal import Sound
from ligeia.enhance.extension.settings import ExtendSettings
from ligeia.enhance.weights import check_shapes, read_arrays, shipped

Values = NDArray[np.float32]
KERNELS = (7, 3, 3, 1)
CHANNELS = (1, 16, 32, 64, 32)
"""Channels of the input and of each convolution; the last are the latent code."""
HIDDEN, LAYERS = 128, 5
REACH = sum(kernel // 2 for kernel in KERNELS) + 2
"""Samples around an instant that its value depends on: those of the codes of the neighbours of its neighbours."""
AT_ONCE = 2**14
"""Instants that are decoded at once: their layers fit the cache."""
LEARNED_RATE = 8000
"""Rate in Hz of the sounds that the shipped network has learned to extend."""


def shapes() -> dict[str, tuple[int, ...]]:
    """Return the shapes of the arrays of the network by name; weights are `[outputs, inputs]` or `[..., taps]`."""
    shape: dict[str, tuple[int, ...]] = {}
    for k, ((inputs, outputs), taps) in enumerate(zip(pairwise(CHANNELS), KERNELS, strict=True)):
        shape |= {f"encoder.{k}.weight": (outputs, inputs, taps), f"encoder.{k}.bias": (outputs,)}
    sizes = [1 + 3 * CHANNELS[-1], *[HIDDEN] * LAYERS, 1]
    for k, (inputs, outputs) in enumerate(pairwise(sizes)):
        shape |= {f"decoder.{k}.weight": (outputs, inputs), f"decoder.{k}.bias": (outputs,)}
    return shape


@dataclass(frozen=True, eq=False)
class Lisa:
    """The network as its arrays, float32 by name.

    Raises:
        InputError: they are not those of `shapes`.
    """

    arrays: Mapping[str, Values]

    def __post_init__(self) -> None:
        check_shapes(self.arrays, shapes(), "a LISA network")

    def codes(self, samples: Values) -> Values:
        """Return the latent codes `[n, 32]` of `samples [n]`; zeros come before and after them."""
        values = samples[:, None]
        for k, taps in enumerate(KERNELS):
            weight, count = self.arrays[f"encoder.{k}.weight"], len(values)
            padded = np.pad(values, ((taps // 2, taps // 2), (0, 0)))
            total = np.repeat(self.arrays[f"encoder.{k}.bias"][None], count, axis=0)
            for tap in range(taps):
                total += padded[tap : tap + count] @ weight[..., tap].T
            values = total if k == len(KERNELS) - 1 else np.tanh(total)
        return values

    def decoded(self, codes: Values, index: NDArray[np.int64], distance: Values) -> Values:
        """Return amplitudes `[n]` at `distance [n]`, in sample intervals, after the samples `index [n]`."""
        last = len(codes) - 1
        around = [codes[np.clip(index + step, 0, last)] for step in (-1, 0, 1)]
        values = np.concatenate([2 * distance[:, None], *around], axis=1)
        for k in range(LAYERS + 1):
            values = values @ self.arrays[f"decoder.{k}.weight"].T + self.arrays[f"decoder.{k}.bias"]
            if k < LAYERS:
                np.maximum(values, 0, out=values)
        return np.asarray(values[:, 0], np.float32)

    def at(self, codes: Values, index: NDArray[np.int64], fraction: Values) -> Values:
        """Return amplitudes `[n]` a `fraction [n]` (0 to below 1) of an interval after the samples `index [n]`."""
        before = self.decoded(codes, index, fraction)
        after = self.decoded(codes, index + 1, fraction - 1)
        return (1 - fraction) * before + fraction * after


class Interpolated:
    """A sound as a LISA network renders it at a higher rate."""

    def __init__(self, sound: Sound, rate: int, network: Lisa) -> None:
        self._sound, self._network, self.rate, self.channels = sound, network, rate, sound.channels
        self.sample_count = resampled_count(sound.sample_count, sound.rate, rate)
        self.findings: dict[str, Any] = {
            "known_hz": 0.0,
            "added_hz": [0.0, rate / 2],
            "notes": ["all frequencies are rewritten, those of the sound too"],
        }
        if sound.rate != LEARNED_RATE:
            self.findings["notes"].append(f"the network has learned from sounds at {LEARNED_RATE} Hz")

    def read(self, start: int, stop: int) -> Values:
        """Return samples `start:stop` as float32 `[channels, n]`, cut at the end of the sound."""
        start, stop, _ = slice(start, stop).indices(self.sample_count)
        samples = np.zeros((self.channels, max(stop - start, 0)), np.float32)
        for begin in range(start, stop, AT_ONCE):
            end = min(begin + AT_ONCE, stop)
            samples[:, begin - start : end - start] = self._rendered(begin, end)
        return samples

    def _rendered(self, start: int, stop: int) -> Values:
        index, rest = np.divmod(np.arange(start, stop, dtype=np.int64) * self._sound.rate, self.rate)
        first = max(int(index[0]) - REACH - 1, 0)
        part = self._sound.read(first, int(index[-1]) + REACH + 2)
        fraction = (rest / self.rate).astype(np.float32)
        return np.stack([self._channel(row, index - first, fraction) for row in part])

    def _channel(self, samples: Values, index: NDArray[np.int64], fraction: Values) -> Values:
        """Return amplitudes of a channel; digital silence stays so, of which the network would make an offset."""
        values = self._network.at(self._network.codes(samples), index, fraction)
        counts = np.concatenate([[0], np.cumsum(samples != 0)])
        around = (np.clip(index + step, 0, len(samples)) for step in (-REACH, REACH + 2))
        low, high = (counts[place] for place in around)
        return np.where(high > low, values, np.float32(0))


def prepare(sound: Sound, settings: ExtendSettings) -> Interpolated:
    """Return `sound` as the network of `settings`, or the shipped one, renders it.

    Raises:
        InputError: its file is not a LISA network.
    """
    return Interpolated(sound, settings.rate, Lisa(read_arrays(settings.model or shipped("lisa"))))
