import made_streams as made
import numpy as np
import pytest
import reference_decoder
from hypothesis import given
from hypothesis import strategies as st

from ligeia.codec.parameters.entropy import SymbolEncoder
from ligeia.codec.parameters.quantise import (
    COARSER,
    EXACT,
    Bits,
    Tensor,
    coarser_trip,
    dequantise_rows,
    largest,
    layout,
    pack_parameters,
    quantise_rows,
    round_trip,
    scale_of,
    unpack_parameters,
)
from ligeia.errors import FormatError, InputError
from ligeia.networks import Siren

depths = st.integers(2, 24)
specs = st.builds(
    Siren,
    channels=st.integers(1, 3),
    width=st.integers(1, 12),
    depth=st.integers(1, 4),
    octaves=st.integers(0, 3),
    with_coordinate=st.booleans(),
) | st.builds(Siren, width=st.integers(1, 9), first_width=st.integers(0, 9), fixed_first=st.sampled_from([0.0, 7.5]))


@st.composite
def rows(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**20)))
    values = rng.standard_normal((draw(st.integers(1, 6)), draw(st.integers(1, 20))))
    return (values * np.exp2(rng.integers(-8, 20, (len(values), 1)))).astype(np.float32)


def test_the_layout_of_a_siren():
    tensors = layout(Siren(channels=2, width=4, depth=2), Bits(18, 8, 23))
    assert tensors == [
        Tensor("weight_0", (1, 4), 1, 18),
        Tensor("bias_0", (4,), 1, 18),
        Tensor("weight_1", (4, 4), 4, 8),
        Tensor("bias_1", (4,), 1, 10),
        Tensor("weight_2", (4, 2), 2, 23),
        Tensor("bias_2", (2,), 1, 24),
    ]


def test_scales_are_eighths_of_octaves():
    for bits in (2, 8, 24):
        scales = np.array([scale_of(code, bits) for code in range(256)])
        assert scales[0] == 0
        assert np.abs(scales[1:] / 2.0 ** ((np.arange(1, 256) - 128) / 8 + 8 - bits) - 1).max() < 1e-15
        assert (np.diff(scales) > 0).all()


@pytest.mark.parametrize("bits", range(2, 25))
def test_every_depth_reaches_the_same_values(bits):
    assert scale_of(255, bits) * largest(bits) > 2**21
    assert scale_of(1, bits) * largest(bits) < 2.0**-8


@given(rows(), depths)
def test_the_error_is_half_a_scale_and_no_smaller_scale_would_do(values, bits):
    numbers, codes = quantise_rows(values, bits)
    assert np.abs(numbers).max() <= largest(bits)
    for row, code, quantised in zip(values, codes, dequantise_rows(numbers, codes, bits), strict=True):
        code = int(code)
        scale = scale_of(code, bits) if code else scale_of(1, bits)
        rounding = np.abs(row).max() * 2.0**-23  # float32, and the comparison in it
        assert np.abs(row - quantised).max() <= scale / 2 + rounding
        # A coarser scale is taken only where it is what the row was quantised with, as far as one can tell.
        exact = np.array_equal(row, quantised)
        assert code <= 1 or exact or scale_of(code - 1, bits) * largest(bits) < np.abs(row).max()


@given(rows(), depths)
def test_quantising_twice_changes_nothing(values, bits):
    once = dequantise_rows(*quantise_rows(values, bits), bits)
    assert np.array_equal(dequantise_rows(*quantise_rows(once, bits), bits), once)


@pytest.mark.parametrize("bits", [2, 4, 8, 12])
def test_quantising_many_rows_twice_changes_nothing(bits):
    rng = np.random.default_rng(bits)
    values = rng.uniform(-1, 1, (5000, 3)).astype(np.float32)
    numbers, codes = quantise_rows(values, bits)
    again = quantise_rows(dequantise_rows(numbers, codes, bits), bits)
    assert np.array_equal(again[0], numbers)
    assert np.array_equal(again[1], codes)


@pytest.mark.parametrize("steps", COARSER)
@pytest.mark.parametrize("bits", [5, 8, 12])
def test_coarser_scales_are_recognised(steps, bits):
    values = np.random.default_rng(steps).standard_normal((24, 24)).astype(np.float32)
    tensor = Tensor("weight_1", values.shape, 24, bits)
    coarse = coarser_trip(values, tensor, steps)
    numbers, codes = quantise_rows(np.ascontiguousarray(coarse.T), bits)
    assert np.array_equal(dequantise_rows(numbers, codes, bits).T, coarse)
    assert np.abs(numbers).max() <= largest(bits) * 2 ** (-steps / 8) + 1
    assert np.abs(coarse - values).max() <= np.abs(values).max() / largest(bits) * 2 ** (steps / 8)


def test_rows_of_zeros_have_no_scale():
    numbers, codes = quantise_rows(np.array([[0, -0.0], [1, 0], [1e-30, 0]], np.float32), 8)
    assert codes.tolist() == [0, codes[1], 0]
    assert codes[1] > 0
    assert (numbers[[0, 2]] == 0).all()
    assert not np.signbit(dequantise_rows(numbers, codes, 8)).any()


def test_values_beyond_all_scales_are_clipped():
    numbers, codes = quantise_rows(np.array([[1e12, -1e12, 1.0]], np.float32), 8)
    assert codes.tolist() == [255]
    assert numbers.tolist() == [[127, -127, 0]]


