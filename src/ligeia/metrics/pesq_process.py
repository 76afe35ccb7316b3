"""PESQ in a process of its own: its programme reads beyond its buffers for some pairs of sounds, and takes us with it.

A failed fit (a steady or a very low tone for speech) is such a pair. `measured` asks, `main` answers.
"""

import os
import subprocess
import sys
from typing import Literal

import numpy as np

from ligeia.errors import UndefinedScore
from ligeia.metrics.conditions import finite
from ligeia.metrics.metric import Signal

Mode = Literal["wb", "nb"]
"""Wide-band or narrow-band."""
TIMEOUT = 300.0
"""Seconds; 95 s of sound take about five."""
REASONS = {-6: "shorter than a quarter of a second", -7: "PESQ finds no utterance"}
"""Codes of the package that mean that there is no value."""


def measured(x: Signal, y: Signal, rate: int, mode: Mode) -> float:
    """PESQ of reference `x` and estimate `y` `[time]` at `rate` Hz, MOS-LQO.

    Raises:
        UndefinedScore: there is none, or the programme crashes or gives no answer within 300 s.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", __name__, str(rate), mode],
            input=x.tobytes() + y.tobytes(),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            timeout=TIMEOUT,
        )
    except subprocess.TimeoutExpired as error:
        raise UndefinedScore(f"PESQ gives no answer within {TIMEOUT:g} s") from error
    except OSError as error:
        raise UndefinedScore(f"PESQ needs a process of its own, which does not start: {error}") from error
    if done.returncode != 0:
        raise UndefinedScore(f"PESQ breaks down ({_last_line(done.stderr) or 'its programme crashes'})")
    return _value(float(_last_line(done.stdout)))


def main() -> None:
    """Answer for the pair of signals on standard input, at the rate and in the mode of the command line."""
    import pesq

    x, y = np.frombuffer(sys.stdin.buffer.read(), np.float64).reshape(2, -1)
    rate, mode = sys.argv[1:]
    value = pesq.pesq(int(rate), x, y, mode, on_error=pesq.PesqError.RETURN_VALUES)
    sys.stdout.write(f"\n{float(value)!r}\n")


def _value(answer: float) -> float:
    """What the package returned, where it is a value and no code; raises `UndefinedScore` where not."""
    if answer < 0:
        raise UndefinedScore(REASONS.get(int(answer), f"PESQ gives up with code {answer:g}"))
    return finite(answer, "PESQ")


def _last_line(written: bytes) -> str:
    """The last line that is not empty; empty where there is none."""
    return written.decode(errors="replace").strip().rpartition("\n")[2].strip()


if __name__ == "__main__":
    main()
