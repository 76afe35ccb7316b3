"""The bands of a superframe: runs of neighbouring units that share a level and a step (FORMAT.md §8.2)."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ligeia.errors import FormatError

LEAST_HZ = 100
"""A band is at least this wide."""
WIDENING = (9, 64)
"""And at least this part of its lowest frequency: about a third of a critical band."""
MIN_UNITS = 4


@lru_cache(maxsize=64)
def band_edges(frame: int, rate: int) -> tuple[int, ...]:
    """The first unit of each band of a superframe of `frame` units at `rate` Hz, and at the end `frame`."""
    least = max(MIN_UNITS, -(-LEAST_HZ * 2 * frame // rate))
    edges = [0]
    while edges[-1] < frame:
        growing = (edges[-1] * WIDENING[0] // WIDENING[1] + 2) // 4 * 4
        edges.append(min(edges[-1] + max(least, growing), frame))
    if len(edges) > 2 and edges[-1] - edges[-2] < least:
        del edges[-2]
    return tuple(edges)


@lru_cache(maxsize=64)
def band_of(frame: int, rate: int) -> NDArray[np.int64]:
    """The band of each unit, int64 `[frame]`."""
    edges = np.array(band_edges(frame, rate))
    return np.repeat(np.arange(len(edges) - 1), np.diff(edges))


@lru_cache(maxsize=64)
def band_tilt(frame: int, rate: int) -> NDArray[np.int64]:
    """How wide a critical band is at each band, in sixteenths of an octave above 100 Hz, int64 `[bands]`.

    That is 16 log2(centre / 700 Hz), and 0 below: critical bands widen in proportion to frequency from there on.
    """
    edges = np.array(band_edges(frame, rate), dtype=np.int64)
    doubled = (edges[:-1] + edges[1:]) * rate  # 4 * frame * centre in Hz
    return np.array([max(log2_16(int(value)) - log2_16(2800 * frame), 0) for value in doubled])


def log2_16(number: int) -> int:
    """The whole part of 16 log2(number), in whole numbers alone."""
    # number^16 has 16 log2(number) bits, one more for the whole part.
    return (number**16).bit_length() - 1


@dataclass(frozen=True, kw_only=True)
class Fill:
    """Noise in place of zeros: its amplitude is a part of what is missing from the band's level."""

    low: float
    """Which part, below `Profile.fill_hz`."""
    high: float
    """Which part above."""
    limit: float
    """And at most this part of a step."""


NO_FILL = Fill(low=0.0, high=0.0, limit=0.0)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A rule from the levels of bands to step sizes. Exponents are in sixteenths of an octave (0.376 dB).

    A level counts octaves of amplitude (6.02 dB). What the terms stand for is the masking of noise by sound: under the
    band itself, its neighbours, the whole superframe, and what comes before and after.
    """

    wire_id: int
    name: str
    levelled: bool
    """Whether the stream says the levels of the bands; without them all units have one step."""
    slope: int = 0
    """The step's exponent grows by this for each level of the band; 16: constant signal-to-noise."""
    loud: int = 0
    """And by this for each level of the superframe's mean."""
    spread: int = 0
    """And by this for each level by which the louder of the two neighbours is above the band."""
    past: int = 0
    """And by this for each level by which the band was louder in the superframe before."""
    tilt: int = 0
    """And by this / 16 of the octaves by which critical bands have widened (`bands.band_tilt`)."""
    fill: Fill = NO_FILL
    """Noise between weights that are there."""
    fill_empty: Fill = NO_FILL
    """Noise in bands that have none."""
    fill_hz: int = 2000
    shrink: float = 0.05
    """What is taken off a weight of one step: small weights are more frequent than large ones."""


_ALL = (
    Profile(wire_id=0, name="waveform", levelled=False),
    Profile(
        wire_id=1, name="speech", levelled=True, slope=7, loud=4, spread=2, past=3, tilt=13, fill_hz=4900, shrink=0.06,
        fill=Fill(low=0.46, high=0.58, limit=0.083), fill_empty=Fill(low=0.67, high=0.64, limit=0.21),
    ),
    Profile(
        wire_id=2, name="music", levelled=True, slope=8, loud=0, spread=4, past=0, tilt=3, fill_hz=3300, shrink=0.16,
        fill=Fill(low=0.33, high=1.0, limit=0.15), fill_empty=Fill(low=0.84, high=0.84, limit=0.2),
    ),
)  # fmt: skip
PROFILES = {profile.wire_id: profile for profile in _ALL}


def profile_of(wire_id: int) -> Profile:
    """The profile with this number.

    Raises:
        FormatError: there is none.
    """
    if wire_id not in PROFILES:
        raise FormatError(f"{wire_id} is no profile; there are: {', '.join(map(str, PROFILES))}")
    return PROFILES[wire_id]


Whole = NDArray[np.integer]

MIN_STEP, MAX_STEP = -256, 767
"""Exponents of a block's steps: ten bits."""


def exponents(profile: Profile, frame: int, rate: int, steps: Whole, levels: Whole) -> Whole:
    """The exponents of the bands' steps, in sixteenths of an octave, for `levels [blocks, frames, channels, bands]`.

    `steps [blocks]` are those of the blocks. Where a band has no neighbour, or no superframe before it in its block, it
    is taken itself.
    """
    found = steps[:, None, None, None] + (band_tilt(frame, rate) * profile.tilt >> 4) + profile.slope * levels
    if profile.loud:
        found = found + (profile.loud * levels.sum(axis=-1, keepdims=True)) // levels.shape[-1]
    if profile.spread:
        below = np.concatenate([levels[..., :1], levels[..., :-1]], axis=-1)
        above = np.concatenate([levels[..., 1:], levels[..., -1:]], axis=-1)
        found = found + profile.spread * np.maximum(np.maximum(below, above) - levels, 0)
    if profile.past:
        before = np.concatenate([levels[:, :1], levels[:, :-1]], axis=1)
        found = found + profile.past * np.maximum(before - levels, 0)
    return found
