from math import pi

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call

from ligeia.errors import InputError
from ligeia.fitting import closed_form
from ligeia.fitting.batches import Batch, Samples, squared_error
from ligeia.fitting.config import FitConfig
from ligeia.fitting.losses import (
    change,
    difference_error,
    in_parts,
    make_objective,
    make_terms,
    sample_loss,
    with_slopes,
)
from ligeia.fitting.spectral import MelDistance, StftDistance
from ligeia.networks import Finer, Fmlp, FourierKan, Siamese, Siren, SirenInit, Wire

INIT = SirenInit(first_bound=20.0, bias="half_turn")


def slope_error(network, slopes, spacing):
    return squared_error(change(network, slopes.coordinates, spacing), slopes)


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


SPEC = Siren(width=8, depth=2, channels=2, init=SirenInit(first_bound=60.0, bias="half_turn"))
RATE = 8000


def noise(blocks=2, length=500, channels=2, ragged=False):
    valid = torch.ones(blocks, length, dtype=torch.bool)
    if ragged:
        valid[-1, 300:] = False
    targets = torch.randn(blocks, length, channels, generator=torch.Generator().manual_seed(0))
    return Samples(targets, valid, closed=False)


def objective_of(samples, spec=SPEC, **settings):
    """A module, what it is fitted to, and the objective."""
    config = FitConfig(precision="float32", **{"stride": 1, **settings})
    module = spec.build(blocks=samples.targets.shape[0], seed=1)
    samples = with_slopes(samples) if config.analytic else samples
    return module, samples, make_objective(module, spec, samples, config, RATE)


# --- losses of samples ------------------------------------------------------------------------------------


def by_hand(error, loss, beta):
    if loss == "mse":
        return error**2
    if loss == "l1":
        return abs(error)
    return error**2 / (2 * beta) if abs(error) < beta else abs(error) - beta / 2


@pytest.mark.parametrize(
    ("loss", "beta", "ragged"),
    [("mse", 0.1, True), ("l1", 0.1, False), ("l1", 2.0, True), ("smooth_l1", 0.1, True), ("smooth_l1", 2.0, False)],
)
def test_sample_losses_by_hand(loss, beta, ragged):
    samples = noise(length=350, ragged=ragged)
    values = torch.randn(2, 350, 2, generator=torch.Generator().manual_seed(1))
    found = sample_loss(values, samples.whole(), FitConfig(loss=loss, smooth_l1_beta=beta))
    errors = (values - samples.targets).double().numpy()
    for block, count in enumerate((350, 300 if ragged else 350)):
        expected = sum(by_hand(float(e), loss, beta) for e in errors[block, :count].ravel())
        assert float(found[block]) == pytest.approx(expected, rel=1e-5)


def test_plain_squared_error_needs_no_objective():
    assert objective_of(noise())[2] is None


# --- terms ----------------------------------------------------------------------------------------------------


def expected_terms(module, samples):
    """Each term as a mean for each block, as its own function states it."""
    batch = samples.whole()
    values, numbers = module(batch.coordinates), batch.numbers
    own = slope_error(module, with_slopes(samples).whole().slopes, samples.spacing) / numbers
    return {
        ("derivative_weight", "difference"): difference_error(values, batch) / numbers,
        ("derivative_weight", "analytic"): own,
        ("stft_weight", "analytic"): StftDistance(500)(values, batch),
        ("mel_weight", "analytic"): MelDistance(500, RATE)(values, batch),
    }


@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize("loss", ["mse", "l1"])
def test_terms_are_added_with_their_weights(loss, ragged):
    plain = noise(ragged=ragged)
    expected = expected_terms(SPEC.build(blocks=2, seed=1), plain)
    for (name, derivative), term in expected.items():
        module, samples, objective = objective_of(plain, loss=loss, derivative=derivative, **{name: 0.3})
        batch = samples.whole()
        first = sample_loss(module(batch.coordinates), batch, FitConfig(loss=loss))
        measured = objective(module, batch, torch.float32)
        assert torch.allclose(measured.loss, first + 0.3 * 1000 * term, rtol=1e-4)
        assert torch.equal(measured.score, measured.loss.detach().double())
        assert torch.equal(measured.squares, squared_error(module(batch.coordinates), batch).detach().double())


