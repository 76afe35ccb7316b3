"""What coefficients tell about the bytes of blocks before they are coded."""

import made_coded
import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.codec.transform.encoder import TransformEncoder
from ligeia.codec.transform.presets import BY_NAME
from ligeia.codec.transform.quantiser import in_steps
from ligeia.codec.transform.rate_curve import LEAST_OF_STEP, OCTAVE, Counts, RateCurve, counts_of
from ligeia.codec.transform.scale_factors import MAX_STEP, MIN_STEP, scale_factors_of

NOISE = np.random.default_rng(0).standard_normal


@pytest.mark.parametrize("profile", [0, 2])
def test_counts_are_of_coefficients_that_are_not_0(profile):
    layout = made_coded.layout(profile, channels=2)
    coefficients = (NOISE((3, 3, 2, 64)) * np.array([1e-3, 0.1, 0.0])[:, None, None, None]).astype(np.float32)
    scale_factors = scale_factors_of(coefficients, layout)
    counts = counts_of([(coefficients[:2], scale_factors[:2]), (coefficients[2:], scale_factors[2:])], layout)
    for step in (MIN_STEP, -20, 100, 250, MAX_STEP):
        sizes = np.abs(in_steps(coefficients, layout, np.full(3, step), scale_factors))
        octaves = np.floor(16 * np.log2(np.maximum(sizes, 1e-30)) + LEAST_OF_STEP + 1e-4) / 16
        expected = np.where(octaves >= 0, 1 + OCTAVE * octaves, 0).sum(axis=(1, 2, 3))
        assert np.allclose(counts.at(step), expected, rtol=0.02, atol=0.5)
    assert counts.at(np.array([MIN_STEP, MAX_STEP, 0]))[0] == counts.at(MIN_STEP)[0]


def test_a_curve_goes_through_the_last_trial():
    counts = Counts(np.tile(np.linspace(1000, 0, MAX_STEP - MIN_STEP + 1), (2, 1)))
    curve = RateCurve(counts, 10.0)
    sizes = np.array([300.0, 400.0])
    curve.learn(200, sizes)
    assert np.allclose(curve.at(200), sizes)
    assert (curve.at(150) > sizes).all()
    assert (curve.at(250) < sizes).all()
    step = curve.step_for(650.0, MIN_STEP)
    assert curve.at(step).sum() >= 650 > curve.at(step + 1).sum()
    assert curve.step_for(1e9, MIN_STEP) == MIN_STEP
    assert curve.step_for(0.0, MIN_STEP) == MAX_STEP
    learned = RateCurve(counts, 10.0, curve.bits_each)
    assert learned.at(200).sum() == pytest.approx(700, rel=0.05)


@pytest.mark.parametrize(("name", "step"), [("speech", 90), ("music", 120), ("waveform", 270)])
def test_one_trial_tells_of_its_neighbours(name, step):
    sound = Audio(NOISE((1, 48_000)) * np.linspace(0.01, 0.2, 48_000), 16000)
    encoder = TransformEncoder(sound, BY_NAME[name], 0.02)
    analysis = encoder.analyse(step)
    curve = encoder.rate_curve(analysis)
    curve.learn(step, encoder.block_bytes(analysis, step))
    for other in (step - 4, step + 4):
        assert curve.at(other).sum() == pytest.approx(encoder.block_bytes(analysis, other).sum(), rel=0.05)
