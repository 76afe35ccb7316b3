"""How coarse each band is quantised, and how silence between coarse steps is filled (FORMAT.md §8.2, §8.6)."""

from dataclasses import dataclass

from ligeia.errors import FormatError


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
