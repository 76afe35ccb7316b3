"""Bounds on the sound, and on the computing, that the bytes of a stream may ask for (FORMAT.md §6).

A few bytes can be days of silence, or a network that takes minutes for every second. Neither is invalid. What a stream
asks for is compared with its size before anything is computed, and refused where it is out of all proportion, unless
the caller says how many seconds are welcome. The bounds on output are those for recordings, in `audio.limits`.

Work is counted in multiply-adds, of which a core does some 10^10 a second; other steps count as what takes their time.
"""

from collections.abc import Mapping
from math import ceil

from ligeia.audio.limits import is_plausible
from ligeia.audio.signal import count_samples
from ligeia.codec.container import Stream
from ligeia.codec.header import Header
from ligeia.errors import FormatError, SettingsError

FREE_WORK = 2.0**36
"""Work that any stream may ask for, however small it is: some seconds."""
WORK_AT_ONCE = 2.0**34
"""Work for one piece of sound, so that the first one comes, and a call can be stopped, within seconds."""


class OverBudget(FormatError):
    """A stream asks for more than its bytes justify: its text says what, `seconds` which `max_seconds` lets it pass."""

    def __init__(self, reason: str, seconds: float) -> None:
        self.reason, self.seconds = reason, ceil(seconds)
        super().__init__(f"{reason}; max_seconds={self.seconds} allows it")


def check_budget(
    parsed: Stream, rate: int, times: tuple[float, float | None] = (0.0, None), *, max_seconds: float | None = None
) -> None:
    """Refuse to decode the stretch `times` of a stream, sampled at `rate` Hz, if its bytes do not justify it.

    With `max_seconds` a stretch that is no longer passes, whatever it takes, and a longer one does not.

    Raises:
        OverBudget: the sound would be too long or too large, or computing it would take too long.
        InputError: `times` are out of range.
        SettingsError: `max_seconds` is not above 0.
    """
    header, size = parsed.header, parsed.total_bytes
    count = count_samples(header.segments.sample_count / header.rate, rate, *times)
    check_output(parsed, rate, count, max_seconds)
    audible = _audible(parsed.payloads, _blocks(header, times[0], count / rate))
    work = audible * header.coding.work(header, max(rate / header.rate, 1.0))
    most = FREE_WORK + header.coding.work_per_byte * size
    if max_seconds is None and work > most:
        raise OverBudget(f"{size:,} bytes ask for {work / most:.1f} times the most work that they may", count / rate)


def check_output(parsed: Stream, rate: int, count: int, max_seconds: float | None) -> None:
    """Refuse `count` samples at `rate` Hz in each channel of a stream; see `check_budget`."""
    seconds, channels = count / rate, parsed.header.spec.channels
    if max_seconds is None:
        if not is_plausible(parsed.total_bytes, rate=rate, channels=channels, sample_count=count):
            claim = f"{seconds:,.0f} s of sound, {4 * count * channels:,} bytes of samples"
            raise OverBudget(f"{parsed.total_bytes:,} bytes claim {claim}", seconds)
        return
    if not max_seconds > 0:
        raise SettingsError(f"max_seconds must be above 0, got {max_seconds}")
    if seconds > max_seconds:
        raise OverBudget(f"this is {seconds:,.3f} s of sound, and {max_seconds:g} s are allowed", seconds)


def _blocks(header: Header, start: float, seconds: float) -> range:
    """Return the blocks of a stretch, roughly: those that it touches."""
    hop = header.segments.hop
    first, last = int(start * header.rate // hop), int((start + seconds) * header.rate // hop)
    return range(min(first, header.segments.count), min(last + 1, header.segments.count))


def _audible(payloads: Mapping[int, bytes], blocks: range) -> int:
    """Count the blocks that have a payload."""
    payloads = getattr(payloads, "stored", payloads)  # those of the synthesis, where silent blocks are not empty
    sizes = getattr(payloads, "sizes", None)
    if sizes is not None:
        return sum(map(bool, sizes[blocks.start : blocks.stop]))
    return sum(1 for number in blocks if payloads.get(number))
