"""Figures that weigh size against quality."""

from math import isfinite
from numbers import Integral

from ligeia.errors import InputError


def q_comp(*, compressed_bytes: int, original_bytes: int, cdpam: float) -> float:
    """Size ratio times squared CDPAM distance, a plain number: 0 is best, lower is better.

    What "original" means must be stated beside every value: Mahdi's own ratios are against 32-bit float samples, half
    the ratios against 16-bit ones. Ligeia takes 16-bit PCM of the same sound, rate and channels (`pcm16_bytes`).

    Raises:
        InputError: a size is not a positive whole number, or the distance is negative or not finite.

    Source: Mahdi 2025, equation 4.2.

    Example:
        >>> q_comp(compressed_bytes=44100, original_bytes=pcm16_bytes(88200, 1), cdpam=0.5)
        0.0625
    """
    for name, size in (("compressed_bytes", compressed_bytes), ("original_bytes", original_bytes)):
        _check_positive(name, size)
    if not (isfinite(cdpam) and cdpam >= 0):
        raise InputError(f"cdpam must be a distance, 0 or more, got {cdpam}")
    return compressed_bytes / original_bytes * cdpam**2


def pcm16_bytes(frames: int, channels: int) -> int:
    """The bytes of a sound as 16-bit PCM without a header: two for each sample of each channel.

    Raises:
        InputError: one is not a positive whole number.
    """
    _check_positive("frames", frames)
    _check_positive("channels", channels)
    return 2 * int(frames) * int(channels)


def _check_positive(name: str, number: int) -> None:
    if isinstance(number, bool) or not isinstance(number, Integral) or number < 1:
        raise InputError(f"{name} must be a positive whole number, got {number!r}")
