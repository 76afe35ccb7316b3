"""The SIREN of INR denoising 2024, as its code runs it: the whole noisy recording, a fixed number of steps, no rule.

Recipe "inr-denoising" of `fitting.recipes`: a first layer and 12 hidden layers of 256 sine units, omega 3000 and 30,
Adam at 1e-4, full batches, mean squared error against the noisy samples. There is no stopping, and no spectral loss,
though the paper's conclusion names one. Its table was made of files that were saved at full scale, whatever the
level of the sound; here the gain stays, and the study has a row for the other.

A step sees every sample: half an hour for 1000 steps on 4 s at 16 kHz is usual on one core.
"""

from typing import Any

import numpy as np

from ligeia.audio.signal import Audio, Sound
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.pieces import Prepared, Samples
from ligeia.errors import needs_extra
from ligeia.fitting.plan import Recipe
from ligeia.fitting.recipes import recipe_named

RECIPE = "inr-denoising"


def prepare(sound: Sound, settings: DenoiseSettings, recipe: Recipe | None = None) -> Prepared:
    """Make the method ready for `sound`. Pieces of 20 s of longer recordings get a network each.

    Raises:
        MissingExtra: torch is not installed.
    """
    with needs_extra("torch", "torch"):
        from ligeia.fitting.fit import fit
    recipe = recipe_named(RECIPE) if recipe is None else recipe
    findings: dict[str, Any] = {"recipe": recipe.name, "rule": "none: a fixed number of steps", "snr_db": []}

    def process(samples: Samples) -> Samples:
        channels = []
        for channel in samples:
            inr = fit(Audio(channel[None], sound.rate), recipe, steps=settings.steps, seed=settings.seed)
            findings["steps"] = inr.report["steps"]
            findings["snr_db"].append(inr.report["snr_db"])
            channels.append(inr.render().samples[0])
        return np.stack(channels)

    return Prepared(process=process, context_seconds=0.05, findings=findings)
