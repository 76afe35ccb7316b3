"""Scale factors and the quantisation steps that follow from them (FORMAT.md §8.2).

The coefficients of a frame lie in bands about a third of a critical band wide. The scale factor of a band is its energy
in octaves of amplitude; a profile turns the scale factors around a band into the step of its coefficients, by what is
known of masking. The stream holds scale factors and one exponent for each block; encoder and decoder compute the steps
from them in integers, so that both have the same.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ligeia.errors import FormatError

Integers = NDArray[np.integer]
Reals = NDArray[np.floating]

MIN_BAND_HZ = 100
"""A band is at least this wide."""
WIDENING = (9, 64)
"""And at least this part of its lowest frequency: about a third of a critical band."""
MIN_BAND_COEFFICIENTS = 4
SCALE_FACTORS = 48
"""Scale factors are 0 (silence) to 47."""
UNIT_SCALE_FACTOR = 24
"""The scale factor of an RMS of 1, and 16 times this the exponent of a step of 1."""
MIN_STEP, MAX_STEP = -256, 767
"""Range of the exponent of a block's steps: ten bits."""


@dataclass(frozen=True, kw_only=True)
class NoiseFilling:
    """Noise in place of zeros: its amplitude is a part of what the coefficients lack of the band's energy."""

    low: float
    """The part below `Profile.noise_split_hz`."""
    high: float
    """The part above."""
    limit: float
    """Largest amplitude, as a part of a step."""


NO_FILLING = NoiseFilling(low=0.0, high=0.0, limit=0.0)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A rule from scale factors to steps. Exponents are in sixteenths of an octave (0.376 dB).

    A scale factor counts octaves of amplitude (6.02 dB). The terms stand for the masking of noise by sound: in the band
    itself, its neighbours, the whole frame, and what comes before and after.
    """

    wire_id: int
    name: str
    has_scale_factors: bool
    """Without scale factors all coefficients of a block have one step."""
    slope: int = 0
    """Growth of the step's exponent by scale factor of the band; 16 would be a constant signal-to-noise ratio."""
    loud: int = 0
    """Growth by the mean scale factor of the frame."""
    spread: int = 0
    """Growth by the excess of the louder of the two neighbouring bands."""
    past: int = 0
    """Growth by the excess of the same band in the frame before."""
    tilt: int = 0
    """Growth by sixteenths of the octaves by which critical bands have widened (`band_tilt`)."""
    filling: NoiseFilling = NO_FILLING
    """Noise in bands that have coefficients."""
    empty_filling: NoiseFilling = NO_FILLING
    """Noise in bands that have none."""
    noise_split_hz: int = 2000
    reconstruction_bias: float = 0.05
    """Subtracted from a size of one step in reconstruction: small coefficients are more frequent than large ones."""
    dependent: bool = False
    """Two quantisers in turn, and signs that are predicted (`dependent`); one channel, and no scale factors."""


_ALL = (
    Profile(wire_id=0, name="waveform", has_scale_factors=False),
    Profile(
        wire_id=1, name="speech", has_scale_factors=True, slope=7, loud=4, spread=2, past=3, tilt=13,
        filling=NoiseFilling(low=0.46, high=0.58, limit=0.083),
        empty_filling=NoiseFilling(low=0.67, high=0.64, limit=0.21),
        noise_split_hz=4900, reconstruction_bias=0.06,
    ),
    Profile(
        wire_id=2, name="music", has_scale_factors=True, slope=8, loud=0, spread=4, past=0, tilt=3,
        filling=NoiseFilling(low=0.33, high=1.0, limit=0.15),
        empty_filling=NoiseFilling(low=0.84, high=0.84, limit=0.2),
        noise_split_hz=3300, reconstruction_bias=0.16,
    ),
    # The rule of "speech"; its contexts have learned from scale factors that were chosen with regard to their bits.
    Profile(
        wire_id=3, name="speech_low", has_scale_factors=True, slope=7, loud=4, spread=2, past=3, tilt=13,
        filling=NoiseFilling(low=0.46, high=0.58, limit=0.083),
        empty_filling=NoiseFilling(low=0.67, high=0.64, limit=0.21),
        noise_split_hz=4900, reconstruction_bias=0.06,
    ),
    # The rule of "waveform"; its contexts have learned from sounds in the time of their phases (network 13).
    Profile(wire_id=4, name="siren", has_scale_factors=False),
    Profile(wire_id=5, name="waveform_speech", has_scale_factors=False, dependent=True),
)  # fmt: skip
PROFILES = {profile.wire_id: profile for profile in _ALL}


def profile_of(wire_id: int) -> Profile:
    """Return the profile with this number.

    Raises:
        FormatError: there is none.
    """
    if wire_id not in PROFILES:
        raise FormatError(f"{wire_id} is not a known profile; there are: {', '.join(map(str, PROFILES))}")
    return PROFILES[wire_id]


