"""Twins: two functions of the same recording agree on the sound and not on the noise.

Siamese SIREN 2023 has two heads on one trunk, fitted to the same samples; their difference estimates the noise that the
networks *add* (equation 4), and a spectral gate takes it away. Of a noise in the recording itself it says little, since
both heads fit it, and to the same samples. `gated` does this, with our recipe for that network.

The method `siamese` gives the twins different samples: each sees the half that the other holds out, and stops by it
(`siren`). White noise at one sample says nothing of that at another, so what both have found is sound. In each bin of
the short-time Fourier transform of the twins f and g

    gain = Re<f g*> / <|f + g|^2 / 4>,   limited to 0 .. 1,

the means over some neighbours in time and frequency, and the result is the gain times (f + g) / 2. In the denominator
is sound and noise, in the numerator sound alone: Wiener's filter, with both powers from the twins.

By hand, on six seconds of two training speakers in white noise at 0.7 dB: +7.6 dB of segmental SNR and +0.2 of PESQ,
after +7.1 and +0.17 without the gain; with the paper's gate in its place (half the difference as noise) +5.4 and +0.14;
twin heads on one trunk, gated, +5.0 and no PESQ, while SI-SDR fell by 7 dB.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Audio, Sound
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.denoising.siamese import PAPER_ALPHA, heads_alone, noise_estimate, post_filter
from ligeia.enhance.denoising.siren import PIECE_SECONDS, SirenConfig, estimates, started
from ligeia.enhance.pieces import Prepared, Samples
from ligeia.errors import needs_extra
from ligeia.fitting.own_recipes import own_recipe
from ligeia.fitting.plan import Recipe

FRAME_SECONDS = 0.032
HOPS = 4
"""Frames that overlap at each moment."""


@dataclass(frozen=True, kw_only=True)
class TwinConfig:
    """Settings by which the twins are fitted, and their spectra averaged."""

    siren: SirenConfig = field(default_factory=lambda: SirenConfig(networks=4, folds=2))
    """The networks: pairs of which each sees one half of the samples."""
    bins: int = 3
    """Neighbours in frequency of a mean, itself included."""
    frames: int = 5
    """Neighbours in time."""


def prepare(sound: Sound, settings: DenoiseSettings, config: TwinConfig | None = None) -> Prepared:
    """Make the method ready for `sound`.

    Raises:
        MissingExtra: torch is not installed.
    """
    with needs_extra("torch", "torch"):
        from ligeia.enhance.denoising import stopping  # noqa: F401 - to fail before the work
    config = config or TwinConfig()
    fitted, power, findings = started(settings, config.siren)

    def process(samples: Samples) -> Samples:
        channels = []
        for channel in samples:
            found = estimates(channel, sound.rate, fitted, power, findings)
            twins = found[0::2].mean(axis=0), found[1::2].mean(axis=0)  # pairs follow each other
            channels.append(agreed(*twins, sound.rate, config))
        return np.stack(channels)

    context = 2 * fitted.block_seconds + FRAME_SECONDS
    return Prepared(process=process, context_seconds=context, piece_seconds=PIECE_SECONDS, findings=findings)


def agreed(
    first: NDArray[np.float32], second: NDArray[np.float32], rate: int, config: TwinConfig
) -> NDArray[np.float32]:
    """Return what two estimates `[n]` of one sound agree on, `[n]`."""
    from scipy.ndimage import uniform_filter
    from scipy.signal import istft, stft

    size = HOPS * max(round(FRAME_SECONDS * rate / HOPS), 1)
    size = min(size, HOPS * max(len(first) // HOPS, 1))
    overlap = size - size // HOPS
    if len(first) < size:
        return np.asarray((first + second) / 2, np.float32)
    f, g = (stft(twin, nperseg=size, noverlap=overlap)[2] for twin in (first, second))
    mean, near = (f + g) / 2, (config.bins, config.frames)
    common = uniform_filter(np.real(f * np.conj(g)), near)
    whole = uniform_filter(np.square(np.abs(mean)), near)
    gain = np.clip(np.divide(common, whole, out=np.zeros_like(common), where=whole > 0), 0, 1)
    samples = istft(gain * mean, nperseg=size, noverlap=overlap)[1]
    return np.asarray(samples[: len(first)], np.float32)


def gated(sound: Sound, settings: DenoiseSettings, recipe: Recipe | None = None) -> Prepared:
    """Make ready for `sound` what Siamese SIREN 2023 does: twin heads on one trunk, and a gate with their difference.

    `recipe` fits a network with two heads; ours in blocks of 0.2 s by default.

    Raises:
        MissingExtra: torch is not installed.
    """
    with needs_extra("torch", "torch"):
        from ligeia.fitting.fit import fit
    recipe = recipe or own_recipe("siamese")
    findings: dict[str, Any] = {"recipe": recipe.name, "alpha": PAPER_ALPHA}

    def process(samples: Samples) -> Samples:
        channels = []
        for channel in samples:
            inr = fit(Audio(channel[None], sound.rate), recipe, steps=settings.steps, seed=settings.seed)
            findings["steps"] = inr.report["steps"]
            first = heads_alone(inr)[0].render()
            result = post_filter(first, noise=noise_estimate(inr, alpha=PAPER_ALPHA), force=True)
            channels.append(result.audio.samples[0])
        return np.stack(channels)

    return Prepared(process=process, context_seconds=0.5, findings=findings)
