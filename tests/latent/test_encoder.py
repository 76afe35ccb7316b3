"""The thesis's convolutional encoder."""

import pytest
import torch

from ligeia.errors import InputError
from ligeia.latent.encoder import Encoder, EncoderSettings


def test_the_count_is_exact():
    independent = 128 * 321 + (128 * 3 + 1) * 128 + (128 * 3 + 1) * 256 + (256 * 3 + 1) * 512 + 513 * 256
    assert EncoderSettings().numbers(256) == 713_984 == independent
    encoder = Encoder(EncoderSettings(), code=256, samples=16000)
    assert sum(value.numel() for value in encoder.parameters()) == independent


def test_the_last_pool_is_the_mean_of_all_steps():
    """AvgPool1d(14) of the thesis, at 16 000 samples."""
    assert EncoderSettings().steps(16000) == 14


def test_codes_depend_on_the_waveform_and_the_seed():
    settings = EncoderSettings(channels=(4, 6), kernel=8, stride=2, pool=2)
    encoder, again, other = (Encoder(settings, code=5, samples=64, seed=seed) for seed in (1, 1, 2))
    waves = torch.randn(3, 64, generator=torch.Generator().manual_seed(0))
    codes = encoder(waves)
    assert codes.shape == (3, 5)
    assert torch.equal(codes, again(waves))
    assert not torch.equal(codes, other(waves))
    assert not torch.equal(codes[0], codes[1])
    codes.square().sum().backward()
    assert all(value.grad.any() for value in encoder.parameters())


def test_other_lengths_are_refused():
    settings = EncoderSettings(channels=(4,), kernel=8, stride=2, pool=2)
    with pytest.raises(InputError, match="too short for the encoder"):
        Encoder(settings, code=5, samples=8)
    with pytest.raises(InputError, match=r"waveforms must be \[items, 64\], got \[3, 63\]"):
        Encoder(settings, code=5, samples=64)(torch.zeros(3, 63))


@pytest.mark.parametrize("changes", [{"channels": ()}, {"channels": (0,)}, {"kernel": 0}, {"stride": 0}, {"pool": 0}])
def test_settings_out_of_range(changes):
    with pytest.raises(InputError, match="must lie between"):
        EncoderSettings(**changes)
