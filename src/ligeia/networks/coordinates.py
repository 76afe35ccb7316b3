"""Time in seconds to the coordinate that networks see.

Sample k of a block of n samples sits at -1 + 2k/n on the half-open grid, which keeps time exact when
the block is rendered at another rate, and at -1 + 2k/(n-1) on the closed grid of several papers.
"""

from math import pi

from torch import Tensor


def span_seconds(samples: int, rate: float, *, closed: bool) -> float:
    """Seconds that the coordinate range [-1, 1] stands for, in a block of `samples` at `rate` Hz."""
    steps = max(samples - 1, 1) if closed else samples
    return steps / rate


def to_coordinates(seconds: Tensor, span: float) -> Tensor:
    """Seconds since the start of a block, any shape, to coordinates of the same shape."""
    return seconds * (2 / span) - 1


def hz_to_omega(hz: float, seconds: float) -> float:
    """First-layer frequency factor for `hz` in a block of `seconds`: pi * T * f.

    One unit of the coordinate lasts T/2 seconds, in which a tone of f Hz turns by pi * T * f radians.
    """
    return pi * seconds * hz


def omega_to_hz(omega: float, seconds: float) -> float:
    """The frequency in Hz that a first-layer factor `omega` reaches in a block of `seconds`."""
    return omega / (pi * seconds)
