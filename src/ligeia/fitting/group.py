"""What fitting a group of blocks gives."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import snr_from_energies


@dataclass(frozen=True)
class FittedGroup:
    """A group of fitted blocks: their numbers, parameters `[blocks, ...]`, gains `[blocks]`, and how well."""

    blocks: range
    parameters: dict[str, NDArray[np.float32]]
    gains: NDArray[np.float32]
    signal: float
    """Energy of the samples that the blocks stand for (overlaps counted twice)."""
    error: float
    """Energy of the error in them."""
    steps: int
    seconds: float
    """How long it took."""
    trace: list[dict[str, float]]
    """SNR of the best parameters so far, as (step, seconds, snr_db), at each evaluation."""

    @property
    def snr_db(self) -> float:
        """Signal-to-noise ratio of the group in dB."""
        return snr_from_energies(self.signal, self.error)
