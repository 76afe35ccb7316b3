"""HyperSound as a denoiser: a network that sees a noisy segment and writes the function of the clean one.

The model is one of `ligeia train hypersound` with a table `[noise]` (`hypersound.noise`); by default the package's own,
`hypersound_denoise`: speech in white noise, 16 ms at 16 kHz at a time. INR denoising 2024 (§3.2) has this idea, and its
gains (segmental SNR +4.0 dB, PESQ +0.06) are those of one pass; its model and material are not published.

A segment's ends are worse than its middle, and its errors depend on where it is cut. So the recording is written
several times, each time cut at other places, and the mean taken.

Recordings of other rates are resampled to the model's and back: what lies above half its rate is lost, and the report
says so.
"""

from math import ceil

import numpy as np

from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio, Sound
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.pieces import Prepared, Samples
from ligeia.errors import needs_extra

MODEL = "hypersound_denoise"
"""Name of the package's model."""
PASSES = 8
"""Places at which a recording is cut; one is a pass of `embed`."""


def prepare(sound: Sound, settings: DenoiseSettings, passes: int = PASSES) -> Prepared:
    """Make the method ready for `sound`, with the model `settings.model` or the package's own.

    Raises:
        InputError: the file is not a model of HyperSound.
        MissingExtra: torch is not installed.
    """
    with needs_extra("torch", "torch"):
        from ligeia.hypersound.embed import Writer, embed
    model = MODEL if settings.model is None else settings.model
    config = Writer.open(model).model.config
    findings = {"model": str(model), "model_rate": config.rate, "passes": passes}
    if sound.rate > config.rate:
        findings["lost_above_hz"] = config.rate / 2

    def process(samples: Samples) -> Samples:
        adapted = resample(Audio(samples, sound.rate), config.rate).samples
        total = np.zeros(adapted.shape)
        for number in range(passes):
            shift = round(number * config.samples / passes)
            moved = Audio(np.pad(adapted, ((0, 0), (shift, 0))), config.rate)
            total += embed(moved, model, seed=settings.seed, device=settings.device).render().samples[:, shift:]
        mean = (total / passes).astype(np.float32)
        back = resample(Audio(mean, config.rate), sound.rate).samples
        missing = max(samples.shape[1] - back.shape[1], 0)
        return np.pad(back, ((0, 0), (0, missing)))[:, : samples.shape[1]]

    return Prepared(process=process, context_seconds=ceil(config.samples) / config.rate + 0.05, findings=findings)
