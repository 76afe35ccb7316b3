"""Positional encodings: a coordinate becomes sines and cosines of octave-spaced frequencies."""

from math import ceil, log2, pi
from typing import Literal

import torch
from torch import Tensor

Order = Literal["interleaved", "grouped"]


def octaves_for(rate: float, seconds: float) -> int:
    """Octaves L that cover everything up to rate/2 in a block of `seconds`: 1 + ceil(log2(T * rate / 2)).

    Term i of the encoding is a tone of 2^i / T Hz, so L = 16 (Siamese SIREN 2023) stops at 3277 Hz in 10 s.
    """
    return 1 + max(0, ceil(log2(max(seconds * rate / 2, 1))))


def encode_octaves(coordinates: Tensor, octaves: int, *, with_coordinate: bool, order: Order) -> Tensor:
    """Coordinates `[..., n]` to features `[..., n, 2 octaves + 1 or less]`: sin and cos of 2^i * pi * t, i < octaves.

    `order` is "interleaved" (t, sin 0, cos 0, sin 1, ...; Siamese SIREN 2023, eq. 3, whose code stops one
    octave before the paper) or "grouped" (all sines, then all cosines; HyperSound 2023).
    """
    features = coordinates.unsqueeze(-1)
    if not octaves:
        return features
    phases = features * (pi * 2.0 ** torch.arange(octaves, dtype=coordinates.dtype, device=coordinates.device))
    pairs = torch.stack([phases.sin(), phases.cos()], dim=-1)
    if order == "grouped":
        pairs = pairs.transpose(-1, -2)
    encoded = pairs.flatten(-2)
    return torch.cat([features, encoded], dim=-1) if with_coordinate else encoded
