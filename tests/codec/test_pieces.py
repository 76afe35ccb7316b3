"""Sound in pieces: parts, rates, bounded memory; and the SNR of what pieces add up to."""

from dataclasses import replace
from math import isnan

import made_coded
import made_streams as made
import numpy as np
import pytest

import ligeia
from ligeia.audio.blocks import Segments
from ligeia.audio.signal import Audio
from ligeia.codec.container import Block, parse, write_block, write_header
from ligeia.codec.decode import _evaluate_part, decode, decode_pieces, decoded_snr
from ligeia.codec.header import Header
from ligeia.codec.parameters.coding import ParameterCoding
from ligeia.codec.parameters.quantise import EXACT
from ligeia.networks import Siren


@pytest.mark.parametrize("blocks", [1, 3, 64])
def test_pieces_are_the_rendered_sound(blocks, monkeypatch):
    monkeypatch.setattr("ligeia.codec.decode.SAMPLES_AT_ONCE", 77)
    monkeypatch.setattr("ligeia.codec.decode.BLOCKS_AT_ONCE", blocks)
    stream = made.several_blocks(count=7, silent=(3,))
    pieces = list(decode_pieces(stream))
    whole = decode(stream).render().samples
    assert max(piece.shape[1] for piece in pieces) <= 77
    assert np.abs(np.concatenate(pieces, axis=1) - whole).max() < 1e-6


@pytest.mark.parametrize(
    ("rate", "start", "stop"), [(8000, 0.011, 0.04), (44100, 0.0, None), (9000, 0.013, 9.0), (8000, 0.02, 0.02)]
)
def test_pieces_of_a_part_at_any_rate(rate, start, stop, monkeypatch):
    monkeypatch.setattr("ligeia.codec.decode.SAMPLES_AT_ONCE", 90)
    stream = made.several_blocks(count=7, silent=(3,))
    whole = decode(stream).render(rate, start=start, stop=stop).samples
    pieces = list(decode_pieces(stream, rate, start=start, stop=stop))
    assert np.abs(np.concatenate(pieces, axis=1) - whole).max(initial=0) < 1e-6
    assert sum(piece.shape[1] for piece in pieces) == whole.shape[1]


def test_a_part_needs_only_its_own_blocks():
    stream = made.several_blocks(count=7)
    broken = decode(stream).render(start=0.0, stop=0.01)  # block 0 alone
    parsed = parse(stream)
    only = {number: block for number, block in parsed.payloads.items() if number < 2}
    found = _evaluate_part(replace(parsed, payloads=only), 0.0, 1 / 8000, 80)
    assert np.array_equal(found, broken.samples)


def test_large_networks_are_unpacked_few_at_a_time(monkeypatch):
    monkeypatch.setattr("ligeia.codec.decode.PARAMETERS_AT_ONCE", 100)
    pieces = list(decode_pieces(made.several_blocks(count=7)))
    assert [piece.shape[1] for piece in pieces] == [200, 200, 200, 110]  # 46 numbers a block: two at a time


@pytest.mark.parametrize("name", made_coded.vectors())
def test_pieces_of_coded_streams_at_another_rate(name, monkeypatch):
    monkeypatch.setattr("ligeia.codec.decode.SAMPLES_AT_ONCE", 90)
    stream = made_coded.vectors()[name].stream()
    whole = decode(stream).render(30000).samples
    pieces = np.concatenate(list(decode_pieces(stream, 30000)), axis=1)
    assert np.abs(pieces - whole).max() < 1e-6 * np.abs(whole).max()


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
