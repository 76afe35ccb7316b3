"""Contexts, the integer networks that read them, and the shipped models."""

from functools import partial

import made_coded
import numpy as np
import pytest
import reference_coded
from hypothesis import given
from hypothesis import strategies as st

from ligeia.codec.transform.context_model import (
    ABSENT,
    BAND_FACTS,
    COEFFICIENT_INPUTS,
    FRAME_FACTS,
    LARGEST,
    MAX_ACTIVATION,
    MIDDLE,
    PAD,
    PASSES,
    PRECISION,
    SCALE_FACTOR_INPUTS,
    SELF,
    SOURCES,
    SWITCHINGS,
    SYMBOLS,
    ZERO_MAGNITUDE,
    ContextNetwork,
    CountTable,
    Neighbourhood,
    coefficient_contexts,
    magnitudes,
    moving_average,
    scale_factor_contexts,
    shipped_model,
)
from ligeia.codec.transform.scale_factors import SCALE_FACTORS

SHIPPED = ("speech", "speech_low", "music", "waveform")
MODELS = {"made": made_coded.model} | {name: partial(shipped_model, name) for name in SHIPPED}


def networks(name: str) -> list[ContextNetwork]:
    model = MODELS[name]()
    return [model.coefficients, *model.scale_factors]


@pytest.mark.parametrize("name", MODELS)
def test_counts_are_at_least_1_and_sum_to_2_to_the_24(name):
    for table in [*networks(name), MODELS[name]().switching]:
        assert table.counts.min() >= 1
        assert (table.counts.sum(axis=1) == 1 << PRECISION).all()
        assert np.array_equal(table.frequencies, table.counts - 1.0)
        assert np.allclose(np.exp2(-table.bits).sum(axis=1), 1)


@pytest.mark.parametrize("name", MODELS)
def test_no_sum_is_beyond_what_single_precision_holds(name):
    for network in networks(name):
        for layer in network.layers:
            assert np.array_equal(layer.weight, np.rint(layer.weight))
            assert np.abs(layer.weight).max(initial=0) <= 128
            assert (np.abs(layer.weight).sum(axis=0) * MAX_ACTIVATION + np.abs(layer.bias)).max() < 2**24


@pytest.mark.parametrize("name", MODELS)
@given(seed=st.integers(0, 1000), calm=st.booleans())
def test_rows_are_those_of_integer_arithmetic(name, seed, calm):
    generator = np.random.default_rng(seed)
    low, high = (48, 80) if calm else (0, MAX_ACTIVATION + 1)
    for key, network in zip(("weights", "even_levels", "odd_levels"), networks(name), strict=True):
        inputs = network.layers[0].weight.shape[0]
        contexts = generator.integers(low, high, (inputs, 3, 4)).astype(np.float32)
        rows = network.rows(contexts)
        assert rows.shape == (3, 4)
        arrays = arrays_of(network, key)
        for k in np.ndindex(3, 4):
            counts = reference_coded.expected(arrays, key, contexts[:, *k].astype(int).tolist())
            assert counts == network.counts[rows[k]].tolist()


def arrays_of(network: ContextNetwork, name: str) -> dict[str, np.ndarray]:
    """Arrays as `reference_coded` takes them: integers of Python."""
    arrays = {f"{name}.table": network.counts}
    for k, layer in enumerate(network.layers):
        arrays[f"{name}.weight_{k}"] = layer.weight.astype(np.int64).astype(object)
        arrays[f"{name}.bias_{k}"] = layer.bias.astype(np.int64).astype(object)
    return arrays


def test_rows_do_not_depend_on_what_stands_beside():
    network = made_coded.model().coefficients
    contexts = np.random.default_rng(0).integers(0, 128, (network.layers[0].weight.shape[0], 500))
    together = network.rows(contexts)
    assert [network.rows(context[:, None])[0] for context in contexts.T] == together.tolist()


def test_a_table_takes_its_context_as_the_row():
    rows = CountTable(made_coded.table(5, 5, 1)).rows(np.array([[[3, 0]]]))
    assert rows.tolist() == [[3, 0]]


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_models_fit_the_contexts(name):
    model = shipped_model(name)
    shapes = [(network.layers[0].weight.shape[0], network.counts.shape[1]) for network in networks(name)]
    assert shapes == [(COEFFICIENT_INPUTS, SYMBOLS), *[(SCALE_FACTOR_INPUTS, SCALE_FACTORS)] * 2]
    assert model.switching.counts.shape == (SWITCHINGS, SWITCHINGS)
    assert shipped_model(name) is model


