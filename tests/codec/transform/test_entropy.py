"""Symbols through the coders, run by run and in the order of the syntax."""

import made_coded
import numpy as np
import pytest
import reference_decoder
from hypothesis import given, settings
from hypothesis import strategies as st

from ligeia.codec.transform.context_model import SYMBOLS, CountTable
from ligeia.codec.transform.entropy import MAX_EXTRA, Meter, Reader, Writer
from ligeia.codec.transform.quantiser import Spectra
from ligeia.codec.transform.scale_factors import MAX_STEP, MIN_STEP
from ligeia.codec.transform.syntax import code_spectra, duration, pitches

LARGEST = SYMBOLS - 2 + (1 << MAX_EXTRA) - 1
TABLE = CountTable(made_coded.table(4, SYMBOLS, 3))
amounts = st.integers(-20, 20) | st.integers(-LARGEST, LARGEST) | st.just(0) | st.sampled_from([-LARGEST, 16, 17, -18])


def written(coefficients: np.ndarray, contexts: np.ndarray) -> list[bytes]:
    writer = Writer(len(coefficients))
    writer.code_coefficients(coefficients, TABLE, contexts)
    return writer.finish()


@given(st.integers(1, 3), st.integers(1, 30), st.data())
def test_what_is_written_is_read(blocks, count, data):
    rows = st.lists(st.lists(amounts, min_size=count, max_size=count), min_size=blocks, max_size=blocks)
    coefficients = np.array(data.draw(rows))
    contexts = np.arange(blocks * count).reshape(1, count, blocks) % 4
    bodies = written(coefficients, contexts)
    reader = Reader(bodies)
    assert np.array_equal(reader.code_coefficients(None, TABLE, contexts), coefficients)
    assert reader.finish().all()
    meter = Meter(blocks)
    assert np.array_equal(meter.code_coefficients(coefficients, TABLE, contexts), coefficients)
    for bits, body, row in zip(meter.bits, bodies, coefficients, strict=True):
        # An empty coder takes 3 bytes for any first symbol, and what is left of a word at the end up to 4 more.
        assert bits / 8 - 4 <= len(body) <= bits / 8 + 8 + 0.001 * len(row)


@given(st.lists(amounts, min_size=1, max_size=20))
def test_the_slow_decoder_reads_it_too(numbers):
    coefficients, contexts = np.array([numbers]), (np.arange(len(numbers)) % 4)[None, :, None]
    ans = reference_decoder.Ans(written(coefficients, contexts)[0])
    tables = [reference_decoder.make_table(0, TABLE.counts[k % 4].tolist()) for k in range(len(numbers))]
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
    coefficients = reader.code_coefficients(None, TABLE, np.zeros((1, 50, 1), int))
    assert coefficients.shape == (1, 50)
    assert np.abs(coefficients).max() <= LARGEST
    reader.finish()


def test_bytes_that_are_left_over_are_noticed():
    coefficients, contexts = np.array([[1, 2, 3]]), np.zeros((1, 3, 1), int)
    body = written(coefficients, contexts)[0]
    for data, valid in ((body, True), (body + bytes(4), True), (body + b"\1\0\0\0", False), (body[:-1], False)):
        reader = Reader([data])
        reader.code_coefficients(None, TABLE, contexts)
        assert reader.finish().tolist() == [valid]


def test_nothing_at_all():
    assert Writer(2).finish() == [b"", b""]
    assert Reader([b"", b""]).finish().all()


