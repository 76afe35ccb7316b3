from itertools import pairwise

import numpy as np
import pytest
import torch

from ligeia.fitting import closed_form
from ligeia.fitting.batches import Samples
from ligeia.fitting.closed_form import RIDGE, best_output, solve_output, solve_positive
from ligeia.networks.siren import Siren
from ligeia.training.processes import thread_count

BLOCKS, N, WIDTH, CHANNELS = 3, 400, 12, 2


def problem(valid=None):
    generator = torch.Generator().manual_seed(0)
    features = torch.sin(6 * torch.randn(BLOCKS, N, WIDTH, generator=generator))
    targets = torch.randn(BLOCKS, N, CHANNELS, generator=generator)
    valid = torch.ones(BLOCKS, N, dtype=torch.bool) if valid is None else valid
    return features, Samples(targets, valid, closed=False)


def solved(features, samples, cuts=(0, N)):
    stretches = [slice(a, b) for a, b in pairwise(cuts)]
    return solve_output((features[:, part], samples.take(part)) for part in stretches)


def lstsq(features, targets):
    design = np.concatenate([features, np.ones((len(features), 1))], axis=1)
    solution = np.linalg.lstsq(design, targets, rcond=None)[0]
    return solution[:-1], solution[-1]


def test_it_is_least_squares():
    features, samples = problem()
    weight, bias = solved(features, samples)
    assert weight.shape == (BLOCKS, WIDTH, CHANNELS)
    assert bias.shape == (BLOCKS, CHANNELS)
    for block in range(BLOCKS):
        expected = lstsq(features[block].double().numpy(), samples.targets[block].double().numpy())
        # 1e-5: a ridge of 1e-6 and products in single precision, on a well-conditioned problem
        assert np.abs(weight[block].numpy() - expected[0]).max() < 1e-5
        assert np.abs(bias[block].numpy() - expected[1]).max() < 1e-5


def test_stretches_together_are_the_whole():
    features, samples = problem()
    whole, cut = solved(features, samples), solved(features, samples, (0, 1, 150, 151, N))
    for a, b in zip(whole, cut, strict=True):
        assert (a - b).abs().max() < 1e-5  # sums in another order, in single precision


def test_what_is_past_the_end_never_counts():
    valid = torch.ones(BLOCKS, N, dtype=torch.bool)
    valid[1, 250:] = False
    features, samples = problem(valid)
    samples.targets[1, 250:] = 1e3
    weight, bias = solved(features, samples)
    expected = lstsq(features[1, :250].double().numpy(), samples.targets[1, :250].double().numpy())
    assert np.abs(weight[1].numpy() - expected[0]).max() < 1e-5
    assert np.abs(bias[1].numpy() - expected[1]).max() < 1e-5


def test_exact_answers_are_found():
    features, _ = problem()
    truth = torch.linspace(-1, 1, WIDTH * CHANNELS).reshape(WIDTH, CHANNELS)
    exact = Samples(features @ truth + 0.5, torch.ones(BLOCKS, N, dtype=torch.bool), closed=False)
    weight, bias = solved(features, exact)
    assert (weight - truth).abs().max() < 1e-4  # the ridge pulls by about 1e-6 of the weights
    assert (bias - 0.5).abs().max() < 1e-4


@pytest.mark.parametrize("scale", [1e-3, 1.0, 30.0])
def test_features_that_say_the_same_still_give_finite_small_weights(scale):
    features, samples = problem()
    same = features[..., :1].expand(-1, -1, WIDTH).contiguous() * scale
    weight, bias = solved(same, samples)
    assert torch.isfinite(weight).all()
    # The ridge shares the weight equally between the twins; 1e-2 is what single precision leaves of that.
    assert (weight - weight[:, :1]).abs().max() < 1e-2 * weight.abs().max()
    assert bias.abs().max() < 1
    assert RIDGE < 1e-4


def test_no_features_leave_the_mean():
    _, samples = problem()
    weight, bias = solved(torch.zeros(BLOCKS, N, WIDTH), samples)
    assert not weight.any()
    assert (bias - samples.targets.mean(1)).abs().max() < 1e-5


def test_fewer_samples_than_features():
    features, samples = problem()
    short = Samples(samples.targets[:, :3], torch.ones(BLOCKS, 3, dtype=torch.bool), closed=False)
    weight, bias = solve_output([(features[:, :3], short.whole())])
    values = features[:, :3] @ weight + bias.unsqueeze(1)
    # Three samples are met but for the ridge; single precision in the normal equations costs the rest.
    assert (values - short.targets).abs().max() < 1e-2


# --- the solver ---------------------------------------------------------------------------------------


