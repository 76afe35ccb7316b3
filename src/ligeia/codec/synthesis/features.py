"""Features for the network of the synthesis: spectra of the decoded sound, and facts from the stream.

A short-time spectrum is taken every `HOP` samples, frame t from the sample `HOP` t on, with a square-root Hann window
before and after, so that frames that are left as they are add up to the signal. To each belong facts of the stream: for
each band of the codec its level and its step, in octaves, and the share of its coefficients that are not 0. The
stream's frames are longer than the hop: between their centres facts are interpolated.

Everything outside the sound is silence, with the facts of silence: what comes out at an instant depends on the decoded
sound within a fixed distance alone, so that a part of a sound can be computed without the rest.
"""

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform.quantiser import CodedBlocks
from ligeia.codec.transform.scale_factors import UNIT_SCALE_FACTOR, BlockFormat, Reals, step_exponents
from ligeia.dsp.stft import hann

SIZE, HOP = 480, 160
"""Samples of a window and between two of them; 30 and 10 ms."""
BINS = SIZE // 2 + 1
OVERLAP = SIZE // HOP - 1
"""Hops before that a window reaches into."""
RATE, FRAME_SIZE = 16000, 320
"""Rate in Hz and frame of the streams that the network has learned from."""
PHASE_BINS = 120
"""Bins whose advance in phase since the frame before is an input: up to 4 kHz."""
FACTS = 3
"""Level, step, and share of coefficients: facts of a band."""
QUIETEST = 1e-4
"""Magnitude that is added before a logarithm: a tenth of that of the noise of 16 bits."""
Spectrum = NDArray[np.complex64]
"""`[frames, BINS]`."""


def window() -> NDArray[np.float32]:
    """Return the window `[SIZE]` whose squares, `HOP` apart, add up to 1."""
    return np.sqrt(hann(SIZE) * 2 * HOP / SIZE).astype(np.float32)


def frame_facts(blocks: CodedBlocks, layout: BlockFormat) -> NDArray[np.float32]:
    """Return the facts of the frames of coded blocks of one channel, `[blocks, frames, FACTS, bands]`."""
    spectra = blocks.spectra
    steps = step_exponents(layout, blocks.steps, spectra.scale_factors) / 16 - UNIT_SCALE_FACTOR
    levels = spectra.scale_factors - float(UNIT_SCALE_FACTOR)
    widths = np.diff(layout.edges)
    shares = np.add.reduceat(spectra.coefficients != 0, layout.edges[:-1], axis=-1, dtype=np.int64) / widths
    steps = np.where(spectra.scale_factors > 0, steps, levels)
    return np.stack([levels, steps, shares], axis=-2)[:, :, 0].astype(np.float32)


def silent_facts(bands: int) -> NDArray[np.float32]:
    """Return the facts of a silent frame, `[FACTS, bands]`."""
    level = np.full(bands, -float(UNIT_SCALE_FACTOR))
    return np.stack([level, level, np.zeros(bands)]).astype(np.float32)


def facts_at(facts: Reals, first: int, frames: range) -> Reals:
    """Return facts at the instants of short-time spectra, `[len(frames), ...]`.

    `facts [stream's frames, ...]` begin with the frame `first` of the stream, which lies around the sample
    (`first` + 1/2) `FRAME_SIZE`, and reach far enough on both sides.
    """
    place = (np.arange(frames.start, frames.stop) * HOP + SIZE / 2) / FRAME_SIZE - 0.5 - first
    low = np.floor(place).astype(np.int64)
    part = (place - low).astype(np.float32).reshape(-1, *[1] * (facts.ndim - 1))
    between: Reals = facts[low] * (1 - part) + facts[low + 1] * part
    return between


def spectra(samples: NDArray[np.float32]) -> Spectrum:
    """Return the short-time spectra of all whole windows of `samples` `[time]`, every `HOP` samples from the first."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, SIZE)[::HOP]
    return np.asarray(np.fft.rfft(frames * window()), np.complex64)


def overlap_add(spectrum: Spectrum) -> NDArray[np.float32]:
    """Return the samples that all windows cover, `[HOP (frames - OVERLAP)]`, from `OVERLAP` hops after the first on."""
    hops = (np.fft.irfft(spectrum, SIZE) * window()).astype(np.float32).reshape(-1, OVERLAP + 1, HOP)
    total = np.zeros((len(hops) - OVERLAP, HOP), np.float32)
    for k in range(OVERLAP + 1):
        total += hops[OVERLAP - k : len(hops) - k, k]
    return total.ravel()


LOG_SCALE, LEVEL_SCALE, RATIO_SCALE = 0.25, 0.1, 0.25
"""Factors of logarithms of magnitudes, of levels, and of levels above steps: all inputs have about the same size."""
MIDDLE_LEVEL = -12.0
"""A level in the middle, in octaves."""
SIZE_OF_LEVEL = float(np.sqrt(HOP))
"""Magnitude of a bin where coefficients have an RMS of 1: they are orthonormal, a window's squares sum to `HOP`."""


def inputs(spectrum: Spectrum, before: Spectrum, facts: Reals) -> NDArray[np.float32]:
    """Return the inputs of the network, `[frames, n]`.

    `spectrum` are the frames, `before` those one hop earlier, `facts [frames, FACTS, bands]` what `facts_at` returns.
    """
    magnitude = np.log(np.abs(spectrum) + np.float32(QUIETEST)) * np.float32(LOG_SCALE) + 1
    turned = spectrum[:, :PHASE_BINS] * np.conj(before[:, :PHASE_BINS]) * advance()
    turned /= np.abs(turned) + np.float32(QUIETEST**2)
    level = (facts[:, 0] - MIDDLE_LEVEL) * LEVEL_SCALE
    ratio = (facts[:, 0] - facts[:, 1]) * RATIO_SCALE
    return np.concatenate([magnitude, turned.real, turned.imag, level, ratio, facts[:, 2]], axis=1, dtype=np.float32)


def advance() -> Spectrum:
    """The turn, back, of the middle frequency of each bin in one hop, `[PHASE_BINS]`."""
    return np.asarray(np.exp(-2j * np.pi * HOP / SIZE * np.arange(PHASE_BINS)), np.complex64)


def band_weights(edges: NDArray[np.integer]) -> NDArray[np.float32]:
    """Return weights `[bands, BINS]` that interpolate a quantity of bands between their centres to the bins."""
    centres = (edges[:-1] + edges[1:]) / 2 / FRAME_SIZE * (BINS - 1)
    unit = np.eye(len(centres))
    return np.stack([np.interp(np.arange(BINS), centres, row) for row in unit]).astype(np.float32)