def test_several_terms_add_up():
    plain = noise()
    settings = {"derivative_weight": 2.0, "stft_weight": 3.0, "mel_weight": 4.0}
    module, samples, objective = objective_of(plain, **settings)
    batch, terms = samples.whole(), expected_terms(module, plain)
    total = squared_error(module(batch.coordinates), batch) / 1000
    for name, weight in settings.items():
        total = total + weight * terms[name, "analytic"]
    assert torch.allclose(objective(module, batch, torch.float32).loss / 1000, total, rtol=1e-4)


def test_the_mel_term_needs_a_rate():
    with pytest.raises(InputError, match="mel_weight needs the sampling rate"):
        make_terms(FitConfig(stride=1, mel_weight=1.0), 500, None)


def test_a_batch_too_short_for_any_transform_is_refused():
    with pytest.raises(InputError, match=r"stft_weight needs at least 257 .* sees 100"):
        objective_of(noise(length=500), stft_weight=1.0, stride=5, sampling="contiguous")


# --- the whole of a block -----------------------------------------------------------------------------------------


ASKED = [
    {"loss": "l1"},
    {"derivative_weight": 1.0, "stride": 5},
    {"derivative_weight": 1.0},
    {"derivative_weight": 1.0, "derivative": "difference"},
    {"stft_weight": 1.0, "mel_weight": 0.5, "loss": "smooth_l1", "derivative_weight": 0.1},
]


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_evaluation_is_the_loss_of_everything(asked):
    module, samples, objective = objective_of(noise(ragged=True), **asked)
    scores, squares = objective.evaluate(module, samples)
    whole = objective(module, samples.whole(), None)
    assert torch.allclose(scores, whole.score, rtol=1e-5)
    assert torch.allclose(squares, whole.squares, rtol=1e-5)
    assert scores.dtype == squares.dtype == torch.float64
    assert torch.allclose(squares, closed_form.block_errors(module, samples, SPEC), rtol=1e-5)


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_evaluating_in_parts_changes_no_value_and_no_gradient(asked, monkeypatch):
    found = []
    for units in (closed_form.UNITS_AT_ONCE, 1):
        monkeypatch.setattr(closed_form, "UNITS_AT_ONCE", units)
        module, samples, objective = objective_of(noise(), **asked)
        batches = objective.batches(samples)
        for batch in batches:
            objective(module, batch, torch.float32).loss.sum().backward()
        gradients = [value.grad for value in module.parameters()]
        found.append((len(batches), objective.evaluate(module, samples), gradients))
    (one, whole, slopes), (several, parted, others) = found
    assert (one, several) == (1, 1 if objective.config.neighbours else 2)  # 256 samples at least, of 500
    assert torch.allclose(whole[0], parted[0], rtol=1e-5)
    for slope, other in zip(slopes, others, strict=True):
        # Sums in single precision in another order.
        assert torch.allclose(slope, other, rtol=1e-3, atol=1e-3 * float(slope.abs().max()))


def test_in_parts_joins_values_in_order():
    times = torch.linspace(-1, 1, 700).unsqueeze(0)
    module = SPEC.build(blocks=3)
    whole = module(times)
    assert torch.allclose(in_parts(module, times, 256), whole, rtol=1e-5, atol=1e-6)
    with torch.no_grad():
        assert torch.allclose(in_parts(module, times, 256), whole, rtol=1e-5, atol=1e-6)

    def slope(part):
        return change(module, part, 0.01)

    assert torch.allclose(in_parts(slope, times, 256), slope(times), rtol=1e-4, atol=1e-5)