def systems(blocks, size, rank=None):
    generator = torch.Generator().manual_seed(1)
    factors = torch.randn(blocks, rank or 2 * size, size, generator=generator, dtype=torch.float64)
    return factors.mT @ factors, torch.randn(blocks, size, 1, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("threads", [1, 2])
def test_systems_of_wide_networks_are_solved_with_any_number_of_threads(threads):
    gram, moments = systems(85, 257)  # a batched LU of these fails on two threads
    with thread_count(threads):
        solution = solve_positive(gram, moments, 1e-9)
    assert (gram @ solution - moments).abs().max() < 1e-4


def test_an_indefinite_block_is_solved_within_its_positive_directions():
    gram, moments = systems(3, 20, rank=5)
    vectors = torch.linalg.eigh(gram[1]).eigenvectors
    gram[1] -= 1e-3 * vectors[:, :1] @ vectors[:, :1].mT  # what rounding does, and more
    solution = solve_positive(gram, moments, 1e-6)
    ridge = 1e-6 * gram[1].diagonal().mean()
    assert torch.linalg.cholesky_ex(gram[1] + ridge * torch.eye(20))[1] > 0
    raised = torch.linalg.eigvalsh(gram[1]) + ridge
    floor = vectors @ torch.diag(torch.maximum(raised, ridge)) @ vectors.mT
    assert torch.allclose(solution[1], torch.linalg.solve(floor, moments[1]), rtol=1e-5)
    assert torch.allclose(solution[::2], solve_positive(gram[::2], moments[::2], 1e-6))


def test_a_block_that_is_not_finite_leaves_the_others_alone():
    gram, moments = systems(3, 6)
    expected = solve_positive(gram, moments, 1e-6)
    gram[1, 2, 3] = torch.inf
    solution = solve_positive(gram, moments, 1e-6)
    assert solution[1].isnan().all()
    assert torch.equal(solution[::2], expected[::2])


def test_many_wide_blocks_are_solved_some_at_a_time(monkeypatch):
    spec = Siren(width=16, depth=1)
    generator = torch.Generator().manual_seed(0)
    samples = Samples(torch.randn(5, 90, 1, generator=generator), torch.ones(5, 90, dtype=torch.bool), closed=False)
    module = spec.build(blocks=5, seed=0)
    whole = best_output(module, samples, spec)
    solved_together = []

    def solve(parts):
        solution = solve_output(parts)
        solved_together.append(len(solution[0]))
        return solution

    monkeypatch.setattr(closed_form, "solve_output", solve)
    monkeypatch.setattr(closed_form, "GRAM_AT_ONCE", 2 * 17**2)
    for name, value in best_output(module, samples, spec).items():
        assert torch.equal(value, whole[name])
    assert solved_together == [2, 2, 1]


SPEC = Siren(width=6, depth=2, fixed_first=40.0, channels=2)


def group(blocks: int = 3, length: int = 700) -> Samples:
    generator = torch.Generator().manual_seed(0)
    valid = torch.ones(blocks, length, dtype=torch.bool)
    valid[-1, 500:] = False
    return Samples(torch.randn(blocks, length, 2, generator=generator), valid, closed=False)


def test_parts_hold_every_sample_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closed_form, "UNITS_AT_ONCE", 1)
    samples = group()
    stretches = list(closed_form.parts(samples, SPEC))
    assert [batch.targets.shape[1] for batch in stretches] == [256, 256, 188]
    assert torch.equal(torch.cat([batch.targets for batch in stretches], dim=1), samples.targets)


def test_errors_are_those_of_a_plain_sum_whatever_the_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    samples, module = group(), SPEC.build(blocks=3)
    with torch.no_grad():
        difference = (module(samples.coordinates) - samples.targets).double()
    difference[-1, 500:] = 0
    expected = difference.square().sum((1, 2))
    # 1e-5: sums of single-precision squares in another order
    torch.testing.assert_close(closed_form.block_errors(module, samples, SPEC), expected, rtol=1e-5, atol=0)
    monkeypatch.setattr(closed_form, "UNITS_AT_ONCE", 1)
    torch.testing.assert_close(closed_form.block_errors(module, samples, SPEC), expected, rtol=1e-5, atol=0)


def test_the_best_output_is_that_of_least_squares() -> None:
    samples, module = group(), SPEC.build(blocks=3)
    solved = closed_form.best_output(module, samples, SPEC)
    assert list(solved) == ["weight_2", "bias_2"]
    with torch.no_grad():
        features = module.features(samples.coordinates).double().numpy()
    for block, count in enumerate((700, 700, 500)):
        design = np.hstack([features[block, :count], np.ones((count, 1))])
        expected = np.linalg.lstsq(design, samples.targets[block, :count].double().numpy(), rcond=None)[0]
        found = np.vstack([solved["weight_2"][block].numpy(), solved["bias_2"][block].numpy()])
        # 1e-3: the normal equations are summed in single precision, with a ridge of 1e-6
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


def test_a_better_output_lowers_every_error() -> None:
    samples, module = group(), SPEC.build(blocks=3)
    before = closed_form.block_errors(module, samples, SPEC)
    with torch.no_grad():
        for name, value in closed_form.best_output(module, samples, SPEC).items():
            module.get_parameter(name).copy_(value)
    assert bool((closed_form.block_errors(module, samples, SPEC) < before).all())
