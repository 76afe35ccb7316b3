"""Features for the suppressor: short-time spectra of a sound at 16 kHz, and how the phase of each bin moves on.

The spectra are those of the codec's synthesis: every 10 ms, square-root Hann windows of 30 ms before and after, so that
spectra that are left as they are add up to the sound. They are seen as logarithms of magnitudes, and, below 4 kHz, as
the advance of the phase since the spectrum before, beyond that of a sinusoid in the middle of the bin: steady for a
harmonic of a voice, at random for noise.
"""

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.synthesis.features import (
    BINS,
    HOP,
    LOG_SCALE,
    OVERLAP,
    PHASE_BINS,
    QUIETEST,
    RATE,
    SIZE,
    Spectrum,
    advance,
    window,
)
from ligeia.dsp.stft import hann

__all__ = ["BINS", "HOP", "INPUTS", "LEVEL", "LOG_SCALE", "OVERLAP", "PHASE_BINS", "QUIETEST", "RATE", "SIZE"]
__all__ += ["Spectrum", "advance", "before_and_after", "hop_at", "inputs", "samples_of", "spectra_of", "window"]

INPUTS = BINS + 2 * PHASE_BINS
"""Numbers that are seen of a spectrum."""
LEVEL = 0.1
"""RMS to which recordings are brought before they are seen."""
HOPS_PER_SECOND = RATE // HOP


def spectra_of(samples: NDArray[np.float32], rate: int = RATE) -> Spectrum:
    """Return the spectra `[frames, bins]` of samples `[time]` at `rate` Hz; all windows have a part in the sound.

    A bin has the same value at every rate, and lies at the same frequency where that is a multiple of 100 Hz; else
    nearly: at 11025 and 22050 Hz it is a quarter of a percent off.
    """
    hop, shape = _hop_and_window(rate)
    count = -(-len(samples) // hop)
    edge = OVERLAP * hop
    padded = np.pad(samples, (edge, edge + count * hop - len(samples)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, len(shape))[::hop]
    return np.asarray(np.fft.rfft(frames * shape) * np.float32(HOP / hop), np.complex64)


def samples_of(spectrum: Spectrum, rate: int = RATE) -> NDArray[np.float32]:
    """Return the samples, of whole hops, that `spectra_of` returns these spectra of."""
    hop, shape = _hop_and_window(rate)
    frames = np.fft.irfft(spectrum * np.float32(hop / HOP), len(shape)) * shape
    parts = frames.astype(np.float32).reshape(-1, OVERLAP + 1, hop)
    count = len(parts) - OVERLAP
    total = sum(parts[OVERLAP - k : OVERLAP - k + count, k] for k in range(OVERLAP + 1))
    return np.asarray(total, np.float32).reshape(-1)


def hop_at(rate: int) -> int:
    """Return the samples between two spectra at `rate` Hz: 10 ms, rounded."""
    return max(round(rate / HOPS_PER_SECOND), 1)


def _hop_and_window(rate: int) -> tuple[int, NDArray[np.float32]]:
    hop = hop_at(rate)
    size = (OVERLAP + 1) * hop
    return hop, np.sqrt(hann(size) * 2 * hop / size).astype(np.float32)


def before_and_after(spectrum: Spectrum) -> tuple[Spectrum, Spectrum]:
    """Return the spectra one hop before and after, below `PHASE_BINS`, turned to where a sinusoid in the middle of the
    bin would be now; silence beyond the ends.
    """
    low, turn = spectrum[:, :PHASE_BINS], advance()
    before, after = np.zeros_like(low), np.zeros_like(low)
    before[1:] = low[:-1] * np.conj(turn)
    after[:-1] = low[1:] * turn
    return before, after


def inputs(spectrum: Spectrum) -> NDArray[np.float32]:
    """Return what the network sees of spectra, `[frames, INPUTS]`."""
    magnitude = np.log(np.abs(spectrum) + np.float32(QUIETEST)) * np.float32(LOG_SCALE) + 1
    turned = spectrum[:, :PHASE_BINS] * np.conj(before_and_after(spectrum)[0])
    turned /= np.abs(turned) + np.float32(QUIETEST**2)
    return np.concatenate([magnitude, turned.real, turned.imag], axis=1, dtype=np.float32)
