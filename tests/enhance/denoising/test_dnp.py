"""The deep network prior: the network, what it accumulates, the masks, and a tiny run."""

import numpy as np
import pytest
import torch

from ligeia.audio.signal import Audio
from ligeia.enhance.denoising import dnp, dnp_masks
from ligeia.enhance.denoising.denoise import denoise
from ligeia.enhance.denoising.dnp_fit import Accumulation
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.denoising.wave_unet import WaveUNet
from ligeia.errors import InputError

SETTINGS = DenoiseSettings(method="dnp", steps=60)


def small() -> WaveUNet:
    torch.manual_seed(0)
    return WaveUNet(levels=3, channels=4)


def test_the_network_is_the_papers():
    with torch.device("meta"):
        network = WaveUNet()
    assert sum(value.numel() for value in network.parameters()) == 9_279_602
    widths = [layer[0].out_channels for layer in network.down]
    assert widths == [60, 120, 180, 240, 300, 360]
    assert [layer[0].in_channels for layer in network.up] == [720, 660, 540, 420, 300, 180]
    made = small()(torch.rand(1, 1, 64))
    assert made.shape == (1, 1, 64)
    assert float(made.detach().abs().max()) < 1


def test_changes_are_those_of_the_formula():
    """Against the sums written out, with outputs that are given."""
    random = np.random.default_rng(0)
    outputs = random.normal(0, 0.1, (54, 1024))
    objective = Accumulation(torch.nn.Identity(), torch.zeros(1024), torch.zeros(1, 1, 1024))
    expected = np.zeros((257, 5))
    before = np.zeros_like(expected)
    for number, output in enumerate(outputs):
        objective.output = torch.from_numpy(output).float()
        objective.accumulate(number)
        now = np.abs(dnp_masks.transformed(output))
        if number >= 48:
            expected += np.abs(now - before) / now
            expected = np.maximum(expected, np.percentile(expected, 10))
            expected = np.minimum(expected, np.percentile(expected, 90))
        before = now
    np.testing.assert_allclose(objective.changes, expected, rtol=1e-3)


def test_masks_and_gains():
    mask = dnp_masks.mask_of(np.array([[0.0, 1.0], [3.0, 4.0]]))
    np.testing.assert_allclose(mask, [[1, 0.75], [0.25, 1e-3]])
    gain = dnp_masks.lsa_gain(np.array([1e-3, 0.25, 0.5, 0.9, 1.0]))
    assert (np.diff(gain) >= 0).all()
    assert gain[0] < 0.1 < 0.99 < gain[-1] <= 1
    # M = 1/2: posterior 4, prior 3, v = 3, E1(3) = 0.01304838 (Abramowitz and Stegun, table 5.1)
    assert gain[2] == pytest.approx(0.75 * np.exp(0.01304838 / 2), rel=1e-6)


def test_analysis_and_synthesis_are_inverse():
    signal = np.random.default_rng(0).normal(size=1280)
    found = dnp_masks.synthesised(dnp_masks.transformed(signal), 1280)
    np.testing.assert_allclose(found[1:], signal[1:], atol=1e-8)


@pytest.mark.parametrize(("count", "channels"), [(1, 1), (1500, 2)])
def test_a_run_keeps_length_and_channels(count, channels):
    samples = np.random.default_rng(1).normal(0, 0.6, (channels, count)).astype(np.float32)
    for output in ("lsa", "wiener", "net"):
        prepared = dnp.prepare(Audio(samples, 8000), SETTINGS, output=output, network=small())
        found = prepared.process(samples)
        assert found.shape == samples.shape
        assert np.isfinite(found).all()
        assert prepared.findings["output"] == output


def test_the_network_takes_the_tone_before_the_noise():
    time = np.arange(4096) / 8000
    tone = 0.5 * np.sin(2 * np.pi * 400 * time)
    noisy = (tone + np.random.default_rng(2).normal(0, 0.2, 4096)).astype(np.float32)
    settings = DenoiseSettings(method="dnp", steps=150)
    made = dnp.run(noisy, steps=150, settings=settings, network=small())
    for output in ("lsa", "net"):
        error = np.mean((made[output] - tone)[512:-512] ** 2)
        assert error < 0.7 * 0.2**2, output


def test_ends_are_no_louder_than_the_rest():
    samples = (0.3 + np.random.default_rng(3).normal(0, 0.1, 2000)).astype(np.float32)  # removed bins meet the ends
    made = dnp.run(samples, steps=55, settings=SETTINGS, network=small())
    for output in ("lsa", "wiener"):
        assert np.abs(made[output]).max() < 1, output


def test_too_few_steps_and_silence():
    with pytest.raises(InputError, match="more than 48 steps"):
        denoise(Audio(np.ones((1, 800)), 8000), "dnp", steps=48)
    assert not denoise(Audio(np.zeros((1, 800)), 8000), "dnp", steps=49).audio.samples.any()
