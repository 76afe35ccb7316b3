import pytest
import torch
from torch import Generator
from torch.nn import Linear

import ligeia.hypersound.hypernetwork as hypernetwork
from ligeia.errors import InputError
from ligeia.hypersound.config import WIDTHS, executed
from ligeia.hypersound.hypernetwork import HyperSound
from ligeia.networks import SPECS


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


def numbers_of(module) -> int:
    return sum(values.numel() for values in module.parameters())


@pytest.mark.parametrize(("network", "width"), [(n, w) for n in WIDTHS for w in WIDTHS[n].values()])
def test_numbers_of_the_paper(network, width) -> None:
    config = executed(network=network, target={"width": width})
    trunk = hypernetwork._trunk(config, Generator())
    with torch.device("meta"):
        head = Linear(config.code_size, config.numbers)
    assert trunk[0].in_features == 3296
    assert numbers_of(trunk) == 3_706_144  # 3.71 M
    assert numbers_of(head) == 401 * config.numbers


def test_the_papers_model_as_a_whole() -> None:
    model = HyperSound(executed(), seed=0)
    assert numbers_of(model) == 21_045_792 + 3_706_144 + 401 * 34741
    assert torch.equal(model.coordinates(), torch.linspace(-1, 1, 32768, dtype=torch.float64).float())


def test_half_open_coordinates(tiny) -> None:
    found = HyperSound(tiny()).coordinates()
    assert torch.allclose(found, -1 + torch.arange(80) / 40, atol=1e-6)


@pytest.mark.parametrize("network", [kind.name for kind in SPECS])
def test_any_architecture_is_written_and_learned(tiny, network) -> None:
    torch.manual_seed(0)
    model = HyperSound(tiny(network=network, target={}), seed=1)
    estimate = model(torch.randn(3, 80))
    assert estimate.shape == (3, 80)
    estimate.square().sum().backward()
    assert model.head.weight.grad.isfinite().all()
    assert model.head.weight.grad.any()


def test_few_at_a_time_gives_the_same(tiny, monkeypatch) -> None:
    model, waveforms = HyperSound(tiny()), torch.randn(7, 80)
    together = model(waveforms)
    monkeypatch.setattr(hypernetwork, "AT_ONCE", 2 * 4 * 2 * 80)
    assert torch.allclose(model(waveforms), together, atol=1e-5)
