"""The FiLM-conditioned sine network: counts, shapes, conditions."""

from itertools import pairwise

import pytest
import torch

from ligeia.codec.family.film import FilmSettings
from ligeia.latent.decoders import DECODERS
from ligeia.latent.decoders.decoder import grid
from ligeia.latent.decoders.film import FilmDecoder
from ligeia.latent.decoders.mapping import mapped


def dense(*sizes):
    """Numbers of fully connected layers with biases."""
    return sum((a + 1) * b for a, b in pairwise(sizes))


# The thesis's networks and the sums of their layers: Zuiderveld 2021, Tables A.*, and the released code.
COUNTS = {
    "pi-GAN": ({}, 790_273, dense(256, 256, 256, 256, 512) + dense(1, *[256] * 8, 1)),
    "minimal mapping": ({"mapping_layers": 0}, 592_897, dense(256, 512) + dense(1, *[256] * 8, 1)),
    "five mapping layers": ({"mapping_layers": 5}, 921_857, dense(*[256] * 6, 512) + dense(1, *[256] * 8, 1)),
    "wide, code": ({"widths": (365,) * 4}, 786_852, dense(*[256] * 4, 730) + dense(1, *[365] * 4, 1)),
    "deep, code": ({"widths": (210,) * 12}, 793_357, dense(*[256] * 4, 420) + dense(1, *[210] * 12, 1)),
}


@pytest.mark.parametrize(("changes", "count", "independent"), COUNTS.values(), ids=COUNTS)
def test_counts_are_exact(changes, count, independent):
    settings = FilmSettings(weight_norm=False, **changes)
    assert settings.numbers(16000) == count == independent
    decoder = DECODERS["film"](settings, samples=16000, seed=0)
    assert sum(value.numel() for value in decoder.parameters()) == count
    assert sum(value.numel() for value in decoder.mapping() + decoder.body()) == count


def test_weight_normalisation_adds_a_length_for_each_unit():
    assert FilmSettings().numbers(16000) == 790_273 + 8 * 256 + 1


def test_the_formula_is_that_of_the_thesis():
    settings = FilmSettings(code=3, widths=(5, 4), mapping_width=6, first_omega=20.0, hidden_omega=7.0)
    decoder = FilmDecoder(settings, samples=16, seed=1)
    codes = torch.randn(2, 3, generator=torch.Generator().manual_seed(2))
    gamma, beta = mapped(decoder, codes, 4).chunk(2, dim=1)
    for item in range(2):
        for t, found in zip(grid(16)[0], decoder(codes, grid(16))[item], strict=True):
            hidden = t.reshape(1)
            for k, width in enumerate(settings.widths):
                weight, bias = decoder.weight(k), getattr(decoder, f"bias_{k}")
                omega = settings.omega(k) + gamma[item, :width]
                hidden = (omega * (hidden @ weight + bias) + beta[item, :width]).sin()
            expected = hidden @ decoder.weight(2) + decoder.bias_2
            assert (expected - found).abs().item() < 1e-5
