"""Analysis."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Sound
from ligeia.codec.header import MAX_TRANSFORM_FRAMES, MAX_TRANSFORM_PARAMETERS
from ligeia.codec.transform.quantiser import to_mid_side
from ligeia.dsp.mdct import mdct, window_sequence
from ligeia.dsp.window_switching import bits_cost, choose_switching
from ligeia.errors import InputError
from ligeia.networks.lapped import FRAME_STEP, MAX_FRAME, MAX_FRAMES, Lapped

Reals = NDArray[np.floating]

Whole = NDArray[np.integer]

BLOCK_SECONDS = 1.5
"""A block is this long at most: three seconds are two blocks."""
SPARE = MAX_FRAMES + 2
"""Numbers of a block, at most, that are no coefficients."""
MAX_SAMPLE = 2.0**30
AT_ONCE = 2**22
"""Samples that are analysed together: it bounds the memory."""
EMPHASIS = 0.725
"""Splits are chosen for the sound with its high frequencies raised, whose steps are more alike."""
PENALTIES = (0.0, 4.0, 10.0, 25.0, 40.0)
"""Bits by which each split has to be better: what the contexts lose where switching change."""


@dataclass
class Analysis:
    """Analysis."""

    spec: Lapped
    coefficients: Reals
    switching: Whole
    mid_side: NDArray[np.bool_]


def lapped_spec(rate: int, channels: int, frames: int, *, frame_seconds: float) -> Lapped:
    """The network for `frames` samples of sound: superframes of about `frame_seconds`, blocks within `BLOCK_SECONDS`.

    Even shorter ones where a decoder would not accept that many numbers (see `container`).
    """
    longest = min(MAX_FRAME, (MAX_TRANSFORM_PARAMETERS - SPARE) // channels)
    frame = min(max(round(frame_seconds * rate / FRAME_STEP), 1), longest // FRAME_STEP) * FRAME_STEP
    most = min(MAX_TRANSFORM_FRAMES // channels, (MAX_TRANSFORM_PARAMETERS - SPARE) // (frame * channels))
    most = min(max(int(BLOCK_SECONDS * rate / frame), 1), most)
    whole = -(-frames // frame)
    blocks = -(-whole // most)
    return Lapped(channels=channels, frame_size=frame, frames=-(-whole // blocks))


def analyse_for_coding(sound: Sound, spec: Lapped, *, step: float) -> Analysis:
    """The coefficients of all blocks of a sound, with switching that suit quantisation in steps of about `step`.

    Raises:
        InputError: a sample is larger than `MAX_SAMPLE`.
    """
    blocks = -(-sound.frames // spec.block_samples)
    size = max(AT_ONCE // (spec.block_samples * spec.channels), 1)
    starts = range(0, blocks, size)
    parts = [_analysed(sound, spec, range(first, min(first + size, blocks)), step) for first in starts]
    coefficients, switching, mid_side = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Analysis(spec, coefficients, switching, mid_side)


def _analysed(sound: Sound, spec: Lapped, some: range, step: float) -> tuple[Reals, Whole, NDArray[np.bool_]]:
    """Weights, switching and rotations of some blocks; a block more on either side is what they share samples with."""
    blocks = -(-sound.frames // spec.block_samples)
    around = range(max(some.start - 1, 0), min(some.stop + 1, blocks))
    first = around.start * spec.block_samples
    rows = np.zeros((spec.channels, len(around) * spec.block_samples), np.float32)
    samples = sound.read(first, min(first + rows.shape[1], sound.frames))
    if np.abs(samples).max(initial=0) > MAX_SAMPLE:
        raise InputError(f"samples beyond {MAX_SAMPLE:g} cannot be stored: scale the sound down")
    rows[:, : samples.shape[1]] = samples
    raised = rows - EMPHASIS * np.pad(rows, ((0, 0), (1, 0)))[:, :-1]
    shape = (spec.channels, -1, spec.frame_size)
    switching = choose_switching(raised.reshape(shape), spec, bits_cost(step), PENALTIES).reshape(-1, spec.frames)
    coefficients = mdct(rows.reshape(shape), window_sequence(spec, switching))
    ordered = np.moveaxis(coefficients.reshape(spec.channels, len(around), spec.frames, spec.frame_size), 0, 2)
    inner = slice(some.start - around.start, some.stop - around.start)
    mid_side = _choose_mid_side(ordered[inner])
    return to_mid_side(ordered[inner], mid_side), switching[inner], mid_side


def _choose_mid_side(coefficients: Reals) -> NDArray[np.bool_]:
    """Where mid and side have fewer bits than left and right, `[blocks]`."""
    blocks = len(coefficients)
    if coefficients.shape[2] != 2:
        return np.zeros(blocks, bool)
    both = np.ones(blocks, bool)
    floor = 1e-4 * np.abs(coefficients).max(initial=1e-9)

    def bits(values: Reals) -> Reals:
        return np.asarray(np.log2(np.abs(values) + floor).sum(axis=(1, 2, 3)))

    return np.asarray(bits(to_mid_side(coefficients, both)) < bits(coefficients))
