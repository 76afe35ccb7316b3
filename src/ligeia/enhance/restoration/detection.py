"""Damage found in a recording: lost and held samples, gaps, clicks, clipping."""

import numpy as np

from ligeia.audio.signal import Sound
from ligeia.enhance.restoration.damage import Damage, joined, made, runs_of
from ligeia.enhance.restoration.stretch import RestoreSettings
from ligeia.progress import Reporter

BLOCK = 1 << 18
"""Samples that are looked at together."""
OVERLAP = 1 << 12
"""Samples around them that are read as well."""


def find_damage(sound: Sound, settings: RestoreSettings, report: Reporter) -> Damage:
    """Return the damage of a recording, in order."""
    parts = []
    for start in range(0, sound.sample_count, BLOCK):
        stop = min(start + BLOCK, sound.sample_count)
        first = max(0, start - OVERLAP)
        samples = sound.read(first, stop + OVERLAP)
        for channel, row in enumerate(samples):
            damage = made(runs_of(row == 0) + first, channel=channel, kind="dropout")
            loud = np.abs(np.diff(row, prepend=0)) > 8 * np.median(np.abs(np.diff(row)))
            damage = damage[loud[damage["start"] - first] & (damage["start"] >= start) & (damage["start"] < stop)]
            parts.append(damage[damage["stop"] - damage["start"] == 1])
        report(stop / sound.sample_count)
    return joined(parts)
