"""PESQ: the opinion of telephone listeners, predicted by the program of ITU-T P.862 in the package `pesq` (ludlows).

That program's terms of use are its own: the ITU-T and the owners of PESQ restrict commercial use. It was made for
speech of about 8 to 20 seconds. Values are MOS-LQO; identical sounds score 4.64 (wide-band) or 4.55 (narrow-band).

The program reads beyond its buffers for some pairs of sounds (a failed fit: a steady or a very low tone for speech),
and would take the caller down with it. Therefore it runs in a process of its own (this module as `__main__`), and
what its buffers have no room for is refused before.
"""

import os
import subprocess
import sys
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ligeia.errors import MissingExtra, UndefinedScore
from ligeia.metrics.metric import Signal, audible_pair, check_rate, checked_finite, remembered

WIDE_RATES, NARROW_RATES = (16000,), (8000, 16000)
"""Rates in Hz that the two modes are defined at."""
LONGEST = 95.0
"""Seconds: the program keeps 1000 bad intervals, of at least five frames of 16 ms and one between them."""
ALWAYS_SAFE = 18.0
"""Seconds: shorter than 50 utterances of at least 200 ms and the pauses of at least 188 ms between them."""
MOST_UTTERANCES = 40
"""The program keeps 50; `most_utterances` may be some off."""
Mode = Literal["wb", "nb"]
"""Wide-band or narrow-band."""
TIMEOUT = 300.0
"""Seconds; 95 s of sound take about five."""
REASONS = {-6: "shorter than a quarter of a second", -7: "PESQ finds no utterance"}
"""Codes of the package that mean that there is no value."""
STEPS_PER_SECOND = 250
"""Levels of the sound, one every 4 ms, in which utterances are found."""
LONGEST_PAUSE = 50
"""Steps of a pause that does not part two utterances."""
SHORTEST_UTTERANCE = 46
"""Steps of the shortest utterance, less the four by which P.862 extends it."""
WEAK = 3.0
"""A sound is weak where its mean power is less than this many times the threshold."""
BANDS = ((300.0, 3400.0), (0.0, np.inf))
"""Telephone band and all, in Hz."""
THRESHOLDS = np.arange(-40, 0, 0.25)
"""dB below the highest level; P.862 clamps levels 40 dB below it."""


