import itertools
from itertools import pairwise

import numpy as np
import pytest
import torch
from made_training import Toy

from ligeia.errors import FitError, SettingsError
from ligeia.training import config as training_config
from ligeia.training.config import TrainingConfig
from ligeia.training.loop import Trainer
from ligeia.training.objective import Objective, Step
from ligeia.training.processes import Processes

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def config(**settings):
    return TrainingConfig(**{"steps": 20, "device": "cpu", "learning_rates": (0.02,), **settings})


def run(objective, **settings):
    rows = []
    trainer = Trainer(objective, config(**settings), on_row=rows.append)
    trainer.run()
    return trainer, rows


# --- batches ------------------------------------------------------------------------------------------


def indices(number, count=10, batch=4, rank=0, processes=1, seed=3):
    step = Step(number, 0.0, seed, Processes(rank, processes), lambda loss: None, lambda: None)
    return step.indices(count, batch).tolist()


def test_an_epoch_has_every_example_once_in_another_order():
    drawn = [index for step in range(5) for index in indices(step)]
    assert sorted(drawn[:10]) == sorted(drawn[10:]) == list(range(10))
    assert drawn[:10] != drawn[10:]
    assert [index for step in range(5) for index in indices(step, seed=4)] != drawn


def test_a_batch_may_be_larger_than_an_epoch():
    assert sorted(indices(0, count=3, batch=6)) == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("batch", [4, 6])
def test_processes_share_a_batch(batch):
    for number in range(4):
        shares = [indices(number, batch=batch, rank=rank, processes=2) for rank in range(2)]
        assert sorted(shares[0] + shares[1]) == sorted(indices(number, batch=batch))
        assert len(shares[0]) == len(shares[1])


def test_random_numbers_of_a_step_are_those_of_step_seed_and_process():
    def draw(number, seed=0, rank=0):
        return Step(number, 0.0, seed, Processes(rank, 2), lambda loss: None, lambda: None).random().random()

    assert draw(3) == draw(3)
    assert len({draw(3), draw(4), draw(3, seed=1), draw(3, rank=1)}) == 4


# --- steps --------------------------------------------------------------------------------------------


def test_it_learns_and_keeps_the_best_weights():
    trainer, rows = run(Toy(CPU), steps=300)
    errors = [row["error"] for row in rows if "error" in row]
    assert len(errors) == 10
    assert min(errors) == trainer.best_score < 0.1 < errors[0]
    trainer.objective.module.load_state_dict(trainer.best)
    trainer.objective.module.eval()
    assert trainer.objective.evaluate()["error"] == trainer.best_score


class Parts(Toy):
    """The same in parts."""

    def backward(self, step):
        x, y = self.batch(step)
        total = 0.0
        for part in range(4):
            loss = (self.module(x[part::4]) - y[part::4]).square().mean() / 4
            step.backward(loss)
            total += float(loss.detach())
        return total


def test_a_loss_may_be_added_up_in_parts():
    trained = []
    for kind in (Toy, Parts):
        torch.manual_seed(0)
        trained.append(run(kind(CPU, dropout=0.0))[0])
    for name, value in trained[0].best.items():
        assert torch.allclose(value, trained[1].best[name], atol=1e-5)  # sums in another order


def test_the_last_weights_are_the_best_where_nothing_judges():
    class Unjudged(Toy):
        judge = None

    trainer, _ = run(Unjudged(CPU))
    assert all(torch.equal(value, trainer.best[name]) for name, value in trainer.parameters.items())


def test_evaluation_is_of_the_averaged_weights_in_evaluation_mode():
    seen = []

    class Watched(Toy):
        def evaluate(self):
            seen.append((self.module.training, self.module[0].weight.detach().clone()))
            return super().evaluate()

    trainer, _ = run(Watched(CPU), ema=0.99, evaluations=1)
    ((training, weight),) = seen
    assert not training
    assert torch.equal(weight, trainer.average.values["0.weight"])
    assert not torch.equal(weight, trainer.parameters["0.weight"])
    assert torch.equal(weight, trainer.best["0.weight"])
    assert trainer.objective.module.training


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_the_gradient_is_clipped(precision):
    objective = Toy(CPU)
    before = {name: value.detach().clone() for name, value in objective.module.named_parameters()}
    settings = {"optimiser": "sgd", "clip_gradient": 1e-3, "schedule": "constant", "precision": precision}
    trainer = Trainer(objective, config(**settings))
    if trainer.scaler is not None:
        trainer.scaler = torch.amp.GradScaler("cpu", init_scale=8.0)  # the usual one overflows at first
    trainer.advance(0.0)
    moved = torch.cat([(value.detach() - before[name]).flatten() for name, value in trainer.parameters.items()])
    assert float(moved.norm()) == pytest.approx(0.02 * 1e-3, rel=1e-3)


