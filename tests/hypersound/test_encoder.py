import pytest
import torch
from torch.nn import ELU, GroupNorm, LayerNorm
from torch.nn.functional import conv1d, elu, group_norm, layer_norm, pad

from ligeia.hypersound.config import executed
from ligeia.hypersound.encoder import CausalConv, Encoder, ResidualUnit, latent_steps
from ligeia.hypersound.hypernetwork import HyperSound


def test_lengths_of_the_paper() -> None:
    assert [latent_steps(32768, (2, 4, 5, 8)[:k]) for k in range(5)] == [32768, 16384, 4096, 820, 103]


@pytest.mark.parametrize("norm", ["layer", "group", "frame", "none"])
def test_shapes(tiny, norm) -> None:
    assert Encoder(tiny(norm=norm))(torch.randn(3, 80)).shape == (3, 3, 10)


def test_only_the_norm_of_the_paper_is_bound_to_a_length(tiny) -> None:
    for norm in ("group", "frame", "none"):
        assert Encoder(tiny(norm=norm))(torch.randn(1, 33)).shape == (1, 3, 5)
    with pytest.raises(RuntimeError):
        Encoder(tiny(norm="layer"))(torch.randn(1, 33))


@pytest.mark.parametrize("norm", ["frame", "none"])
def test_causal(tiny, norm) -> None:
    encoder, waveform = Encoder(tiny(norm=norm)), torch.randn(1, 80)
    later = waveform.clone()
    later[:, 48:] += 1
    before, after = encoder(waveform), encoder(later)
    assert torch.equal(before[..., :6], after[..., :6])
    assert not torch.allclose(before[..., 6:], after[..., 6:])


def test_numbers_of_the_paper() -> None:
    def count(norm: str) -> int:
        with torch.device("meta"):
            return sum(p.numel() for p in Encoder(executed(norm=norm)).parameters())

    assert count("none") == 1_173_536  # 1.17 M
    assert count("layer") == 21_045_792  # 21.05 M, of which 19.87 M are gains and offsets
    assert count("group") == 1_173_536 + 2 * (7 * (16 + 32 + 64 + 128) + 256)


def test_without_strides_the_trunk_sees_the_samples(tiny) -> None:
    config = tiny(strides=())
    waveforms = torch.randn(3, config.samples)
    assert torch.equal(Encoder(config)(waveforms), waveforms.unsqueeze(1))
    model = HyperSound(config)
    assert model(waveforms).shape == (3, config.samples)
    assert not list(model.encoder.parameters())


# The encoder as HyperSound's program states it: channels before time, zeros on the left, norm, ELU.


def causal(layer, hidden):
    zeros = layer.dilation[0] * (layer.kernel_size[0] - 1)
    return conv1d(pad(hidden, (zeros, 0)), layer.weight, layer.bias, layer.stride, 0, layer.dilation)


def normed(layer, hidden):
    if isinstance(layer, GroupNorm):
        return group_norm(hidden, 1, layer.weight, layer.bias)
    if isinstance(layer, LayerNorm) and len(layer.normalized_shape) == 2:
        gain, offset = layer.weight.t(), layer.bias.t()
        return layer_norm(hidden, hidden.shape[1:], gain, offset)
    if isinstance(layer, LayerNorm):
        return layer_norm(hidden.transpose(1, 2), hidden.shape[1:2], layer.weight, layer.bias).transpose(1, 2)
    return hidden


def stated(encoder, waveforms):
    hidden = waveforms.unsqueeze(1)
    for layer in encoder.layers:
        if isinstance(layer, ResidualUnit):
            dilated, norm, _, mixture, second_norm, _ = layer.layers
            inside = elu(normed(norm, causal(dilated, hidden)))
            hidden = hidden + elu(normed(second_norm, conv1d(inside, mixture.weight, mixture.bias)))
        elif isinstance(layer, CausalConv):
            hidden = causal(layer, hidden)
        else:
            hidden = elu(hidden) if isinstance(layer, ELU) else normed(layer, hidden)
    return hidden


@pytest.mark.parametrize("norm", ["layer", "group", "frame", "none"])
def test_value_and_derivatives_are_those_of_the_plain_statement(tiny, norm) -> None:
    torch.manual_seed(0)
    encoder, waveforms = Encoder(tiny(norm=norm, channels=4)), torch.randn(3, 80)
    with torch.no_grad():
        for values in encoder.parameters():
            values += 0.3 * torch.randn_like(values)
    weights = torch.randn(3, 3, 10)
    found, expected = encoder(waveforms), stated(encoder, waveforms)
    assert torch.allclose(found, expected, atol=1e-4)
    slopes = [torch.autograd.grad((values * weights).sum(), list(encoder.parameters())) for values in (found, expected)]
    for ours, theirs in zip(*slopes, strict=True):
        assert (ours - theirs).norm() <= 1e-4 * theirs.norm() + 1e-5


def test_bfloat16_under_autocast(tiny) -> None:
    encoder, waveforms = Encoder(tiny()), torch.randn(3, 80)
    with torch.autocast("cpu", torch.bfloat16):
        found = encoder(waveforms)
    exact = encoder(waveforms)
    assert 1e-5 < (found - exact).norm() / exact.norm() < 5e-2
