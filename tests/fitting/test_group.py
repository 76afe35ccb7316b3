from dataclasses import replace
from itertools import pairwise
from time import monotonic

import numpy as np
import pytest
import torch

from ligeia.errors import FitError, InputError
from ligeia.fitting import closed_form, group
from ligeia.fitting.batches import Samples, squared_error
from ligeia.fitting.config import FitConfig
from ligeia.fitting.group import GroupFit
from ligeia.fitting.quantised import load
from ligeia.networks import Siamese, Siren, SirenInit

SPEC = Siren(width=12, depth=2, init=SirenInit(first_bound=60.0, bias="half_turn", output_divisor=30.0))
CONFIG = FitConfig(steps=60, device="cpu", precision="float32", stride=4, learning_rates=(0.05, 0.01, 0.02))


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Threads that wait for a busy core would make these small products slow."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def tones(blocks=2, length=400, valid=None):
    """One tone in each block, at about unit level."""
    time = torch.arange(length) / length
    targets = torch.stack([1.4 * torch.sin(2 * torch.pi * (3 + 2 * b) * time) for b in range(blocks)]).unsqueeze(-1)
    valid = torch.ones(blocks, length, dtype=torch.bool) if valid is None else valid
    return Samples(targets, valid, closed=False)


def started(samples=None, levels=None, seed=0, spec=SPEC, **settings):
    samples = samples or tones()
    levels = torch.ones(samples.targets.shape[0]) if levels is None else levels
    return GroupFit(spec, samples, levels, replace(CONFIG, **settings), seed, rate=8000)


def run(fit, seconds=None, after_step=None):
    fit.trainer.budget = seconds
    fit.trainer.run(after_step)
    return fit


def measured(fit):
    """Squared errors of the parameters that were kept, by an evaluation of its own."""
    module = fit.spec.build(blocks=len(fit.levels))
    module.load_state_dict(fit.best)
    with torch.no_grad():
        return squared_error(module(fit.samples.coordinates), fit.samples.whole()).double()


