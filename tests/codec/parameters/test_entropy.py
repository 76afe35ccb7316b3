from itertools import pairwise
from math import exp, log2

import numpy as np
import pytest
import reference_decoder
from hypothesis import given
from hypothesis import strategies as st

from ligeia.codec.parameters.entropy import (
    FLAT,
    PRECISION,
    RATIOS,
    TABLES,
    SymbolDecoder,
    SymbolEncoder,
    best_table,
    counts,
)
from ligeia.codec.parameters.quantise import MANTISSAS
from ligeia.errors import FormatError

HALVES = [1, 3, 7, 127, 255, 511, 2047, 2048]
tables = st.integers(0, TABLES - 1)


@pytest.mark.parametrize("half", HALVES)
def test_counts_sum_to_the_whole(half):
    for table in range(TABLES):
        found = counts(table, half)
        assert sum(found) == 2**PRECISION
        assert min(found) >= 1
        assert len(found) == 2 * half + 1
        assert found == found[::-1]
        assert all(a <= b for a, b in pairwise(found[: half + 1]))


@pytest.mark.parametrize("half", HALVES)
def test_counts_are_those_of_the_text(half):
    for table in range(TABLES):
        assert list(counts(table, half)) == reference_decoder.table_of(table, half).counts


def test_the_constants_are_those_of_the_text():
    assert tuple(reference_decoder.RATIOS) == RATIOS
    assert tuple(reference_decoder.MANTISSAS) == MANTISSAS
    assert len(RATIOS) == FLAT == 63


def test_the_constants_are_near_their_formula():
    for table, ratio in enumerate(RATIOS):
        s = 2 ** (table / 4 - 1)
        assert abs(ratio - exp(-1 / (2 * s * s)) * 2**48) < 1


@pytest.mark.parametrize("table", range(0, 63, 6))
def test_tables_are_gaussians(table):
    s = 2 ** (table / 4 - 1)
    shape = np.exp(-(np.arange(-255, 256) ** 2) / (2 * s * s))
    found = np.array(counts(table, 255)) / 2**PRECISION
    assert np.abs(found - shape / shape.sum()).max() < 2e-4


@st.composite
def runs(draw):
    kind = draw(st.integers(0, 2))
    seed, count = draw(st.integers(0, 2**20)), draw(st.integers(0, 40))
    rng = np.random.default_rng(seed)
    if kind == 0:
        bits = draw(st.integers(1, 12))
        return None, bits, rng.integers(0, 1 << bits, count)
    half = draw(st.sampled_from(HALVES))
    spread = draw(st.sampled_from([0.3, 2.0, half / 3, 9.0 * half]))
    return draw(tables), half, np.rint(rng.normal(0, spread, count)).clip(-half, half).astype(np.int64)


def write(parts) -> bytes:
    writer = SymbolEncoder()
    for table, size, symbols in parts:
        if table is None:
            writer.encode_bits(symbols, size)
        else:
            writer.encode(symbols, table, size)
    return writer.finish()


@given(st.lists(runs(), max_size=6))
def test_symbols_come_back(parts):
    reader = SymbolDecoder(write(parts))
    for table, size, symbols in parts:
        found = reader.decode_bits(len(symbols), size) if table is None else reader.decode(len(symbols), table, size)
        assert found.tolist() == symbols.tolist()
    reader.finish()


@given(st.lists(runs(), max_size=6))
def test_the_slow_decoder_finds_the_same(parts):
    slow = reference_decoder.Ans(write(parts))
    for table, size, symbols in parts:
        model = reference_decoder.bits_table(size) if table is None else reference_decoder.table_of(table, size)
        assert [slow.symbol(model) for _ in symbols] == symbols.tolist()
    slow.finish()


