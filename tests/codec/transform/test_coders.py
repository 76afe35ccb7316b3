import made_coded
import numpy as np
import pytest
import reference_decoder
from hypothesis import given
from hypothesis import strategies as st

from ligeia.codec.transform.context_model import SYMBOLS, ContextTable
from ligeia.codec.transform.entropy import MAX_EXTRA, Chooser, Meter, Reader, Writer

LARGEST = SYMBOLS - 2 + (1 << MAX_EXTRA) - 1
TABLE = ContextTable(made_coded.table(4, SYMBOLS, 3))
amounts = st.integers(-20, 20) | st.integers(-LARGEST, LARGEST) | st.just(0) | st.sampled_from([-LARGEST, 16, 17, -18])


def written(rows: np.ndarray, contexts: np.ndarray) -> list[bytes]:
    writer = Writer(len(rows))
    writer.take_weights(rows, TABLE, contexts)
    return writer.finish()


@given(st.integers(1, 3), st.integers(1, 30), st.data())
def test_what_is_written_is_read(blocks, count, data):
    rows = np.array(
        data.draw(st.lists(st.lists(amounts, min_size=count, max_size=count), min_size=blocks, max_size=blocks))
    )
    contexts = np.arange(blocks * count).reshape(1, count, blocks) % 4
    coded = written(rows, contexts)
    reader = Reader(coded)
    found = reader.take_weights(None, TABLE, contexts)
    assert np.array_equal(found, rows)
    assert reader.finish().all()
    meter = Meter(blocks)
    assert np.array_equal(meter.take_weights(rows, TABLE, contexts), rows)
    for bits, body, row in zip(meter.bits, coded, rows, strict=True):
        # An empty coder takes 3 bytes for any first symbol, and what is left of a word at the end up to 4 more.
        assert bits / 8 - 4 <= len(body) <= bits / 8 + 8 + 0.001 * len(row)


@given(st.lists(amounts, min_size=1, max_size=20))
def test_the_slow_decoder_reads_it_too(numbers):
    rows, contexts = np.array([numbers]), (np.arange(len(numbers)) % 4)[None, :, None]
    ans = reference_decoder.Ans(written(rows, contexts)[0])
    tables = [reference_decoder.make_table(0, TABLE.table[k % 4].tolist()) for k in range(len(numbers))]
    sizes = [ans.symbol(table) for table in tables]
    for k, size in enumerate(sizes):
        if size == SYMBOLS - 1:
            bits = ans.symbol(reference_decoder.make_table(0, [838860] * 19 + [838876]))
            extra = ans.symbol(reference_decoder.bits_table(bits)) if bits else 0
            sizes[k] = SYMBOLS - 2 + 2**bits + extra
    signs = [-1 if size and ans.symbol(reference_decoder.bits_table(1)) else 1 for size in sizes]
    assert [size * sign for size, sign in zip(sizes, signs, strict=True)] == numbers
    ans.finish()


@pytest.mark.parametrize("data", [b"", b"\1\2\3", b"\0" * 8, b"\xff" * 400])
def test_a_reader_takes_anything(data):
    reader = Reader([data])
    found = reader.take_weights(None, TABLE, np.zeros((1, 50, 1), int))
    assert found.shape == (1, 50)
    assert np.abs(found).max() <= LARGEST
    reader.finish()


def test_bytes_that_are_left_over_are_noticed():
    rows, contexts = np.array([[1, 2, 3]]), np.zeros((1, 3, 1), int)
    body = written(rows, contexts)[0]
    for data, valid in ((body, True), (body + bytes(4), True), (body + b"\1\0\0\0", False), (body[:-1], False)):
        reader = Reader([data])
        reader.take_weights(None, TABLE, contexts)
        assert reader.finish().tolist() == [valid]


def test_nothing_at_all():
    writer = Writer(2)
    assert writer.finish() == [b"", b""]
    assert Reader([b"", b""]).finish().all()


@given(st.lists(st.floats(-20, 20), min_size=1, max_size=20), st.floats(0.001, 0.5))
def test_a_chooser_takes_the_cheaper_of_two(exact, price):
    wanted, contexts = np.array([exact]), (np.arange(len(exact)) % 4)[None, :, None]
    chooser = Chooser(1, price)
    chosen = chooser.take_weights(wanted, TABLE, contexts)
    for k, (value, found) in enumerate(zip(exact, chosen[0].tolist(), strict=True)):
        nearest = round(abs(value))
        sign = 1 if value >= 0 else -1

        def cost(size: int, row: int = k % 4, value: float = value) -> float:
            bits = 24 - np.log2(TABLE.table[row, size]) + (size > 0)
            return (abs(value) - size) ** 2 + price * bits

        best = min((nearest, max(nearest - 1, 0)), key=cost) if nearest < SYMBOLS - 1 else nearest
        assert abs(found) in (nearest, max(nearest - 1, 0))
        assert abs(found) == best or cost(abs(found)) == pytest.approx(cost(best))
        assert found * sign >= 0
    meter = Meter(1)
    meter.take_weights(chosen, TABLE, contexts)
    assert meter.bits == pytest.approx(chooser.bits)


def test_a_free_bit_is_never_saved():
    wanted, contexts = np.linspace(-9, 9, 40)[None], np.zeros((1, 40, 1), int)
    assert np.array_equal(Chooser(1, 1e-9).take_weights(wanted, TABLE, contexts), np.rint(wanted))
