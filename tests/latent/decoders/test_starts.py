"""Every start is one that learns: two tones of other frequencies, told apart by their codes."""

from math import pi

import pytest
import torch

from ligeia.codec.family.concatenation import ConcatenationSettings, ImNetSettings
from ligeia.codec.family.film import FilmSettings
from ligeia.codec.family.hypernetwork import HypernetworkSettings
from ligeia.codec.family.multiplicative import MultiplicativeSettings
from ligeia.codec.family.parallel import ParallelSettings
from ligeia.codec.family.wavegan import WaveGanSettings
from ligeia.latent.decoders import DECODERS
from ligeia.latent.decoders.decoder import grid

SMALL = {"code": 4, "mapping_width": 16, "mapping_layers": 1}
CASES = {
    "film": FilmSettings(**SMALL, widths=(24, 24), first_omega=20.0, hidden_omega=10.0),
    "concatenation": ConcatenationSettings(
        **SMALL, widths=(24, 24), where="all", apart=True, first_omega=20.0, hidden_omega=10.0
    ),
    "im_net": ImNetSettings(code=4, widths=(48, 24), coordinate_scale=10.0, deviation=0.3),
    "hypernetwork": HypernetworkSettings(**SMALL, widths=(16, 16), first_omega=20.0, hidden_omega=10.0),
    "multiplicative": MultiplicativeSettings(**SMALL, width=24, depth=3, reach=40.0),
    "multiplicative, filters": MultiplicativeSettings(**SMALL, width=24, depth=3, reach=40.0, conditioned="filters"),
    "parallel": ParallelSettings(**SMALL, networks=3, width=12, depth=2, first_omega=30.0, hidden_omega=10.0),
    "wavegan": WaveGanSettings(code=4, width=8, first=4, factors=(4, 4), kernel=9, filter=0),
}


@pytest.mark.parametrize("settings", CASES.values(), ids=CASES)
def test_two_tones_are_learned(settings):
    """A function that ignores its code leaves half of the power; ReLU layers learn tones slowly, all others well."""
    times = grid(64)
    sounds = 0.5 * torch.cat([(3 * pi * times).sin(), (5 * pi * times + 1).sin()])
    decoder = DECODERS[settings.kind](settings, 64, seed=0)
    codes = torch.randn(2, 4, generator=torch.Generator().manual_seed(0)).requires_grad_()
    optimiser = torch.optim.Adam([*decoder.parameters(), codes], lr=5e-3)
    for _ in range(100):
        loss = (decoder(codes, times) - sounds).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss < (0.45 if settings.kind == "im_net" else 0.1) * sounds.square().mean()
