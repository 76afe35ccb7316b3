"""Short-time objective intelligibility: correlation of envelopes in third-octave bands, by the package `pystoi`.

Pieces that lie 40 dB below the reference's loudest frame are left out first, and 0.4 s must remain. Computed at 10 kHz.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import ArrayLike

from ligeia.errors import MissingExtra, UndefinedScore
from ligeia.metrics.metric import Signal, audible_pair, checked_finite

SHORTEST = 4096 / 10_000
"""Seconds: 31 frames of 256 samples every 128 at 10 kHz, less one sample."""
LONGEST = 1200.0
"""Seconds: the package takes about 4 MB for each."""
TOO_LITTLE = 1e-5
"""The value that pystoi returns, as if it were a score, where less than 0.4 s of speech remain."""


def stoi(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Short-time objective intelligibility (Taal et al. 2011), a correlation: 1 for identical sounds.

    Raises:
        InputError: the arrays are unusable.
        UndefinedScore: a sound is silent, or there is less than 0.4 s of speech, or over 20 minutes of sound.
        MissingExtra: the package pystoi is not installed.
    """
    return _stoi(*audible_pair(reference, estimate), rate, extended=False)


def estoi(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Extended STOI (Jensen and Taal 2016), a correlation: also sees noise that comes and goes.

    The package adds noise of about 1e-16 before it divides; here it is the same noise every time: values repeat.

    Raises:
        InputError: the arrays are unusable.
        UndefinedScore: a sound is silent, or there is less than 0.4 s of speech, or over 20 minutes of sound.
        MissingExtra: the package pystoi is not installed.
    """
    return _stoi(*audible_pair(reference, estimate), rate, extended=True)


def _stoi(x: Signal, y: Signal, rate: int, *, extended: bool) -> float:
    try:
        import pystoi
    except (ImportError, OSError) as error:
        raise MissingExtra("pystoi", "metrics") from error
    if not SHORTEST * rate < len(x) <= LONGEST * rate:
        raise UndefinedScore(f"{len(x) / rate:.3g} s of sound; STOI needs 0.41 s, and memory for {LONGEST:g} s at most")
    with warnings.catch_warnings(), np.errstate(all="ignore"), _same_noise():
        warnings.simplefilter("ignore")
        value = float(pystoi.stoi(x, y, int(rate), extended=extended))
    if value == TOO_LITTLE:
        raise UndefinedScore("less than 0.4 s of speech")
    return checked_finite(value, "STOI")


@contextmanager
def _same_noise() -> Iterator[None]:
    """Seed numpy's global generator, which pystoi draws from, and put it back as it was."""
    state = np.random.get_state()  # noqa: NPY002
    np.random.seed(0)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002
