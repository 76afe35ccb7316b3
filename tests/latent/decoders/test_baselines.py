"""The decoders that the thesis compares with, and its conditioning ablations: exact counts, and how they start."""

import pytest
import torch

from ligeia.codec.family.concatenation import ConcatenationSettings, ImNetSettings
from ligeia.codec.family.hypernetwork import HypernetworkSettings
from ligeia.codec.family.wavegan import WaveGanSettings
from ligeia.latent.decoders import DECODERS
from ligeia.latent.decoders.concatenation import ConcatenationDecoder, split_rows
from ligeia.latent.decoders.decoder import grid
from ligeia.latent.decoders.hypernetwork import HypernetworkDecoder
from ligeia.latent.decoders.im_net import ImNetDecoder
from ligeia.latent.decoders.layers import evaluate
from ligeia.latent.decoders.mapping import mapped
from ligeia.latent.decoders.start import start_layer
from ligeia.latent.decoders.wavegan import WaveGanDecoder


def dense(*sizes):
    """Numbers of fully connected layers with biases."""
    return sum((a + 1) * b for a, b in zip(sizes[:-1], sizes[1:], strict=True))  # noqa: RUF007 - said plainly


def convolutions(taps, *channels):
    return sum((a * taps + 1) * b for a, b in zip(channels[:-1], channels[1:], strict=True))  # noqa: RUF007


MAPPING = dense(256, 256, 256, 256, 256)
COUNTS = {
    "IM-NET": (ImNetSettings(), 1_208_257, 258 * 1024 + 1282 * 512 + 770 * 256 + 514 * 128 + 386 * 64 + 65),
    "WaveGAN": (WaveGanSettings(), 799_170, dense(256, 16 * 128) + convolutions(25, 128, 64, 32, 16, 8, 1) + 513),
    "concatenation, middle": (
        ConcatenationSettings(weight_norm=False),
        855_809,
        MAPPING + 258 * 256 + 6 * 257 * 256 + (256 + 257 + 1) * 256 + 257,
    ),
    "concatenation, all": (
        ConcatenationSettings(weight_norm=False, where="all"),
        1_250_561,
        MAPPING + 258 * 256 + 7 * (256 + 257 + 1) * 256 + 257,
    ),
    "hypernetwork": (HypernetworkSettings(), 786_815, dense(256, 87, 87, 87, dense(1, 64, 64, 64, 1))),
}


@pytest.mark.parametrize(("settings", "count", "independent"), COUNTS.values(), ids=COUNTS)
def test_counts_are_exact(settings, count, independent):
    assert settings.numbers(16000) == count == independent
    decoder = DECODERS[settings.kind](settings, samples=16000, seed=0)
    assert sum(value.numel() for value in decoder.parameters()) == count


def test_wavegan_is_its_layers_one_by_one():
    settings = WaveGanSettings(code=4, width=2, first=4, factors=(2, 4), kernel=5, filter=6)
    decoder = WaveGanDecoder(settings, samples=30, seed=1)
    codes = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))
    numbers = decoder.state_dict()
    hidden = (codes @ numbers["map_weight_0"] + numbers["map_bias_0"]).view(3, 4, 4).relu()
    for k, factor in enumerate(settings.factors):
        hidden = hidden.repeat_interleave(factor, 2)
        padded = torch.nn.functional.pad(hidden, (2, 2)).unfold(2, 5, 1)
        hidden = torch.einsum("icnt,oct->ion", padded, numbers[f"weight_{k}"]) + numbers[f"bias_{k}"][:, None]
        hidden = hidden.relu() if k == 0 else hidden.tanh()
    padded = torch.nn.functional.pad(hidden, (3, 2)).unfold(2, 6, 1)
    expected = (padded @ numbers["filter_weight"][0, 0] + numbers["filter_bias"])[:, 0, :30]
    assert (decoder(codes, grid(30)) - expected).abs().max() < 1e-5


def test_concatenation_is_the_formula():
    """sin(omega (W (h, m, t) + b)), with what is joined where the thesis joins it."""
    settings = ConcatenationSettings(code=3, widths=(5, 4, 4, 6), mapping_width=6, first_omega=20.0, hidden_omega=7.0)
    decoder = ConcatenationDecoder(settings, samples=16, seed=1).double()
    codes, times = torch.randn(2, 3, generator=torch.Generator().manual_seed(2)).double(), grid(16).double()
    code = mapped(decoder, codes, 4).unsqueeze(1).expand(-1, 16, -1)
    own = times.expand(2, -1).unsqueeze(-1)
    hidden = own
    for k in range(5):
        weight = decoder.get_parameter(f"weight_{k}")
        weight = weight / weight.norm(dim=0) * decoder.get_parameter(f"length_{k}")
        inputs = {0: [own, code], 2: [hidden, code, own]}.get(k, [hidden])
        hidden = torch.cat(inputs, 2) @ weight + decoder.get_parameter(f"bias_{k}")
        hidden = ((20.0 if k == 0 else 7.0) * hidden).sin() if k < 4 else hidden
    assert (decoder(codes, times) - hidden.squeeze(-1)).abs().max() < 1e-12


