"""Method `suppressor`: whatever is not speech is taken off."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Audio, Sound
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.denoising.suppressor.band import band_of
from ligeia.enhance.denoising.suppressor.features import RATE, spectra_of
from ligeia.enhance.denoising.suppressor.network import CONTEXT_SECONDS
from ligeia.enhance.denoising.suppressor.suppression import Suppression, shipped_network
from ligeia.enhance.pieces import Prepared, Samples
from ligeia.errors import InputError

BLOCK_SECONDS = 0.1
"""Duration of the blocks over which the level of a recording is measured."""
BLOCKS_AT_ONCE = 300
RANGE = 1e-5
"""Blocks that are softer than the loudest by more than 50 dB do not count for the level."""


def prepare(sound: Sound, settings: DenoiseSettings) -> Prepared:
    """Return the suppressor ready for a recording.

    Raises:
        InputError: the noise has another rate than the sound, or no samples.
    """
    suppression = ready(sound, settings)
    if suppression is None:
        return Prepared(process=lambda samples: samples, findings={"level_db": None})
    return prepared(sound, suppression)


_SILENT = 1e-30
"""RMS up to which a recording counts as silent: what lies below cannot be scaled up in float32."""


def ready(sound: Sound, settings: DenoiseSettings) -> Suppression | None:
    """Return the suppressor for a recording; None if that is silent."""
    noise = None if settings.noise is None else _power_of(settings.noise, sound.rate)
    level = level_of(sound)
    return Suppression(shipped_network(), level, noise, band_of(sound, level)) if level > _SILENT else None


def prepared(sound: Sound, suppression: Suppression) -> Prepared:
    """Return a suppressor as a method that is ready for its recording."""

    findings: dict[str, Any] = {"level_db": 20 * float(np.log10(suppression.level)), "noise_db": None, "snr_db": None}
    if suppression.noise is not None:
        heard = "above 8 kHz alone" if sound.rate > RATE else "not at all, as it hears nothing above 8 kHz"
        findings["notes"] = [f"the suppressor knows noise by itself: it uses the given one {heard}"]
    powers = np.zeros(3)

    def process(samples: Samples, start: int = 0) -> Samples:
        kept = suppression(samples, sound.rate, start)
        powers[:] += [np.sum(np.square(each, dtype=np.float64)) for each in (kept, samples - kept, np.ones_like(kept))]
        if powers[1]:
            findings["noise_db"] = float(10 * np.log10(powers[1] / powers[2]))
            findings["snr_db"] = float(10 * np.log10(powers[0] / powers[1])) if powers[0] else None
        return kept

    return Prepared(process=process, positioned=True, context_seconds=CONTEXT_SECONDS, findings=findings)


def level_of(sound: Sound) -> float:
    """Return the RMS of a recording, its pauses left out; 0 if it is silent."""
    size = max(round(BLOCK_SECONDS * sound.rate), 1)
    powers: list[NDArray[np.float64]] = []
    for start in range(0, sound.sample_count, size * BLOCKS_AT_ONCE):
        block = np.square(sound.read(start, start + size * BLOCKS_AT_ONCE), dtype=np.float64).mean(axis=0)
        powers.append(np.add.reduceat(block, np.arange(0, len(block), size)) / size)
    means = np.concatenate([*powers, np.zeros(1)])
    heard = means[means > RANGE * means.max()]
    return float(np.sqrt(heard.mean())) if len(heard) else 0.0


def _power_of(noise: Audio, rate: int) -> NDArray[np.float32]:
    """Return the mean power `[bins]` of the spectra of a noise."""
    if noise.rate != rate:
        raise InputError(f"the noise has a rate of {noise.rate} Hz, and the recording one of {rate} Hz")
    if not noise.sample_count:
        raise InputError("the noise has no samples")
    spectra = [spectra_of(channel, rate) for channel in noise.samples]
    return np.asarray(np.mean([np.square(np.abs(each)).mean(axis=0) for each in spectra], axis=0), np.float32)
