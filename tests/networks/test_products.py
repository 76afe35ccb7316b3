"""Products of batches, by oneDNN or by PyTorch's own choice."""

import pytest
import torch

import ligeia.networks.products as module
from ligeia.networks.products import onednn, products


@pytest.mark.parametrize("library", ["onednn", "plain"])
@pytest.mark.parametrize("shared", [True, False])
def test_products_are_those_of_bmm(monkeypatch, library, shared):
    monkeypatch.setattr(module, "SIDE", 1)
    monkeypatch.setattr(module, "ROWS", 1)
    if library == "plain":
        monkeypatch.setattr(module, "onednn", lambda: False)
    elif not onednn():
        pytest.skip("this build of PyTorch has no oneDNN")
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(1 if shared else 3, 40, 7, generator=generator)
    weight = torch.randn(3, 7, 5, generator=generator)
    assert (products(hidden, weight) - hidden @ weight).abs().max() < 1e-5
    assert (products(hidden.double(), weight.double()) - hidden.double() @ weight.double()).abs().max() < 1e-14
    turned = hidden.transpose(1, 2).contiguous().transpose(1, 2)
    assert (products(turned, weight) - hidden @ weight).abs().max() < 1e-5


def test_small_products_do_not_go_item_by_item(monkeypatch):
    monkeypatch.setattr(torch.ops.mkldnn, "_linear_pointwise", None, raising=False)
    assert products(torch.ones(2, 300, 8), torch.ones(2, 8, 8)).eq(8).all()
