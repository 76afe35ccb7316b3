"""Is it speech? What the suppressor leaves of a recording says so better than the recording itself.

The network takes what is not speech for noise. Of a recording of speech, it leaves speech, however loud the noise was;
of music it leaves little, or something that does not move as speech does. So three numbers are taken of what it leaves
of some seconds: the share of soft moments, and how far the timbre moves (both as for the codec, `codec.transform.
presets`), and its energy as a share of what is not steady noise, which is what shrinkage leaves.
"""

from dataclasses import dataclass, replace
from operator import ge

import numpy as np

from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio, Sound
from ligeia.codec.transform.speech import centroid_spread, soft_share
from ligeia.enhance.denoising import shrinkage
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.denoising.suppressor.features import RATE
from ligeia.enhance.denoising.suppressor.parts import parts_of
from ligeia.enhance.denoising.suppressor.suppression import Suppression

RHYTHM = (0.34, 0.40, 0.45)
"""Least share of soft moments, movement of the timbre, and share of energy that is kept, for speech."""
TIMBRE = (0.25, 0.60, 0.25)
"""The same where the timbre moves as only that of speech does: in loud voices less is kept."""
MOSTLY = 0.7
"""Share that is enough for recordings of less than two seconds, which have no rhythm yet."""


@dataclass(frozen=True)
class Verdict:
    """Verdict on what a recording is, with its signs."""

    soft_share: float
    spread: float
    kept: float
    """Energy of what the network leaves, as a share of what shrinkage leaves."""
    short: bool = False

    @property
    def is_speech(self) -> bool:
        """True for speech."""
        if self.short:
            return self.kept >= MOSTLY
        signs = (self.soft_share, self.spread, self.kept)
        return any(all(map(ge, signs, least)) for least in (RHYTHM, TIMBRE))


def recognise(sound: Sound, suppression: Suppression) -> Verdict:
    """Return what a recording is, from some parts of it."""
    examined = resample(parts_of(sound), RATE)
    left = replace(suppression, noise=None)(examined.samples, RATE)  # a known noise counts above 8 kHz alone
    steady = shrinkage.prepare(examined, DenoiseSettings(method="shrinkage")).process(examined.samples)
    energies = [float(np.sum(np.square(each, dtype=np.float64))) for each in (left, steady)]
    result = Audio(left, RATE)
    kept = energies[0] / energies[1] if energies[1] else 0.0
    return Verdict(soft_share(result), centroid_spread(result), kept, short=examined.seconds < 2)