@remembered
def pesq_wb(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Wide-band PESQ (ITU-T P.862.2), MOS-LQO from 1 to 4.64, at 16 kHz.

    Computed in a process of its own, as the program may crash; what is too much for its memory is refused.

    Raises:
        InputError: the arrays are unusable, or the rate is not 16000 Hz.
        UndefinedScore: a sound is silent, too short or too long, or PESQ finds no utterance or breaks down.
        MissingExtra: the package pesq is not installed.
    """
    x, y = audible_pair(reference, estimate)
    check_rate(rate, WIDE_RATES, "wide-band PESQ")
    return _pesq(x, y, rate, "wb")


@remembered
def pesq_nb(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Narrow-band PESQ (ITU-T P.862 and P.862.1), MOS-LQO from 1 to 4.55, at 8 or 16 kHz.

    The telephone band is all that counts; values at the two rates differ a little. Computed like `pesq_wb`.

    Raises:
        InputError: the arrays are unusable, or the rate is neither 8000 nor 16000 Hz.
        UndefinedScore: a sound is silent, too short or too long, or PESQ finds no utterance or breaks down.
        MissingExtra: the package pesq is not installed.
    """
    x, y = audible_pair(reference, estimate)
    check_rate(rate, NARROW_RATES, "narrow-band PESQ")
    return _pesq(x, y, rate, "nb")


def _pesq(x: Signal, y: Signal, rate: int, mode: Mode) -> float:
    try:
        import pesq  # noqa: F401 (the process needs it; here we only see whether it is there)
    except (ImportError, OSError) as error:
        raise MissingExtra("pesq", "metrics") from error
    _check_room(x, rate)
    return measure_apart(x, y, rate, mode)


# --- the program's process ---------------------------------------------------------------------------


def measure_apart(x: Signal, y: Signal, rate: int, mode: Mode) -> float:
    """Return PESQ of reference `x` and estimate `y` `[time]` at `rate` Hz, MOS-LQO.

    Raises:
        UndefinedScore: there is none, or the program crashes or gives no answer within 300 s.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "ligeia.metrics.pesq", str(rate), mode],
            input=x.tobytes() + y.tobytes(),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            timeout=TIMEOUT,
        )
    except subprocess.TimeoutExpired as error:
        raise UndefinedScore(f"PESQ did not finish within {TIMEOUT:g} s") from error
    except OSError as error:
        raise UndefinedScore(f"PESQ needs a process of its own, which does not start: {error}") from error
    if done.returncode != 0:
        raise UndefinedScore(f"PESQ breaks down ({_last_line(done.stderr) or 'its program crashes'})")
    return _value(float(_last_line(done.stdout)))


def main() -> None:
    """Answer for the pair of signals on standard input, at the rate and in the mode of the command line."""
    import pesq

    x, y = np.frombuffer(sys.stdin.buffer.read(), np.float64).reshape(2, -1)
    rate, mode = sys.argv[1:]
    value = pesq.pesq(int(rate), x, y, mode, on_error=pesq.PesqError.RETURN_VALUES)
    sys.stdout.write(f"\n{float(value)!r}\n")


def _value(answer: float) -> float:
    """Return the answer of the package; raise `UndefinedScore` where it is the code of an error."""
    if answer < 0:
        raise UndefinedScore(REASONS.get(int(answer), f"PESQ gives up with code {answer:g}"))
    return checked_finite(answer, "PESQ")


def _last_line(written: bytes) -> str:
    """Return the last line that is not empty; empty where there is none."""
    return written.decode(errors="replace").strip().rpartition("\n")[2].strip()


# --- the program's memory ----------------------------------------------------------------------------


# The program keeps 50 utterances, and more overwrite memory. ITU-T P.862 speaks of an utterance where the level of the
# filtered sound, every 4 ms, is above an adaptive threshold for 200 ms; shorter pauses than that belong to the
# utterance, and where noise is low weak sounds do not count. Neither filter nor threshold is computed here: the number
# is the largest that any threshold gives, in the telephone band or in all, with the weak sounds or without them.


def _check_room(reference: Signal, rate: int) -> None:
    """Raise `UndefinedScore` where the program's buffers, which it does not check, may be too small."""
    seconds = len(reference) / rate
    if seconds > LONGEST:
        raise UndefinedScore(f"longer than {LONGEST:g} s, which PESQ cannot handle: compare shorter pieces")
    if seconds > ALWAYS_SAFE and most_utterances(reference, rate) > MOST_UTTERANCES:
        raise UndefinedScore(
            f"more than {MOST_UTTERANCES} utterances, which PESQ cannot handle: compare shorter pieces"
        )


def most_utterances(signal: Signal, rate: int) -> int:
    """Return the most utterances that any threshold finds in `signal` `[time]` at `rate` Hz (8000 or 16000).

    Example:
        >>> half_seconds = np.repeat([1.0, 0.0, 1.0, 0.0, 1.0], 4000) * np.sin(np.arange(20000.0))
        >>> most_utterances(half_seconds, 8000)
        3
    """
    return max(_most(_powers(signal, rate, *band)) for band in BANDS)


def _powers(signal: Signal, rate: int, lowest: float, highest: float) -> Signal:
    """Power between `lowest` and `highest` Hz in each step: `[steps]`."""
    spectrum = np.fft.rfft(signal / np.abs(signal).max(initial=1e-300))
    hertz = np.fft.rfftfreq(len(signal), 1 / rate)
    spectrum[(hertz < lowest) | (hertz > highest)] = 0
    size = rate // STEPS_PER_SECOND
    steps = np.fft.irfft(spectrum, len(signal))[: len(signal) // size * size].reshape(-1, size)
    return np.asarray(np.mean(np.square(steps), axis=1))


def _most(powers: Signal) -> int:
    """Return the most utterances that any threshold finds."""
    thresholds = powers.max(initial=0.0) * 10 ** (THRESHOLDS / 10)
    return max(_utterances(powers, threshold, weakest) for threshold in thresholds for weakest in (0.0, WEAK))


def _utterances(powers: Signal, threshold: float, weakest: float) -> int:
    """Count the stretches above the threshold that are long enough, once short pauses are closed."""
    starts, stops = _stretches(powers > threshold)
    sums = np.append(0, np.cumsum(powers))
    strong = sums[stops] - sums[starts] >= weakest * threshold * (stops - starts)
    starts, stops = starts[strong], stops[strong]
    if not len(starts):
        return 0
    parted = starts[1:] - stops[:-1] > LONGEST_PAUSE
    lengths = stops[np.append(parted, True)] - starts[np.append(True, parted)]
    return int(np.sum(lengths >= SHORTEST_UTTERANCE))


def _stretches(loud: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the first steps of the stretches of true, and the steps after their last."""
    edges = np.flatnonzero(np.diff(loud.astype(np.int8), prepend=0, append=0))
    return edges[::2], edges[1::2]


if __name__ == "__main__":
    main()
