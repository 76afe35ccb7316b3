import made_streams as made
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ligeia.audio.blocks import Segments
from ligeia.codec.header import PARAMETERS_PER_BYTE, Header, unpack_blocks
from ligeia.codec.parameters.coding import ParameterCoding
from ligeia.codec.parameters.quantise import EXACT, Bits, largest, layout, scale_of
from ligeia.errors import FormatError, InputError
from ligeia.networks import Siren

SPEC = Siren(width=4, depth=2)
ARRAYS = {name: value[0].numpy() for name, value in made.parameters(SPEC, 1).items()}
CODING = ParameterCoding(EXACT)


@given(st.integers(1, 0x4F80), st.sampled_from([EXACT, made.QUANTISED]))
def test_blocks_come_back(word, bits):
    gain, coding = float(np.array([word << 16], np.uint32).view(np.float32)[0]), ParameterCoding(bits)
    payload = coding.pack(gain, ARRAYS, SPEC)
    assert int.from_bytes(payload[:2], "little") == word
    decoded, arrays = coding.unpack_block(payload, SPEC)
    assert decoded == gain
    assert coding.pack(decoded, arrays, SPEC) == payload
    if bits == EXACT:
        assert all(arrays[name].tobytes() == ARRAYS[name].tobytes() for name in ARRAYS)


def test_silence_is_nothing():
    assert CODING.pack(0.0, {}, SPEC) == b""
    unpacked = unpack_blocks({0: b""}, range(2), Header(SPEC, 8000, Segments(20, 10), CODING))
    assert unpacked.gains.tolist() == [0, 0]
    assert {name: value.shape[1:] for name, value in unpacked.parameters.items()} == SPEC.shapes()
    assert not any(value.any() for value in unpacked.parameters.values())


@pytest.mark.parametrize("word", [0, 0x8000, 0xBF80, 0x7F80, 0xFF80, 0x7FC0, 0x4F81], ids=hex)
def test_impossible_gains_are_refused(word):
    payload = word.to_bytes(2, "little") + CODING.pack(1.0, ARRAYS, SPEC)[2:]
    with pytest.raises(FormatError, match="impossible gain"):
        CODING.unpack_block(payload, SPEC)


@pytest.mark.parametrize("gain", [-1.0, 0.1, float("nan"), float("inf"), 2.0**33])
def test_gains_that_cannot_be_stored(gain):
    with pytest.raises(InputError, match="bfloat16"):
        CODING.pack(gain, ARRAYS, SPEC)


def test_half_a_gain_is_refused():
    with pytest.raises(FormatError, match="too short"):
        CODING.unpack_block(b"\x80", SPEC)


def test_a_network_of_equal_numbers_is_refused_where_no_decoder_would_take_it():
    spec, coarse = Siren(width=100, depth=1, channels=200), ParameterCoding(Bits(2, 2, 2))
    alike = {
        tensor.name: np.full(tensor.shape, -largest(tensor.bits) * scale_of(1, tensor.bits), np.float32)
        for tensor in layout(spec, coarse.bits)
    }
    with pytest.raises(InputError, match="all alike"):
        coarse.pack(1.0, alike, spec)
    assert CODING.unpack_block(CODING.pack(1.0, alike, spec), spec)[0] == 1
    for value in (0.0, 1.0):  # the same symbol everywhere costs something unless it is the first of its table
        same = {name: np.full(shape, value, np.float32) for name, shape in spec.shapes().items()}
        assert len(coarse.pack(1.0, same, spec)) * PARAMETERS_PER_BYTE > spec.parameters
