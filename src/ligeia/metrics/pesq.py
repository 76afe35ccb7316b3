"""PESQ: the opinion of telephone listeners, foretold by the programme of ITU-T P.862 in the package `pesq` (ludlows).

That programme's terms of use are its own: the ITU-T and the owners of PESQ restrict commercial use. It was made for
speech of about 8 to 20 seconds. Values are MOS-LQO; identical sounds score 4.64 (wide-band) or 4.55 (narrow-band).
"""

from numpy.typing import ArrayLike

from ligeia.errors import MissingExtra, UndefinedScore
from ligeia.metrics.conditions import audible_pair, demand_rate
from ligeia.metrics.metric import Signal
from ligeia.metrics.pesq_process import Mode, measured
from ligeia.metrics.remembered import remembered
from ligeia.metrics.utterances import most_utterances

WIDE_RATES, NARROW_RATES = (16000,), (8000, 16000)
"""Rates in Hz that the two modes are defined at."""
LONGEST = 95.0
"""Seconds: the programme keeps 1000 bad intervals, of at least five frames of 16 ms and one between them."""
ALWAYS_SAFE = 18.0
"""Seconds: shorter than 50 utterances of at least 200 ms and the pauses of at least 188 ms between them."""
MOST_UTTERANCES = 40
"""The programme keeps 50; `most_utterances` may be some off."""


@remembered
def pesq_wb(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Wide-band PESQ (ITU-T P.862.2), MOS-LQO from 1 to 4.64, at 16 kHz.

    Computed in a process of its own, as the programme may crash; what is too much for its memory is refused.

    Raises:
        InputError: the arrays are unusable, or the rate is not 16000 Hz.
        UndefinedScore: a sound is silent, too short or too long, or PESQ finds no utterance or breaks down.
        MissingExtra: the package pesq is not installed.
    """
    x, y = audible_pair(reference, estimate)
    demand_rate(rate, WIDE_RATES, "wide-band PESQ")
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
    demand_rate(rate, NARROW_RATES, "narrow-band PESQ")
    return _pesq(x, y, rate, "nb")


def _pesq(x: Signal, y: Signal, rate: int, mode: Mode) -> float:
    try:
        import pesq  # noqa: F401 (the process needs it; here we only see whether it is there)
    except (ImportError, OSError) as error:
        raise MissingExtra("pesq", "metrics") from error
    _demand_room(x, rate)
    return measured(x, y, rate, mode)


def _demand_room(reference: Signal, rate: int) -> None:
    """Raise `UndefinedScore` where the programme's buffers, which it does not check, may be too small."""
    seconds = len(reference) / rate
    if seconds > LONGEST:
        raise UndefinedScore(f"longer than {LONGEST:g} s, which PESQ has no room for: compare shorter pieces")
    if seconds > ALWAYS_SAFE and most_utterances(reference, rate) > MOST_UTTERANCES:
        raise UndefinedScore(f"more than {MOST_UTTERANCES} utterances, PESQ has no room for: compare shorter pieces")