@dataclass(frozen=True)
class BlockFormat:
    """Properties that all blocks of a stream share."""

    frame_size: int
    """Coefficients of a frame and channel."""
    frames: int
    """Frames of a block."""
    channels: int
    rate: int
    profile: Profile

    @property
    def edges(self) -> Integers:
        """The first coefficient of each band, and at the end `frame_size`; `[bands + 1]`."""
        return np.array(band_edges(self.frame_size, self.rate))

    @property
    def band_of(self) -> Integers:
        """The band of each coefficient, `[frame_size]`."""
        return band_of(self.frame_size, self.rate)

    @property
    def bands(self) -> int:
        """Bands of a frame."""
        return len(band_edges(self.frame_size, self.rate)) - 1


@lru_cache(maxsize=64)
def band_edges(frame_size: int, rate: int) -> tuple[int, ...]:
    """Return the first coefficient of each band of a frame at `rate` Hz, and at the end `frame_size`."""
    least = max(MIN_BAND_COEFFICIENTS, -(-MIN_BAND_HZ * 2 * frame_size // rate))
    edges = [0]
    while edges[-1] < frame_size:
        widened = (edges[-1] * WIDENING[0] // WIDENING[1] + 2) // 4 * 4
        edges.append(min(edges[-1] + max(least, widened), frame_size))
    if len(edges) > 2 and edges[-1] - edges[-2] < least:
        del edges[-2]
    return tuple(edges)


@lru_cache(maxsize=64)
def band_of(frame_size: int, rate: int) -> NDArray[np.int64]:
    """Return the band of each coefficient, int64 `[frame_size]`."""
    edges = np.array(band_edges(frame_size, rate))
    return np.repeat(np.arange(len(edges) - 1), np.diff(edges))


@lru_cache(maxsize=64)
def band_tilt(frame_size: int, rate: int) -> NDArray[np.int64]:
    """Return how far critical bands have widened at each band, in sixteenths of an octave, int64 `[bands]`.

    That is 16 log2(centre / 700 Hz), and 0 below: critical bands widen in proportion to frequency from there on.
    """
    edges = np.array(band_edges(frame_size, rate), dtype=np.int64)
    scaled = (edges[:-1] + edges[1:]) * rate  # 4 * frame_size * centre in Hz
    return np.array([max(log2_16(int(value)) - log2_16(2800 * frame_size), 0) for value in scaled])


def log2_16(number: int) -> int:
    """Return the whole part of 16 log2(number), computed in integers."""
    # number^16 has 16 log2(number) bits, one more for the whole part.
    return (number**16).bit_length() - 1


def band_levels(coefficients: Reals, layout: BlockFormat) -> Reals:
    """Return 24 + log2(RMS) of each band, `[blocks, frames, channels, bands]`, for coefficients `[..., frame_size]`."""
    edges = layout.edges
    energy = np.add.reduceat(np.square(coefficients, dtype=np.float64), edges[:-1], axis=-1) / np.diff(edges)
    levels: Reals = np.log2(np.maximum(energy, 1e-30)) / 2 + UNIT_SCALE_FACTOR
    return levels


def scale_factors_of(coefficients: Reals, layout: BlockFormat) -> Integers:
    """Return `band_levels`, rounded, 0 to 47; zeros where the profile has no scale factors."""
    if not layout.profile.has_scale_factors:
        return np.zeros((*coefficients.shape[:3], layout.bands), np.int64)
    return np.clip(np.rint(band_levels(coefficients, layout)).astype(np.int64), 0, SCALE_FACTORS - 1)


def step_exponents(layout: BlockFormat, steps: Integers, scale_factors: Integers) -> Integers:
    """Return the exponents of the bands' steps, in sixteenths of an octave, `[blocks, frames, channels, bands]`.

    `steps [blocks]` are the exponents of the blocks. A band without a neighbour, or without a frame before it in its
    block, stands for that neighbour itself.
    """
    profile = layout.profile
    tilt = band_tilt(layout.frame_size, layout.rate) * profile.tilt >> 4
    exponents = steps[:, None, None, None] + tilt + profile.slope * scale_factors
    if profile.loud:
        total = scale_factors.sum(axis=-1, keepdims=True)
        exponents = exponents + (profile.loud * total) // scale_factors.shape[-1]
    if profile.spread:
        below = np.concatenate([scale_factors[..., :1], scale_factors[..., :-1]], axis=-1)
        above = np.concatenate([scale_factors[..., 1:], scale_factors[..., -1:]], axis=-1)
        exponents = exponents + profile.spread * np.maximum(np.maximum(below, above) - scale_factors, 0)
    if profile.past:
        before = np.concatenate([scale_factors[:, :1], scale_factors[:, :-1]], axis=1)
        exponents = exponents + profile.past * np.maximum(before - scale_factors, 0)
    return exponents
