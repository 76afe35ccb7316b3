import numpy as np
import pytest
import torch
from torch import nn

from ligeia.errors import InputError
from ligeia.fitting import measure
from ligeia.fitting.batches import Samples, squared_error
from ligeia.fitting.config import FitConfig
from ligeia.fitting.losses import in_parts, make_objective, make_terms, sample_loss
from ligeia.fitting.slopes import change, difference_error, slope_error, with_slopes
from ligeia.fitting.spectral import MelDistance, StftDistance
from ligeia.networks import Siamese, Siren, SirenInit

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


@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize("loss", ["mse", "l1", "smooth_l1"])
@pytest.mark.parametrize("beta", [0.1, 2.0])
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
    assert torch.allclose(squares, measure.block_errors(module, samples, SPEC), rtol=1e-5)


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_evaluating_in_parts_changes_no_value_and_no_gradient(asked, monkeypatch):
    found = []
    for units in (measure.UNITS_AT_ONCE, 1):
        monkeypatch.setattr(measure, "UNITS_AT_ONCE", units)
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
    for units in (measure.UNITS_AT_ONCE, 1):
        monkeypatch.setattr(measure, "UNITS_AT_ONCE", units)
        module, samples, objective = objective_of(noise(channels=1), spec=spec, mel_weight=1.0)
        measured = objective(module, samples.whole(), torch.float32)
        measured.loss.sum().backward()
        found.append((measured, [value.grad for value in module.parameters()]))
    assert torch.allclose(found[0][0].loss, found[1][0].loss, rtol=1e-5)
    for slope, other in zip(*(gradients for _, gradients in found), strict=True):
        assert torch.allclose(slope, other, rtol=1e-3, atol=1e-3 * float(slope.abs().max()))
