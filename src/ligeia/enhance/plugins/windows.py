"""Models that know one rate and one channel, run on recordings of any rate, channels and length."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio, Sound
from ligeia.enhance.pieces import FADE_SECONDS, Prepared, Samples

Mono = NDArray[np.float32]
"""`[time]`, full scale 1."""
MOST_SECONDS = 20.0
"""Longest stretch of sound that a model is given."""
CONTEXT_SECONDS = 3.0


def prepared_at(
    sound: Sound, rate: int, run: Callable[[Mono], Mono], findings: dict[str, object] | None = None
) -> Prepared:
    """Return a method that resamples each channel of `sound` to `rate` Hz, lets `run` work on it, and resamples back.

    `run` gets at most 20 s and returns as many samples as it got. What lies above half of `rate` is lost; the findings
    say so.
    """

    def process(samples: Samples) -> Samples:
        return np.stack([_through(channel, sound.rate, rate, run) for channel in samples])

    more = dict(findings or {}) | {"model_rate": rate}
    if sound.rate > rate:
        more["notes"] = [f"the model works at {rate} Hz: what lay above {rate / 2:g} Hz is lost"]
    piece = MOST_SECONDS - 2 * CONTEXT_SECONDS - FADE_SECONDS
    return Prepared(process=process, context_seconds=CONTEXT_SECONDS, piece_seconds=piece, findings=more)


def _through(channel: Mono, rate: int, model_rate: int, run: Callable[[Mono], Mono]) -> Mono:
    # Both conversions begin at the same instant, so that every sample comes back to its place.
    inside = resample(Audio(channel[None], rate), model_rate).samples[0]
    made = np.asarray(run(np.array(inside)), np.float32)
    assert made.shape == inside.shape, (made.shape, inside.shape)
    back = resample(Audio(made[None], model_rate), rate).samples[0, : len(channel)]
    return np.pad(back, (0, len(channel) - len(back)))
