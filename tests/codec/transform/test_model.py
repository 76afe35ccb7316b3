import numpy as np
import pytest

from ligeia.codec.transform.context_model import LEVELS, SPLITS, SYMBOLS, shipped
from ligeia.codec.transform.contexts import FEATURES, LEVEL_FEATURES


@pytest.mark.parametrize("name", ["speech", "music", "waveform"])
def test_shipped_models_fit_the_contexts(name):
    model = shipped(name)

    sizes = [(model.weights, FEATURES, SYMBOLS), *((network, LEVEL_FEATURES, LEVELS) for network in model.levels)]
    for network, inputs, symbols in sizes:
        assert network.layers[0].weight.shape[0] == inputs
        assert network.table.shape[1] == symbols
    assert model.splits.table.shape == (SPLITS, SPLITS)
    assert shipped(name) is model


def test_there_are_no_others():
    with pytest.raises(FileNotFoundError):
        shipped("other")


def test_quiet_neighbours_mean_small_weights():
    network = shipped("waveform").weights
    quiet, loud = np.full((FEATURES, 1), 10), np.full((FEATURES, 1), 120)
    zeros = [network.table[network.rows(context)[0], 0] for context in (quiet, loud)]
    assert zeros[0] > zeros[1]
