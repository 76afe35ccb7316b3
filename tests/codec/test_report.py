from math import isnan

import made_streams as made
import numpy as np
import pytest

import ligeia
from ligeia.audio.blocks import Segments
from ligeia.audio.signal import Audio
from ligeia.codec.container import Block, write_block, write_header
from ligeia.codec.decode import decoded_snr
from ligeia.codec.header import Header
from ligeia.codec.parameters.coding import ParameterCoding
from ligeia.codec.parameters.quantise import EXACT
from ligeia.networks import Siren


def test_the_ratio_of_what_is_decoded_to_what_was_given():
    stream = made.several_blocks()
    copy = ligeia.decode(stream).render()
    wrong = np.random.default_rng(0).standard_normal(copy.samples.shape).astype(np.float32) * 0.1
    sound = Audio(copy.samples + wrong, copy.rate)
    expected = 10 * np.log10(np.square(sound.samples).sum() / np.square(wrong).sum())
    assert decoded_snr(stream, sound) == pytest.approx(expected, abs=1e-3)


def test_silence():
    header = Header(Siren(), 8000, Segments(100, 100), ParameterCoding(EXACT))
    stream = write_header(header) + write_block(Block(0, b""))
    assert isnan(decoded_snr(stream, Audio(np.zeros((1, 100)), 8000)))
    assert decoded_snr(stream, Audio(np.ones((1, 100)), 8000)) == 0
