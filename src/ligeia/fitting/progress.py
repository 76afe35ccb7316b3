"""What a running fit tells whoever wants to watch it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """One sign of life of a fit."""

    done: float
    """Part of the whole work that is done, 0 to 1."""
    step: int
    """Step within the running group of blocks."""
    steps: int
    """Steps that the running group takes at most."""
    group: int
    """Number of the running group, from 0."""
    groups: int
    """Number of groups."""
    loss: float
    """What the last step minimised (the mean squared error, unless the recipe says otherwise), relative to levels."""
    snr_db: float | None
    """Signal-to-noise ratio of the last evaluation of this group in dB, None before the first."""
    elapsed: float
    """Seconds since the start."""

    @property
    def remaining(self) -> float | None:
        """Estimated seconds to the end, None at the very start."""
        return self.elapsed * (1 - self.done) / self.done if self.done > 0 else None


OnProgress = Callable[[Progress], None]
