"""Times in seconds as numbers of samples."""

from math import ceil

from ligeia.errors import InputError


def rendered_frames(seconds: float, rate: int, start: float, stop: float | None) -> int:
    """Samples at `rate` Hz from `start` to `stop` (seconds; None or beyond the end: the end) of a sound.

    Raises:
        InputError: not 0 <= start <= stop.
    """
    stop = seconds if stop is None else min(stop, seconds)
    if not 0 <= start <= stop:
        raise InputError(f"start and stop must satisfy 0 <= start <= stop <= {seconds:g} s, got {start:g} and {stop:g}")
    return ceil(round((stop - start) * rate, 6))
