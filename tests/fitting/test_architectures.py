"""Every network that is a formula can be fitted, with learning rates of its own."""

import numpy as np
import pytest

import ligeia
from ligeia.fitting.config import FitConfig
from ligeia.fitting.plan import Recipe
from ligeia.networks import Finer, Fmlp, FourierKan, Multiplicative, Wire
from ligeia.networks.coordinates import hz_to_omega

SECONDS = 0.25
REACH = hz_to_omega(1600.0, SECONDS)

SETTINGS = {
    "fmlp": (Fmlp(width=64, depth=2), (0.1, 0.05, 0.003)),
    "finer": (Finer(width=32, first_omega=REACH / 5, hidden_omega=30.0), (6e-5, 0.0015, 0.0025)),
    "wire": (Wire(width=22, depth=2, first_omega=REACH, hidden_omega=1.0, scale=1.0), (8e-5, 0.025, 0.01)),
    "kan": (FourierKan(width=8, depth=2, first_grid=400, hidden_grid=3, turns=0.5), (0.01, 0.03, 0.02)),
    "mfn": (Multiplicative(width=32, depth=2, reach=REACH), (1.0, 0.07, 0.012)),
    "gabor": (Multiplicative(width=32, depth=2, gabor=True, reach=REACH), (0.1, 0.07, 0.006)),
}


def snr_of(spec, rates, steps):
    times = np.arange(2000) / 8000
    tones = 0.3 * np.sin(2 * np.pi * 440 * times) + 0.2 * np.sin(2 * np.pi * 1330 * times + 1)
    config = FitConfig(
        steps=steps, learning_rates=rates, closed_form=False, precision="float32", device="cpu", threads=1
    )
    recipe = Recipe(name="test", source="this test", design=lambda shape: spec, config=config)
    return ligeia.fit(ligeia.Audio(tones[None].astype(np.float32), 8000), recipe).report["snr_db"]


@pytest.mark.parametrize(("spec", "rates"), SETTINGS.values(), ids=SETTINGS)
def test_two_tones_are_learned(spec, rates):
    start, fitted = snr_of(spec, (0.0, 0.0, 0.0), 1), snr_of(spec, rates, 300)
    assert start < 0.5
    # 14 dB (FMLP, whose octaves miss both tones) to 45 dB (MFN) where this was written
    assert fitted > start + 10