@given(st.lists(st.floats(-20, 20), min_size=1, max_size=20), st.floats(0.001, 0.5))
def test_a_lagrangian_takes_the_cheaper_of_two(exact, lagrangian):
    given_values, contexts = np.array([exact]), (np.arange(len(exact)) % 4)[None, :, None]
    meter = Meter(1, lagrangian)
    chosen = meter.code_coefficients(given_values, TABLE, contexts)
    for k, (value, integer) in enumerate(zip(exact, chosen[0].tolist(), strict=True)):
        nearest = round(abs(value))
        sign = 1 if value >= 0 else -1

        def cost(size: int, row: int = k % 4, value: float = value) -> float:
            bits = 24 - np.log2(TABLE.counts[row, size]) + (size > 0)
            return (abs(value) - size) ** 2 + lagrangian * bits

        best = min((nearest, max(nearest - 1, 0)), key=cost) if nearest < SYMBOLS - 1 else nearest
        assert abs(integer) in (nearest, max(nearest - 1, 0))
        assert abs(integer) == best or cost(abs(integer)) == pytest.approx(cost(best))
        assert integer * sign >= 0
    fixed = Meter(1)
    fixed.code_coefficients(chosen, TABLE, contexts)
    assert fixed.bits == pytest.approx(meter.bits)
    writer = Writer(1, lagrangian)
    assert np.array_equal(writer.code_coefficients(given_values, TABLE, contexts), chosen)
    assert writer.finish() == written(chosen, contexts)


def test_a_bit_that_costs_nothing_is_never_saved():
    exact, contexts = np.linspace(-9, 9, 40)[None], np.zeros((1, 40, 1), int)
    assert np.array_equal(Meter(1, 1e-9).code_coefficients(exact, TABLE, contexts), np.rint(exact))


@st.composite
def cases(draw):
    layout = made_coded.layout(
        draw(st.sampled_from([0, 1, 2])),
        frame_size=32 * draw(st.integers(1, 4)),
        frames=draw(st.integers(1, 4)),
        channels=draw(st.integers(1, 3)),
        rate=draw(st.sampled_from([1, 8000, 16000, 44100, 192_000, 2**31 - 1])),
    )
    blocks = draw(st.integers(1, 3))
    steps = np.array(draw(st.lists(st.integers(MIN_STEP, MAX_STEP), min_size=blocks, max_size=blocks)))
    spectra = made_coded.spectra(layout, blocks, draw(st.integers(0, 999)))
    return layout, steps, spectra, made_coded.model(draw(st.integers(0, 99)))


@settings(max_examples=40)
@given(cases())
def test_spectra_there_and_back(case):
    layout, steps, spectra, model = case
    writer, meter, shares = Writer(len(steps)), Meter(len(steps)), []
    code_spectra(writer, layout, steps, model, spectra)
    code_spectra(meter, layout, steps, model, spectra, shares.append)
    assert len(shares) == layout.frames
    assert shares[-1] == 1
    bodies = writer.finish()
    reader = Reader(bodies)
    decoded = code_spectra(reader, layout, steps, model, None)
    assert reader.finish().all()
    for name in ("switching", "scale_factors", "coefficients"):
        assert np.array_equal(getattr(decoded, name), getattr(spectra, name)), name
    symbols = spectra.coefficients[0].size + spectra.scale_factors[0].size
    for bits, body in zip(meter.bits, bodies, strict=True):
        assert -4 < len(body) - bits / 8 < 8 + 0.001 * symbols  # see above


@settings(max_examples=30)
@given(cases(), st.binary(min_size=0, max_size=200))
def test_any_bytes_come_to_an_end(case, data):
    layout, steps, _, model = case
    spectra = code_spectra(Reader([data] * len(steps)), layout, steps, model, None)
    assert spectra.switching.max() <= 4
    assert spectra.scale_factors.max() < 48
    assert np.abs(spectra.coefficients).max() < 2**21


@settings(max_examples=15)
@given(cases())
def test_blocks_do_not_depend_on_each_other(case):
    layout, steps, spectra, model = case
    together = Writer(len(steps))
    code_spectra(together, layout, steps, model, spectra)
    for k, body in enumerate(together.finish()):
        alone, one = Writer(1), slice(k, k + 1)
        part = Spectra(spectra.switching[one], spectra.scale_factors[one], spectra.coefficients[one])
        code_spectra(alone, layout, steps[one], model, part)
        assert alone.finish() == [body]


@pytest.mark.parametrize("rate", [1, 8000, 2**31 - 1])
def test_pitches_rise_within_7_bits(rate):
    found = pitches(64, rate)
    assert found.min() >= 0
    assert found.max() <= 127
    assert (np.diff(found) >= 0).all()


def test_durations_are_logarithms_of_milliseconds():
    assert [duration(*pair) for pair in ((16, 16000), (320, 16000), (2048, 44100), (65536, 1))] == [0, 69, 89, 127]