# --- several heads ------------------------------------------------------------------------------------------------


class Twins(nn.Module):
    """Two heads that say constants; the sound is the first of them."""

    def __init__(self, blocks=2):
        super().__init__()
        self.said = nn.Parameter(torch.arange(2.0 * blocks).reshape(2, blocks, 1, 1))

    def forward(self, coordinates, dtype=None):
        return self.sound(self.heads(coordinates, dtype))

    def sound(self, said):
        return said[0]

    def heads(self, coordinates, dtype=None):
        return self.said.expand(-1, -1, coordinates.shape[1], 1) + 0 * coordinates.unsqueeze(-1)


def twins(**settings):
    samples = noise(channels=1)
    config = FitConfig(**{"stride": 1, **settings})
    module = Twins()
    return module, samples, make_objective(module, Siren(width=1), samples, config, RATE)


def test_the_loss_is_the_mean_over_heads_and_the_score_that_of_the_sound():
    module, samples, objective = twins()
    found = objective(module, samples.whole(), None)
    error = np.array(
        [
            [float((said - samples.targets[b]).square().sum()) for b, said in enumerate(row)]
            for row in module.said.detach()[:, :, 0]
        ]
    )
    assert found.loss.tolist() == pytest.approx(error.mean(0), rel=1e-5)
    assert found.score.tolist() == pytest.approx(error[0], rel=1e-5)
    assert torch.equal(found.squares, found.score)
    scores, squares = objective.evaluate(module, samples)
    assert scores.tolist() == squares.tolist() == pytest.approx(error[0], rel=1e-5)


def test_every_head_is_drawn_to_the_sound():
    module, samples, objective = twins(loss="l1")
    objective(module, samples.whole(), None).loss.sum().backward()
    sign = (module.said.detach()[:, :, 0, 0].unsqueeze(-1) - samples.targets[:, :, 0]).sign().sum(-1)
    assert torch.allclose(module.said.grad[:, :, 0, 0], sign / 2)


def test_terms_are_of_the_sound():
    alone, samples, plain = twins()
    _, _, objective = twins(mel_weight=0.5)
    batch = samples.whole()
    added = objective(alone, batch, None).loss - plain(alone, batch, None).loss
    expected = 0.5 * batch.numbers * MelDistance(500, RATE)(alone(batch.coordinates), batch)
    assert torch.allclose(added, expected, rtol=1e-3)


@pytest.mark.parametrize("heads", [1, 2, 3])
def test_siamese_siren_is_half_the_sum_of_both_heads(heads):
    spec = Siamese(shared_width=8, shared_depth=1, head_width=6, heads=heads, octaves=4)
    module, samples, objective = objective_of(noise(channels=1), spec=spec)
    batch = samples.whole()
    said = module.heads(batch.coordinates)
    expected = sum((head - samples.targets).square().mean((1, 2)) for head in said) / heads
    assert torch.allclose(objective(module, batch, None).loss / batch.numbers, expected, rtol=1e-5)


def test_heads_in_parts(monkeypatch):
    spec = Siamese(shared_width=8, shared_depth=1, head_width=6, octaves=4)
    found = []
    for units in (closed_form.UNITS_AT_ONCE, 1):
        monkeypatch.setattr(closed_form, "UNITS_AT_ONCE", units)
        module, samples, objective = objective_of(noise(channels=1), spec=spec, mel_weight=1.0)
        measured = objective(module, samples.whole(), torch.float32)
        measured.loss.sum().backward()
        found.append((measured, [value.grad for value in module.parameters()]))
    assert torch.allclose(found[0][0].loss, found[1][0].loss, rtol=1e-5)
    for slope, other in zip(*(gradients for _, gradients in found), strict=True):
        assert torch.allclose(slope, other, rtol=1e-3, atol=1e-3 * float(slope.abs().max()))
