"""Is it speech? What the suppressor leaves of a recording says so better than the recording itself.

The network takes what is not speech for noise. Of a recording of speech, it leaves speech, however loud the noise was;
of music it leaves little, or something that does not move as speech does. So three numbers are taken of what it leaves
of some seconds: the share of soft moments, and how far the timbre moves (both as for the codec, `codec.transform.
presets`), and its energy as a share of what is not steady noise, which is what shrinkage leaves.
"""

from dataclasses import dataclass

import numpy as np

from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio, Sound
from ligeia.codec.transform.presets import centroid_spread, soft_share
from ligeia.enhance.denoising import shrinkage
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.denoising.suppressor.features import RATE
from ligeia.enhance.denoising.suppressor.suppression import Suppression

STRETCHES, STRETCH_SECONDS = 4, 4.0
"""Parts of a recording that are examined, and their duration."""
SOFT_SHARE, SPREAD = 0.34, 0.40
"""What speech has at least of soft moments, and of movement of the timbre."""
LEAST_KEPT, MOSTLY_KEPT = 0.25, 0.45
"""Share of the energy that is left of speech in the loudest noise; and a share that needs no further sign."""
WIDE_SPREAD = 0.6
"""Movement of the timbre that is such a sign."""
MOSTLY = 0.7
"""Share that is enough for recordings of less than two seconds, which have no rhythm yet."""


@dataclass(frozen=True)
class Verdict:
    """What a recording is, and why."""

    soft_share: float
    spread: float
    kept: float
    """Energy of what the network leaves, as a share of what shrinkage leaves."""
    short: bool = False

    @property
    def is_speech(self) -> bool:
        """Whether it is speech."""
        if self.short:
            return self.kept >= MOSTLY
        moves = self.soft_share >= SOFT_SHARE and self.spread >= SPREAD
        return moves and self.kept >= LEAST_KEPT and (self.kept >= MOSTLY_KEPT or self.spread >= WIDE_SPREAD)


def recognise(sound: Sound, suppression: Suppression) -> Verdict:
    """Return what a recording is, from at most `STRETCHES` parts of it."""
    examined = _examined(sound)
    left = suppression(examined.samples, RATE)
    steady = shrinkage.prepare(examined, DenoiseSettings(method="shrinkage")).process(examined.samples)
    energies = [float(np.sum(np.square(each, dtype=np.float64))) for each in (left, steady)]
    result = Audio(left, RATE)
    kept = energies[0] / energies[1] if energies[1] else 0.0
    return Verdict(soft_share(result), centroid_spread(result), kept, short=examined.seconds < 2)


def _examined(sound: Sound) -> Audio:
    """Return parts of a recording that lie evenly in it, one after the other, mixed to one channel at `RATE`."""
    length, count = round(STRETCH_SECONDS * sound.rate), sound.sample_count
    if count <= STRETCHES * length:
        parts = [sound.read(0, count)]
    else:
        starts = np.linspace(0, count - length, STRETCHES + 2)[1:-1].round().astype(int)
        parts = [sound.read(int(start), int(start) + length) for start in starts]
    mono = np.concatenate(parts, axis=1).mean(axis=0, keepdims=True, dtype=np.float32)
    return resample(Audio(mono, sound.rate), RATE)
