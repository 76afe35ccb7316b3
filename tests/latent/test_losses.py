"""Losses of families against their formulas, written out."""

import numpy as np
import pytest
import torch
from torch import Tensor

from ligeia.codec.family.film import FilmSettings
from ligeia.codec.family.wavegan import WaveGanSettings
from ligeia.errors import InputError
from ligeia.latent.decoders import DECODERS
from ligeia.latent.decoders.decoder import grid
from ligeia.latent.losses import ComplexDistance, FamilyLoss, LossSettings, Sampler

SAMPLES, ITEMS = 96, 5
SETTINGS = FilmSettings(code=3, widths=(6, 6), mapping_width=5, mapping_layers=1, first_omega=40.0, hidden_omega=8.0)


@pytest.fixture
def waveforms() -> Tensor:
    return torch.randn(ITEMS, SAMPLES, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def decoder():
    return DECODERS["film"](SETTINGS, SAMPLES, seed=0)


CODES = torch.randn(ITEMS, 3, generator=torch.Generator().manual_seed(2))


def draw(sampler: Sampler, items: Tensor, random: np.random.Generator):
    return sampler.draw(items, sampler.starts(len(items), random))


def drawn(waveforms: Tensor, **settings):
    loss = LossSettings(**settings)
    sampler = Sampler(loss, waveforms)
    seen = draw(sampler, torch.arange(ITEMS), np.random.default_rng(0))
    return FamilyLoss(loss, sampler.points, SAMPLES), seen


def test_evenly_spaced_samples_begin_anywhere_for_each_sound(waveforms: Tensor) -> None:
    seen = draw(Sampler(LossSettings(points=12), waveforms), torch.tensor([3, 0, 4]), np.random.default_rng(0))
    places = ((seen.coordinates + 1) * SAMPLES / 2).round().long()
    assert torch.equal(places.diff(dim=1), torch.full((3, 11), 8))
    assert len(set(places[:, 0].tolist())) > 1
    assert int(places[:, 0].max()) < 8
    for row, item in zip(range(3), (3, 0, 4), strict=True):
        assert torch.equal(seen.targets[row], waveforms[item, places[row]])


def test_every_start_is_drawn(waveforms: Tensor) -> None:
    sampler, random = Sampler(LossSettings(points=12), waveforms), np.random.default_rng(0)
    starts = [draw(sampler, torch.arange(ITEMS), random).coordinates[:, 0] for _ in range(40)]
    assert len(torch.cat(starts).unique()) == 8
    runs = Sampler(LossSettings(points=90, places="run"), waveforms)
    starts = [draw(runs, torch.arange(ITEMS), random).coordinates[:, 0] for _ in range(40)]
    assert len(torch.cat(starts).unique()) == 7


def test_a_run_is_of_neighbours(waveforms: Tensor) -> None:
    sampler = Sampler(LossSettings(points=10, places="run", derivative_at="middle"), waveforms)
    seen = draw(sampler, torch.tensor([2]), np.random.default_rng(0))
    first = round(float((seen.coordinates[0, 0] + 1) * SAMPLES / 2))
    assert torch.equal(seen.targets[0], waveforms[2, first : first + 10])
    assert seen.slopes is not None
    assert torch.equal(seen.slopes[0, :9], waveforms[2, first : first + 10].diff())


@pytest.mark.parametrize("whole", [True, False])
def test_all_samples_share_their_coordinates(waveforms: Tensor, whole: bool) -> None:
    sampler = Sampler(LossSettings(points=12 if whole else 0), waveforms, whole=whole)
    seen = draw(sampler, torch.tensor([1, 2]), np.random.default_rng(0))
    assert torch.equal(seen.coordinates, grid(SAMPLES))
    assert torch.equal(seen.part(slice(1, 2)).targets, waveforms[2:3])


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_the_loss_as_executed(waveforms: Tensor, decoder, reduction: str) -> None:
    loss, seen = drawn(waveforms, points=12, reduction=reduction, samples=2.0, derivative=3.0)
    found = decoder(CODES, seen.coordinates).detach().double().numpy()
    true = seen.targets.double().numpy()
    reduced = np.sum if reduction == "sum" else np.mean
    for item in range(ITEMS):
        error = found[item] - true[item]
        steps = (found[item, 1:] - found[item, :-1]) - (true[item, 1:] - true[item, :-1])
        expected = 2 * reduced(error**2) + 3 * reduced(steps**2)
        assert float(loss(decoder, CODES, seen)[item].detach()) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("at", "offset"), [("first", 0.0), ("middle", 0.5)])
