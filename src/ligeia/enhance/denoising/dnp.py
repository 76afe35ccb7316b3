"""The deep network prior: what a network's output agrees on from step to step is sound, what keeps changing is noise.

Michelashvili and Wolf 2019 (arXiv 1904.07612), as their program (mosheman5/DNP) runs it; a baseline of INR denoising
2024, which expands its name otherwise. A U-Net (`wave_unet`) is fitted to the noisy recording from fixed noise by Adam.
After each step j, with S_j the magnitudes of its output (512 samples, hop 128, Hann, not centred):

    A += |S_j - S_(j-1)| / S_j, from step 48 on; then A is limited to its own 10th and 90th percentile.

At the end A becomes a mask M = (max A - A) / (max A - min A), not below 1e-3, and that the gain of each bin of the
noisy sound: M itself ("wiener"), or that of Ephraim and Malah's log-spectral amplitude with 1 / (1 - M)^2 in the place
of the posterior signal-to-noise ratio ("lsa", which the paper's rows are taken to be). "net" is the network's output.
The lowest three bins and the highest are removed.

Differences: nothing is cut off (the program drops up to 63 samples at the end), and the sound is extended by zeros at
both ends: the program divides by the few overlapping windows there, next to nothing, so that its outputs may begin with
a sample a hundred times too large. Channels are processed one by one instead of mixed, samples beyond full scale are
scaled to fit, and nothing wraps.

A step evaluates and differentiates 9.3 million weights at every sample: 5000 of them, the program's number, take
hours for seconds of sound on a CPU.
"""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Sound
from ligeia.enhance.denoising.dnp_masks import (
    FIRST,
    HIGHEST_BINS,
    HOP,
    LOWEST_BINS,
    SIZE,
    lsa_gain,
    mask_of,
    synthesised,
    transformed,
)
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.pieces import Prepared, Samples
from ligeia.errors import SettingsError, needs_extra
from ligeia.training.config import TrainingConfig

if TYPE_CHECKING:
    from torch.nn import Module

Output = Literal["lsa", "wiener", "net"]

STEPS = 5000
"""Steps of the program."""
EDGE = SIZE - HOP
"""Zeros before and after a sound, so that as many frames overlap at its ends as elsewhere."""
PIECE_SECONDS = 8.0


def prepare(
    sound: Sound,
    settings: DenoiseSettings,
    *,
    output: Output = "lsa",
    network: "Module | None" = None,
    config: TrainingConfig | None = None,
) -> Prepared:
    """Make the method ready for `sound`; every piece of 8 s gets a run of its own.

    `network` replaces the U-Net, and `config` the settings of the loop.

    Raises:
        InputError: there are too few steps for anything to be accumulated.
        MissingExtra: torch is not installed.
    """
    with needs_extra("torch", "torch"):
        from ligeia.enhance.denoising import dnp_fit  # noqa: F401 - to fail before the work
    steps = STEPS if settings.steps is None else settings.steps
    if steps <= FIRST:
        raise SettingsError(f"dnp needs more than {FIRST} steps, because what comes before does not count; got {steps}")
    findings: dict[str, Any] = {"steps": steps, "output": output, "seconds_per_step": None}

    def process(samples: Samples) -> Samples:
        results = []
        for channel in samples:
            made = run(channel, steps=steps, settings=settings, network=network, config=config)
            findings["seconds_per_step"] = made["seconds"] / steps
            results.append(made[output])
        return np.stack(results).astype(np.float32)

    return Prepared(process=process, context_seconds=0.1, piece_seconds=PIECE_SECONDS, findings=findings)


def run(
    samples: NDArray[np.float32],
    *,
    steps: int,
    settings: DenoiseSettings,
    network: "Module | None" = None,
    config: TrainingConfig | None = None,
) -> dict[str, Any]:
    """Return all three outputs `[n]` for one channel `[n]`, by name, and the "seconds" that the fit took."""
    from ligeia.enhance.denoising.dnp_fit import accumulated

    count, peak = len(samples), float(np.abs(samples).max(initial=0.0))
    if peak == 0:
        return {"lsa": samples, "wiener": samples, "net": samples, "seconds": 0.0}
    gain = max(peak, 1.0)
    padded = np.pad(samples / gain, (EDGE, EDGE + -count % HOP)).astype(np.float64)
    changes, net, seconds = accumulated(padded, steps=steps, settings=settings, network=network, config=config)
    mask = mask_of(changes)
    noisy = transformed(padded)
    noisy[:LOWEST_BINS] = 0
    noisy[-HIGHEST_BINS:] = 0
    outputs = {
        "lsa": synthesised(noisy * lsa_gain(mask), len(padded)),
        "wiener": synthesised(noisy * mask, len(padded)),
    }
    outputs["net"] = net
    return {name: gain * value[EDGE : EDGE + count] for name, value in outputs.items()} | {"seconds": seconds}
