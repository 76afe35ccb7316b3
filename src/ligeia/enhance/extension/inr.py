"""The sound as a function, rendered on a finer grid: nothing is invented above half of the old rate.

The function is Ligeia's windowed-sine network with as many coefficients as samples (the closed form of
`fitting.lapped`), so that it passes through every sample. Its sines end at half the rate of the sound; only its windows
put a little above that, within some hertz of it.

Mahdi 2025 renders a SIREN at 96 or 128 kHz and calls it super-resolution. A fit knows nothing above half the rate it
was fitted at: what a SIREN has there is whatever its start left between the samples.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.resample import resampled_count
from ligeia.audio.signal import Audio, Sound
from ligeia.enhance.extension.settings import ExtendSettings
from ligeia.fitting.lapped import analyse, design
from ligeia.fitting.plan import Shape
from ligeia.networks.lapped import Lapped

BLOCK_SECONDS = 1.0
"""Sound in a block of the function; neighbouring blocks are fitted alike, so that parts join exactly."""


class Rendered:
    """A sound as the samples of its function at a higher rate."""

    def __init__(self, sound: Sound, rate: int) -> None:
        self._sound, self.rate, self.channels = sound, rate, sound.channels
        self.sample_count = resampled_count(sound.sample_count, sound.rate, rate)
        self._spec: Lapped = design(
            Shape(rate=sound.rate, channels=sound.channels, samples=max(round(BLOCK_SECONDS * sound.rate), 1))
        )
        self.findings: dict[str, Any] = {
            "known_hz": sound.rate / 2,
            "added_hz": None,
            "notes": [f"band-limited: nothing is added above {sound.rate / 2:g} Hz"],
        }

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return samples `start:stop` as float32 `[channels, n]`, cut at the end of the sound."""
        start, stop, _ = slice(start, stop).indices(self.sample_count)
        if stop <= start:
            return np.zeros((self.channels, 0), np.float32)
        # Whole blocks, and one more on both sides: the function of a block reaches into its neighbours.
        old, hop = self._sound.rate, self._spec.block_samples
        first = max(start * old // self.rate // hop - 1, 0) * hop
        last = (stop * old // self.rate // hop + 2) * hop
        part = Audio(self._sound.read(first, last), old)
        blocks = -(-part.sample_count // hop)
        function = analyse(part, self._spec, switching=np.zeros((blocks, self._spec.frames), np.int64))
        # In whole samples at the least common rate, as a time in seconds is rounded after an hour.
        offset = (start * old - first * self.rate) / (old * self.rate)
        return function.evenly(offset, 1 / self.rate, stop - start)


def prepare(sound: Sound, settings: ExtendSettings) -> Rendered:
    """Return `sound` as the samples of its function at the rate of `settings`."""
    return Rendered(sound, settings.rate)