@pytest.mark.parametrize("width", [1, 3, 4, 5, 20])
def test_joined_rows_are_told_from_own_ones(width):
    settings = ConcatenationSettings(code=4, widths=(width, width, width, width), weight_norm=False)
    decoder = ConcatenationDecoder(settings, samples=8, seed=0)
    joined = [layer.coordinate is not None for layer in decoder.layers(torch.ones(2, 4))]
    assert joined == [False, False, True, False, False]
    shifts = [len(layer.shift) for layer in decoder.layers(torch.ones(2, 4))]
    assert shifts == [2, 1, 2, 1, 1]


def test_parts_of_a_joined_layer_start_apart():
    """The time's first weights are SIREN's U(±1) again, and codes turn phases by about a radian."""
    settings = ConcatenationSettings(weight_norm=False, apart=True, where="all")
    decoder = ConcatenationDecoder(settings, samples=8, seed=0)
    assert 0.95 < decoder.weight_0[0].abs().max() <= 1
    shift = 1760 * decoder.weight_0[1:].T @ torch.randn(256, generator=torch.Generator().manual_seed(1))
    assert 0.8 < shift.square().mean().sqrt() < 1.2
    executed = ConcatenationDecoder(ConcatenationSettings(), samples=8, seed=0)
    assert executed.weight_0[0].abs().max() <= 1 / 257


def test_im_net_is_the_formula():
    settings = ImNetSettings(code=3, widths=(6, 5), coordinate_scale=10.0, deviation=0.5)
    decoder = ImNetDecoder(settings, samples=8, seed=0).double()
    codes = torch.randn(2, 3, generator=torch.Generator().manual_seed(2)).double()
    own, code = (grid(8).double() * 10).expand(2, -1).unsqueeze(-1), codes.unsqueeze(1).expand(-1, 8, -1)
    act = torch.nn.functional.leaky_relu
    hidden = act(torch.cat([own, code], 2) @ decoder.weight_0 + decoder.bias_0, 0.02)
    hidden = act(torch.cat([hidden, code, own], 2) @ decoder.weight_1 + decoder.bias_1, 0.02)
    expected = (hidden @ decoder.weight_2 + decoder.bias_2).tanh().squeeze(-1)
    assert (decoder(codes, grid(8).double()) - expected).abs().max() < 1e-12
    own_rows, codes_rows, time = split_rows(decoder.weight_1, 3, first=False)
    assert (own_rows.shape, codes_rows.shape, time.shape) == ((6, 5), (3, 5), (1, 5))


def test_a_hypernetwork_starts_as_one_siren_with_phases_a_little_turned():
    settings = HypernetworkSettings(code=64, widths=(48, 48), mapping_width=64)
    decoder = HypernetworkDecoder(settings, samples=64, seed=3)
    codes = torch.randn(200, 64, generator=torch.Generator().manual_seed(1))
    zero = decoder.layers(torch.zeros(1, 64))
    weight, bias = start_layer((1, 48), "sine", 1760.0, torch.Generator().manual_seed(9), first=True)
    assert abs(zero[0].weight.std() / (1760 * weight.std()) - 1) < 0.3
    assert 0 <= bias.min() < bias.max() < 6.2832
    chains = decoder.layers(codes)
    times = torch.full((1, 1), 0.7)
    turns = []
    for k in (0, 1):
        before = evaluate([*zero[:k], _linear(zero[k])], times)
        after = evaluate([*zero[:k], _linear(chains[k])], times)
        turns.append((after - before).square().mean().sqrt().item())
    # 0.25 radians by the weights and 0.25 by the shifts: 0.35 in all, at |t| = 1.
    assert all(0.2 < turn < 0.5 for turn in turns), turns


def _linear(layer):
    """A layer's first phase, as a last layer; the shift without the turns that `turned` took."""
    weight, shift = layer.weight[:, :, :1], layer.shift[:, :1]
    return type(layer)(weight, shift, "none")
