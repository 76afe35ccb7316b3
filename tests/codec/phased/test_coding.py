"""Payloads of phased sines: golden, against the slow decoder, in parts, and broken."""

import hashlib
import json
from pathlib import Path

import made_phased
import numpy as np
import pytest
import reference_decoder
from hypothesis import given
from hypothesis import strategies as st

import ligeia
from ligeia.codec.container import Block, parse, write_block, write_header
from ligeia.codec.decode import decode, decode_pieces
from ligeia.codec.phased.changes import MOST_CHANGE
from ligeia.codec.phased.coding import LARGEST, PhasedCoding, phase_bytes, read_phase
from ligeia.errors import FormatError
from ligeia.networks import Lapped

VECTOR = Path(__file__).parents[2] / "vectors" / "phased_codec.lig"


def expectation(stream: bytes) -> dict:
    """What the golden stream decodes to; the samples are the slow decoder's."""
    header, _, samples = reference_decoder.decode(stream)
    inr = decode(stream)
    weight = np.ascontiguousarray(inr.parameters["weight"], "<f4")
    return {
        "bytes": len(stream),
        "profile": header["profile"],
        "phase": inr.parameters["phase"].tolist(),
        "weight_sha256": hashlib.sha256(weight.tobytes()).hexdigest(),
        "samples": {str(k): [float(f"{value:.7g}") for value in samples[:, k]] for k in range(0, 1000, 142)},
    }


def test_golden_stream(regenerate):
    if regenerate and not VECTOR.exists():  # version 1 is frozen
        VECTOR.write_bytes(made_phased.stream())
        VECTOR.with_suffix(".json").write_text(json.dumps(expectation(VECTOR.read_bytes()), indent=1) + "\n")
    stream, expected = VECTOR.read_bytes(), json.loads(VECTOR.with_suffix(".json").read_text(encoding="utf-8"))
    found = expectation(stream)
    samples, wanted = (np.array(list(each.pop("samples").values())) for each in (found, expected))
    assert found == expected
    assert np.abs(samples - wanted).max() < 1e-6 * np.abs(wanted).max()
    assert made_phased.stream() == stream


def test_the_slow_decoder_agrees():
    stream = made_phased.stream(seed=5)
    _, blocks, samples = reference_decoder.decode(stream)
    inr = decode(stream)
    for number, (_, arrays) in enumerate(blocks):
        for key, array in zip(("switching", "edges", "weight", "phase"), arrays, strict=True):
            assert np.abs(inr.parameters[key][number] - array).max() <= 1e-6 * np.abs(array).max(initial=1e-9)
    assert np.abs(inr.render().samples - samples).max() < 2**-17 * np.abs(samples).max()


def test_any_part_at_any_rate_is_that_of_the_whole():
    stream = made_phased.stream()
    for rate in (16000, 44100, 8000):
        whole = decode(stream).render(rate).samples
        assert np.abs(np.concatenate(list(decode_pieces(stream, rate)), axis=1) - whole).max() < 1e-5
    part = np.concatenate(list(decode_pieces(stream, start=0.02, stop=0.05)), axis=1)
    assert np.abs(part - decode(stream).render().samples[:, 320:800]).max() < 1e-5
    with ligeia.open(stream) as reader:
        assert np.abs(reader.read(0.02, 0.05).samples - part).max() < 1e-5


def test_facts_and_counts():
    info = ligeia.inspect(made_phased.stream(), counting=True)
    assert (info.network, info.coding, info.profile) == ("phased", "phased", "siren")
    assert info.parameters == 2 * info.coefficients + 3 * made_phased.SPEC.units
    assert sum(info.bytes_by_part.values()) == info.total_bytes


TABLE = PhasedCoding(4).table
SOME = np.array([3, -5, 8, 0, 30])


@given(st.lists(st.integers(-MOST_CHANGE, MOST_CHANGE), min_size=2, max_size=40))
def test_phases_come_back(changes):
    slopes = np.clip(np.cumsum(changes), -LARGEST, LARGEST)
    slopes = np.cumsum(np.clip(np.diff(slopes, prepend=0), -MOST_CHANGE, MOST_CHANGE))
    data = phase_bytes(slopes, TABLE)
    found, rest = read_phase(data + b"rest", len(slopes), TABLE)
    assert (found.tolist(), rest) == (slopes.tolist(), b"rest")


@pytest.mark.parametrize("cut", [0, 1, 2, 3, 5])
def test_phases_that_end_early(cut):
    with pytest.raises(FormatError):
        read_phase(phase_bytes(SOME, TABLE)[:cut], 5, TABLE)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\3\3\1\1", "do not end where they should"),
        (phase_bytes(np.array([*SOME, 1, 1]), TABLE), "do not end where they should"),
        (phase_bytes(np.array([30, 60, 90, 60, 30]), TABLE), f"90 parts, {LARGEST} at most"),
    ],
)
def test_phases_that_are_not_valid(data, said):
    with pytest.raises(FormatError, match=said):
        read_phase(data, 5, TABLE)


def test_a_block_whose_phase_is_not_valid_is_the_only_one_that_is_lost():
    stream = made_phased.stream()
    parsed = parse(stream)
    broken = dict(parsed.payloads) | {1: b"\3\1\1\1" + parsed.payloads[1]}
    data = write_header(parsed.header) + b"".join(write_block(Block(k, v)) for k, v in broken.items())
    with pytest.raises(FormatError, match="block 1 is damaged: the slopes of a phase do not end"):
        decode(data)
    assert decode(data, salvage=True).report["lost"] == [1]


def test_the_coding_is_for_its_network_alone():
    with pytest.raises(FormatError, match="the network lapped has no phased coding"):
        PhasedCoding.read(0xA004, None, Lapped())
    with pytest.raises(FormatError, match="99 is not a known profile"):
        PhasedCoding.read(0xA000 + 99, None, made_phased.SPEC)
    with pytest.raises(FormatError, match="the profile 0 has no phases"):
        PhasedCoding.read(0xA000, None, made_phased.SPEC)
