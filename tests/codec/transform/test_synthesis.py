"""The samples of coded blocks by the inverse MDCT: they are the function at these instants."""

import made_coded
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ligeia
from ligeia.audio.signal import Audio
from ligeia.codec.container import parse
from ligeia.codec.decode import decode_pieces
from ligeia.codec.transform import synthesis
from ligeia.codec.transform.synthesis import decode_samples
from ligeia.errors import FormatError

NOISE = np.random.default_rng(0).standard_normal


def streams() -> list[bytes]:
    sounds = [NOISE((2, 70_000)) * 0.1, np.pad(NOISE((1, 30_000)) * 0.1, ((0, 0), (40_000, 20_000)))]
    return [ligeia.encode(Audio(samples, 16000), preset=name) for samples in sounds for name in ("speech", "waveform")]


STREAMS = streams()
CASES = st.sampled_from(range(len(STREAMS)))


def pieces(stream: bytes, **options) -> np.ndarray:
    return np.concatenate(list(decode_pieces(stream, **options)), axis=1)


@pytest.mark.parametrize("at_once", [1, 60_000, 2**20])
@pytest.mark.parametrize("stream", STREAMS)
def test_samples_are_those_of_the_function(stream, at_once, monkeypatch):
    monkeypatch.setattr(synthesis, "COEFFICIENTS_AT_ONCE", at_once)
    assert np.abs(pieces(stream) - ligeia.decode(stream).render().samples).max() < 1e-6


@settings(max_examples=25)
@given(CASES, st.integers(0, 69_999), st.integers(0, 69_999))
def test_parts_are_parts_of_the_whole(case, one, other):
    start, stop = sorted((one, other))
    whole = pieces(STREAMS[case])
    part = pieces(STREAMS[case], start=start / 16000, stop=stop / 16000)
    assert part.shape == (whole.shape[0], stop - start)
    assert np.abs(part - whole[:, start:stop]).max(initial=0) < 1e-6


def test_between_samples_the_function_is_evaluated():
    stream = STREAMS[0]
    start = 1000.5 / 16000
    assert np.abs(pieces(stream, start=start) - ligeia.decode(stream).render(start=start).samples).max() < 1e-6


def test_lost_and_wrong_blocks_are_silent_with_salvage():
    stream = STREAMS[0]
    parsed = parse(stream)
    spoilt = bytearray(stream)
    spoilt[len(stream) // 2] ^= 1
    with pytest.raises(FormatError, match="damaged"):
        pieces(bytes(spoilt))
    salvaged = pieces(bytes(spoilt), salvage=True)
    assert np.abs(salvaged - ligeia.decode(bytes(spoilt), salvage=True).render().samples).max() < 1e-6
    payloads = dict(parsed.payloads)
    payloads[1] = payloads[1][:-4] + b"\xff\xff\xff\xff" * 3
    count = range(parsed.header.segments.count)
    with pytest.raises(FormatError, match="do not end"):
        list(decode_samples(payloads, count, parsed.header))
    decoded = np.concatenate(list(decode_samples(payloads, count, parsed.header, salvage=True)), axis=1)
    hop, reach = parsed.header.segments.hop, parsed.header.spec.reach_samples
    assert not decoded[:, hop + reach : 2 * hop - reach].any()
    assert decoded[:, :hop].any()


@pytest.mark.parametrize("name", made_coded.vectors())
def test_golden_streams(name):
    stream = made_coded.vectors()[name].stream()
    whole = ligeia.decode(stream).render().samples
    assert np.abs(pieces(stream) - whole).max() < 1e-6 * np.abs(whole).max()