@pytest.mark.parametrize("points", [0, 12])
def test_the_derivative_is_that_of_the_decoder(waveforms: Tensor, decoder, at: str, offset: float, points: int) -> None:
    loss, seen = drawn(waveforms, points=points, samples=0.0, derivative_at=at)
    found = loss(decoder, CODES, seen).detach().numpy()
    double = DECODERS["film"](SETTINGS, SAMPLES, seed=0).double()
    spacing, small = 2 / SAMPLES, 1e-5
    places = ((seen.coordinates + 1) * SAMPLES / 2).round().long().expand(ITEMS, -1)
    for item in range(ITEMS):
        times = (places[item].double() * spacing - 1 + offset * spacing)[None]
        with torch.no_grad():  # a central difference of the function itself
            code = CODES[item : item + 1].double()
            slope = (double(code, times + small) - double(code, times - small))[0] / (2 * small) * spacing
        following = torch.cat([waveforms[item], waveforms[item, -1:]]).double()
        steps = following[places[item] + 1] - following[places[item]]
        expected = float((slope - steps).square().sum())
        assert found[item] == pytest.approx(expected, rel=1e-3)


def test_the_derivative_of_a_whole_grid_is_a_difference(waveforms: Tensor) -> None:
    settings = WaveGanSettings(code=3, width=1, first=6, factors=(4, 4), kernel=5, filter=8)
    decoder = DECODERS["wavegan"](settings, SAMPLES, seed=0)
    found = []
    for at in ("difference", "first", "middle"):
        loss = LossSettings(points=12, samples=0.0, derivative_at=at)
        sampler = Sampler(loss, waveforms, whole=True)
        seen = draw(sampler, torch.arange(ITEMS), np.random.default_rng(0))
        found.append(FamilyLoss(loss, sampler.points, SAMPLES)(decoder, CODES, seen).detach())
    assert torch.allclose(found[0], found[1], rtol=1e-4)
    assert torch.equal(found[1], found[2])


def test_spectra_count_with_their_weights(decoder) -> None:
    sounds = torch.randn(ITEMS, 1200, generator=torch.Generator().manual_seed(1))
    made = {}
    for weights in ((1.0, 0.0), (0.0, 1.0), (2.0, 3.0)):
        settings = LossSettings(points=0, samples=0.0, derivative=0.0, spectral=weights[0], complex=weights[1])
        seen = draw(Sampler(settings, sounds), torch.arange(ITEMS), np.random.default_rng(0))
        made[weights] = FamilyLoss(settings, 1200, 1200)(decoder, CODES, seen)
    assert torch.allclose(made[2.0, 3.0], 2 * made[1.0, 0.0] + 3 * made[0.0, 1.0], rtol=1e-5)
    assert made[1.0, 0.0].shape == (ITEMS,)


def test_silence_is_at_a_complex_distance_of_one() -> None:
    generator = torch.Generator().manual_seed(0)
    sounds = torch.randn(3, 2000, generator=generator) * torch.tensor([[1.0], [0.01], [3.0]])
    distance = ComplexDistance(2000)
    assert torch.allclose(distance(torch.zeros_like(sounds), sounds), torch.ones(3), atol=1e-4)
    assert torch.all(distance(sounds, sounds) < 1e-3)
    assert torch.allclose(distance(-sounds, sounds), torch.full((3,), 2.0), atol=1e-3)  # phases count
    exact = sounds.clone().requires_grad_()
    distance(exact, sounds).sum().backward()
    assert torch.isfinite(exact.grad).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"points": 1}, "points must be 0"),
        ({"places": "random"}, "places must be one of spaced, run"),
        ({"samples": -1.0}, "samples must lie between"),
        ({"samples": 0.0, "derivative": 0.0}, "the loss is 0 whatever is learned"),
        ({"spectral": 1.0}, "spectra need neighbouring samples"),
    ],
)
def test_settings_out_of_range(settings, message: str) -> None:
    with pytest.raises(InputError, match=message):
        LossSettings(**settings)


def test_more_points_than_samples(waveforms: Tensor) -> None:
    with pytest.raises(InputError, match="at most the 96 samples of a sound, got 97; 0 means all"):
        Sampler(LossSettings(points=97), waveforms)
    with pytest.raises(InputError, match="neighbouring samples"):
        ComplexDistance(100)