def test_other_models_are_not_shipped():
    with pytest.raises(FileNotFoundError):
        shipped_model("other")


def test_quiet_neighbours_mean_small_coefficients():
    network = shipped_model("waveform").coefficients
    quiet, loud = np.full((COEFFICIENT_INPUTS, 1), 10), np.full((COEFFICIENT_INPUTS, 1), 120)
    zeros = [network.counts[network.rows(context)[0], 0] for context in (quiet, loud)]
    assert zeros[0] > zeros[1]


def test_magnitudes_are_rounded_logarithms():
    steps = np.zeros((1, LARGEST + 3), int)
    found = magnitudes(np.arange(LARGEST + 3)[None], steps)[0].tolist()
    assert found[:3] == [ZERO_MAGNITUDE, 0, 16]
    for number, magnitude in enumerate(found[1 : LARGEST + 1], start=1):
        assert 2 ** (2 * magnitude - 1) < number**32 < 2 ** (2 * magnitude + 1)
    assert found[LARGEST] == found[-1]
    assert magnitudes(np.array([[-2, 0]]), np.array([[5, 7]])).tolist() == [[21, ZERO_MAGNITUDE + 7]]


def test_the_passes_visit_every_coefficient_once():
    for frame_size in (32, 96):
        visited = np.concatenate([np.arange(frame_size)[chosen] for chosen in PASSES])
        assert sorted(visited) == list(range(frame_size))


def neighbourhood(seed: int, frame_size: int = 32) -> Neighbourhood:
    generator = np.random.default_rng(seed)
    rows = np.full((SOURCES, frame_size + 2 * PAD, 2), ABSENT, np.int16)
    rows[:, PAD:-PAD] = generator.integers(-100, 300, (SOURCES, frame_size, 2))
    return Neighbourhood(
        rows,
        generator.integers(0, 200, (frame_size, 2)).astype(np.int16),
        generator.integers(0, 128, (BAND_FACTS, 4, 2)),
        np.full((FRAME_FACTS, 2), MIDDLE),
        np.arange(frame_size),
        np.arange(frame_size) // 8,
    )


@given(st.integers(0, 100))
def test_contexts_lie_in_7_bits(seed):
    around = neighbourhood(seed)
    for number, chosen in enumerate(PASSES):
        contexts = coefficient_contexts(around, number)
        assert contexts.shape == (COEFFICIENT_INPUTS, len(range(32)[chosen]), 2)
        assert contexts.min() >= 0
        assert contexts.max() <= 127
        assert np.array_equal(contexts, np.rint(contexts))


@given(st.integers(0, 100))
def test_a_pass_sees_nothing_of_its_own_or_of_later_passes(seed):
    around = neighbourhood(seed)
    for number, chosen in enumerate(PASSES):
        before = coefficient_contexts(around, number)
        later = [place for other in PASSES[number:] for place in range(32)[other]]
        around.magnitudes[SELF, [PAD + place for place in later]] += 77
        assert np.array_equal(coefficient_contexts(around, number), before), (number, chosen)


def test_averages_are_rounded_down():
    values = np.random.default_rng(0).integers(-300, 300, (40, 2)).astype(np.int16)
    padded = np.concatenate([np.repeat(values[:1], 9, axis=0), values, np.repeat(values[-1:], 9, axis=0)]).astype(int)
    for place, mean in enumerate(moving_average(values)):
        assert mean.tolist() == (padded[place + 1 : place + 17].sum(axis=0) // 16).tolist()


@given(st.integers(1, 30), st.integers(0, 100), st.booleans())
def test_contexts_of_scale_factors(bands, seed, odd):
    generator = np.random.default_rng(seed)
    current, before, earlier = (generator.integers(0, 48, (bands, 2)) for _ in range(3))
    if odd and bands < 2:
        return
    contexts, predicted = scale_factor_contexts(current, before, earlier, odd)
    assert contexts.shape == (SCALE_FACTOR_INPUTS, (bands + 1 - odd) // 2, 2)
    assert predicted.shape == contexts.shape[1:]
    assert contexts.min() >= 0
    assert contexts.max() <= 127
    if not odd:
        assert np.array_equal(predicted, before[::2])
