"""The non-stationary spectral gate: silence whatever is not clearly louder than it was around that moment.

The numbers are those of noisereduce 3.0.3 (Sainburg) in its non-stationary mode, found by measuring its outputs. The
level of each frequency, as an amplitude, is smoothed by one pole forwards and backwards over `time_constant_seconds`;
what is `threshold` times louder than that mean above it is kept: a sigmoid makes the mask, triangles over 500 Hz and
50 ms smooth it. No noise needs to be known, but whatever lasts is gated too, a held note as well as a fan.

What is the same, chunks and padding included, and what is not:

- Where a frequency is silent for a whole chunk, noisereduce divides nothing by nothing and returns NaN; here it stays
  silent.
- Where the rate is so low that `smooth_seconds` is less than a hop, see `gate.py`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Audio, Sound
from ligeia.enhance.denoising.gate import DEFAULTS as STATIONARY
from ligeia.enhance.denoising.gate import (
    LONGEST,
    GateConfig,
    MaskSmoother,
    Reals,
    require,
    synthesised,
    transformed,
    with_neighbours,
)
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.pieces import Prepared, Samples, on_grid

CONTEXT = 5.0
"""Sound around a piece, in time constants: what lies farther away has 0.7 % of the weight, on either side."""


@dataclass(frozen=True, kw_only=True)
class NonstationaryConfig:
    """The settings beyond those of `GateConfig`; the defaults are those of noisereduce 3.0.3.

    Raises:
        InputError: a setting is out of range.
    """

    time_constant_seconds: float = 2.0
    """Time over which the mean level is taken, half of it before and half of it after."""
    threshold: float = 2.0
    """Distance above the mean, in means, at which half of a level gets through."""
    slope: float = 10.0
    """Steepness of the sigmoid there."""
    gate: GateConfig = STATIONARY
    """Transform, smoothing, chunks and `prop_decrease`; its other settings are those of the stationary gate."""

    def __post_init__(self) -> None:
        valid = 0 < self.time_constant_seconds <= 1e6
        require(valid, f"time_constant_seconds must be positive, got {self.time_constant_seconds}")
        for name in ("threshold", "slope"):
            require(abs(getattr(self, name)) <= 1e6, f"{name} must be a finite number, got {getattr(self, name)}")


DEFAULTS = NonstationaryConfig()
"""noisereduce 3.0.3."""


def nonstationary_gate(audio: Audio, config: NonstationaryConfig = DEFAULTS) -> Audio:
    """Return `audio` with silence wherever it is not clearly louder than around that moment, at each frequency.

    Example:
        >>> hum = 0.1 * np.sin(np.arange(32000) / 5)
        >>> hum[16000:16800] += np.sin(np.arange(800) / 2)
        >>> gated = nonstationary_gate(Audio(hum[None], 8000)).samples[0]
        >>> bool(np.abs(gated[4000:8000]).max() < 0.01), bool(np.abs(gated[16200:16600]).max() > 0.8)
        (True, True)
    """
    gated = np.zeros_like(audio.samples)
    smoother = MaskSmoother(audio.rate, config.gate)
    for channel, out in zip(audio.samples, gated, strict=True):
        _gate_channel(channel, out, audio.rate, smoother, config)
    return Audio(gated, audio.rate)


def prepare(sound: Sound, settings: DenoiseSettings) -> Prepared:
    """Make the gate ready for `sound`, of which nothing has to be known; a piece and its context are one chunk."""
    config = NonstationaryConfig(gate=GateConfig(chunk=LONGEST))
    smoother = MaskSmoother(sound.rate, config.gate)

    def process(samples: Samples) -> Samples:
        gated = np.zeros_like(samples)
        for channel, out in zip(samples, gated, strict=True):
            _gate_channel(channel, out, sound.rate, smoother, config)
        return gated

    findings = {"time_constant_seconds": config.time_constant_seconds}
    context = CONTEXT * config.time_constant_seconds
    return on_grid(Prepared(process=process, context_seconds=context, findings=findings), sound.rate, config.gate.hop)


def smoothed(magnitudes: Reals, rate: int, config: NonstationaryConfig = DEFAULTS) -> Reals:
    """Return the mean level around each moment, of magnitudes `[bins, frames]`.

    The pole is 1 - b with b = (sqrt(1 + 4 t^2) - 1) / (2 t^2), t the time constant in frames; once forwards, once back.
    """
    from scipy.signal import filtfilt

    frames = config.time_constant_seconds * rate / config.gate.hop
    b = (np.sqrt(1 + 4 * frames**2) - 1) / (2 * frames**2)
    return np.asarray(filtfilt([b], [1, b - 1], magnitudes, axis=-1, padtype=None))


def _gate_channel(
    channel: NDArray[np.float32],
    out: NDArray[np.float32],
    rate: int,
    smoother: MaskSmoother,
    config: NonstationaryConfig,
) -> None:
    """Write to `out` the gated `channel`, both `[time]`, chunk by chunk."""
    gate = config.gate
    chunk = min(gate.chunk, len(channel))
    for start in range(0, len(channel), max(chunk, 1)):
        stop = start + chunk  # the last of several is filled with zeros, which count in the mean
        spectra = transformed(with_neighbours(channel, start - gate.padding, stop + gate.padding), gate)
        mask = smoother(_mask(np.abs(spectra), rate, config)) * gate.prop_decrease + (1 - gate.prop_decrease)
        out[start:stop] = synthesised(spectra * mask, gate)[gate.padding :][: min(chunk, len(channel) - start)]


def _mask(magnitudes: Reals, rate: int, config: NonstationaryConfig) -> Reals:
    from scipy.special import expit

    mean = smoothed(magnitudes, rate, config)
    above = np.divide(magnitudes - mean, mean, out=np.zeros_like(mean), where=mean > 0)
    return np.asarray(expit((above - config.threshold) * config.slope))
