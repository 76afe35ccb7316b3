"""No click at the borders of blocks: the error there is like the error elsewhere."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import ligeia
from ligeia.inr import INR

ROOT = Path(__file__).resolve().parent.parent


def jumps(error: NDArray[np.float64]) -> NDArray[np.float64]:
    """Size of the second difference, which a click makes large."""
    return np.abs(np.diff(error, 2, prepend=0, append=0))


def near_borders(inr: INR) -> NDArray[np.bool_]:
    """Samples within 2 ms of where a block begins or ends."""
    near = np.zeros(inr.sample_count, bool)
    reach = int(0.002 * inr.rate)
    for start in inr.segments.starts[1:]:
        for border in (start, start + inr.segments.overlap):
            near[max(border - reach, 0) : border + reach] = True
    return near


def sine() -> ligeia.Audio:
    return ligeia.Audio(0.5 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)[None], 16000)


def speech() -> ligeia.Audio:
    audio = ligeia.read_audio(ROOT / "examples" / "demo.flac")
    return ligeia.Audio(audio.samples[:, int(1.2 * audio.rate) : int(3.2 * audio.rate)], audio.rate)


@pytest.mark.parametrize("make", [sine, speech])
def test_borders_sound_like_the_rest(make: object) -> None:
    audio = make()  # type: ignore[operator]
    inr = ligeia.fit(audio, steps=300)
    assert inr.segments.count >= 6
    error = (inr.render().samples - audio.samples)[0].astype(np.float64)
    near = near_borders(inr)
    # A block is worst at its ends, where it has neighbours on one side only, so the error there may be a little larger;
    # a click would stand out far above the roughest sample elsewhere.
    assert np.sqrt(np.mean(error[near] ** 2)) < 1.7 * np.sqrt(np.mean(error[~near] ** 2))
    assert jumps(error)[near].max() < 1.5 * jumps(error)[~near].max()


def test_without_a_cross_fade_this_test_would_fail() -> None:
    audio = speech()
    inr = ligeia.fit(audio, steps=300)
    error = (inr.render().samples - audio.samples)[0].astype(np.float64)
    border = int(inr.segments.starts[3])
    error[border] += 0.3
    near = near_borders(inr)
    assert jumps(error)[near].max() > 1.5 * jumps(error)[~near].max()
