from functools import partial

import made_coded
import numpy as np
import pytest
import reference_coded
from hypothesis import given
from hypothesis import strategies as st

from ligeia.codec.transform.context_model import PRECISION, TOP, ContextNetwork, ContextTable, shipped

MODELS = {"made": made_coded.model} | {name: partial(shipped, name) for name in ("speech", "music", "waveform")}


def networks(name: str) -> list[ContextNetwork | ContextTable]:
    model = MODELS[name]()
    return [model.weights, *model.levels, model.splits]


@pytest.mark.parametrize("name", MODELS)
def test_counts_are_at_least_1_and_sum_to_2_to_the_24(name):
    for network in networks(name):
        assert network.table.min() >= 1
        assert (network.table.sum(axis=1) == 1 << PRECISION).all()
        assert np.array_equal(network.likely, network.table - 1.0)


@pytest.mark.parametrize("name", MODELS)
def test_no_sum_is_beyond_what_single_precision_holds(name):
    for network in networks(name)[:3]:
        for layer in network.layers:
            assert np.array_equal(layer.weight, np.rint(layer.weight))
            assert np.abs(layer.weight).max(initial=0) <= 128
            assert (np.abs(layer.weight).sum(axis=0) * TOP + np.abs(layer.bias)).max() < 2**24


@pytest.mark.parametrize("name", MODELS)
@given(seed=st.integers(0, 1000), calm=st.booleans())
def test_rows_are_those_of_whole_numbers(name, seed, calm):
    generator = np.random.default_rng(seed)
    model = MODELS[name]()
    named = {"weights": model.weights, "even_levels": model.levels[0], "odd_levels": model.levels[1]}
    for key, network in named.items():
        inputs = network.layers[0].weight.shape[0]
        contexts = generator.integers(48 if calm else 0, 80 if calm else TOP + 1, (inputs, 3, 4)).astype(np.float32)
        rows = network.rows(contexts)
        assert rows.shape == (3, 4)
        arrays = arrays_of(network, key)
        for k in np.ndindex(3, 4):
            assert (
                reference_coded.expected(arrays, key, contexts[:, *k].astype(int).tolist())
                == network.table[rows[k]].tolist()
            )


def arrays_of(network: ContextNetwork, name: str) -> dict[str, np.ndarray]:
    """As `reference_coded` takes them: whole numbers of Python."""
    arrays = {f"{name}.table": network.table}
    for k, layer in enumerate(network.layers):
        arrays[f"{name}.weight_{k}"] = layer.weight.astype(np.int64).astype(object)
        arrays[f"{name}.bias_{k}"] = layer.bias.astype(np.int64).astype(object)
    return arrays


def test_rows_do_not_depend_on_what_stands_beside():
    network = made_coded.model().weights
    contexts = np.random.default_rng(0).integers(0, 128, (network.layers[0].weight.shape[0], 500))
    together = network.rows(contexts)
    assert [network.rows(context[:, None])[0] for context in contexts.T] == together.tolist()


def test_a_table_takes_its_context_as_the_row():
    found = ContextTable(made_coded.table(5, 5, 1)).rows(np.array([[[3, 0]]]))
    assert found.tolist() == [[3, 0]]
