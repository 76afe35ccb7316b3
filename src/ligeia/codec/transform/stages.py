"""Durations of the stages of encoding, for its progress."""

import numpy as np

from ligeia.audio.signal import Sound
from ligeia.codec.transform.analysis import KEPT_COEFFICIENTS
from ligeia.codec.transform.presets import TransformPreset
from ligeia.codec.transform.rate_control import Target

TRIED_SECONDS = 3.0
"""Duration of the part of a sound on which frame durations are tried."""
ANALYSIS, LONG_BLOCKS, TRIAL, WRITING = 10.0, 3.0, 12.0, 18.0
"""Time that passes over a second of sound take, in comparison: an analysis, one with long blocks alone, and so on."""
TRIALS_FOR_RATE, TRIALS_FOR_SNR = 1.3, 9.0
"""Number of trials on average."""


def stages_of(sound: Sound, preset: TransformPreset, target: Target) -> list[tuple[float, float]]:
    """Return begin and end of each stage, as shares of the time: frame size to writing."""
    seconds, durations = sound.sample_count / sound.rate, len(preset.frame_seconds)
    trials = TRIALS_FOR_RATE if target.snr_db is None else TRIALS_FOR_SNR
    searched = target.kbps is not None or target.snr_db is not None
    kept = KEPT_COEFFICIENTS / (sound.rate * sound.channels)  # seconds on which a rough step is found
    costs = [
        min(seconds, TRIED_SECONDS) * (durations + searched) * (ANALYSIS + TRIAL) * (durations > 1) + 1e-9,
        min(seconds, kept) * LONG_BLOCKS * searched,
        seconds * ANALYSIS,
        seconds * TRIAL * trials * searched,
        seconds * WRITING,
    ]
    ends = np.cumsum(costs) / sum(costs)
    return list(zip([0.0, *ends[:-1].tolist()], ends.tolist(), strict=True))
