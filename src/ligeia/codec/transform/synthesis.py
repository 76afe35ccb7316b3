"""From blocks to samples at the sound's own rate: the inverse MDCT, without the function in between."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.header import Header, unpack_blocks
from ligeia.dsp.mdct import inverse_mdct, to_switching, window_sequence
from ligeia.errors import FormatError
from ligeia.networks.lapped import Lapped

COEFFICIENTS_AT_ONCE = 2**19
"""Coefficients of blocks that are decoded together: it bounds the memory."""

Spectrum = tuple[NDArray[np.float32], NDArray[np.int64]]
"""Coefficients `[blocks, frames, channels, frame_size]` and window switching `[blocks, frames]`."""


def decode_samples(
    payloads: Mapping[int, bytes], numbers: range, header: Header, *, salvage: bool = False
) -> Iterator[NDArray[np.float32]]:
    """Return the samples of the blocks `numbers`, a few blocks at a time, float32 `[channels, n]`.

    Blocks without payload are silent, and with `salvage` those that are not valid, too. Each is decoded once; one more
    on either side is, since neighbours share samples.

    Raises:
        FormatError: a block is not valid.
    """
    spec, count = header.spec, header.segments.count
    assert isinstance(spec, Lapped)
    size = max(COEFFICIENTS_AT_ONCE // spec.parameters, 1)
    around = range(max(numbers.start - 1, 0), min(numbers.stop + 1, count))
    runs = (range(first, min(first + size, around.stop)) for first in range(around.start, around.stop, size))
    spectra = (_decode(payloads, run, header, salvage) for run in runs)
    return synthesise(spectra, spec, range(numbers.start - around.start, numbers.stop - around.start))


def _decode(payloads: Mapping[int, bytes], numbers: range, header: Header, salvage: bool) -> Spectrum:
    unpacked = unpack_blocks(payloads, numbers, header)
    if unpacked.invalid and not salvage:
        raise FormatError(next(iter(unpacked.invalid.values())))
    coefficients = np.swapaxes(unpacked.parameters["weight"], 2, 3)
    return coefficients, to_switching(unpacked.parameters["switching"])


def synthesise(spectra: Iterable[Spectrum], spec: Lapped, wanted: range) -> Iterator[NDArray[np.float32]]:
    """Return the samples of runs of blocks, float32 `[channels, n]`: of those `wanted`, counted from the first one.

    The inverse MDCT of a block needs the blocks on both sides, so that the last one of a run comes with the next run.
    """
    runs = iter(spectra)
    held, following = next(runs, None), next(runs, None)
    first = done = 0  # the first block that is held, and the first one whose samples are not out yet
    while held is not None:
        stop = first + len(held[0])
        ready = range(max(done, wanted.start), min(stop if following is None else stop - 1, wanted.stop))
        if ready:
            yield _samples(held, spec, range(ready.start - first, ready.stop - first))
        done = max(done, ready.stop)
        if following is None:
            return
        kept = min(len(held[0]), 2)  # the last block is not out yet, and needs the one before it
        held = np.concatenate([held[0][-kept:], following[0]]), np.concatenate([held[1][-kept:], following[1]])
        following, first = next(runs, None), stop - kept


def _samples(spectrum: Spectrum, spec: Lapped, wanted: range) -> NDArray[np.float32]:
    coefficients, switching = spectrum
    frames = np.moveaxis(coefficients, 2, 0).reshape(spec.channels, -1, spec.frame_size)
    samples = inverse_mdct(frames, window_sequence(spec, switching)).reshape(spec.channels, -1)
    return samples[:, wanted.start * spec.block_samples : wanted.stop * spec.block_samples]
