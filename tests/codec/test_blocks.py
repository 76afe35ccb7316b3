import made_streams as made
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ligeia.audio.blocks import Segments
from ligeia.codec.blocks import pack_block, unpack_block
from ligeia.codec.container import EXACT, PARAMETERS_PER_BYTE, Bits, Header
from ligeia.codec.parameters.quantise import largest, layout, scale_of
from ligeia.errors import FormatError, InputError
from ligeia.networks import Siren

SPEC = Siren(width=4, depth=2)
ARRAYS = {name: value[0].numpy() for name, value in made.parameters(SPEC, 1).items()}


def header(bits=EXACT, spec=SPEC) -> Header:
    return Header(spec, 8000, Segments(10, 10), bits)


@given(st.integers(1, 0x4F80), st.sampled_from([EXACT, made.QUANTISED]))
def test_blocks_come_back(word, bits):
    gain = float(np.array([word << 16], np.uint32).view(np.float32)[0])
    payload = pack_block(gain, ARRAYS, header(bits))
    assert int.from_bytes(payload[:2], "little") == word
    found, arrays = unpack_block(payload, header(bits))
    assert found == gain
    assert pack_block(found, arrays, header(bits)) == payload
    if bits == EXACT:
        assert all(arrays[name].tobytes() == ARRAYS[name].tobytes() for name in ARRAYS)


def test_silence_is_nothing():
    assert pack_block(0.0, {}, header()) == b""
    gain, arrays = unpack_block(b"", header())
    assert gain == 0
    assert {name: value.shape for name, value in arrays.items()} == SPEC.shapes()
    assert not any(value.any() for value in arrays.values())


@pytest.mark.parametrize("word", [0, 0x8000, 0xBF80, 0x7F80, 0xFF80, 0x7FC0, 0x4F81], ids=hex)
def test_impossible_gains_are_refused(word):
    payload = word.to_bytes(2, "little") + pack_block(1.0, ARRAYS, header())[2:]
    with pytest.raises(FormatError, match="impossible gain"):
        unpack_block(payload, header())


@pytest.mark.parametrize("gain", [-1.0, 0.1, float("nan"), float("inf"), 2.0**33])
def test_gains_that_cannot_be_stored(gain):
    with pytest.raises(InputError, match="bfloat16"):
        pack_block(gain, ARRAYS, header())


def test_half_a_gain_is_refused():
    with pytest.raises(FormatError, match="too short"):
        unpack_block(b"\x80", header())


def test_a_network_of_equal_numbers_is_refused_where_no_decoder_would_take_it():
    spec = Siren(width=100, depth=1, channels=200)
    alike = {
        tensor.name: np.full(tensor.shape, -largest(tensor.bits) * scale_of(1, tensor.bits), np.float32)
        for tensor in layout(spec, Bits(2, 2, 2))
    }
    with pytest.raises(InputError, match="all alike"):
        pack_block(1.0, alike, header(Bits(2, 2, 2), spec))
    assert unpack_block(pack_block(1.0, alike, header(EXACT, spec)), header(EXACT, spec))[0] == 1
    for value in (0.0, 1.0):  # the same symbol everywhere costs something unless it is the first of its table
        same = {name: np.full(shape, value, np.float32) for name, shape in spec.shapes().items()}
        payload = pack_block(1.0, same, header(Bits(2, 2, 2), spec))
        assert len(payload) * PARAMETERS_PER_BYTE > spec.parameters
