"""Subjects of a search for omegas: a sound by itself, or a family of sounds."""

from typing import NamedTuple, Protocol

Range = tuple[float, float]
"""From, to; searched on a logarithmic scale. Equal ends: fixed."""


class Fit(NamedTuple):
    """Errors of a network after some steps."""

    mse: float
    """Error at the samples."""
    seconds: float
    dense_mse: float | None = None
    """Error between the samples too, where it was asked for."""


class Subject(Protocol):
    """Subject of a search for omegas: a sound, or a family of them."""

    label: str
    """Its name in rows."""

    def fit(self, omegas: Range, learning_rate: float, steps: int, *, dense: bool) -> Fit:
        """Fit it from scratch, with the omegas of the first and of the other layers."""
