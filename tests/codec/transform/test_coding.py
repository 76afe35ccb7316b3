"""Payloads there and back, golden streams, and samples by the inverse MDCT: they are the function at these instants."""

import hashlib
import json
from functools import lru_cache
from pathlib import Path

import made_coded
import numpy as np
import pytest
import reference_coded
import reference_decoder
import reference_dependent
from hypothesis import given, settings
from hypothesis import strategies as st

import ligeia
from ligeia.audio.signal import Audio
from ligeia.codec.container import parse
from ligeia.codec.decode import decode, decode_pieces
from ligeia.codec.faults import Faults
from ligeia.codec.header import unpack_blocks
from ligeia.codec.transform import coding
from ligeia.codec.transform.block_coding import model_of
from ligeia.codec.transform.coding import HEAD_BYTES, MID_SIDE, decode_samples, parameters_of, unpack
from ligeia.codec.transform.quantiser import CodedBlocks, Spectra
from ligeia.codec.transform.scale_factors import MAX_STEP, MIN_STEP
from ligeia.errors import FormatError
from ligeia.networks import Lapped

VECTORS = Path(__file__).parents[2] / "vectors"
NAMES = tuple(made_coded.vectors())


def symbols_sha256(spectra) -> str:
    """All integers of a stream, as i32."""
    parts = [spectra.switching, spectra.scale_factors, spectra.coefficients]
    return hashlib.sha256(b"".join(np.ascontiguousarray(part, "<i4").tobytes() for part in parts)).hexdigest()


