"""Time in seconds to the coordinate that networks see, and that to octaves of sines and cosines.

Sample k of a block of n samples sits at -1 + 2k/n on the half-open grid, which keeps time exact when
the block is rendered at another rate, and at -1 + 2k/(n-1) on the closed grid of several papers.
"""

from math import ceil, log2, pi
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor


def span_seconds(samples: int, rate: float, *, closed: bool) -> float:
    """Seconds that the coordinate range [-1, 1] stands for, in a block of `samples` at `rate` Hz."""
    steps = max(samples - 1, 1) if closed else samples
    return steps / rate


def to_coordinates(seconds: "Tensor", span: float) -> "Tensor":
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


Order = Literal["interleaved", "grouped"]


def octaves_for(rate: float, seconds: float) -> int:
    """Octaves L that cover everything up to rate/2 in a block of `seconds`: 1 + ceil(log2(T * rate / 2)).

    Term i of the encoding is a tone of 2^i / T Hz, so L = 16 (Siamese SIREN 2023) stops at 3277 Hz in 10 s.
    """
    return 1 + max(0, ceil(log2(max(seconds * rate / 2, 1))))


def encode_octaves(coordinates: "Tensor", octaves: int, *, with_coordinate: bool, order: Order) -> "Tensor":
    """Coordinates `[..., n]` to features `[..., n, 2 octaves + 1 or less]`: sin and cos of 2^i * pi * t, i < octaves.

    `order` is "interleaved" (t, sin 0, cos 0, sin 1, ...; Siamese SIREN 2023, eq. 3, whose code stops one
    octave before the paper) or "grouped" (all sines, then all cosines; HyperSound 2023).
    """
    import torch

    features = coordinates.unsqueeze(-1)
    if not octaves:
        return features
    phases = features * (pi * 2.0 ** torch.arange(octaves, dtype=coordinates.dtype, device=coordinates.device))
    pairs = torch.stack([phases.sin(), phases.cos()], dim=-1)
    if order == "grouped":
        pairs = pairs.transpose(-1, -2)
    encoded = pairs.flatten(-2)
    return torch.cat([features, encoded], dim=-1) if with_coordinate else encoded
