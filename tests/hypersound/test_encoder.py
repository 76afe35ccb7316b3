import pytest
import torch

from ligeia.hypersound.config import executed
from ligeia.hypersound.encoder import Encoder, latent_steps
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
