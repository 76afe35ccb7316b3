"""Sines and cosines by either library."""

import pytest
import torch

import ligeia.networks.waves as module
from ligeia.networks.waves import cosine_, sine


@pytest.mark.parametrize("vectorised", [True, False])
@pytest.mark.parametrize("kind", [torch.float32, torch.float64, torch.bfloat16])
def test_values_are_those_of_double_precision(monkeypatch, vectorised, kind):
    """Two units in the last place, up to the phases of a first layer."""
    monkeypatch.setattr(module, "VECTORISED", vectorised)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    phases = torch.linspace(-2000, 2000, 9999).to(kind).view(3, -1)
    exact = phases.double()
    for found, expected in ((sine(phases), exact.sin()), (cosine_(phases.clone()), exact.cos())):
        assert found.dtype == kind
        assert found.shape == phases.shape
        assert (found.double() - expected).abs().max() <= 2 * torch.finfo(kind).eps


def test_the_cosine_takes_the_place_of_the_phases():
    phases = torch.ones(5)
    assert cosine_(phases) is phases
    assert phases[0] < 0.6
