"""The log-spectral amplitude estimator: the textbook's denoiser, and the floor under all others.

Ephraim & Malah, "Speech enhancement using a minimum mean-square error log-spectral amplitude estimator", IEEE TASSP
33(2), 1985, with the decision-directed a priori signal-to-noise ratio of their paper of 1984 and the noise tracker of
Gerkmann & Hendriks (2012; `noise.py`). Where the noise is given, it is taken for constant.
"""

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Sound
from ligeia.dsp.spectra import Stft
from ligeia.enhance.denoising.noise import Power, profile_for, tracked_noise, transform_at
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.pieces import Prepared, Samples, on_grid

DIRECTED = 0.98
"""Weight of the frame before in the a priori SNR, for frames 8 ms apart (Ephraim & Malah 1984, equation 51)."""
PAPER_HOP = 0.008
LEAST_SNR = 10**-2.5
"""Least a priori SNR: -25 dB, which keeps the residual of a noise even (Cappé 1994, section IV)."""
CONTEXT_SECONDS = 2.0
"""Sound before a piece, in which the tracker forgets where it began."""


def prepare(sound: Sound, settings: DenoiseSettings) -> Prepared:
    """Make the estimator ready for `sound`: the noise to begin with is that of its quietest moments.

    Raises:
        InputError: the given noise does not go with the sound.
    """
    transform = transform_at(sound.rate)
    profile = profile_for(sound, transform, settings.noise)
    hop_seconds = transform.hop / sound.rate
    is_constant = settings.noise is not None

    def process(samples: Samples) -> Samples:
        return np.stack(
            [
                _denoised(channel, transform, noise, hop_seconds, is_constant)
                for channel, noise in zip(samples, profile.power, strict=True)
            ]
        )

    findings = profile.findings() | {"tracking": not is_constant}
    method = Prepared(process=process, context_seconds=CONTEXT_SECONDS, findings=findings)
    return on_grid(method, sound.rate, transform.hop)


def _denoised(
    channel: NDArray[np.float32], transform: Stft, profile: Power, hop_seconds: float, is_constant: bool
) -> NDArray[np.float32]:
    """Return one channel `[time]` without its noise."""
    spectra = transform.analyse(channel)
    power = np.square(np.abs(spectra), dtype=np.float64)
    noise = np.broadcast_to(profile, power.shape) if is_constant else tracked_noise(power, profile, hop_seconds)
    gains = log_mmse_gains(power, noise, hop_seconds)
    return np.asarray(transform.synthesise(spectra * gains.astype(np.float32), len(channel)), np.float32)


def log_mmse_gains(power: Power, noise: Power, hop_seconds: float) -> Power:
    """Return the gain of each bin `[..., frames, bins]` of a sound of this `power`, given the power of its `noise`.

    The gain (equation 20 of 1985) is xi / (1 + xi) exp(E1(v) / 2) with v = xi / (1 + xi) gamma, where gamma is the a
    posteriori SNR and xi the a priori one, which is `DIRECTED` by the amplitude of the frame before (1984, 51).
    """
    directed = DIRECTED ** (hop_seconds / PAPER_HOP)
    tiny = np.finfo(np.float64).tiny
    before = np.maximum(power[..., 0, :] / np.maximum(noise[..., 0, :], tiny) - 1, 0)
    gains = np.empty_like(power)
    for frame in range(power.shape[-2]):
        variance = np.maximum(noise[..., frame, :], tiny)
        posterior = np.minimum(power[..., frame, :] / variance, 1e12)
        prior = np.maximum(directed * before + (1 - directed) * np.maximum(posterior - 1, 0), LEAST_SNR)
        gains[..., frame, :] = _gain(prior, posterior)
        before = np.square(gains[..., frame, :]) * posterior
    return gains


def _gain(prior: Power, posterior: Power) -> Power:
    from scipy.special import exp1

    wiener = prior / (1 + prior)
    return np.asarray(wiener * np.exp(0.5 * exp1(np.clip(wiener * posterior, 1e-8, 500))))