@given(specs, st.builds(Bits, depths, depths, depths), st.integers(0, 99))
def test_parameters_come_back_as_rounded(spec, bits, seed):
    arrays = {name: value[0].numpy() for name, value in made.parameters(spec, 1, seed).items()}
    payload = pack_parameters(arrays, spec, bits)
    found = unpack_parameters(payload, spec, bits)
    for tensor in layout(spec, bits):
        assert found[tensor.name].dtype == np.float32
        assert np.array_equal(found[tensor.name], round_trip(arrays[tensor.name], tensor))
    again = unpack_parameters(pack_parameters(found, spec, bits), spec, bits)
    assert all(again[name].tobytes() == found[name].tobytes() for name in found)


@given(specs, st.integers(0, 99))
def test_exact_parameters_come_back_as_they_are(spec, seed):
    arrays = {name: value[0].numpy() for name, value in made.parameters(spec, 1, seed).items()}
    payload = pack_parameters(arrays, spec, EXACT)
    assert len(payload) == 4 * spec.parameters
    found = unpack_parameters(payload, spec, EXACT)
    assert all(found[name].tobytes() == arrays[name].tobytes() for name in spec.shapes())


@given(specs, st.builds(Bits, depths, depths, depths), st.integers(0, 99))
def test_the_reference_finds_the_same_parameters(spec, bits, seed):
    arrays = {name: value[0].numpy() for name, value in made.parameters(spec, 1, seed).items()}
    payload = pack_parameters(arrays, spec, bits)
    header = {field.name: getattr(spec, field.name) for field in spec.stored_fields()} | {"channels": spec.channels}
    header["bits"] = [bits.first, bits.hidden, bits.output]
    slow = reference_decoder.read_parameters(payload, header)
    for mine, array in zip(unpack_parameters(payload, spec, bits).values(), slow, strict=True):
        assert mine.tobytes() == array.tobytes()


SPEC = Siren(width=4, depth=2)
ARRAYS = {name: value[0].numpy() for name, value in made.parameters(SPEC, 1).items()}


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 2e12])
def test_exact_numbers_that_no_network_has(value):
    broken = ARRAYS | {"bias_1": np.full(4, value, np.float32)}
    payload = b"".join(array.astype("<f4").tobytes() for array in broken.values())
    with pytest.raises(FormatError, match="NaN, or beyond"):
        unpack_parameters(payload, SPEC, EXACT)
    for bits in (EXACT, made.QUANTISED):
        with pytest.raises(InputError, match="NaN, or beyond"):
            pack_parameters(broken, SPEC, bits)


@pytest.mark.parametrize("bits", [EXACT, made.QUANTISED])
def test_payloads_of_another_length_are_refused(bits):
    payload = pack_parameters(ARRAYS, SPEC, bits)
    for length in range(len(payload)):
        with pytest.raises(FormatError):
            unpack_parameters(payload[:length], SPEC, bits)
    with pytest.raises(FormatError):
        unpack_parameters(payload + b"\1\0\0\0", SPEC, bits)


def written(code: int, *numbers: int, bits: tuple[int, ...], table: int = 40) -> bytes:
    """A payload for `SMALL`: all first codes are 128, all numbers 1; but weight_1 into its second unit is as given."""
    writer = SymbolEncoder()
    for k, depth in enumerate(bits):
        writer.encode_bits(np.array([128]), 8)
        if k == 2:
            writer.encode(np.array([code - 128]), 40, 255)
        values = np.array([0, 0, *numbers] if k == 2 else [1, 1])
        low = max(depth - 12, 0)
        writer.encode(values >> low, 40, 2048 if low else largest(depth))
        if low:
            writer.encode_bits(values & ((1 << low) - 1), low)
    return bytes([40, 40, 40, table, 40]) + writer.finish()


SMALL = Siren(width=2, depth=1, channels=2)
DEPTHS = {8: Bits(8, 8, 8), 16: Bits(16, 16, 16)}


def row(code: int, *numbers: int, bits: int = 8, table: int = 40) -> np.ndarray:
    depths = (bits, bits, bits, bits + 2)
    payload = written(code, *numbers, bits=depths, table=table)
    return unpack_parameters(payload, SMALL, DEPTHS[bits])["weight_1"][:, 1]


def test_a_written_row_is_read():
    assert row(136, -127, 5).tolist() == [-254, 10]
    assert row(0, 0, 0).tolist() == [0, 0]
    assert row(128, 2**15 - 1, 1 - 2**15, bits=16).tolist() == [(2**15 - 1) / 256, (1 - 2**15) / 256]


@pytest.mark.parametrize(
    ("code", "number", "bits"),
    [(-1, 1, 8), (256, 1, 8), (0, 1, 8), (128, 2**15, 16), (128, -(2**15), 16), (128, 2**15 + 2, 16)],
)
def test_numbers_out_of_range_are_refused(code, number, bits):
    with pytest.raises(FormatError, match=r"out of range|without a scale|beyond 16 bits"):
        row(code, number, 0, bits=bits)


@pytest.mark.parametrize("table", [64, 255])
def test_tables_out_of_range_are_refused(table):
    with pytest.raises(FormatError, match="not a valid table"):
        row(128, 1, 1, table=table)
