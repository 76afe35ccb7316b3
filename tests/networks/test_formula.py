from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import Generator

from ligeia.networks.formula import Formula, dense_shapes, output_shapes, torch_dense, uniform
from ligeia.networks.spec import LinearOutput


@dataclass(frozen=True, kw_only=True)
class Cubes(Formula):
    """The smallest formula: two units w t^3 + b."""

    name: ClassVar[str] = "cubes"
    wire_id: ClassVar[int] = 1000

    def check(self):
        pass

    def shapes(self):
        return dense_shapes([1, 2]) | output_shapes(2, self.channels)

    def start(self, generator, blocks):
        return torch_dense(self.shapes(), generator, blocks)

    def features(self, numbers, coordinates, dtype):
        cube = coordinates.unsqueeze(-1) ** 3
        return (cube * numbers["weight_0"] + numbers["bias_0"].unsqueeze(1)).to(dtype)


def test_a_formula_is_a_network_with_a_linear_output():
    module = Cubes(channels=3).build(blocks=2, seed=1)
    assert isinstance(module, LinearOutput)
    numbers = {name: value.detach() for name, value in module.named_parameters()}
    values = module(torch.tensor([[0.5, -1.0]]))
    assert values.shape == (2, 2, 3)
    units = 0.125 * numbers["weight_0"][1, 0] + numbers["bias_0"][1]
    assert torch.allclose(values[1, 0], units @ numbers["output_weight"][1] + numbers["output_bias"][1])


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("weight_0", "first"),
        ("bias_0", "first"),
        ("imaginary_weight_0", "first"),
        ("weight_1", "hidden"),
        ("bias_10", "hidden"),
        ("other", "hidden"),
        ("output_weight", "output"),
        ("output_bias", "output"),
        ("output_weight_0", "output"),
    ],
)
def test_parts_follow_the_names(name, part):
    assert Cubes().part(name) == part


def test_shapes_of_dense_layers():
    assert dense_shapes([3, 5, 2]) == {"weight_0": (3, 5), "bias_0": (5,), "weight_1": (5, 2), "bias_1": (2,)}
    assert dense_shapes([3, 5], first=4) == {"weight_4": (3, 5), "bias_4": (5,)}
    assert dense_shapes([3]) == {}
    assert output_shapes(7, 2) == {"output_weight": (7, 2), "output_bias": (2,)}


def test_uniform_numbers_fill_their_range():
    drawn = uniform((40, 500), 0.3, Generator().manual_seed(0))
    assert drawn.shape == (40, 500)
    assert 0.299 < drawn.max() <= 0.3
    assert -0.3 <= drawn.min() < -0.299
    # the standard deviation of U(-a, a) is a / sqrt(3); of 20000 numbers to within a few parts in a thousand
    assert drawn.std().item() == pytest.approx(0.3 / 3**0.5, rel=0.02)


def test_pytorchs_start_goes_by_the_inputs_of_each_layer():
    shapes = dense_shapes([4, 300, 9]) | output_shapes(100, 50)
    numbers = torch_dense(shapes, Generator().manual_seed(0), 7)
    assert list(numbers) == list(shapes)
    bounds = {"0": 0.5, "1": 300**-0.5, "output": 0.1}
    for name, value in numbers.items():
        bound = bounds["output" if name.startswith("output") else name[-1]]
        assert value.shape == (7, *shapes[name])
        assert 0.9 * bound < value.abs().max() <= bound, name
