"""What every decoder promises."""

import pytest
import torch

from ligeia.codec.family.concatenation import ConcatenationSettings, ImNetSettings
from ligeia.codec.family.film import FilmSettings
from ligeia.codec.family.hypernetwork import HypernetworkSettings
from ligeia.codec.family.lapped import LappedSettings
from ligeia.codec.family.multiplicative import MultiplicativeSettings
from ligeia.codec.family.parallel import ParallelSettings
from ligeia.codec.family.wavegan import WaveGanSettings
from ligeia.errors import InputError
from ligeia.latent.decoders import DECODERS, decoder_kind
from ligeia.latent.decoders.decoder import grid

SMALL = {
    "film": FilmSettings(code=4, widths=(6, 5), mapping_width=7, first_omega=30.0, hidden_omega=10.0),
    "lapped": LappedSettings(code=4, frame_size=32, stretches=1, borders=(8,), ranks=(3, 1)),
    "film, eq. 4.6": FilmSettings(code=4, widths=(6, 5), omega_on_bias=False, weight_norm=False, first_omega=30.0),
    "film, groups": FilmSettings(code=4, widths=(6, 5), groups=2, noise=(0.1, 0.1), first_omega=30.0),
    "film, sine first": FilmSettings(code=4, widths=(6, 5, 4), activations="sine_first", first_omega=30.0),
    "film, sine last": FilmSettings(code=4, widths=(6, 5, 4), activations="sine_last", first_omega=30.0),
    "film, relu": FilmSettings(code=4, widths=(6, 5, 4), activations="relu", first_omega=30.0),
    "concat middle": ConcatenationSettings(code=4, widths=(6, 5, 4, 3), mapping_width=7, first_omega=30.0),
    "concat all": ConcatenationSettings(code=4, widths=(6, 5, 4), where="all", apart=True, first_omega=30.0),
    "im_net": ImNetSettings(code=4, widths=(8, 6, 5), coordinate_scale=30.0, deviation=0.4),
    "hypernetwork": HypernetworkSettings(code=4, widths=(6, 5), mapping_width=7, first_omega=30.0),
    "mfn": MultiplicativeSettings(code=4, width=6, depth=3, reach=30.0, mapping_width=7),
    "mfn, filters": MultiplicativeSettings(code=4, width=6, depth=3, reach=30.0, conditioned="filters", slant=2.0),
    "mfn, both": MultiplicativeSettings(code=4, width=6, depth=2, reach=30.0, conditioned="both"),
    "parallel": ParallelSettings(code=4, networks=3, width=5, depth=2, first_omega=40.0, mapping_width=7),
    "wavegan": WaveGanSettings(code=4, width=2, first=4, factors=(2, 4), kernel=5, filter=6),
}
each = pytest.mark.parametrize("settings", SMALL.values(), ids=SMALL)


def codes_of(settings, items=3):
    return torch.randn(items, settings.code, generator=torch.Generator().manual_seed(5))


@each
def test_tensors_are_what_the_settings_say(settings):
    decoder = DECODERS[settings.kind](settings, 32, seed=1)
    assert {name: tuple(value.shape) for name, value in decoder.state_dict().items()} == settings.shapes(32)
    assert decoder.kind == settings.kind
    parts = [id(value) for value in decoder.mapping() + decoder.body()]
    assert sorted(parts) == sorted(id(value) for value in decoder.parameters())


@each
def test_every_parameter_learns(settings):
    decoder = DECODERS[settings.kind](settings, 32, seed=1)
    amplitudes, slopes = decoder.with_slopes(codes_of(settings).requires_grad_(), grid(32))
    (amplitudes.square().sum() + slopes.square().sum()).backward()
    for name, value in decoder.named_parameters():
        assert value.grad is not None, name
        assert value.grad.isfinite().all(), name
        assert value.grad.any(), name


@each
def test_amplitudes_depend_on_seed_and_code(settings):
    decoder, again, other = (DECODERS[settings.kind](settings, 32, seed=seed) for seed in (1, 1, 2))
    codes = codes_of(settings)
    sound = decoder(codes, grid(32))
    assert sound.shape == (3, 32)
    assert sound.dtype == torch.float32
    assert torch.equal(sound, again(codes, grid(32)))
    assert not torch.equal(sound, other(codes, grid(32)))
    assert not torch.equal(sound[0], sound[1])


@each
def test_slopes_are_derivatives(settings):
    decoder = DECODERS[settings.kind](settings, 32, seed=1).double()
    codes, times = codes_of(settings).double(), grid(32).double()
    amplitudes, slopes = decoder.with_slopes(codes, times)
    assert (amplitudes - decoder(codes, times)).abs().max() < 1e-12
    if decoder.whole:
        assert (slopes[:, :-1] * 2 / 32 - amplitudes.diff(dim=1)).abs().max() < 1e-12
        assert torch.equal(slopes[:, -1], slopes[:, -2])
    else:
        step = 1e-6
        quotient = (decoder(codes, times + step) - decoder(codes, times - step)) / (2 * step)
        inner = slice(1, None)  # a function may begin at the first sample
        assert (quotient - slopes)[:, inner].abs().max() < 1e-5 * slopes.abs().max()


def test_an_unknown_kind_is_named():
    with pytest.raises(InputError, match="unknown decoder 'flim'; there are: film, "):
        decoder_kind("flim")


def test_the_grid_is_half_open():
    assert torch.equal(grid(4), torch.tensor([[-1.0, -0.5, 0.0, 0.5]]))


def test_settings_of_another_kind_are_refused():
    with pytest.raises(InputError, match="ImNetSettings are not settings of a 'film' decoder"):
        DECODERS["film"](ImNetSettings(), 32)


def test_a_decoder_of_whole_items_wants_all_coordinates():
    settings = SMALL["wavegan"]
    with pytest.raises(InputError, match="makes all 32 samples of an item, not 16"):
        DECODERS["wavegan"](settings, 32)(codes_of(settings), grid(16))
    with pytest.raises(InputError, match="make 32 samples, but an item has 33"):
        DECODERS["wavegan"](settings, 33)


@each
def test_autocast_changes_little(settings):
    """Half precision is for hidden products alone: 2^-9 of each value, summed over a few layers of a few units."""
    decoder = DECODERS[settings.kind](settings, 32, seed=1)
    codes = codes_of(settings).requires_grad_()
    exact = decoder(codes, grid(32))
    with torch.autocast("cpu", torch.bfloat16):
        rough = decoder(codes, grid(32))
        _, slopes = decoder.with_slopes(codes, grid(32))
    (rough.float().square().sum() + slopes.float().square().sum()).backward()
    assert codes.grad.isfinite().all()
    assert (rough.float() - exact).abs().max() < 0.05 * exact.abs().max()
