"""Known faults of the blocks of a stream; more are found as payloads are read (FORMAT.md §3)."""

from dataclasses import dataclass, field
from math import floor

from ligeia.errors import FormatError


class Damaged(FormatError):
    """A stream that is damaged; its sound is whole up to `whole_seconds`."""

    whole_seconds: float

    def __init__(self, number: int, reason: str, seconds: float) -> None:
        self.whole_seconds = max(floor(seconds * 1000) / 1000, 0.0)  # rounded down: never later than it is
        whole = f"the sound is whole up to {self.whole_seconds:.3f} s"
        super().__init__(f"block {number} is damaged: {reason}; {whole}; salvage=True gives all that is left")


@dataclass
class Faults:
    """The blocks of a stream that cannot be decoded, and why.

    All blocks from number `end` on are missing, for the reason `ending`; None: nothing is known to be missing.
    """

    reasons: dict[int, str] = field(default_factory=dict)
    end: int | None = None
    ending: str = ""

    def add(self, number: int, reason: str) -> None:
        """Note that a block cannot be decoded; what was known of it before stands."""
        self.reasons.setdefault(number, reason)

    def within(self, numbers: range) -> list[tuple[int, str]]:
        """Return those of the blocks `numbers` that cannot be decoded, in ascending order, and why.

        Of those that are missing at the end only the first one is named.
        """
        found = sorted((number, reason) for number, reason in [*self.reasons.items()] if number in numbers)
        if self.end is not None and self.end < numbers.stop:
            found.append((self.end, self.ending))
        return found
