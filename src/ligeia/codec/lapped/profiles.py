"""How coarse each band is quantised, and how silence between coarse steps is filled (FORMAT.md §8.3)."""

from dataclasses import dataclass

from ligeia.errors import FormatError


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A rule from the levels of bands to step sizes. Exponents are in sixteenths of an octave (0.376 dB)."""

    wire_id: int
    name: str
    slope: int
    """The step's exponent grows by this for each octave (6.02 dB) of the band's level; 16: constant signal-to-noise."""
    tilt: int
    """And by this / 16 of the octaves by which critical bands have widened (`bands.band_tilt`)."""
    levelled: bool
    """Whether the stream says the levels of the bands; without them all units have one step."""
    fill_low: float
    """Amplitude of the noise in place of zeros below `FILL_HZ`, as a part of what is missing from the band's level."""
    fill_high: float
    """The same above."""
    fill_limit: float
    """The noise is at most this part of a step."""


FILL_HZ = 2000

_ALL = (
    Profile(wire_id=0, name="waveform", slope=0, tilt=0, levelled=False, fill_low=0.0, fill_high=0.0, fill_limit=0.0),
    Profile(wire_id=1, name="speech", slope=8, tilt=14, levelled=True, fill_low=0.24, fill_high=0.66, fill_limit=0.22),
    Profile(wire_id=2, name="music", slope=9, tilt=8, levelled=True, fill_low=0.5, fill_high=0.6, fill_limit=0.35),
)
PROFILES = {profile.wire_id: profile for profile in _ALL}


def profile_of(wire_id: int) -> Profile:
    """The profile with this number.

    Raises:
        FormatError: there is none.
    """
    if wire_id not in PROFILES:
        raise FormatError(f"{wire_id} is no profile; there are: {', '.join(map(str, PROFILES))}")
    return PROFILES[wire_id]
