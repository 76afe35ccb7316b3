import pytest
import torch

from ligeia.errors import InputError
from ligeia.hypersound.hypernetwork import HyperSound


def test_writes_what_the_spec_says(tiny) -> None:
    model = HyperSound(tiny())
    waveforms = torch.randn(4, 80)
    parameters = model.write(waveforms)
    assert {name: tuple(value.shape[1:]) for name, value in parameters.items()} == model.spec.shapes()
    assert model(waveforms).shape == (4, 80)
    assert torch.allclose(model.parameters_of(model.code(waveforms))["weight_0"], parameters["weight_0"])


def test_other_lengths_are_refused(tiny) -> None:
    with pytest.raises(InputError, match=r"\[batch, 80\], got \[4, 79\]"):
        HyperSound(tiny()).write(torch.zeros(4, 79))


def test_a_gentle_start_is_small_and_around_the_network_s_own(tiny) -> None:
    fields = {"network": "siren", "target": {"width": 4, "depth": 2}}
    gentle, plain = (HyperSound(tiny(initialisation=kind, **fields), seed=2) for kind in ("gentle", "start"))
    assert torch.equal(gentle.head.bias, plain.head.bias)
    assert gentle.head.weight.abs().max() > 100 * plain.head.weight.abs().max()
    for layer in gentle.trunk:
        if isinstance(layer, torch.nn.Linear):
            assert layer.weight.abs().max() <= layer.in_features**-0.5
