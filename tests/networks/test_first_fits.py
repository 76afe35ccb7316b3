"""Networks of several parts learn a sound: two tones in a quarter of a second, in 300 steps."""

from dataclasses import replace

import numpy as np
import pytest

import ligeia
from ligeia.enhance.denoising.siamese import heads_alone
from ligeia.networks import Local, NoiseLayer, Parallel, Siamese
from ligeia.networks.coordinates import hz_to_omega
from ligeia.networks.formula import Headed

SECONDS, RATE, HIGHEST = 0.25, 8000, 1600.0
TWINS = Siamese(shared_width=32, head_width=16, octaves=11)
BANDS = Parallel(networks=6, width=12, first_bound=hz_to_omega(HIGHEST, SECONDS))
WINDOWS = Local(windows=8, width=12)
FITS = {
    "siamese": (TWINS, (1e-3, 1e-3, 1e-2)),
    "siamese mean": (replace(TWINS, average=True), (1e-3, 1e-3, 1e-2)),
    "siamese-relu": (NoiseLayer(first_width=32, shared_width=24, head_width=32, octaves=11), (1e-3, 1e-3, 1e-3)),
    "parallel": (BANDS, (0.1, 0.05, 0.018)),
    "ensemble": (replace(BANDS, networks=4, width=20, ensemble=True), (0.1, 0.05, 0.018)),
    "local": (replace(WINDOWS, first_bound=hz_to_omega(HIGHEST, SECONDS * WINDOWS.reach)), (0.1, 0.07, 0.018)),
}


@pytest.mark.parametrize(("spec", "rates"), FITS.values(), ids=FITS)
def test_two_tones_in_300_steps(spec, rates):
    t = np.arange(round(SECONDS * RATE)) / RATE
    tones = 0.5 * np.sin(2 * np.pi * 440 * t) + 0.3 * np.sin(2 * np.pi * 1230 * t + 1)
    config = ligeia.FitConfig(steps=300, learning_rates=rates, stride=8, precision="float32", threads=1)
    recipe = ligeia.Recipe(name="tones", source="", design=lambda shape: spec, config=config)
    inr = ligeia.fit(ligeia.Audio(tones[None], RATE), recipe)
    assert inr.report["snr_db"] > 10
    if isinstance(spec, Headed) and spec.head_count > 1:
        for head in heads_alone(inr):  # each has been fitted to all of the sound
            error = head.render().samples - tones
            assert 10 * np.log10(np.mean(tones**2) / np.mean(error**2)) > 5
