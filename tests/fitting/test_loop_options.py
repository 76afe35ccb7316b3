"""The loop with other losses, clipping, penalties, unmasking, heads: what it keeps, and that it repeats."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from ligeia.errors import InputError
from ligeia.fitting.batches import Samples, squared_error
from ligeia.fitting.config import FitConfig
from ligeia.fitting.loop import GroupFit
from ligeia.fitting.quantised import load
from ligeia.networks import Siamese, Siren, SirenInit

SPEC = Siren(width=12, depth=2, init=SirenInit(first_bound=60.0, bias="half_turn", output_divisor=30.0))
CONFIG = FitConfig(steps=40, device="cpu", precision="float32", stride=4, learning_rates=(0.05, 0.01, 0.02))


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Threads that wait for a busy core would make these small products slow."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def tones(blocks=2, length=400):
    time = torch.arange(length) / length
    targets = torch.stack([1.4 * torch.sin(2 * torch.pi * (3 + 2 * b) * time) for b in range(blocks)]).unsqueeze(-1)
    return Samples(targets, torch.ones(blocks, length, dtype=torch.bool), closed=False)


def started(samples=None, spec=SPEC, **settings):
    samples = samples or tones()
    levels = torch.ones(samples.targets.shape[0])
    return GroupFit(spec, samples, levels, replace(CONFIG, **settings), 0, rate=8000)


def run(fit):
    fit.trainer.run()
    return fit


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
    first, again = run(started(**options)), run(started(**options))
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
    "options", [{}, {"stride": 1}, {"derivative_weight": 0.1}, {"loss": "l1", "stride": 1}], ids=str
)
@pytest.mark.parametrize("average", [False, True])
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
