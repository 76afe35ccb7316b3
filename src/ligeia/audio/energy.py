"""Ratios of energies."""

from math import inf, log10


def snr_from_energies(signal: float, error: float) -> float:
    """10 log10(signal / error): infinite without error, NaN for silence."""
    if signal == 0:
        return float("nan") if error == 0 else -inf
    if error in (0, inf):
        return inf if error == 0 else -inf
    return 10 * log10(signal / error)
