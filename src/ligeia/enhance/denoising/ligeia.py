"""Method `ligeia`: the suppressor, a small network of the package's own that has learned what speech is."""

import numpy as np

from ligeia.audio.signal import Sound
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.denoising.suppressor.network import CONTEXT_SECONDS
from ligeia.enhance.denoising.suppressor.suppression import shipped_network, suppressed
from ligeia.enhance.pieces import Prepared, Samples

BLOCK_SECONDS = 0.1
"""Duration of the blocks over which the level of a recording is measured."""
BLOCKS_AT_ONCE = 300
RANGE = 1e-5
"""Blocks that are softer than the loudest by more than 50 dB do not count for the level."""


def prepare(sound: Sound, settings: DenoiseSettings) -> Prepared:
    """Return the suppressor ready for a recording."""
    network, level = shipped_network(), level_of(sound)
    findings: dict[str, object] = {"network": "speech", "level_db": 20 * float(np.log10(level)) if level else None}
    if not level:
        return Prepared(process=lambda samples: samples, findings=findings)

    def process(samples: Samples) -> Samples:
        return suppressed(samples, sound.rate, level, network)

    return Prepared(process=process, context_seconds=CONTEXT_SECONDS, findings=findings)


def level_of(sound: Sound) -> float:
    """Return the RMS of a recording, its pauses left out; 0 if it is silent."""
    size = max(round(BLOCK_SECONDS * sound.rate), 1)
    powers: list[np.ndarray] = []
    for start in range(0, sound.sample_count, size * BLOCKS_AT_ONCE):
        block = np.square(sound.read(start, start + size * BLOCKS_AT_ONCE), dtype=np.float64).mean(axis=0)
        powers.append(np.add.reduceat(block, np.arange(0, len(block), size)) / size)
    means = np.concatenate([*powers, np.zeros(1)])
    heard = means[means > RANGE * means.max()]
    return float(np.sqrt(heard.mean())) if len(heard) else 0.0
