"""Decoders beyond the thesis: products of filters, and networks in parallel."""

import numpy as np
import pytest
import torch

from ligeia.codec.family.multiplicative import MultiplicativeSettings
from ligeia.codec.family.parallel import ParallelSettings
from ligeia.errors import InputError
from ligeia.latent.decoders import DECODERS
from ligeia.latent.decoders.decoder import grid
from ligeia.latent.decoders.mapping import mapped
from ligeia.latent.decoders.multiplicative import MultiplicativeDecoder
from ligeia.latent.decoders.parallel import ParallelDecoder

MAPPING = 3 * 257 * 256
COUNTS = {
    "multiplicative": (MultiplicativeSettings(), MAPPING + 257 * 5 * 344 + 5 * 173 * 172 + 6 * 344 + 173),
    "parallel": (ParallelSettings(), MAPPING + 257 * 2 * 8 * 92 + 8 * (2 * 92 + 3 * 93 * 92 + 92) + 1),
}


@pytest.mark.parametrize(("settings", "independent"), COUNTS.values(), ids=COUNTS)
def test_counts_are_exact_and_in_the_documentation(settings, independent):
    assert settings.numbers(16000) == independent
    assert f"{independent:_}".replace("_", " ") in type(settings).__doc__
    decoder = DECODERS[settings.kind](settings, samples=16000, seed=0)
    assert sum(value.numel() for value in decoder.parameters()) == independent


@pytest.mark.parametrize("settings", [settings for settings, _ in COUNTS.values()], ids=COUNTS)
def test_sounds_start_quiet_and_alike_for_all_depths(settings):
    """About 1/30 = 0.033: U(±sqrt(6 / n) / 30) on n units of mean square 1/2. Codes make layers of products louder."""
    decoder = DECODERS[settings.kind](settings, samples=500, seed=0)
    codes = torch.randn(2, 256, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        level = decoder(codes, grid(500)).square().mean().sqrt()
    assert 0.015 < level < 0.1


def test_the_product_of_filters_is_the_formula():
    settings = MultiplicativeSettings(code=3, width=4, depth=3, reach=20.0, conditioned="both", mapping_layers=1)
    decoder = MultiplicativeDecoder(settings, samples=16, seed=1).double()
    codes, times = torch.randn(2, 3, generator=torch.Generator().manual_seed(2)).double(), grid(16).double()
    conditions = mapped(decoder, codes, 2).view(2, 5, 2, 4)
    numbers = dict(decoder.named_parameters())
    for item in range(2):
        hidden = torch.ones(16, 4).double()
        for k in range(3):
            gamma, beta = conditions[item, 2 + k]
            wave = (times[0][:, None] * (numbers[f"frequency_{k}"] + gamma) + numbers[f"phase_{k}"] + beta).sin()
            if k:
                gamma, beta = conditions[item, k - 1]
                hidden = (1 + gamma) * (hidden @ numbers[f"weight_{k}"] + numbers[f"bias_{k}"]) + beta
            hidden = hidden * wave
        expected = (hidden @ numbers["output_weight"] + numbers["output_bias"])[:, 0]
        assert (decoder(codes, times)[item] - expected).abs().max() < 1e-12


def test_a_product_of_filters_has_nothing_above_the_sum_of_their_frequencies():
    """Thirty samples per period of the highest frequency, a window with no lobes above -90 dB, two bins of margin."""
    settings = MultiplicativeSettings(code=3, width=16, depth=4, reach=2 * np.pi * 20)
    decoder = MultiplicativeDecoder(settings, samples=1200, seed=0)
    sound = decoder(torch.randn(1, 3, generator=torch.Generator().manual_seed(0)), grid(1200)).detach().numpy()[0]
    spectrum = np.abs(np.fft.rfft(sound * np.blackman(1200)))  # bin b: b cycles in 2 units of the coordinate
    assert spectrum[2 * 20 + 8 :].max() < 1e-3 * spectrum.max()


def test_filters_that_no_code_changes_are_computed_once():
    decoder = MultiplicativeDecoder(MultiplicativeSettings(code=3, width=4, depth=3), samples=16, seed=1)
    linear, filters = decoder.conditioned(torch.ones(5, 3))
    assert [len(weight) for weight, _ in linear] == [5, 5]
    assert [len(frequency) for frequency, _ in filters] == [1, 1, 1]


def test_nothing_to_condition_is_refused():
    with pytest.raises(InputError, match="has no linear part"):
        MultiplicativeSettings(depth=1)


def test_parallel_networks_are_a_sum_of_formulas():
    settings = ParallelSettings(code=3, networks=2, width=4, depth=2, first_omega=20.0, hidden_omega=5.0)
    decoder = ParallelDecoder(settings, samples=16, seed=1).double()
    codes, times = torch.randn(2, 3, generator=torch.Generator().manual_seed(2)).double(), grid(16).double()
    conditions = mapped(decoder, codes, 4).view(2, 2, 2, 4)
    numbers = dict(decoder.named_parameters())
    for item in range(2):
        total = numbers["output_bias"]
        for network, first in enumerate((10.0, 20.0)):
            gamma, beta = conditions[item, 0, network], conditions[item, 1, network]
            hidden = times[0][:, None]
            for k, omega in enumerate((first, 5.0)):
                phases = (omega + gamma) * (hidden @ numbers[f"weight_{k}"][network])
                hidden = (phases + numbers[f"bias_{k}"][network] + beta).sin()
            total = total + (hidden @ numbers["output_weight"][network])[:, 0]
        assert (decoder(codes, times)[item] - total).abs().max() < 1e-12
        assert (decoder(codes, times.expand(2, -1))[item] - total).abs().max() < 1e-12


def test_every_network_starts_in_a_band_of_its_own():
    settings = ParallelSettings(networks=4, width=10, first_omega=40.0)
    weight = ParallelDecoder(settings, samples=8, seed=0).weight_0[:, 0] * torch.tensor(settings.omegas(0))[:, None]
    for network in range(4):
        assert 10 * network <= weight[network].min() <= weight[network].max() <= 10 * network + 10.0001
