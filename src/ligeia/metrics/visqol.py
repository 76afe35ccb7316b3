"""ViSQOL v3 (Chinen et al. 2020): predicted opinion of listeners, by the package `visqol-python`.

Both sounds are cut into patches of a gammatone spectrogram, the patches are aligned, and their similarity is mapped to
an opinion score. The package brings the estimate to the level of the reference first, so level is not heard.

With `numba` installed it is ten times faster, after compiling for 10 to 15 s once (kept on disk); the values agree.
"""

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from math import inf, isfinite
from threading import Lock
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from ligeia.errors import InputError, MissingExtra, UndefinedScore
from ligeia.metrics.metric import Signal, checked_pair

AUDIO_RATE, SPEECH_RATE = 48000, 16000
_EXTRA = "metrics"
_STDERR = 2
_DELEGATE_LINE = b"INFO: Created TensorFlow Lite XNNPACK delegate"
"""Start of the line that the lattice network's library prints when it is first used."""
_ONE_AT_A_TIME = Lock()  # the package keeps state between calls, and its numba threads abort a second caller


@dataclass(frozen=True)
class Mode:
    """One way of mapping similarity to an opinion score; all but `needs` are arguments of the package."""

    needs: str
    """The package, besides `visqol-python`, that computes the mapping."""
    mode: Literal["audio", "speech"]
    use_lattice_model: bool | None = None
    use_unscaled_speech: bool = False


AUDIO = Mode("libsvm-official", "audio")
"""Any sound, support vector regression."""
SPEECH = Mode("ai-edge-litert", "speech", use_lattice_model=True)
"""Speech, lattice network: the default of the original program."""
SPEECH_EXPONENTIAL = Mode("numpy", "speech", use_lattice_model=False)
"""Speech, exponential fit scaled so that identity gives 5."""
SPEECH_UNSCALED = Mode("numpy", "speech", use_lattice_model=False, use_unscaled_speech=True)
"""Speech, exponential fit as it is: identity gives 4.016."""


def visqol_audio(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Predicted mean opinion score of any sound, 1 (bad) to 4.73 (identity).

    Takes mono signals `[time]` at 48 kHz; meant for clips of 5 to 10 s.

    Raises:
        InputError: another rate, or unusable arrays.
        UndefinedScore: shorter than 0.96 s, or one of the two is silent.
        MissingExtra: `visqol-python` is not installed.

    Source: Chinen et al., "ViSQOL v3", 2020; visqol v3.3.3, audio mode, as ported by visqol-python.
    """
    return _score(AUDIO, checked_pair(reference, estimate), rate)


def visqol_speech(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Predicted mean opinion score of speech, 1 (bad) to about 4.7 (identity gives 3.8 to 4.7), by a lattice network.

    Takes mono signals `[time]` at 16 kHz; meant for clips of 5 to 10 s, of which only patches with speech count. On
    white noise it falls to 1 far earlier than `visqol_speech_exponential`.

    Raises:
        InputError: another rate, or unusable arrays.
        UndefinedScore: shorter than 0.64 s, one of the two is silent, or the reference holds no speech.
        MissingExtra: `visqol-python` or `ai-edge-litert` is not installed; no other mapping takes its place.

    Source: visqol v3.3.3, speech mode, lattice model, as ported by visqol-python.
    """
    return _score(SPEECH, checked_pair(reference, estimate), rate)


def visqol_speech_exponential(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Predicted mean opinion score of speech, 1 (bad) to 5 (identity), by the older exponential mapping.

    Takes mono signals `[time]` at 16 kHz; the same patches as `visqol_speech`.

    Raises:
        InputError: another rate, or unusable arrays.
        UndefinedScore: shorter than 0.64 s, one of the two is silent, or the reference holds no speech.
        MissingExtra: `visqol-python` is not installed.

    Source: Chinen et al., "ViSQOL v3", 2020; visqol v3.3.3, speech mode without lattice model.
    """
    return _score(SPEECH_EXPONENTIAL, checked_pair(reference, estimate), rate)


def _score(mode: Mode, pair: tuple[Signal, Signal], rate: int) -> float:
    right = AUDIO_RATE if mode.mode == "audio" else SPEECH_RATE
    if rate != right:
        raise InputError(f"ViSQOL in {mode.mode} mode takes {right} Hz, got {rate} Hz: resample both sounds first")
    return opinion(mode, *pair, rate)


def opinion(mode: Mode, reference: Signal, estimate: Signal, rate: int) -> float:
    """Return the score of `mode` at any rate and for unequal lengths, as the original program takes them.

    Raises:
        UndefinedScore: too short, silent, or no patch of the reference could be compared.
        MissingExtra: a package is not installed.
    """
    for name, signal in (("reference", reference), ("estimate", estimate)):
        _check(name, signal, rate, mode)
    with _ONE_AT_A_TIME, np.errstate(all="ignore"):
        program = _program(mode)
        try:
            value = float(program.measure_from_arrays(reference, estimate, rate).moslqo)
        except (ValueError, IndexError) as error:
            raise UndefinedScore(f"ViSQOL could compare no patch of the reference ({error})") from error
    if not isfinite(value):
        raise UndefinedScore("ViSQOL has no finite value for these sounds")
    return value


def _check(name: str, signal: Signal, rate: int, mode: Mode) -> None:
    """Refuse what the package fails on or, worse, does not: a silent reference gets nearly full marks."""
    hops = 48 if mode.mode == "audio" else 32  # of 20 ms: one and a half patches of 30 or 20 frames of four hops
    with np.errstate(over="ignore", under="ignore"):
        power = float(np.mean(signal**2))
    if not 0 < power < inf:
        raise UndefinedScore(f"the {name} is {'too loud' if power else 'silent'}")
    needed = hops * rate // 50
    if len(signal) < needed:
        raise UndefinedScore(f"the {name} has {len(signal)} samples; ViSQOL needs {needed} ({hops / 50} s)")


@lru_cache
def _program(mode: Mode) -> Any:
    """Set the package up for one mode; keep its warnings from standard error where the user set up no logging."""
    try:
        from visqol import VisqolApi
    except (ImportError, OSError) as error:
        raise MissingExtra("visqol-python[lattice]", _EXTRA) from error
    logging.getLogger("visqol").addHandler(logging.NullHandler())
    settings = asdict(mode)
    needs = settings.pop("needs")
    program = VisqolApi()
    try:
        with _without(_DELEGATE_LINE):
            program.create(**settings)
    except (ImportError, OSError) as error:
        raise MissingExtra(needs, _EXTRA) from error
    return program


@contextmanager
def _without(line: bytes) -> Iterator[None]:
    """Keep one line that a library writes straight to standard error from there; everything else still comes.

    The library has no setting for it: what is written while the block runs is held back, and passed on at its end.
    """
    sys.stderr.flush()
    try:
        kept = os.dup(_STDERR)
    except OSError:  # there is no standard error, so nothing to keep clean
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), _STDERR)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, _STDERR)
            os.close(kept)
            held.seek(0)
            os.write(_STDERR, b"".join(said for said in held if not said.startswith(line)))
