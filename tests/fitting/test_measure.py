"""Errors and output layers of a stacked module, measured in parts."""

import numpy as np
import pytest
import torch

from ligeia.fitting import measure
from ligeia.fitting.batches import Samples
from ligeia.networks.siren import Siren

SPEC = Siren(width=6, depth=2, fixed_first=40.0, channels=2)


def group(blocks: int = 3, length: int = 700) -> Samples:
    generator = torch.Generator().manual_seed(0)
    valid = torch.ones(blocks, length, dtype=torch.bool)
    valid[-1, 500:] = False
    return Samples(torch.randn(blocks, length, 2, generator=generator), valid, closed=False)


def test_parts_hold_every_sample_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "UNITS_AT_ONCE", 1)
    samples = group()
    stretches = list(measure.parts(samples, SPEC))
    assert [batch.targets.shape[1] for batch in stretches] == [256, 256, 188]
    assert torch.equal(torch.cat([batch.targets for batch in stretches], dim=1), samples.targets)


def test_errors_are_those_of_a_plain_sum_whatever_the_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    samples, module = group(), SPEC.build(blocks=3)
    with torch.no_grad():
        difference = (module(samples.coordinates) - samples.targets).double()
    difference[-1, 500:] = 0
    expected = difference.square().sum((1, 2))
    # 1e-5: sums of single-precision squares in another order
    torch.testing.assert_close(measure.block_errors(module, samples, SPEC), expected, rtol=1e-5, atol=0)
    monkeypatch.setattr(measure, "UNITS_AT_ONCE", 1)
    torch.testing.assert_close(measure.block_errors(module, samples, SPEC), expected, rtol=1e-5, atol=0)


def test_the_best_output_is_that_of_least_squares() -> None:
    samples, module = group(), SPEC.build(blocks=3)
    solved = measure.best_output(module, samples, SPEC)
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
    before = measure.block_errors(module, samples, SPEC)
    with torch.no_grad():
        for name, value in measure.best_output(module, samples, SPEC).items():
            module.get_parameter(name).copy_(value)
    assert bool((measure.block_errors(module, samples, SPEC) < before).all())
