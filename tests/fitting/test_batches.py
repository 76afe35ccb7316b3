import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ligeia.fitting.batches import MIN_POINTS, Samples, possible_stride, squared_error
from ligeia.fitting.config import FitConfig


def numbered(length, blocks=1, channels=1, valid=None, closed=False):
    """Samples whose value is their own number."""
    targets = torch.arange(length, dtype=torch.float32).reshape(1, -1, 1).repeat(blocks, 1, channels)
    valid = torch.ones(blocks, length, dtype=torch.bool) if valid is None else valid
    return Samples(targets, valid, closed=closed)


def seen(samples, step, **settings):
    return samples.step(step, FitConfig(**settings)).targets[0, :, 0].long().tolist()


@given(st.integers(1, 700), st.integers(1, 30), st.integers(0, 3), st.integers(-5, 5))
def test_an_epoch_of_strided_steps_sees_every_sample_once(length, stride, epoch, seed):
    samples = numbered(length)
    turns = min(stride, max(length // MIN_POINTS, 1))
    steps = [seen(samples, epoch * turns + turn, stride=stride, seed=seed) for turn in range(turns)]
    assert sorted(k for step in steps for k in step) == list(range(length))
    assert all(len(step) >= min(MIN_POINTS, length) for step in steps)
    assert all((np.diff(step) == turns).all() for step in steps)


@given(st.integers(1, 700), st.integers(1, 30), st.integers(0, 3), st.integers(-5, 5))
def test_an_epoch_of_stretches_sees_every_sample_and_every_neighbour(length, stride, epoch, seed):
    samples = numbered(length)
    settings = {"stride": stride, "sampling": "contiguous", "seed": seed}
    stride = possible_stride(length, FitConfig(**settings))
    turns = 1 if stride == 1 else -(-length // (length // stride)) + 1
    steps = [seen(samples, epoch * turns + turn, **settings) for turn in range(turns)]
    assert {k for step in steps for k in step} == set(range(length))
    assert {len(step) for step in steps} == {length // stride}
    assert all((np.diff(step) == 1).all() for step in steps)


def test_stretches_are_cut_elsewhere_in_every_epoch():
    samples = numbered(64 * 20)
    starts = [seen(samples, step, stride=20, sampling="contiguous")[0] for step in range(21 * 30)]
    inner = [start % 64 for start in starts if 0 < start < 64 * 19]
    assert len(set(inner)) > 20  # thirty epochs, 64 places to begin
    # Neighbours on both sides of any one cut are seen together in nearly every epoch.
    assert sum(start <= 639 and start + 64 > 640 for start in starts) > 25


def test_phases_come_in_another_order_every_epoch():
    samples = numbered(64 * 20)
    epochs = [[seen(samples, 20 * epoch + turn)[0] for turn in range(20)] for epoch in range(6)]
    assert len({tuple(epoch) for epoch in epochs}) == 6


def test_a_step_depends_on_its_number_and_the_seed_alone():
    samples = numbered(5000)
    for sampling in ("strided", "random", "contiguous"):
        forward = [seen(samples, step, sampling=sampling) for step in range(10)]
        backward = [seen(samples, step, sampling=sampling) for step in reversed(range(10))][::-1]
        assert forward == backward
        assert forward != [seen(samples, step, sampling=sampling, seed=1) for step in range(10)]


def test_random_steps_draw_from_the_whole():
    samples = numbered(6400)
    drawn = [seen(samples, step, sampling="random", stride=20) for step in range(200)]
    assert {len(step) for step in drawn} == {320}
    everything = np.concatenate(drawn)
    assert (everything.min(), everything.max()) == (0, 6399)
    # 64000 draws: the mean's standard error is 6400 / sqrt(12 * 64000) = 7.3, and this is five of them
    assert abs(everything.mean() - 3199.5) < 37


def test_random_without_a_stride_draws_as_many_as_there_are():
    assert len(seen(numbered(100), 0, sampling="random", stride=1)) == 100


def test_full_batch_is_everything_at_every_step():
    samples = numbered(500)
    for sampling in ("strided", "contiguous"):
        assert all(seen(samples, step, stride=1, sampling=sampling) == list(range(500)) for step in range(3))


@pytest.mark.parametrize("length", [1, 5, MIN_POINTS, 2 * MIN_POINTS - 1])
def test_a_short_block_is_seen_whole(length):
    for sampling in ("strided", "contiguous"):
        assert seen(numbered(length), 7, stride=20, sampling=sampling) == list(range(length))


@pytest.mark.parametrize(("closed", "last"), [(True, 1.0), (False, 1 - 2 / 200)])
def test_coordinates_go_with_their_samples(closed, last):
    samples = numbered(200, closed=closed)
    steps = 199 if closed else 200
    batch = samples.step(1, FitConfig(stride=3))
    expected = -1 + 2 * batch.targets[0, :, 0].double() / steps
    assert batch.coordinates.shape == (1, batch.targets.shape[1])
    assert (batch.coordinates[0] - expected).abs().max() < 1e-7  # rounded to single precision
    assert float(samples.coordinates[0, -1]) == pytest.approx(last, abs=1e-7)


def test_weights_are_only_there_where_something_is_missing():
    assert numbered(10, blocks=2).whole().weights is None
    valid = torch.ones(2, 10, dtype=torch.bool)
    valid[1, 7:] = False
    samples = numbered(10, blocks=2, valid=valid)
    assert samples.whole().weights.squeeze(-1).tolist() == [[1.0] * 10, [1.0] * 7 + [0.0] * 3]
    assert samples.take(slice(1, None, 3)).weights[1, :, 0].tolist() == [1, 1, 0]


def test_squared_error_by_hand():
    samples = Samples(torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]), torch.ones(1, 2, dtype=torch.bool), closed=False)
    assert squared_error(torch.zeros(1, 2, 2), samples.whole()).tolist() == [30]
    assert squared_error(torch.ones(1, 2, 2), samples.whole()).tolist() == [0 + 1 + 4 + 9]


def test_what_is_past_the_end_never_counts():
    valid = torch.tensor([[True] * 6 + [False] * 4, [True] * 10])
    targets = torch.randn(2, 10, 3, generator=torch.Generator().manual_seed(0))
    other = targets.clone()
    other[0, 6:] = 1e6
    values = torch.zeros(2, 10, 3, requires_grad=True)
    found = []
    for data in (targets, other):
        errors = squared_error(values, Samples(data, valid, closed=False).whole())
        (slope,) = torch.autograd.grad(errors.sum(), values)
        found.append((errors.detach(), slope))
    assert torch.equal(found[0][0], found[1][0])
    assert torch.equal(found[0][1], found[1][1])
    assert not found[0][1][0, 6:].any()
    assert found[0][1][1, 6:].all()
