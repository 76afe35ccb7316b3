"""Truncated decompositions."""

import pytest
import torch

from ligeia.latent.closed_form import truncated


def test_truncation_is_nearest():
    matrix = torch.randn(6, 9, generator=torch.Generator().manual_seed(1))
    codes, rows = truncated(matrix, 2)
    values = torch.linalg.svdvals(matrix)
    assert float((matrix - codes @ rows).square().sum()) == pytest.approx(float(values[2:].square().sum()), rel=1e-4)
    assert torch.allclose(codes.square().mean(0), torch.ones(2), atol=1e-4)


def test_rank_beyond_the_matrix_is_nothing():
    codes, rows = truncated(torch.ones(3, 4), 5)
    assert torch.allclose(codes @ rows, torch.ones(3, 4), atol=1e-6)
    assert codes[:, 1:].abs().max() == 0