@pytest.mark.parametrize("half", HALVES)
def test_random_words_mean_the_same_to_both_decoders_in_every_table(half):
    rng = np.random.default_rng(half)
    for table in range(TABLES):
        words = rng.integers(1, 2**32, 12, dtype=np.uint32).astype("<u4").tobytes()
        fast, slow = SymbolDecoder(words), reference_decoder.Ans(words)
        model = reference_decoder.table_of(table, half)
        assert fast.decode(60, table, half).tolist() == [slow.symbol(model) for _ in range(60)]
        for finish, error in ((fast.finish, FormatError), (slow.finish, reference_decoder.Invalid)):
            if slow.state or slow.words:
                with pytest.raises(error):
                    finish()


@given(st.lists(st.integers(0, 2**32 - 1), max_size=4), tables, st.sampled_from(HALVES))
def test_both_decoders_agree_on_where_data_ends(words, table, half):
    data = np.array(words, dtype="<u4").tobytes()
    model = reference_decoder.table_of(table, half)
    outcomes = []
    for fast in (True, False):
        try:
            if fast:
                reader = SymbolDecoder(data)
                symbols = reader.decode(8, table, half).tolist()
                reader.finish()
            else:
                slow = reference_decoder.Ans(data)
                symbols = [slow.symbol(model) for _ in range(8)]
                slow.finish()
            outcomes.append(symbols)
        except (FormatError, reference_decoder.Invalid):
            outcomes.append(None)
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("half", [7, 127, 2047])
@pytest.mark.parametrize("spread", [0.05, 0.2, 0.5])
def test_the_length_is_what_the_counts_say(half, spread):
    rng = np.random.default_rng(half)
    symbols = np.rint(rng.normal(0, spread * half, 20_000)).clip(-half, half).astype(np.int64)
    table = best_table(symbols, half)
    costs = [PRECISION - log2(count) for count in counts(table, half)]
    bits = sum(costs[symbol + half] for symbol in symbols)
    assert abs(8 * len(write([(table, half, symbols)])) / bits - 1) < 0.01


@pytest.mark.parametrize("spread", [0.8, 1.9, 7.0, 25.0])
def test_a_gaussian_costs_little_more_than_its_entropy(spread):
    symbols = np.rint(np.random.default_rng(0).normal(0, spread, 50_000)).astype(np.int64)
    shares = np.unique(symbols, return_counts=True)[1] / len(symbols)
    entropy = -sum(share * log2(share) for share in shares)
    table = best_table(symbols, 255)
    # Tables are a quarter octave of spread apart: at most an eighth off, which costs about 1 % of a bit.
    assert 8 * len(write([(table, 255, symbols)])) / len(symbols) < entropy + 0.02


def test_plain_bits_cost_just_that():
    numbers = np.arange(3200) % 8
    assert abs(len(write([(None, 3, numbers)])) - 1200) <= 4


@given(st.lists(st.integers(-15, 15), min_size=1, max_size=60))
def test_the_best_table_is_the_cheapest(values):
    symbols = np.array(values)
    costs = [sum(PRECISION - log2(counts(table, 15)[value + 15]) for value in values) for table in range(TABLES)]
    assert costs[best_table(symbols, 15)] <= min(costs) + 1e-9


def test_all_tables_get_used():
    rng = np.random.default_rng(1)
    chosen = {best_table(np.rint(rng.normal(0, 2 ** (t / 4 - 1), 4000)).astype(np.int64), 2047) for t in range(36)}
    assert chosen >= set(range(1, 36))
    assert best_table(np.arange(-255, 256), 255) == FLAT


@pytest.mark.parametrize("data", [b"\1", b"\1\0\0", b"\0\0\0\0", b"\1\2\3\4\0\0\0\0"])
def test_refused_words(data):
    with pytest.raises(FormatError):
        SymbolDecoder(data)


def test_a_table_out_of_range_is_refused():
    with pytest.raises(FormatError, match="not a valid table"):
        SymbolDecoder(b"\1\0\0\0").decode(1, TABLES, 7)


def test_data_that_goes_on_is_refused():
    data = write([(10, 7, np.arange(-7, 8))])
    reader = SymbolDecoder(data)
    reader.decode(14, 10, 7)
    with pytest.raises(FormatError, match="continue after"):
        reader.finish()
