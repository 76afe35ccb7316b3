"""What every decoder promises."""

import pytest
import torch

from ligeia.codec.family.film import FilmSettings
from ligeia.codec.family.lapped import LappedSettings
from ligeia.errors import InputError
from ligeia.latent.decoders import DECODERS, decoder_kind
from ligeia.latent.decoders.decoder import grid

SMALL = {
    "film": FilmSettings(code=4, widths=(6, 5), mapping_width=7, first_omega=30.0, hidden_omega=10.0),
    "lapped": LappedSettings(code=4, frame_size=32, stretches=1, borders=(8,), ranks=(3, 1)),
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
    if not decoder.whole:
        step = 1e-6
        quotient = (decoder(codes, times + step) - decoder(codes, times - step)) / (2 * step)
        inner = slice(1, None)  # a function may begin at the first sample
        assert (quotient - slopes)[:, inner].abs().max() < 1e-5 * slopes.abs().max()


def test_an_unknown_kind_is_named():
    with pytest.raises(InputError, match="unknown decoder 'flim'; there are: film"):
        decoder_kind("flim")


def test_the_grid_is_half_open():
    assert torch.equal(grid(4), torch.tensor([[-1.0, -0.5, 0.0, 0.5]]))
