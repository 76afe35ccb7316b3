"""What encoding did, and how good the result is."""

from dataclasses import dataclass

import numpy as np

from ligeia.audio.signal import Sound, snr_from_energies
from ligeia.codec.pieces import decode_pieces


@dataclass(frozen=True)
class EncodeReport:
    """What encoding did."""

    snr_db: float
    """SNR of the decoded stream."""
    seconds: float
    fit_snr_db: float | None = None
    """Siren: SNR of the blocks as fitted: before cross-fading, and before quantisation unless the fit knew it."""
    steps: int | None = None
    """Siren: optimiser steps of the slowest group of blocks."""
    attempts: int = 1
    """Siren: how many sizes were tried for a target SNR."""
    step: int | None = None
    """Lapped network: exponent of the (finest) quantisation steps, in sixteenths of an octave."""
    units: int | None = None
    """Lapped network: units that are there."""
    preset: str | None = None
    """The preset that was taken, where one was."""
    notes: tuple[str, ...] = ()
    """What the one who asked should know."""


def decoded_snr(stream: bytes, sound: Sound) -> float:
    """SNR in dB of what `stream` decodes to against the sound it was made from, sample by sample."""
    signal = error = 0.0
    start = 0
    for piece in decode_pieces(stream):
        original = sound.read(start, start + piece.shape[1])
        signal += float(np.square(original, dtype=np.float64).sum())
        error += float(np.square(original - piece, dtype=np.float64).sum())
        start += piece.shape[1]
    return snr_from_energies(signal, error)
