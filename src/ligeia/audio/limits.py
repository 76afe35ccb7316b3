"""Bounds on the sound that a few bytes may claim to be: no honest recording meets them, and hostile ones stop early.

Codecs of silence have no lower rate: a megabyte of FLAC can hold a week of it. Reading such a file would fill the disk
and take hours, so what a file claims is compared with its size, and refused beyond any plausible ratio.
"""

MOST_SECONDS = 24 * 3600.0
"""Seconds of sound that any file may hold, however small it is."""
MOST_BYTES = 4 * 10**9
"""Bytes of float32 samples that any file may hold, however small it is."""
TIMES = 1000
"""A file may hold this many bytes of float32 samples for each byte of its own. Speech at 6 kbit/s makes 256 of one."""
MOST_SPOOLED = 2**32
"""Bytes that are copied from a pipe, where no file shows beforehand how many will come."""
MOST_DECODED = 2**34
"""Bytes of the temporary file that a compressed recording is decoded to: 12 hours of stereo at 48 kHz."""


def is_plausible(size: int, *, rate: int, channels: int, sample_count: int) -> bool:
    """Tell whether a file of `size` bytes may hold `sample_count` samples in each of `channels` at `rate` Hz.

    Example:
        >>> hour = 3600 * 48000
        >>> is_plausible(2_700_000, rate=48000, channels=1, sample_count=hour)
        True
        >>> is_plausible(1_300_000, rate=48000, channels=8, sample_count=hour)
        False
    """
    samples = 4 * channels * sample_count
    return samples <= TIMES * size or (samples <= MOST_BYTES and sample_count <= MOST_SECONDS * rate)


def most_decoded(size: int) -> int:
    """Return how many bytes of float32 samples are decoded from a compressed file of `size` bytes at most."""
    return min(max(MOST_BYTES, TIMES * size), MOST_DECODED)


def too_much(size: int) -> str:
    """Return what is said of a file of `size` bytes that decodes to more than that."""
    return f"decodes to more than {most_decoded(size) / 1e9:.3g} GB of samples, the most that is read from {size} bytes"


def implausible(size: int, *, rate: int, channels: int, sample_count: int) -> str:
    """Return what is said of a file that is not plausible."""
    hours = sample_count / rate / 3600
    return f"claims to hold {hours:.1f} hours of {channels} channel(s) in {size} bytes, which no recording does"
