"""Decoding through the network: whole sounds, parts and pieces agree; where it has not learned it keeps out."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import ligeia
from ligeia.codec.container import parse
from ligeia.codec.decode import decode, decode_pieces
from ligeia.codec.synthesis import decoding, network
from ligeia.errors import FormatError, InputError

RATE = 16000


@pytest.fixture(autouse=True)
def small_network(monkeypatch):
    """A network of eight units with random weights: large changes, and quick."""
    random = np.random.default_rng(5)
    arrays = {name: 0.05 * random.standard_normal(shape) for name, shape in network.shapes(8).items()}
    made = network.Network.from_arrays(arrays, "a test")
    monkeypatch.setattr(decoding, "shipped_network", lambda: made)
    monkeypatch.setattr(decoding, "BLOCKS_AT_ONCE", 2)


def babble(seconds, rate=RATE, channels=1):
    random = np.random.default_rng(6)
    count = round(seconds * rate)
    syllables = np.abs(np.sin(np.arange(count) * 2 * np.pi * 2.1 / rate)) ** 3
    return ligeia.Audio((0.1 * syllables * random.standard_normal((channels, count))).astype(np.float32), rate)


@cache
def stream(seconds=9.3, **settings):
    return ligeia.encode(babble(seconds, **settings), "speech", kbps=3 * settings.get("channels", 1))


def pieces(data, *args, **settings):
    return np.concatenate([*decode_pieces(data, *args, **settings)], axis=1)


def test_off_is_the_sound_of_the_format():
    data = stream()
    plain = decode(data, enhance="off")
    assert not plain.report["enhanced"]
    assert np.array_equal(plain.parameters["switching"], decode(parse(data), enhance="off").parameters["switching"])
    written = decode(data)
    assert written.report["enhanced"]
    assert np.abs(written.render().samples - plain.render().samples).max() > 1e-3
    assert np.array_equal(pieces(data, enhance="off"), pieces(data, enhance="off"))


def test_wholes_parts_and_pieces_agree():
    data = stream()
    whole = pieces(data)
    assert whole.shape == (1, round(9.3 * RATE))
    assert np.array_equal(pieces(data, start=2.5, stop=6.71), whole[:, 40000:107360])
    assert np.array_equal(pieces(data, stop=0.01), whole[:, :160])
    assert decode(data).render().samples == pytest.approx(whole, abs=1e-6)


@pytest.mark.parametrize("rate", [8000, 44100])
def test_it_is_a_function_at_any_rate(rate):
    data = stream()
    part = {"start": 2.9, "stop": 3.4}
    assert pieces(data, rate, **part) == pytest.approx(decode(data).render(rate, **part).samples, abs=1e-6)


@pytest.mark.parametrize("count", [1, 50, 319, 320, 5000])
def test_tiny_sounds(count):
    sound = babble(count / RATE)
    data = ligeia.encode(sound, "speech", kbps=6)
    assert decode(data).report["enhanced"] == (count >= 319)  # shorter ones have frames of their own length
    assert pieces(data) == pytest.approx(decode(data).render().samples, abs=1e-6)
    assert pieces(data).shape == (1, count)


def test_silent_blocks_between_audible_ones():
    samples = babble(10).samples.copy()
    samples[:, 40000:120000] = 0
    data = ligeia.encode(ligeia.Audio(samples, RATE), "speech", kbps=4)
    assert pieces(data) == pytest.approx(decode(data).render().samples, abs=1e-6)
    silence = ligeia.encode(ligeia.Audio(np.zeros((1, 90000)), RATE), "speech", kbps=4)
    assert np.abs(pieces(silence)).max() < 1e-5


def test_damage_is_silence_and_spares_the_rest():
    data = bytearray(stream(13))
    whole, hop = pieces(bytes(data)), parse(bytes(data)).header.segments.hop
    data[len(data) // 2] ^= 0xFF
    parsed = parse(bytes(data), salvage=True)
    (lost,) = parsed.lost
    salvaged = pieces(parsed)
    assert not salvaged[:, lost * hop : (lost + 1) * hop].any()
    far = (lost + 1) * hop + 3 * 1600
    assert np.array_equal(salvaged[:, far:], whole[:, far:])
    assert decode(parsed, salvage=True).report == {"lost": [lost], "enhanced": True}
    rendered = decode(parsed).render().samples
    apart = np.abs(np.subtract.outer([lost * hop, (lost + 1) * hop], np.arange(salvaged.shape[1]))).min(axis=0) > 40
    assert rendered[:, apart] == pytest.approx(salvaged[:, apart], abs=1e-6)  # at its borders the function fades


def test_invalid_payloads_are_refused_or_salvaged():
    parsed = parse(stream())
    payloads = dict(parsed.payloads)
    payloads[1] = payloads[1][:-4]
    broken = replace(parsed, payloads=payloads)
    with pytest.raises(FormatError, match="do not end where they should"):
        decode(broken)
    with pytest.raises(FormatError, match="do not end where they should"):
        pieces(broken)
    salvaged = decode(broken, salvage=True)
    assert salvaged.report["lost"] == [1]
    assert not pieces(broken, salvage=True)[:, salvaged.segments.hop : 2 * salvaged.segments.hop].any()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (lambda: ligeia.encode(babble(2), "speech", kbps=16), "the profile is speech"),
        (lambda: stream(2, channels=2), "this is 2 at 16000 Hz"),
        (lambda: stream(2, rate=8000), "this is 1 at 8000 Hz"),
        (lambda: ligeia.encode_inr(ligeia.fit(babble(0.3), steps=1)), "only streams of the lapped network"),
    ],
)
def test_where_it_has_not_learned(data, said):
    made = data()
    assert not decode(made).report["enhanced"]
    with pytest.raises(InputError, match=said):
        decode(made, enhance="on")


def test_unknown_choices_are_refused():
    with pytest.raises(InputError, match="enhance must be one of auto, on, off, got 'yes'"):
        decode(stream(1), enhance="yes")


def test_missing_weights_are_an_error_of_their_own(monkeypatch, tmp_path):
    monkeypatch.undo()
    decoding.shipped_network.cache_clear()
    monkeypatch.setattr(decoding, "files", lambda room: tmp_path)
    try:
        with pytest.raises(InputError, match="the network of the synthesis cannot be read"):
            decode(stream(1))
        (tmp_path / "speech_low.safetensors").write_bytes(b"nonsense")
        with pytest.raises(InputError, match="decode with enhance off"):
            decode(stream(1))
    finally:
        decoding.shipped_network.cache_clear()


def test_facts_of_a_stream_say_whether_it_is_enhanced():
    assert ligeia.inspect(stream(1)).enhanced
    assert not ligeia.inspect(ligeia.encode(babble(1), "speech", kbps=16)).enhanced
