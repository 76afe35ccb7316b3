import numpy as np
import pytest

from ligeia.audio.blocks import Segments
from ligeia.codec.bytesio import Reader
from ligeia.codec.container import read_block
from ligeia.codec.header import Header
from ligeia.codec.parameters.coarser import FittedBlock, blocks_within
from ligeia.codec.parameters.coding import ParameterCoding
from ligeia.codec.parameters.quantise import EXACT, Bits, layout, round_trip
from ligeia.networks import Siren

SPEC = Siren(width=16, depth=2, fixed_first=100.0)
CODING = ParameterCoding(Bits(18, 6, 10))


def fitted(count: int = 6, silent: int = 2) -> list[FittedBlock]:
    """Blocks of rounded numbers, as a fit that knows the rounding leaves them."""
    rng = np.random.default_rng(0)
    blocks = []
    for number in range(count):
        gain = 0.0 if number == silent else 0.25 * (1 + (number * 5) % count)
        arrays = {
            tensor.name: round_trip(rng.standard_normal(tensor.shape).astype(np.float32), tensor)
            for tensor in layout(SPEC, CODING.bits)
        }
        blocks.append(FittedBlock(number, gain, arrays if gain else {}))
    return blocks


def size(parts: list[bytes]) -> int:
    return sum(map(len, parts))


def decoded(part: bytes) -> dict[str, np.ndarray]:
    header = Header(SPEC, 8000, Segments(600, 100), CODING)
    return CODING.unpack_block(read_block(Reader(part), header).payload, SPEC)[1]


def test_nothing_changes_where_it_fits():
    plain = blocks_within(None, fitted(), CODING, SPEC)
    assert blocks_within(size(plain), fitted(), CODING, SPEC) == plain
    for block, part in zip(fitted(), plain, strict=True):
        if block.gain:
            assert all(np.array_equal(decoded(part)[name], value) for name, value in block.parameters.items())


@pytest.mark.parametrize("part", [0.99, 0.97, 0.9, 0.8])
def test_blocks_shrink_to_what_they_may_take_and_no_further(part):
    plain = blocks_within(None, fitted(), CODING, SPEC)
    most = part * size(plain)
    smaller = blocks_within(most, fitted(), CODING, SPEC)
    assert 0.985 * most <= size(smaller) <= most
    assert [len(a) >= len(b) for a, b in zip(plain, smaller, strict=True)] == [True] * len(plain)
    # The louder a block, the later its turn.
    changed = [block.gain for block, a, b in zip(fitted(), plain, smaller, strict=True) if a != b]
    kept = [block.gain for block, a, b in zip(fitted(), plain, smaller, strict=True) if a == b and block.gain]
    assert max(changed) < min(kept, default=9.0)


def test_what_cannot_fit_is_as_small_as_it_gets():
    plain, least = (blocks_within(most, fitted(), CODING, SPEC) for most in (None, 10))
    assert size(least) < 0.8 * size(plain)
    for block, part in zip(fitted(), least, strict=True):
        for name, value in block.parameters.items():
            # 14 eighths of an octave: steps 3.4 times as coarse.
            assert np.abs(decoded(part)[name] - value).max() <= 3.4 * np.abs(value).max() / 31


def test_exact_numbers_stay():
    coding = ParameterCoding(EXACT)
    assert blocks_within(10, fitted(), coding, SPEC) == blocks_within(None, fitted(), coding, SPEC)