def expectation(stream: bytes) -> dict:
    """What a golden stream decodes to; the samples are the slow decoder's."""
    header, _, samples = reference_decoder.decode(stream)
    inr = decode(stream)
    layout = made_coded.layout(
        header["profile"], frame_size=inr.spec.frame_size, frames=inr.spec.frames, channels=inr.channels, rate=inr.rate
    )
    audible = [payload for payload in parse(stream).payloads.values() if payload]
    coded, valid = unpack(audible, layout)
    assert valid.all()
    chosen = range(0, inr.sample_count, max(inr.sample_count // 7, 1))
    return {
        "bytes": len(stream),
        "profile": header["profile"],
        "gains": inr.gains.tolist(),
        "steps": coded.steps.tolist(),
        "mid_side": coded.mid_side.tolist(),
        "symbols_sha256": symbols_sha256(coded.spectra),
        "samples": {str(k): [float(f"{value:.7g}") for value in samples[:, k]] for k in chosen},
    }


@pytest.mark.parametrize("name", NAMES)
def test_golden_streams(name, regenerate):
    path, made = VECTORS / f"{name}.lig", made_coded.vectors()[name]
    regenerate = regenerate and not path.exists()  # version 1 is frozen
    if regenerate:
        path.write_bytes(made.stream())
        path.with_suffix(".json").write_text(json.dumps(expectation(path.read_bytes()), indent=1) + "\n")
    stream, expected = path.read_bytes(), json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    decoded = expectation(stream)
    samples, wanted = decoded.pop("samples"), expected.pop("samples")
    assert decoded == expected
    level = float(np.abs(list(wanted.values())).max())
    assert np.abs(np.array(list(samples.values())) - list(wanted.values())).max() < 1e-6 * level
    assert made.stream() == stream


@pytest.mark.parametrize("name", NAMES)
def test_the_slow_decoder_agrees(name):
    stream = (VECTORS / f"{name}.lig").read_bytes()
    _, blocks, samples = reference_decoder.decode(stream)
    inr = decode(stream)
    for number, (gain, arrays) in enumerate(blocks):
        assert float(inr.gains[number]) == gain
        for key, array in zip(("switching", "edges", "weight"), arrays, strict=False):
            mine = inr.parameters[key][number]
            assert np.abs(mine - array).max() <= 1e-6 * np.abs(array).max()
    level = np.abs(samples).max()
    # At full scale, a PCM16 step is 2^-15 of the largest sample.
    assert np.abs(inr.render().samples - samples).max() < 2**-17 * level


@pytest.mark.parametrize("name", NAMES)
def test_the_slow_decoder_reads_the_same_numbers(name):
    made = made_coded.vectors()[name]
    header, _, _ = reference_decoder.decode(made.stream())
    coded, _ = unpack(made_coded.pack(made.coded, made.layout), made.layout)
    for number, payload in enumerate(made_coded.pack(made.coded, made.layout)):
        ans = reference_decoder.Ans(payload[2:])
        symbol = lambda first, counts, ans=ans: ans.symbol(reference_decoder.make_table(first, counts))  # noqa: E731
        profile = reference_decoder.PROFILES[header["profile"]]
        dependent = profile.name == reference_dependent.PROFILE
        slow = (reference_dependent if dependent else reference_coded).Decoder(symbol, header, profile)
        decoded = slow.read(int.from_bytes(payload[:2], "little"))
        assert decoded.switching == coded.spectra.switching[number].tolist()
        for (f, c), row in decoded.coefficients.items():
            assert row == coded.spectra.coefficients[number, f, c].tolist()
            assert decoded.scale_factors[f, c] == coded.spectra.scale_factors[number, f, c].tolist()


@pytest.mark.parametrize("profile", [0, 1, 2])
def test_together_or_one_by_one(profile):
    made = made_coded.made(profile, Lapped(frame_size=64, frames=3), 900, 16000, silent=(2,))
    stream = parse(made.stream())
    payloads = stream.payloads
    count = stream.header.segments.count
    together = unpack_blocks(payloads, range(count), stream.header)
    assert not together.invalid
    for number in range(count):
        alone = unpack_blocks({number: payloads[number]}, range(number, number + 1), stream.header)
        assert alone.gains[0] == together.gains[number] == (number != 2)
        for name, value in alone.parameters.items():
            assert value[0].tobytes() == together.parameters[name][number].tobytes()


def test_a_broken_block_leaves_the_others_alone():
    made = made_coded.made(1, Lapped(frame_size=64, frames=3), 900, 16000)
    payloads = made_coded.pack(made.coded, made.layout)
    before, _ = unpack(payloads, made.layout)
    broken = bytearray(payloads[1])
    broken[9] ^= 0x55
    after, valid = unpack([payloads[0], bytes(broken), *payloads[2:]], made.layout)
    assert valid.tolist() == [True, False, *[True] * (len(payloads) - 2)]
    for name in ("switching", "scale_factors", "coefficients"):
        mine, theirs = getattr(after.spectra, name), getattr(before.spectra, name)
        assert np.array_equal(np.delete(mine, 1, axis=0), np.delete(theirs, 1, axis=0))


def test_padding_is_no_matter():
    made = made_coded.made(2, Lapped(frame_size=64, frames=3), 300, 16000)
    payloads = made_coded.pack(made.coded, made.layout)
    decoded, valid = unpack([payload + bytes(8) for payload in payloads], made.layout)
    assert valid.all()
    assert np.array_equal(decoded.spectra.coefficients, made.coded.spectra.coefficients)


@pytest.mark.parametrize(
    "payload",
    [
        b"\0",
        b"\0\0\0",
        (MAX_STEP - MIN_STEP + 1).to_bytes(2, "little") + bytes(4),
        MID_SIDE.to_bytes(2, "little") + bytes(4),
    ],
)
def test_heads_and_lengths_that_are_not_valid(payload):
    _, valid = unpack([payload, bytes(HEAD_BYTES)], made_coded.layout())
    assert valid.tolist() == [False, True]


def test_random_bytes_are_read_to_an_end():
    generator = np.random.default_rng(0)
    for profile in (0, 1):
        layout = made_coded.layout(profile, channels=2)
        payloads = [generator.bytes(int(size)) for size in generator.integers(1, 300, 50)]
        coded, valid = unpack(payloads, layout)
        arrays = parameters_of(coded, layout, np.arange(50), 50)
        assert valid.sum() <= 2
        assert all(np.isfinite(value).all() for value in arrays.values())


def test_the_loudest_coefficients_stay_finite():
    layout = made_coded.layout(1)
    spectra = Spectra.zeros(layout, 1)
    spectra.scale_factors[:], spectra.coefficients[:] = 47, (1 << 20) + 15
    arrays = parameters_of(CodedBlocks(np.array([MAX_STEP]), np.array([False]), spectra), layout, np.zeros(1, int), 1)
    # The function is a sum of `frame` of them at most.
    assert np.square(arrays["weight"].astype(np.float64)).max() < 2.0**250
    assert arrays["weight"].max() < 2.0**100


def test_edges_are_those_of_the_place():
    made = made_coded.made(0, Lapped(frame_size=32, frames=2), 200, 8000)
    arrays = parameters_of(made.coded, made.layout, np.arange(4), 4)
    assert arrays["edges"].tolist() == [[0, 1], [1, 1], [1, 1], [1, 0]]
    assert arrays["weight"].shape == (4, 2, 32, 1)


def test_each_profile_has_its_model():
    assert model_of(made_coded.layout(0)) is not model_of(made_coded.layout(1))


CASES = 4


@lru_cache
def stream(case: int) -> bytes:
    """Two channels of noise, and noise between silences, as "speech" and as "waveform"."""
    noise = np.random.default_rng(0).standard_normal
    samples = noise((2, 70_000)) if case < 2 else np.pad(noise((1, 30_000)), ((0, 0), (40_000, 20_000)))
    return ligeia.encode(Audio(samples * 0.1, 16000), preset=("speech", "waveform")[case % 2])


@lru_cache
def all_samples(case: int) -> np.ndarray:
    return pieces(stream(case))


def pieces(stream: bytes, **options) -> np.ndarray:
    return np.concatenate(list(decode_pieces(stream, **options)), axis=1)


@pytest.mark.parametrize("at_once", [1, 60_000, 2**20])
@pytest.mark.parametrize("case", range(CASES))
def test_samples_are_those_of_the_function(case, at_once, monkeypatch):
    monkeypatch.setattr(coding, "SYNTHESISED_AT_ONCE", at_once)
    assert np.abs(pieces(stream(case)) - ligeia.decode(stream(case)).render().samples).max() < 1e-6


@settings(max_examples=25)
@given(st.integers(0, CASES - 1), st.integers(0, 69_999), st.integers(0, 69_999))
def test_parts_are_parts_of_the_whole(case, one, other):
    start, stop = sorted((one, other))
    whole = all_samples(case)
    part = pieces(stream(case), start=start / 16000, stop=stop / 16000)
    assert part.shape == (whole.shape[0], stop - start)
    assert np.abs(part - whole[:, start:stop]).max(initial=0) < 1e-6


def test_between_samples_the_function_is_evaluated():
    data = stream(0)
    start = 1000.5 / 16000
    assert np.abs(pieces(data, start=start) - ligeia.decode(data).render(start=start).samples).max() < 1e-6


def test_lost_and_wrong_blocks_are_silent_with_salvage():
    data = stream(0)
    parsed = parse(data)
    spoilt = bytearray(data)
    spoilt[len(data) // 2] ^= 1
    with pytest.raises(FormatError, match="damaged"):
        pieces(bytes(spoilt))
    salvaged = pieces(bytes(spoilt), salvage=True)
    assert np.abs(salvaged - ligeia.decode(bytes(spoilt), salvage=True).render().samples).max() < 1e-6
    payloads = dict(parsed.payloads)
    payloads[1] = payloads[1][:-4] + b"\xff\xff\xff\xff" * 3
    count = range(parsed.header.segments.count)
    faults = Faults()
    decoded = np.concatenate(list(decode_samples(payloads, count, parsed.header, faults)), axis=1)
    assert [*faults.reasons] == [1]
    assert "do not end" in faults.reasons[1]
    hop, reach = parsed.header.segments.hop, parsed.header.spec.reach_samples
    assert not decoded[:, hop + reach : 2 * hop - reach].any()
    assert decoded[:, :hop].any()


@pytest.mark.parametrize("name", made_coded.vectors())
def test_golden_streams_by_the_inverse_transform(name):
    data = made_coded.vectors()[name].stream()
    whole = ligeia.decode(data).render().samples
    assert np.abs(pieces(data) - whole).max() < 1e-6 * np.abs(whole).max()