SETTINGS = [
    {},
    {"closed_form": False},
    {"stride": 1},
    {"stride": 1, "closed_form": False},
    {"sampling": "random"},
    {"ema": 0.5},
    {"precision": "bfloat16"},
    {"precision": "bfloat16", "stride": 1, "closed_form": False},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_the_error_that_is_told_is_that_of_the_parameters_kept(settings):
    fit = run(started(**settings))
    # 1e-5 relative: the evaluation may cut the samples elsewhere
    assert torch.allclose(fit.best_error, measured(fit), rtol=1e-5, atol=0)
    expected = 10 * np.log10(float(fit.samples.targets.double().square().sum() / measured(fit).sum()))
    assert fit.snr_db == pytest.approx(expected, abs=1e-3)


def test_it_learns():
    fit = run(started(steps=300))
    assert fit.snr_db > 30
    assert fit.trainer.step == 300
    assert fit.trace[-1].snr_db > fit.trace[0].snr_db + 6


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_the_best_never_gets_worse(settings):
    fit = run(started(**settings))
    told = [point.snr_db for point in fit.trace]
    assert told == sorted(told)
    assert {15, 30, 45, 60} <= {point.step for point in fit.trace}


def test_every_block_keeps_its_own_best():
    fit = started()
    errors = [[1.0, 5.0], [2.0, 3.0], [float("nan"), 4.0]]
    numbers = []
    for pair in errors:
        with torch.no_grad():
            for value in fit.module.parameters():
                value.add_(1)
        numbers.append({name: value.detach().clone() for name, value in fit.module.named_parameters()})
        fit._keep(torch.tensor(pair, dtype=torch.float64))
    assert fit.best_error.tolist() == [1, 3]
    for name, value in fit.best.items():
        assert torch.equal(value[0], numbers[0][name][0])
        assert torch.equal(value[1], numbers[1][name][1])


def test_a_full_batch_keeps_the_parameters_that_its_errors_belong_to():
    # At a rate this high the step after an error makes it far larger.
    fit = started(stride=1, closed_form=False, schedule="constant", learning_rates=(0.5,) * 3)
    for _ in range(3):
        fit.trainer.advance(0.0)
    assert torch.allclose(fit.best_error, measured(fit), rtol=1e-5, atol=0)


def test_closed_form_is_kept_only_where_it_is_better():
    without, with_it = (run(started(closed_form=closed)) for closed in (False, True))
    assert (with_it.best_error <= without.best_error * (1 + 1e-9)).all()
    assert with_it.snr_db > without.snr_db
    assert len(with_it.trace) == len(without.trace) + 1


def test_closed_form_stands_on_the_best_parameters_not_the_last():
    fit = started()
    fit.evaluate()
    before, first = fit.best_error.clone(), fit.best["weight_0"].clone()
    with torch.no_grad():
        fit.module.weight_0.zero_()  # of a constant nothing can be made
        fit.module.weight_2.fill_(100)
    fit.finish()
    assert (fit.best_error < 0.9 * before).all()
    assert torch.equal(fit.best["weight_0"], first)


def test_a_useless_closed_form_changes_nothing(monkeypatch):
    without = run(started(closed_form=False))
    useless = {"weight_2": torch.full((2, 12, 1), 9.0), "bias_2": torch.zeros(2, 1)}
    monkeypatch.setattr(group, "best_output", lambda module, samples, spec: useless)
    with_it = run(started(closed_form=True))
    assert all(torch.equal(value, with_it.best[name]) for name, value in without.best.items())


def test_levels_weigh_the_blocks_in_the_groups_ratio():
    fit = started(levels=torch.tensor([100.0, 0.001]))
    fit.best_error = torch.tensor([4.0, 1e6], dtype=torch.float64)
    loud = float(fit.samples.targets[0].double().square().sum())
    # The quiet block has 1e-10 of the other's energy, so that even an error of 1e6 of its own adds just 1 to 4e4.
    assert fit.snr_db == pytest.approx(10 * np.log10(loud * 1e4 / (4e4 + 1)), abs=1e-6)


@pytest.mark.parametrize("closed_form", [True, False])
@pytest.mark.parametrize("sampling", ["strided", "random"])
def test_what_is_past_the_end_has_no_influence(sampling, closed_form):
    valid = torch.ones(2, 400, dtype=torch.bool)
    valid[1, 250:] = False
    fits = []
    for padding in (0.0, 1e3):
        samples = tones(valid=valid)
        samples.targets[1, 250:] = padding
        fits.append(run(started(samples, sampling=sampling, closed_form=closed_form)))
    assert torch.equal(fits[0].best_error, fits[1].best_error)
    assert all(torch.equal(value, fits[1].best[name]) for name, value in fits[0].best.items())
    assert fits[0].snr_db == fits[1].snr_db


def test_the_same_seed_gives_the_same_bytes_and_another_does_not():
    first, again, other = (run(started(seed=seed)) for seed in (5, 5, 6))
    assert all(torch.equal(value, again.best[name]) for name, value in first.best.items())
    assert not any(torch.equal(value, other.best[name]) for name, value in first.best.items())


def test_cutting_the_evaluation_in_parts_changes_nothing(monkeypatch):
    whole = run(started())
    monkeypatch.setattr(closed_form, "UNITS_AT_ONCE", 1)
    cut = started()
    assert len(list(closed_form.parts(cut.samples, cut.spec))) == 2  # 256 samples at least, of 400
    run(cut)
    # Sums in another order in the closed form: what is left is rounding of a squared error.
    assert torch.allclose(cut.best_error, whole.best_error, rtol=1e-3)


def test_rates_follow_the_schedule():
    rates = []

    def note(trainer):
        rates.append(trainer.optimiser.param_groups[0]["lr"])

    run(started(steps=20, warmup=0.5), after_step=note)
    assert rates[0] == pytest.approx(0.05 / 25)
    assert max(rates) == rates[10] == 0.05
    assert rates[:11] == sorted(rates[:11])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    rates.clear()
    run(started(steps=5, schedule="constant"), after_step=note)
    assert rates == [0.05] * 5


def test_loss_is_the_mean_square_of_the_batch():
    fit = started(stride=1)
    with torch.no_grad():
        expected = (fit.module(fit.samples.coordinates) - fit.samples.targets).square().mean()
    fit.trainer.advance(0.0)
    assert fit.trainer.loss == pytest.approx(float(expected), rel=1e-5)


# --- budgets --------------------------------------------------------------------------------------------


def slow(trainer):
    until = monotonic() + 0.01
    while monotonic() < until:
        pass


def test_the_clock_stops_it():
    begun = monotonic()
    fit = run(started(steps=10_000), seconds=0.3, after_step=slow)
    assert 0.25 < monotonic() - begun < 5
    assert 5 <= fit.trainer.step <= 31
    assert torch.isfinite(fit.best_error).all()
    assert 0.25 < fit.trainer.seconds < 5


def test_under_the_clock_the_schedule_still_reaches_its_end():
    fractions = []
    fit = started(steps=10_000)
    advance = fit.trainer.advance
    fit.trainer.advance = lambda fraction: (fractions.append(fraction), advance(fraction))
    run(fit, seconds=0.3, after_step=slow)
    assert fractions == sorted(fractions)
    assert fractions[-1] > 0.8


def test_steps_stop_it_where_they_are_sooner():
    assert run(started(steps=7), seconds=1000).trainer.step == 7


def test_no_time_at_all_still_gives_a_result():
    fit = run(started(), seconds=1e-9)
    assert fit.trainer.step <= 1
    assert torch.isfinite(fit.best_error).all()


def test_a_reached_ratio_stops_it():
    fit = run(started(steps=300, snr_db=10.0, evaluations=30))
    assert fit.trainer.step < 300
    assert fit.trainer.step % 10 == 0
    assert fit.snr_db >= 10
    *before, reached, _, _ = [point.snr_db for point in fit.trace]  # two more belong to the closed form at the end
    assert max(before) < 10 <= reached


@pytest.mark.parametrize("evaluations", [0, 1, 100])
def test_any_number_of_evaluations(evaluations):
    fit = run(started(steps=10, evaluations=evaluations, closed_form=False))
    assert [point.step for point in fit.trace] == (list(range(1, 11)) if evaluations == 100 else [10])


def test_an_exception_from_outside_stops_it():
    def stop(trainer):
        if trainer.step == 3:
            raise KeyboardInterrupt

    fit = started()
    with pytest.raises(KeyboardInterrupt):
        run(fit, after_step=stop)
    assert fit.trainer.step == 3


# --- divergence -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("stride", [1, 4])
def test_divergence_keeps_the_best_finite_parameters(stride):
    fit = started(optimiser="sgd", learning_rates=(900.0,) * 3, schedule="constant", stride=stride)
    with pytest.raises(FitError, match=r"diverged at step \d+.*learning rates"):
        run(fit)
    fit.settle()
    assert all(torch.isfinite(value).all() for value in fit.best.values())
    assert torch.isfinite(fit.best_error).all()
    assert torch.allclose(fit.best_error, measured(fit), rtol=1e-5, atol=0)


# --- options ------------------------------------------------------------------------------------------


def best_module(fit):
    module = fit.spec.build(blocks=len(fit.levels))
    module.load_state_dict(fit.best)
    return module


OPTIONS = [
    {"loss": "l1"},
    {"loss": "smooth_l1", "stride": 1},
    {"derivative_weight": 1.0},
    {"derivative_weight": 1.0, "stride": 1, "closed_form": False},
    {"derivative_weight": 1.0, "derivative": "difference", "sampling": "contiguous"},
    {"mel_weight": 0.1, "sampling": "contiguous"},
    {"stft_weight": 0.1, "stride": 1},
    {"weight_decay": 0.01, "decay_schedule": "linear"},
    {"clip_gradient": 0.1},
    {"progressive_groups": 4},
    {"progressive_groups": 4, "stride": 1, "closed_form": False},
    {"sampling": "contiguous"},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_it_learns_and_tells_the_error_of_what_it_keeps(options):
    fit = run(started(**options, steps=120))
    assert fit.snr_db > 10
    with torch.no_grad():
        errors = squared_error(best_module(fit)(fit.samples.coordinates), fit.samples.whole()).double()
    # 1e-5 relative: the evaluation may cut the samples elsewhere
    assert torch.allclose(fit.best_error, errors, rtol=1e-5, atol=0)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_same_seed_gives_the_same_bytes(options):
    first, again = (run(started(**options, steps=12)) for _ in range(2))
    assert all(torch.equal(value, again.best[name]) for name, value in first.best.items())


# --- what is kept ---------------------------------------------------------------------------------------------


def test_kept_is_what_is_best_by_the_loss():
    fit = started(loss="l1")
    assert fit.loss_terms is not None
    numbers = []
    for scores, errors in (([2.0, 5.0], [9.0, 9.0]), ([1.0, 6.0], [10.0, 1.0])):
        with torch.no_grad():
            for value in fit.module.parameters():
                value.add_(1)
        numbers.append({name: value.detach().clone() for name, value in fit.module.named_parameters()})
        fit._keep(torch.tensor(errors, dtype=torch.float64), torch.tensor(scores, dtype=torch.float64))
    assert fit.best_score.tolist() == [1, 5]
    assert fit.best_error.tolist() == [10, 9]  # the squared error of what was kept, though a lower one has been seen
    for name, value in fit.best.items():
        assert torch.equal(value[0], numbers[1][name][0])
        assert torch.equal(value[1], numbers[0][name][1])


@pytest.mark.parametrize("options", [{"loss": "l1"}, {"mel_weight": 1.0, "sampling": "contiguous"}], ids=str)
def test_the_best_by_the_loss_never_gets_worse(options):
    fit = started(**options, steps=80, evaluations=20)
    told = []
    measured, keep = fit._measured, fit._keep

    def keeping(errors, scores=None):
        keep(errors, scores)
        told.append(fit.best_score.clone())

    fit._keep = keeping
    run(fit)
    assert len(told) >= 20
    assert all((later <= earlier).all() for earlier, later in pairwise(told))
    load(fit.module, fit.best)
    assert torch.allclose(measured()[1], fit.best_score, rtol=1e-5)


def test_least_squares_are_kept_only_where_the_loss_is_lower():
    # Impulses: least absolute errors ignore them, least squares do not.
    samples = tones()
    samples.targets[:, ::37] += 8.0
    without, with_it = (run(started(samples, loss="l1", steps=150, closed_form=closed)) for closed in (False, True))
    assert (with_it.best_score <= without.best_score).all()
    assert all(torch.equal(value, with_it.best[name]) for name, value in without.best.items())
    squares = run(started(samples, steps=150))
    assert (squares.best_error < without.best_error).all()


def test_a_full_batch_keeps_nothing_while_units_are_masked():
    fit = started(stride=1, progressive_groups=4, closed_form=False)
    fit.trainer.advance(0.2)
    assert torch.isinf(fit.best_error).all()
    assert fit.trace == []
    fit.trainer.advance(0.5)
    assert torch.isfinite(fit.best_error).all()
    assert len(fit.trace) == 1


def test_evaluations_are_of_the_network_without_a_mask():
    fit = started(progressive_groups=4, evaluations=40)
    fit.trainer.advance(0.1)
    fit.evaluate()
    with torch.no_grad():
        errors = squared_error(fit.module(fit.samples.coordinates), fit.samples.whole()).double()
    assert torch.allclose(fit.best_error, errors, rtol=1e-5)


# --- steps --------------------------------------------------------------------------------------------------------


def test_high_frequencies_do_not_move_before_their_turn():
    fit = started(progressive_groups=4, closed_form=False)
    start = fit.module.weight_1.detach().clone()
    group = fit.unmasking.group
    for step in range(5):  # all within the first of four periods, of 1/8 of the run
        fit.trainer.advance(step / 40)
    moved = (fit.module.weight_1.detach() != start).any(2)
    assert torch.equal(moved, group == 0)


def test_a_linear_penalty_reaches_the_optimiser():
    fit = started(weight_decay=0.4, decay_schedule="linear", decay_until=0.5, steps=8)
    told = []
    fit.trainer.run(lambda trainer: told.append(trainer.optimiser.param_groups[0]["weight_decay"]))
    assert told == pytest.approx([0.4, 0.3, 0.2, 0.1, 0, 0, 0, 0])


@pytest.mark.parametrize("stride", [1, 4])
def test_clipping_is_that_of_each_block_alone(stride):
    samples = tones()
    samples.targets[1] *= 50  # one block whose gradient is large
    options = {"clip_gradient": 0.5, "optimiser": "sgd", "schedule": "constant", "stride": stride}
    both = started(samples, **options)
    for block in range(2):
        one = Samples(samples.targets[block : block + 1], torch.ones(1, 400, dtype=torch.bool), closed=False)
        alone = started(one, **options)
        load(alone.module, {name: value[block : block + 1] for name, value in both.best.items()})
        for step in range(3):
            alone.trainer.advance(step / 40)
        numbers = {name: value.detach() for name, value in alone.module.named_parameters()}
        fit = started(samples, **options)
        for step in range(3):
            fit.trainer.advance(step / 40)
        for name, value in fit.module.named_parameters():
            # 1e-5: batched products of one block and of two may round differently
            assert torch.allclose(value[block], numbers[name][0], rtol=1e-5, atol=1e-6)


def test_a_clipped_step_is_as_long_as_the_limit():
    rates = (0.1, 0.1, 0.1)
    fit = started(clip_gradient=0.01, optimiser="sgd", schedule="constant", learning_rates=rates)
    before = {name: value.detach().clone() for name, value in fit.module.named_parameters()}
    fit.trainer.advance(0.0)
    moved = torch.cat([(value.detach() - before[name]).flatten(1) for name, value in fit.module.named_parameters()], 1)
    # The gradients of a fresh network are longer than that; 1e-2: differences of numbers of about 60, single precision.
    assert moved.norm(dim=1).tolist() == pytest.approx([0.001, 0.001], rel=1e-2)


def test_the_loss_told_is_what_is_minimised():
    fit = started(loss="l1", stride=1)
    with torch.no_grad():
        expected = (fit.module(fit.samples.coordinates) - fit.samples.targets).abs().mean()
    fit.trainer.advance(0.0)
    assert fit.trainer.loss == pytest.approx(float(expected), rel=1e-5)


# --- several heads --------------------------------------------------------------------------------------------

TWINS = Siamese(shared_width=12, shared_depth=1, head_width=8, octaves=5, first_omega=10.0, hidden_omega=10.0)


@pytest.mark.parametrize(
    ("options", "average"),
    [({}, False), ({"stride": 1}, True), ({"derivative_weight": 0.1}, False), ({"loss": "l1", "stride": 1}, True)],
    ids=str,
)
def test_twins_learn_and_tell_the_error_of_the_sound(options, average):
    fit = run(started(spec=replace(TWINS, average=average), steps=120, **options))
    module = best_module(fit)
    with torch.no_grad():
        errors = squared_error(module(fit.samples.coordinates), fit.samples.whole()).double()
        each = [squared_error(head, fit.samples.whole()) for head in module.heads(fit.samples.coordinates)]
    assert torch.allclose(fit.best_error, errors, rtol=1e-5, atol=0)
    assert fit.snr_db > 10
    assert (torch.stack(each) < 0.2 * fit.samples.targets.square().sum((1, 2))).all()  # both have learned


def test_networks_without_frequencies_cannot_be_unmasked():
    with pytest.raises(InputError, match="progressive_groups"):
        started(spec=replace(TWINS, octaves=0), progressive_groups=8)
