from itertools import pairwise

import numpy as np
import pytest
import torch

from ligeia.fitting.batches import Samples
from ligeia.fitting.closed_form import RIDGE, solve_output

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
