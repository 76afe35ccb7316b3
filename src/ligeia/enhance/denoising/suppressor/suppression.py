"""The suppressor at work: any number of channels at any rate.

Spectra are taken at the rate of the sound, and never resampled: bins lie 33 Hz apart at every rate, and those below
8 kHz are the ones that the network knows. Channels get the same gains: what is heard of the room, and where, stays.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ligeia.enhance.denoising.suppressor.above import gains_above
from ligeia.enhance.denoising.suppressor.band import WIDE, Band
from ligeia.enhance.denoising.suppressor.features import BINS, LEVEL, Spectrum, hop_at, samples_of, spectra_of
from ligeia.enhance.denoising.suppressor.network import Gains, Network, clearness
from ligeia.enhance.weights import read_arrays

Samples = NDArray[np.float32]
"""`[channels, time]`."""
FADED = 1e-12
"""Power that is added where channels are weighed by theirs."""


def network_file() -> Path:
    """Return the file of the network that comes with the package."""
    return Path(str(files("ligeia.enhance.denoising.suppressor").joinpath("speech.safetensors")))


@lru_cache(maxsize=1)
def shipped_network() -> Network:
    """Return the network that comes with the package.

    Raises:
        InputError: its file is missing or is not valid.
    """
    place = network_file()
    return Network.from_arrays(read_arrays(place), str(place))


@dataclass(frozen=True, eq=False)
class Suppression:
    """The suppressor, ready for a recording."""

    network: Network
    level: float
    """RMS of the recording."""
    noise: NDArray[np.float32] | None = None
    """Power `[bins]` of the noise alone, where it is known: it is used above 8 kHz."""
    band: Band = WIDE
    """Part of the band up to 8 kHz that the recording has."""

    def __call__(self, samples: Samples, rate: int, start: int = 0) -> Samples:
        """Return the speech in samples at `rate` Hz, of which the first is sample `start` of the recording."""
        first, shift = divmod(start, hop_at(rate))  # spectra lie where those of all pieces do
        return self._suppressed(np.pad(samples, ((0, 0), (shift, 0))), rate, first)[:, shift:]

    def _suppressed(self, samples: Samples, rate: int, first: int) -> Samples:
        scale = np.float32(LEVEL / self.level)
        spectra = [spectra_of(channel * scale, rate) for channel in samples]
        return np.stack([samples_of(new, rate)[: samples.shape[1]] / scale for new in self.new_spectra(spectra, first)])

    def new_spectra(self, spectra: list[Spectrum], first: int = 0) -> Iterator[Spectrum]:
        """Yield the spectra `[frames, bins]` of the speech of each channel; the first is number `first` of them all."""
        count = spectra[0].shape[1]
        low = [np.pad(spectrum[:, :BINS], ((0, 0), (0, max(BINS - count, 0)))) for spectrum in spectra]
        gains = linked([self.network(self.band.filled(each, first)) for each in low], low)
        noise = None if self.noise is None else self.noise[BINS:] * np.float32((LEVEL / self.level) ** 2)
        spoken = [gains.applied(each) for each in low]
        taken = [each - speech for each, speech in zip(low, spoken, strict=True)]
        clear = clearness(_power(taken), _power(spoken))
        for spectrum, speech, rest in zip(spectra, spoken, taken, strict=True):
            above = spectrum[:, BINS:] * gains_above(spectrum, gains.real, noise)
            yield np.concatenate([(speech + clear * rest)[:, :count], above], axis=1, dtype=np.complex64)


def _power(spectra: list[Spectrum]) -> NDArray[np.float32]:
    return np.asarray(np.sum([np.square(np.abs(spectrum)) for spectrum in spectra], axis=0, dtype=np.float32))


def linked(gains: list[Gains], spectra: list[NDArray[np.complex64]]) -> Gains:
    """Return the means of the gains of channels, each weighed by its power in every bin."""
    if len(gains) == 1:
        return gains[0]
    powers = np.stack([np.square(np.abs(spectrum)) for spectrum in spectra]) + np.float32(FADED)
    shares = powers / powers.sum(axis=0)
    real = sum(each.real * share for each, share in zip(gains, shares, strict=True))
    low = shares[:, :, None, : gains[0].filters.shape[-1]]
    filters = sum(each.filters * share for each, share in zip(gains, low, strict=True))
    return Gains(np.asarray(real, np.float32), np.asarray(filters, np.complex64))
