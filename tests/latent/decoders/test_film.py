"""The FiLM-conditioned sine network: counts, shapes, conditions."""

from itertools import pairwise

import pytest
import torch

from ligeia.codec.family.film import FilmSettings
from ligeia.latent.decoders import DECODERS
from ligeia.latent.decoders.decoder import grid
from ligeia.latent.decoders.film import FilmDecoder, opened
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
    "shrinking": (
        {"widths": (840, 420, 210, 105)},
        dense(256, 256, 256, 256, 1680) + dense(1, 840, 420, 210, 105, 1),
        1_094_707,
    ),
    "shrinking, code": (
        {"widths": (1024, 512, 256, 128)},
        dense(256, 256, 256, 256, 2048) + dense(1, 1024, 512, 256, 128, 1),
        1_414_913,
    ),
    "wide": ({"widths": (380,) * 4}, dense(*[256] * 4, 760) + dense(1, *[380] * 4, 1), 828_177),
    "deep": ({"widths": (200,) * 12}, dense(*[256] * 4, 400) + dense(1, *[200] * 12, 1), 742_977),
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


def test_activations_are_those_of_the_ablations():
    names = {name: FilmSettings(widths=(4, 4, 4), activations=name).activation_names() for name in
             ("sine", "sine_first", "sine_last", "relu")}  # fmt: skip
    assert names == {
        "sine": ("sine", "sine", "sine", "none"),
        "sine_first": ("sine", "relu", "relu", "none"),
        "sine_last": ("relu", "relu", "relu", "sine"),
        "relu": ("relu", "relu", "relu", "none"),
    }


def test_narrow_layers_take_the_first_numbers_of_gamma_and_beta():
    settings = FilmSettings(code=3, widths=(6, 2), mapping_width=6, mapping_layers=0)
    decoder = FilmDecoder(settings, samples=8, seed=1)
    codes = torch.ones(1, 3)
    before = decoder.layers(codes)
    with torch.no_grad():
        decoder.map_bias_0[2:6] += 1  # gamma of the units that the second layer does not have
    after = decoder.layers(codes)
    assert not torch.equal(before[0].weight, after[0].weight)
    assert torch.equal(before[1].weight, after[1].weight)


def test_groups_open_one_by_one_in_the_first_half():
    """The rule of section A.1.3, told by hand for two groups of two units: periods of a quarter each."""
    rows = {0.0: [0, 0], 0.0625: [0.5, 0], 0.125: [1, 0], 0.25: [1, 0], 0.375: [1, 1], 0.5: [1, 1], 1.0: [1, 1]}
    for fraction, (first, second) in rows.items():
        assert opened(4, 2, fraction).tolist() == [first, first, second, second]


def test_masked_units_do_not_count():
    settings = FilmSettings(code=3, widths=(6, 5), mapping_width=6, groups=3, first_omega=20.0, hidden_omega=7.0)
    decoder = FilmDecoder(settings, samples=8, seed=1)
    omegas = decoder.state_dict()["omegas"]
    assert torch.equal(omegas, omegas.sort().values)
    assert 0 <= omegas[0] <= omegas[-1] <= 20
    codes = torch.ones(1, 3)
    full = decoder(codes, grid(8))
    decoder.unmask(0.0)
    first = decoder.layers(codes)[0]
    silent = decoder(codes, grid(8))
    assert not silent.diff().any()  # what is left is constant in time
    assert decoder.layers(codes)[0].weight.equal(first.weight)
    decoder.unmask(0.5)
    assert torch.equal(decoder(codes, grid(8)), full)
