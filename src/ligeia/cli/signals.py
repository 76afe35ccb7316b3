"""SIGTERM and SIGHUP go the way of Ctrl-C: what is half-done is cleaned up, children end, and one line says so."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

NAMES = ("SIGTERM", "SIGHUP")  # the latter is not known everywhere


class Stopped(KeyboardInterrupt):
    """A signal asked the process to end; whatever handles Ctrl-C handles it as well."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


def interrupt_by(number: int) -> KeyboardInterrupt:
    """Return what the signal `number` raises: a plain `KeyboardInterrupt` for Ctrl-C."""
    return KeyboardInterrupt() if number == signal.SIGINT else Stopped(number)


def exit_code(interrupt: KeyboardInterrupt) -> int:
    """Return the exit code after `interrupt`: 128 and the number of the signal, 130 for Ctrl-C.

    Example:
        >>> exit_code(KeyboardInterrupt()), exit_code(Stopped(15))
        (130, 143)
    """
    return 128 + (interrupt.number if isinstance(interrupt, Stopped) else signal.SIGINT)


def by_signal(interrupt: KeyboardInterrupt) -> str:
    """Return ` by SIGTERM` or the like, and nothing for Ctrl-C."""
    return f" by {interrupt}" if isinstance(interrupt, Stopped) else ""


@contextmanager
def signals_as_interrupts() -> Iterator[None]:
    """Raise `Stopped` where SIGTERM or SIGHUP arrives within the block; later ones do not disturb the cleanup.

    A signal that is ignored, as SIGHUP is under `nohup`, stays so. Only the main thread of a process may do this.
    """
    before = {number: signal.getsignal(number) for name in NAMES if (number := getattr(signal, name, None))}
    heard = [number for number, handler in before.items() if handler != signal.SIG_IGN]

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        for other in heard:
            signal.signal(other, signal.SIG_IGN)
        raise Stopped(number)

    for number in heard:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in heard:
            signal.signal(number, before[number])
