"""Blocks there and back: everything that is written is read, and broken blocks do no harm."""

import made_dependent
import numpy as np
import pytest

from ligeia.codec.transform.context_model import SWITCHINGS
from ligeia.codec.transform.dependent.decoding import read_levels
from ligeia.codec.transform.dependent.encoding import bits_of_blocks, passes_of, written
from ligeia.codec.transform.quantiser import CodedBlocks, Spectra, reconstruct
from ligeia.codec.transform.scale_factors import BlockFormat

from .test_surroundings import LAYOUT, levels_of

MODEL = made_dependent.model()


def spectra_of(blocks: int, largest: int, layout: BlockFormat = LAYOUT) -> Spectra:
    made = Spectra.zeros(layout, blocks)
    made.switching[:] = np.random.default_rng(2).integers(0, SWITCHINGS, made.switching.shape)
    made.coefficients[:, :, 0] = np.moveaxis(levels_of(blocks, largest), 1, 0)
    return made


@pytest.mark.parametrize("largest", [0, 1, 16, 17, 300, 1 << 20])
def test_what_is_written_is_read(largest):
    spectra = spectra_of(3, largest)
    passes = passes_of(LAYOUT, MODEL, spectra)
    bodies = written(passes, spectra, MODEL)
    read, valid = read_levels(bodies, LAYOUT, MODEL)
    assert valid.all()
    assert np.array_equal(read.coefficients, spectra.coefficients)
    assert np.array_equal(read.switching, spectra.switching)
    bits = bits_of_blocks(passes, spectra, MODEL)
    assert np.abs(bits / 8 - [len(body) for body in bodies]).max() < 9  # the last state


def test_blocks_do_not_depend_on_their_neighbours():
    spectra = spectra_of(3, 9)
    bodies = written(passes_of(LAYOUT, MODEL, spectra), spectra, MODEL)
    for block, body in enumerate(bodies):
        alone = Spectra(*(value[block : block + 1] for value in vars(spectra).values()))
        assert written(passes_of(LAYOUT, MODEL, alone), alone, MODEL) == [body]
        read, valid = read_levels([body], LAYOUT, MODEL)
        assert valid.all()
        assert np.array_equal(read.coefficients, alone.coefficients)


def test_any_bytes_decode_to_finite_numbers_and_are_found_out():
    random = np.random.default_rng(3)
    bodies = [random.bytes(int(size)) for size in random.integers(0, 200, 40)]
    spectra, valid = read_levels(bodies, LAYOUT, MODEL)
    steps = np.full(40, 767)
    weights = reconstruct(CodedBlocks(steps, np.zeros(40, bool), spectra), LAYOUT, np.arange(40))
    assert np.isfinite(weights).all()
    assert valid.sum() < 20


def test_a_flipped_bit_leaves_other_blocks_alone():
    spectra = spectra_of(2, 9)
    bodies = written(passes_of(LAYOUT, MODEL, spectra), spectra, MODEL)
    broken = bytearray(bodies[0])
    broken[len(broken) // 2] ^= 16
    read, valid = read_levels([bytes(broken), bodies[1]], LAYOUT, MODEL)
    assert valid[1]
    assert np.array_equal(read.coefficients[1], spectra.coefficients[1])
    assert not (valid[0] and np.array_equal(read.coefficients[0], spectra.coefficients[0]))
