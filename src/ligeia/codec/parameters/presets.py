"""Presets of the siren: how small and how patient. A preset is plain data."""

from dataclasses import dataclass

from ligeia.errors import InputError

DEFAULT = "standard"


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A point between small and good, quick and patient."""

    name: str
    """The name on the command line."""
    summary: str
    """What it is for."""
    quality: float
    """Size, 0 to 10 (see `bits_per_sample`)."""
    steps: int
    """Optimiser steps."""


PRESETS: tuple[Preset, ...] = (
    Preset(name="draft", summary="a quick look: few steps, small", quality=5, steps=300),
    Preset(name="standard", summary="the usual one", quality=7, steps=1500),
    Preset(name="fine", summary="larger, and four times the patience", quality=9, steps=6000),
)
BY_NAME = {preset.name: preset for preset in PRESETS}


def bits_per_sample(quality: float) -> float:
    """Stream bits per sample and channel at a quality of 0 to 10: 1/4 at 0, doubling every 2, 8 at 10."""
    if not 0 <= quality <= 10:
        raise InputError(f"quality must lie between 0 and 10, got {quality}")
    return 0.25 * float(2.0 ** (quality / 2))