def test_rates_fall_at_a_plateau():
    class Stuck(Toy):
        def evaluate(self):
            return {"error": 1.0}

    _, rows = run(Stuck(CPU), schedule="plateau", plateau_patience=2, evaluations=10, plateau_factor=0.1)
    rates = [row["learning_rate"] for row in rows]
    assert rates == pytest.approx([0.02] * 3 + [0.002] * 2 + [0.0002] * 2 + [0.00002] * 2 + [0.000002])


def test_rates_fall_at_a_plateau_of_steps():
    class Stuck(Toy):
        def loss(self, batch):
            return 0 * super().loss(batch) + 1

    settings = {"plateau_of": "steps", "plateau_patience": 10, "plateau_factor": 0.1, "log_every": 1, "evaluations": 0}
    _, rows = run(Stuck(CPU), schedule="plateau", **settings)
    rates = [row["learning_rate"] for row in rows]
    assert rates[:11] == pytest.approx([0.02] * 11)  # the first loss is progress, and ten are not
    assert rates[11:20] == pytest.approx([0.002] * 9)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_products_run_in_the_precision_of_the_run(precision):
    seen = []

    class Watched(Toy):
        def loss(self, batch):
            seen.append(self.module[0](batch[0]).dtype)
            return super().loss(batch)

    trainer, _ = run(Watched(CPU), steps=200, precision=precision)
    assert set(seen) == {getattr(torch, precision)}
    assert all(value.dtype == torch.float32 for value in trainer.parameters.values())
    assert trainer.best_score < 0.2
    assert (trainer.scaler is not None) == (precision == "float16")


def test_the_curve_says_the_mean_loss_since_the_row_before():
    losses = []

    class Watched(Toy):
        def backward(self, step):
            losses.append(super().backward(step))
            return losses[-1]

    _, rows = run(Watched(CPU), steps=12, log_every=5, evaluations=2)
    assert [row["step"] for row in rows] == [5, 6, 10, 12]
    assert ["error" in row for row in rows] == [False, True, False, True]
    cuts = [0, 5, 6, 10, 12]
    expected = [np.mean(losses[a:b]) for a, b in pairwise(cuts)]
    assert [row["loss"] for row in rows] == pytest.approx(expected)


def test_it_stops_where_the_objective_has_enough():
    class Enough(Toy):
        def reached(self):
            return self.before_end

        def batch(self, step):
            self.before_end = step.number == 6
            return super().batch(step)

    objective = Enough(CPU)
    objective.before_end = False
    trainer, rows = run(objective)
    assert trainer.step == 7
    assert "error" in rows[-1]


def test_the_clock_stops_it():
    trainer, _ = run(Toy(CPU), steps=10_000_000, seconds=0.2)
    assert 0.2 <= trainer.seconds < 5
    assert trainer.fraction >= 1


def test_the_budget_may_be_seconds_of_the_processor(monkeypatch):
    spent = itertools.count(0.0, 0.25)
    monkeypatch.setattr(training_config, "process_time", lambda: next(spent))
    trainer, _ = run(Toy(CPU), steps=10_000_000, seconds=2.0, clock="processor")
    assert trainer.step == 8
    assert 2.0 <= trainer.seconds <= 2.5
    with pytest.raises(SettingsError, match="clock must be one of wall, processor, got 'sun'"):
        config(clock="sun")


def test_the_scale_of_gradients_is_part_of_the_state():
    first, second = (Trainer(Toy(CPU), config(precision="float16")) for _ in range(2))
    for trainer in (first, second):
        trainer.advance(0.0)
    first.scaler.update(64.0)
    second.load_state(*first.state())
    assert second.scaler.get_scale() == 64.0


# --- failures -----------------------------------------------------------------------------------------


def test_a_loss_that_is_not_finite_stops_it():
    class Diverging(Toy):
        def loss(self, batch):
            return super().loss(batch) * float("inf")

    with pytest.raises(FitError, match=r"^the toy diverged at step 0: .*lower the learning rates \(0.02\)"):
        run(Diverging(CPU))


def test_a_gradient_scaler_skips_losses_that_overflow():
    class Overflowing(Toy):
        def loss(self, batch):
            return super().loss(batch) * (float("inf") if len(seen) < 2 else 1.0)

    seen = []
    objective = Overflowing(CPU)
    objective.before = seen.append
    trainer, _ = run(objective, precision="float16", steps=100)
    assert trainer.step == 100
    assert all(value.isfinite().all() for value in trainer.best.values())


def test_an_error_of_torch_is_one_line():
    class Failing(Toy):
        memory = "the number of points"

        def loss(self, batch):
            raise torch.OutOfMemoryError("CUDA out of memory.\nTried to allocate 2 GiB")

    with pytest.raises(FitError, match=r"^the toy: out of memory; lower the number of points$"):
        run(Failing(CPU))


def test_a_loss_must_be_stated():
    class Nothing(Objective):
        module = torch.nn.Linear(1, 1)

    with pytest.raises(FitError, match="NotImplementedError"):
        run(Nothing())
