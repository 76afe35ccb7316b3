"""The suppressor at work: any number of channels at any rate.

Spectra are taken at the rate of the sound, where it is a multiple of 100 Hz and at least 16 kHz; their bins below 8 kHz
are those that the network knows. Sounds at other rates are brought to one that is, and what was found to be noise is
brought back and taken off, so that the sound itself is never resampled. Channels get the same gains: what is heard of
the room, and where, stays.
"""

from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio
from ligeia.enhance.denoising.suppressor.above import gains_above
from ligeia.enhance.denoising.suppressor.features import (
    BINS,
    HOPS_PER_SECOND,
    LEVEL,
    RATE,
    Spectrum,
    samples_of,
    spectra_of,
)
from ligeia.enhance.denoising.suppressor.network import Gains, Network, clearness
from ligeia.errors import InputError

Samples = NDArray[np.float32]
"""`[channels, time]`."""
FADED = 1e-12
"""Power that is added where channels are weighed by theirs."""


@lru_cache(maxsize=1)
def shipped_network() -> Network:
    """Return the network that comes with the package.

    Raises:
        InputError: its file is missing or is not valid.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    place = files("ligeia.enhance.denoising.suppressor").joinpath("speech.safetensors")
    try:
        arrays = load(place.read_bytes())
    except (OSError, SafetensorError) as error:
        raise InputError(f"the network of the suppressor cannot be read: {place}: {error}; reinstall ligeia") from error
    return Network.from_arrays(arrays, str(place))


def working_rate(rate: int) -> int:
    """Return the rate at which spectra of a sound at `rate` are taken."""
    return max(RATE, -(-rate // HOPS_PER_SECOND) * HOPS_PER_SECOND)


def suppressed(samples: Samples, rate: int, level: float, network: Network) -> Samples:
    """Return the speech in `samples` at `rate` Hz, whose recording has an RMS of `level`."""
    at = working_rate(rate)
    if at == rate:
        return _suppressed(samples, rate, level, network)
    heard = resample(Audio(samples, rate), at).samples
    noise = Audio(heard - _suppressed(heard, at, level, network), at)
    return samples - resample(noise, rate).samples[:, : samples.shape[1]]


def _suppressed(samples: Samples, rate: int, level: float, network: Network) -> Samples:
    scale = np.float32(LEVEL / level)
    spectra = [spectra_of(channel * scale, rate) for channel in samples]
    gains = linked([network(spectrum[:, :BINS]) for spectrum in spectra], [each[:, :BINS] for each in spectra])
    above = [gains_above(spectrum, gains.real) for spectrum in spectra]
    spoken = [gains.applied(spectrum[:, :BINS]) for spectrum in spectra]
    taken = [spectrum[:, :BINS] - speech for spectrum, speech in zip(spectra, spoken, strict=True)]
    clear = clearness(_power(taken), _power(spoken))
    for spectrum, speech, rest, upper in zip(spectra, spoken, taken, above, strict=True):
        spectrum[:, :BINS] = speech + clear * rest
        spectrum[:, BINS:] *= upper
    return np.stack([samples_of(spectrum, rate)[: samples.shape[1]] / scale for spectrum in spectra])


def _power(spectra: list[Spectrum]) -> NDArray[np.float32]:
    return np.sum([np.square(np.abs(spectrum)) for spectrum in spectra], axis=0, dtype=np.float32)


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
