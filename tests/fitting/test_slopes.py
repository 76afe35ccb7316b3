from math import pi

import numpy as np
import pytest
import torch
from torch.func import functional_call

from ligeia.fitting.batches import Batch, Samples
from ligeia.fitting.slopes import change, difference_error, slope_error, with_slopes
from ligeia.networks import Finer, Fmlp, FourierKan, Siren, Wire
from ligeia.networks.siren import SirenInit

INIT = SirenInit(first_bound=20.0, bias="half_turn")


def sounding(function, length=40, blocks=1, valid=None, closed=False):
    """Samples of a function of the coordinate, the same in each block, in double precision."""
    samples = Samples(torch.zeros(blocks, length, 1, dtype=torch.float64), ones(blocks, length), closed=closed)
    targets = function(samples.coordinates).unsqueeze(-1).expand(blocks, -1, -1)
    return Samples(targets, ones(blocks, length) if valid is None else valid, closed=closed)


def ones(blocks, length):
    return torch.ones(blocks, length, dtype=torch.bool)


def ragged():
    valid = ones(2, 40)
    valid[1, 25:] = False
    return valid


# --- the network's own derivative -------------------------------------------------------------------------


def test_change_by_hand():
    spec = Siren(width=5, depth=1, channels=2, init=INIT)
    module = spec.build(blocks=3).double()
    times = torch.linspace(-1, 1, 17, dtype=torch.float64).unsqueeze(0)
    found = change(module, times, 0.25).detach()
    for block in range(3):
        w, b, a = (value[block].detach() for value in (module.weight_0, module.bias_0, module.weight_1))
        expected = 0.25 * (torch.cos(times.T * w + b) * w) @ a
        assert torch.allclose(found[block], expected, rtol=1e-12)


@pytest.mark.parametrize(
    "spec",
    [
        Siren(width=6, depth=2, fixed_first=20.0),
        Siren(width=6, depth=3, channels=2, octaves=4, init=INIT),
        Fmlp(width=6, depth=2, octaves=4),
        Finer(width=6, depth=2, first_omega=5.0, hidden_omega=2.0),
        Wire(width=6, depth=2, first_omega=5.0, hidden_omega=3.0, scale=2.0),
        FourierKan(width=4, depth=1, first_grid=5),
    ],
    ids=lambda spec: spec.name,
)
def test_change_is_what_a_small_step_makes(spec):
    module = spec.build(blocks=2).double()
    times = torch.linspace(-0.9, 0.85, 9, dtype=torch.float64).unsqueeze(0)
    step = 1e-6
    expected = (module(times + step) - module(times - step)) / (2 * step)
    # A central difference of 1e-6 in double precision: about 1e-9 of rounding, 1e-12 times the third derivative.
    assert torch.allclose(change(module, times, 1.0), expected, rtol=1e-5, atol=1e-6)


def test_the_loss_has_the_right_gradient():
    spec = Siren(width=3, depth=2, init=INIT)
    module = spec.build(blocks=2).double()
    samples = with_slopes(sounding(lambda t: (7 * t).sin(), length=6, blocks=2))
    names = list(spec.shapes())

    def loss(*values):
        def network(times):
            return functional_call(module, dict(zip(names, values, strict=True)), (times,))

        return slope_error(network, samples.whole().slopes, samples.spacing)

    values = tuple(value.detach().clone().requires_grad_() for value in module.parameters())
    assert torch.autograd.gradcheck(loss, values)


# --- the steps between samples --------------------------------------------------------------------------------


def test_slopes_are_the_steps_to_the_next_sample_half_way_to_it():
    samples = with_slopes(sounding(lambda t: t**3, length=10, blocks=2))
    slopes = samples.whole().slopes
    assert torch.equal(slopes.targets[:, :-1], samples.targets[:, 1:] - samples.targets[:, :-1])
    assert torch.allclose(slopes.coordinates[0, :-1], (samples.coordinates[0, 1:] + samples.coordinates[0, :-1]) / 2)
    assert slopes.weights[:, :, 0].tolist() == [[1] * 9 + [0]] * 2


def test_slopes_go_with_their_samples():
    samples = with_slopes(sounding(torch.sin, length=30))
    for index in (slice(3, None, 7), torch.tensor([5, 5, 29, 0])):
        batch, whole = samples.take(index), samples.whole()
        assert torch.equal(batch.slopes.targets, whole.slopes.targets[:, index])
        assert torch.equal(batch.slopes.coordinates, batch.coordinates + samples.spacing / 2)


def test_the_samples_themselves_are_left_alone():
    plain = sounding(torch.sin)
    with_slopes(plain)
    assert plain.slopes is None
    assert plain.whole().slopes is None


@pytest.mark.parametrize("closed", [True, False])
def test_a_parabola_has_its_own_slopes(closed):
    # The mean slope of a parabola between two places is its slope half way, exactly.
    samples = with_slopes(sounding(lambda t: 3 * t**2 - t, closed=closed))

    def network(times):
        return (3 * times**2 - times).unsqueeze(-1)

    assert float(slope_error(network, samples.whole().slopes, samples.spacing)) < 1e-24
    assert float(slope_error(lambda t: network(t) + 0.1 * t.unsqueeze(-1), samples.whole().slopes, samples.spacing)) > 0


def test_half_way_is_where_a_difference_belongs():
    # The docstring's number: e^(iwk) at an eighth of the rate, the derivative per sample against the step to the next.
    w = 2 * pi / 8
    step = np.exp(1j * w) - 1
    assert abs(step - 1j * w) / abs(1j * w) == pytest.approx(0.39, abs=0.005)
    assert abs(step - 1j * w * np.exp(1j * w / 2)) / abs(1j * w) < 0.03


def test_one_sample_has_no_slope():
    samples = with_slopes(sounding(torch.cos, length=1))
    assert float(slope_error(lambda t: t.unsqueeze(-1), samples.whole().slopes, samples.spacing)) == 0


# --- differences of values --------------------------------------------------------------------------------


@pytest.mark.parametrize("valid", [None, ragged()], ids=["whole", "ragged"])
def test_difference_error_by_hand(valid):
    samples = sounding(torch.sin, blocks=2, valid=valid)
    values = torch.randn(2, 40, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = difference_error(values, samples.whole())
    y, target = values.numpy()[:, :, 0], samples.targets.numpy()[:, :, 0]
    for block, count in enumerate((40, 40 if valid is None else 25)):
        expected = sum(
            ((y[block, k + 1] - y[block, k]) - (target[block, k + 1] - target[block, k])) ** 2 for k in range(count - 1)
        )
        assert float(found[block]) == pytest.approx(expected, rel=1e-12)


def test_past_the_end_there_are_no_slopes():
    samples = with_slopes(sounding(torch.sin, blocks=2, valid=ragged()))
    assert samples.slopes.weights[1, :, 0].tolist() == [1] * 24 + [0] * 16


def test_a_constant_error_changes_nothing():
    samples = sounding(torch.sin, blocks=2)
    batch: Batch = samples.whole()
    # 1e-28: rounding of numbers of about 1 in double precision
    assert float(difference_error(batch.targets + 0.7, batch).max()) < 1e-28
