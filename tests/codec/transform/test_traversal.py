import made_coded
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ligeia.codec.transform.entropy import Meter, Reader, Writer
from ligeia.codec.transform.scale_factors import MAX_STEP, MIN_STEP
from ligeia.codec.transform.syntax import Grid, duration, places, traverse


@st.composite
def cases(draw):
    grid = made_coded.grid(
        draw(st.sampled_from([0, 1, 2])),
        frame=32 * draw(st.integers(1, 4)),
        frames=draw(st.integers(1, 4)),
        channels=draw(st.integers(1, 3)),
        rate=draw(st.sampled_from([1, 8000, 16000, 44100, 192_000, 2**31 - 1])),
    )
    blocks = draw(st.integers(1, 3))
    steps = np.array(draw(st.lists(st.integers(MIN_STEP, MAX_STEP), min_size=blocks, max_size=blocks)))
    return (
        grid,
        steps,
        made_coded.numbers(grid, blocks, draw(st.integers(0, 999))),
        made_coded.model(draw(st.integers(0, 99))),
    )


@settings(max_examples=40)
@given(cases())
def test_there_and_back(case):
    grid, steps, numbers, model = case
    writer, meter = Writer(len(steps)), Meter(len(steps))
    traverse(writer, grid, steps, model, numbers)
    traverse(meter, grid, steps, model, numbers)
    coded = writer.finish()
    reader = Reader(coded)
    found = traverse(reader, grid, steps, model, None)
    assert reader.finish().all()
    for name in ("splits", "levels", "weights"):
        assert np.array_equal(getattr(found, name), getattr(numbers, name)), name
    symbols = numbers.weights[0].size + numbers.levels[0].size
    for bits, body in zip(meter.bits, coded, strict=True):
        assert -4 < len(body) - bits / 8 < 8 + 0.001 * symbols  # see test_coders


@settings(max_examples=30)
@given(cases(), st.binary(min_size=0, max_size=200))
def test_any_bytes_come_to_an_end(case, data):
    grid, steps, _, model = case
    found = traverse(Reader([data] * len(steps)), grid, steps, model, None)
    assert found.splits.max() <= 4
    assert found.levels.max() < 48
    assert np.abs(found.weights).max() < 2**21


@settings(max_examples=15)
@given(cases())
def test_blocks_know_nothing_of_each_other(case):
    grid, steps, numbers, model = case
    together = Writer(len(steps))
    traverse(together, grid, steps, model, numbers)
    for k, body in enumerate(together.finish()):
        alone = Writer(1)
        own = type(numbers)(numbers.splits[k : k + 1], numbers.levels[k : k + 1], numbers.weights[k : k + 1])
        traverse(alone, grid, steps[k : k + 1], model, own)
        assert alone.finish() == [body]


@pytest.mark.parametrize("rate", [1, 8000, 2**31 - 1])
def test_places_rise_within_7_bits(rate):
    found = places(64, rate)
    assert found.min() >= 0
    assert found.max() <= 127
    assert (np.diff(found) >= 0).all()


def test_a_grid_counts_its_bands():
    grid = Grid(64, 3, 2, 16000, made_coded.grid().profile)
    assert grid.empty(4).levels.shape == (4, 3, 2, grid.bands)
    assert grid.empty(4).weights.shape == (4, 3, 2, 64)


def test_durations_are_logarithms_of_milliseconds():
    assert [duration(*pair) for pair in ((16, 16000), (320, 16000), (2048, 44100), (65536, 1))] == [0, 69, 89, 127]
