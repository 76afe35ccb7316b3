"""A loss of the caller's own: what it is given, what it may return, and that it is what is minimised."""

import numpy as np
import pytest
import torch

import ligeia
from ligeia.errors import SettingsError
from ligeia.fitting.batches import Batch
from ligeia.fitting.config import FitConfig
from ligeia.fitting.own_loss import name_of, own_loss

RATE = 8000
TWO = 0.5 * np.sin(2 * np.pi * 440 * np.arange(1600) / RATE)


def l1(estimate, target):
    return (estimate - target).abs().mean()


def batch(blocks=2, points=5, channels=3):
    torch.manual_seed(0)
    return Batch(torch.zeros(1, points), torch.randn(blocks, points, channels), None)


def test_it_sees_blocks_of_channels_of_neighbours():
    seen = []

    def loss(estimate, target):
        seen.append((estimate.clone(), target.clone()))
        return estimate.mean()

    given = batch()
    values = torch.randn(2, 5, 3)
    own_loss(values, given, loss)
    assert torch.equal(seen[0][0], values.transpose(1, 2))
    assert torch.equal(seen[0][1], given.targets.transpose(1, 2))


def test_what_lies_beyond_the_sound_is_silent():
    given = batch()
    weights = torch.ones(2, 5, 1)
    weights[1, 3:] = 0

    def loss(estimate, target):
        assert not estimate[1, :, 3:].any()
        assert not target[1, :, 3:].any()
        return (estimate - target).abs().mean((1, 2))

    assert own_loss(torch.ones(2, 5, 3), Batch(given.coordinates, given.targets, weights), loss).shape == (2,)


def test_one_number_and_one_for_each_block_weigh_the_same():
    given, values = batch(), torch.randn(2, 5, 3)
    one = own_loss(values, given, l1)
    each = own_loss(values, given, lambda estimate, target: (estimate - target).abs().mean((1, 2)))
    assert one.shape == each.shape == (2,)
    assert one.sum().item() == pytest.approx(each.sum().item(), rel=1e-6)


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        (0.5, "a tensor of real numbers, got float"),
        (None, "got NoneType"),
        (torch.tensor(1), "got torch.int64"),
        (torch.zeros(3), r"one for each of 2 blocks, got the shape \[3\]"),
        (torch.zeros(2, 5), "take the mean"),
    ],
)
def test_what_it_may_not_return(returned, says):
    with pytest.raises(SettingsError, match=says):
        own_loss(torch.zeros(2, 5, 3), batch(), lambda estimate, target: returned)


def test_a_loss_that_ignores_the_estimate_is_refused():
    with pytest.raises(SettingsError, match="does not depend on the estimate"):
        own_loss(torch.zeros(2, 5, 3, requires_grad=True), batch(), lambda estimate, target: target.mean())


def test_the_same_loss_gives_the_same_fit_as_its_name():
    named = ligeia.fit(TWO, rate=RATE, loss="l1", steps=30, recipe=full_batch())
    own = ligeia.fit(TWO, rate=RATE, loss=by_block, steps=30, recipe=full_batch())
    for name, value in named.parameters.items():
        np.testing.assert_allclose(own.parameters[name], value, atol=2e-4)
    assert own.report["config"]["loss"] == "by_block"


def by_block(estimate, target):
    return (estimate - target).abs().mean((1, 2))


def full_batch():
    from dataclasses import replace

    from ligeia.fitting.own_recipes import LIGEIA

    return replace(LIGEIA, config=replace(LIGEIA.config, stride=1, precision="float32"))


def spectral(estimate, target):
    """The mean difference of magnitudes, at two resolutions."""
    total = 0.0
    for size in (64, 256):
        a, b = (
            torch.stft(x.flatten(0, 1), size, window=torch.hann_window(size), return_complex=True).abs()
            for x in (estimate, target)
        )
        total = total + (a - b).abs().mean()
    return total


def test_a_loss_of_spectra_is_what_is_minimised():
    def distance(inr):
        a, b = (torch.from_numpy(np.array(x))[None] for x in (inr.render().samples, TWO[None].astype(np.float32)))
        return float(spectral(a, b))

    rough = ligeia.fit(TWO, rate=RATE, loss=spectral, steps=2)
    fitted = ligeia.fit(TWO, rate=RATE, loss=spectral, steps=150)
    assert distance(fitted) < 0.5 * distance(rough)


def test_batches_have_no_gaps_unless_the_recipe_has_none_already():
    assert ligeia.fit(TWO, rate=RATE, loss=l1, steps=1).report["config"]["stride"] == 1
    contiguous = ligeia.Recipe(
        name="mine", source="test", design=lambda shape: ligeia.Siren(width=8, channels=shape.channels),
        config=FitConfig(sampling="contiguous", stride=4),
    )  # fmt: skip
    assert ligeia.fit(TWO, contiguous, rate=RATE, loss=l1, steps=1).report["config"]["stride"] == 4
    with pytest.raises(SettingsError, match=r"a loss of your own need\(s\) neighbouring samples"):
        FitConfig(loss=l1)


def test_such_a_fit_cannot_be_resumed(tmp_path):
    with pytest.raises(SettingsError, match="cannot be resumed"):
        ligeia.fit(TWO, rate=RATE, loss=l1, steps=1, checkpoint=tmp_path / "saved")


def test_names():
    assert name_of("l1") == "l1"
    assert name_of(l1) == "l1"
    assert name_of(torch.nn.L1Loss()) == "L1Loss"
    assert ligeia.fit(TWO, rate=RATE, loss=torch.nn.L1Loss(), steps=1).report["config"]["loss"] == "L1Loss"
