"""Streams of codes: they come back, they are small, and what is wrong with them is said in one line."""

from contextlib import suppress
from dataclasses import replace

import made_streams
import numpy as np
import pytest
from made_family import RATE, SAMPLES, MadeSettings, made_model

import ligeia
from ligeia.codec.bytesio import Reader
from ligeia.codec.coding import coding_bytes, read_coding_id
from ligeia.codec.container import Block, parse, write_block
from ligeia.codec.decode import decode_pieces
from ligeia.codec.family import finding
from ligeia.codec.family.codes import FINEST, Member, pack_member, rounded, unpack_member
from ligeia.codec.family.coding import WORD, FamilyCoding
from ligeia.codec.family.encode import member_inr, member_stream, one_member_layout, precision_for, storable
from ligeia.codec.family.members import frame_size_of, layout_of, pieces_layout, suits
from ligeia.codec.family.model import model_bytes
from ligeia.codec.family.numbers import code_numbers
from ligeia.errors import FormatError, InputError
from ligeia.networks import Lapped, Siren

MODEL = made_model()
CODES = np.asarray(MODEL.codes, np.float32)


def _members(count, pitch=None, gains=(0.5, 1.0, 0.75)):
    return [Member(CODES[k % 5] * 1.1, gains[k % len(gains)], pitch) for k in range(count)]


def _stream(count=None, precision=12, model=MODEL, samples=SAMPLES, pitch=None):
    layout = layout_of(model, samples)
    return member_stream(model, _members(layout[1].count, pitch), layout, precision)


def _snr(exact, other):
    return 10 * np.log10(np.square(exact).sum() / np.square(exact - other).sum())


@pytest.mark.parametrize("kind", ["made", "made_function"])
@pytest.mark.parametrize("samples", [300, SAMPLES, 3 * SAMPLES + 17])
def test_a_stream_is_the_function_of_its_rounded_codes(kind, samples) -> None:
    model = made_model(kind=kind)
    layout = layout_of(model, samples)
    members = _members(layout[1].count)
    stream = member_stream(model, members, layout, 12)
    coarse = [storable(Member(rounded(model, one.code, 12), one.gain)) for one in members]
    found, expected = ligeia.decode(stream), member_inr(model, coarse, layout)
    for name, value in expected.parameters.items():
        assert np.array_equal(found.parameters[name], value), name
    assert np.array_equal(found.gains, expected.gains)
    sound = found.render()
    assert (sound.sample_count, sound.rate) == (samples, RATE)
    assert _snr(member_inr(model, members, layout).render().samples, sound.samples) > 35
    for rate in (RATE, 22050):
        pieces = np.concatenate(list(decode_pieces(stream, rate)), axis=1)
        assert np.abs(pieces - found.render(rate).samples).max() < 1e-5


def test_windowed_sines_are_the_samples_that_the_decoder_makes() -> None:
    layout = layout_of(MODEL, SAMPLES)
    found = member_inr(MODEL, [Member(CODES[0])], layout).render().samples[0]
    time = np.arange(SAMPLES) / RATE
    expected = sum(CODES[0][k] * np.sin(2 * np.pi * 200 * (k + 1) * time) for k in range(4))
    assert np.abs(found - expected).max() < 1e-6


def test_blocks_of_one_sound_overlap_without_a_seam() -> None:
    layout = layout_of(MODEL, 3 * SAMPLES)
    spec, segments = layout
    assert segments.count == 4
    assert spec.block_samples + spec.overlap <= SAMPLES
    # All blocks are the same sine, whose period divides the length of a block: together they are that sine.
    period = RATE // 200
    assert spec.block_samples % period == 0 or spec.frame_size == 64
    code = np.array([0.3, 0, 0, 0], np.float32)
    sound = member_inr(MODEL, [Member(code)] * 4, layout).render().samples[0]
    jumps = np.abs(np.diff(sound, 2))
    assert jumps.max() < 2.5 * 0.3 * (2 * np.pi * 200 / RATE) ** 2


def test_members_with_a_pitch_and_a_duration() -> None:
    model = made_model(kind="made_pitched")
    layout = one_member_layout(model, 0.7)
    stream = member_stream(model, [Member(CODES[0], 1.0, 69.0)], layout, 20)
    sound = ligeia.decode(stream).render()
    assert sound.sample_count == 5600
    spectrum = np.abs(np.fft.rfft(sound.samples[0]))
    assert np.argmax(spectrum[:450]) == 308  # 440 Hz
    member = parse(stream).header.coding.member(parse(stream).payloads[0])
    assert (member.pitch, member.gain) == (69.0, 1.0)
    for wrong in (None, -1.0, 300.0):
        with pytest.raises(InputError, match="pitch"):
            member_stream(model, [Member(CODES[0], 1.0, wrong)], layout, 20)
    with pytest.raises(InputError, match="have no pitch"):
        member_stream(MODEL, [Member(CODES[0], 1.0, 60.0)], layout_of(MODEL, SAMPLES), 20)
    with pytest.raises(InputError, match="knows no durations"):
        one_member_layout(MODEL, 1.0)
    for seconds in (0, -1, 1e9, float("nan")):
        with pytest.raises(InputError, match="seconds must lie"):
            one_member_layout(model, seconds)
    with pytest.raises(InputError, match="at most 262 s"):
        one_member_layout(model, 1000)
    assert pieces_layout(model, 50_000)[1].count > 20


def test_a_second_takes_few_bytes() -> None:
    model = made_model(items=40, numbers=128)
    codes = np.asarray(model.codes, np.float32)
    stream = member_stream(model, [Member(codes[3])], layout_of(model, SAMPLES), 6)
    assert len(stream) < 128 * 5.2 / 8 + 60  # entropy of a Gaussian in steps of an eighth of its spread: 5.05 bits
    info = ligeia.inspect(stream)
    assert (info.coding, info.family, info.code, info.model_bytes) == ("family", "made", 128, model.size)
    assert info.model == f"made ({model.digest.hex()})"
    assert sum(info.bytes_by_part.values()) == len(stream) == info.total_bytes
    assert info.bytes_by_part["gains"] == 2


@pytest.mark.parametrize("precision", [0, 1, 7, 25, FINEST])
def test_codes_come_back_within_half_a_step(precision) -> None:
    known = code_numbers(MODEL)
    centre, spread = known.centre, known.spread
    for scale in (0.01, 1.0, 3.0):
        code = (centre + scale * spread * np.array([1, -1, 0.3, 2])).astype(np.float32)
        payload = pack_member(MODEL, Member(code, 0.5), precision)
        found = unpack_member(MODEL, payload, pitched=False)
        step = spread * 2 ** (-precision / 2)
        assert np.abs(found.code - code).max() <= (step / 2).max() * 1.001 + 1e-6
        assert found.gain == 0.5
        assert np.array_equal(found.code, rounded(MODEL, code, precision))
        assert pack_member(MODEL, found, precision) == payload


def test_numbers_that_no_sound_has_cost_nothing_until_one_needs_them() -> None:
    codes = np.zeros((6, 200), np.float32)
    codes[:, :10] = np.asarray(made_model(items=6, numbers=10).codes)
    model = made_model(items=6, numbers=200, codes=codes)
    still = pack_member(model, Member(codes[0], 1.0), 14)
    assert len(still) < 10 * 9 / 8 + 20
    moved = codes[0].copy()
    moved[100:110] = 0.1
    payload = pack_member(model, Member(moved, 1.0), 14)
    assert len(still) < len(payload) < 250
    assert np.abs(unpack_member(model, payload, pitched=False).code - moved).max() < 2e-3


def test_a_family_may_say_its_spread() -> None:
    own = np.array([1, 2, 3, 4], np.float32)
    assert code_numbers(made_model(others={"spread": own})).spread.tolist() == [1, 2, 3, 4]
    for wrong in (own[:2], -own):
        with pytest.raises(InputError, match="spread of the family"):
            code_numbers(made_model(others={"spread": wrong}))


def test_numbers_that_hardly_differ_among_the_sounds_have_a_step_all_the_same() -> None:
    codes = np.ones((4, 4), np.float32)
    assert code_numbers(made_model(items=4, codes=codes)).spread.tolist() == [1, 1, 1, 1]
    codes[:, 0] = [1, 2, 3, 4]
    assert code_numbers(made_model(items=4, codes=codes)).spread[1:].min() > 0


def test_whole_numbers_are_stored_where_their_amount_is_not_0(monkeypatch) -> None:
    limits = (0, 0, 5000, 3, 0, 5000, 3, 0)
    monkeypatch.setattr(MadeSettings, "limits", lambda self, samples: limits)
    codes = np.random.default_rng(3).standard_normal((9, 8)).astype(np.float32)
    codes[:, [2, 5]], codes[:, [3, 6]] = 4999, 2
    model = made_model(items=9, numbers=8, codes=codes)
    known = code_numbers(model)
    assert known.whole.tolist() == [2, 3, 5, 6]
    assert known.owned.tolist() == [4, 7]
    assert known.amounts.tolist() == [0, 1, 4, 4, 4, 7, 7, 7]
    code = np.array([0.3, -1, 4321, 2, 0.5, 17, 1, 0], np.float32)
    payload = pack_member(model, Member(code), 12)
    found = unpack_member(model, payload, pitched=False).code
    assert found[[2, 3, 5, 6, 7]].tolist() == [4321, 2, 0, 0, 0]
    assert np.abs(found - code)[[0, 1, 4]].max() < 0.02
    assert np.array_equal(rounded(model, code, 12), found)
    code[7] = 1
    assert len(pack_member(model, Member(code), 12)) >= len(payload)
    assert unpack_member(model, pack_member(model, Member(code), 12), pitched=False).code[5] == 17


def test_the_coarsest_precision_that_is_fine_enough() -> None:
    layout = layout_of(MODEL, SAMPLES)
    members = _members(1)
    chosen = precision_for(MODEL, members, layout, rounding_db=30)
    exact = member_inr(MODEL, members, layout).render().samples

    def snr(precision):
        coarse = [Member(rounded(MODEL, one.code, precision), one.gain) for one in members]
        return _snr(exact, member_inr(MODEL, coarse, layout).render().samples)

    assert snr(chosen) >= 30
    assert precision_for(MODEL, members, layout, rounding_db=60) > chosen
    assert precision_for(MODEL, members, layout, rounding_db=1000) == FINEST


def test_what_cannot_be_stored() -> None:
    layout = layout_of(MODEL, SAMPLES)
    with pytest.raises(InputError, match="precision of a code must lie"):
        member_stream(MODEL, _members(1), layout, FINEST + 1)
    with pytest.raises(InputError, match="too far"):
        member_stream(MODEL, [Member(CODES[0] * 1e9)], layout, 12)
    for wrong in (np.full(4, np.nan, np.float32), CODES[0][:3]):
        with pytest.raises(InputError, match=r"numbers, got"):
            member_stream(MODEL, [Member(wrong)], layout, 12)
    with pytest.raises(InputError, match="1 blocks need as many members, got 2"):
        member_inr(MODEL, _members(2), layout)
    with pytest.raises(InputError, match="not of the network"):
        FamilyCoding.of(MODEL, Siren(width=5))
    assert suits(MODEL, Lapped(frame_size=64, frames=2))
    assert not suits(MODEL, Lapped(frame_size=64, frames=2, channels=2))
    assert [frame_size_of(samples) for samples in (10, 2000, 16000, 10**6)] == [32, 128, 1024, 1024]


def test_a_family_of_enormous_numbers_is_one_clear_line() -> None:
    for model in (made_model(), made_model(kind="made_function")):
        with pytest.raises(InputError, match="makes no finite sound of this code"):
            member_inr(model, [Member(np.full(4, 1e38, np.float32))], layout_of(model, SAMPLES))


# --- finding models ---------------------------------------------------------------------------------


def test_a_model_is_found_by_its_digest_wherever_it_lies(tmp_path, monkeypatch) -> None:
    stream = _stream()
    finding._KNOWN.clear()
    with pytest.raises(FormatError, match=rf"needs the family made \({MODEL.digest.hex()}\), which is not here") as e:
        ligeia.inspect(stream)
    assert "ligeia train latent" in str(e.value)
    assert "LIGEIA_MODELS" in str(e.value)
    (tmp_path / "made.safetensors").write_bytes(model_bytes(made_model(facts={"seed": 1})))
    monkeypatch.setenv(finding.VARIABLE, str(tmp_path))
    with pytest.raises(FormatError, match=r"made\.safetensors is another version"):
        ligeia.inspect(stream)
    (tmp_path / "broken.safetensors").write_bytes(b"123")
    (tmp_path / "renamed.safetensors").write_bytes(model_bytes(MODEL))
    assert ligeia.decode(stream).sample_count == SAMPLES
    finding._KNOWN.clear()
    monkeypatch.delenv(finding.VARIABLE)
    finding.look_in(tmp_path)
    assert ligeia.decode(stream).sample_count == SAMPLES


def test_families_by_file_and_by_name(tmp_path, monkeypatch) -> None:
    path = tmp_path / "made.safetensors"
    path.write_bytes(model_bytes(MODEL))
    assert finding.find_family(path).id == MODEL.id
    with pytest.raises(InputError, match="no family of that name"):
        finding.find_family("made")
    monkeypatch.setenv(finding.VARIABLE, str(tmp_path))
    assert finding.find_family("made").id == MODEL.id
    with pytest.raises(InputError, match="a folder, not a model"):
        finding.find_family(tmp_path)
    assert all(file.exists() for file in finding.shipped_families())


# --- what is refused --------------------------------------------------------------------------------


def _with_payload(stream, payload):
    _, spans = made_streams.header_and_spans(stream)
    return stream[: spans[0][1]] + write_block(Block(0, payload))


def _payload(stream):
    return parse(stream).payloads[0]


def test_payloads_that_are_not_valid() -> None:
    stream = _stream()
    good = _payload(stream)
    head, tail = good[:5], good[5:]
    for bad, message in (
        (good[:1], "ends early"),
        (good[:4], "ends early"),
        (b"\0\0" + good[2:], "impossible gain"),
        (head[:2] + bytes([FINEST + 1]) + good[3:], "impossible precision"),
        (head[:3] + bytes([1]) + good[4:], "numbers of 1 bits"),
        (head[:3] + bytes([25]) + good[4:], "numbers of 25 bits"),
        (head[:4] + bytes([64]) + tail, "not a valid table"),
        (good[:-1], "words of 4 bytes"),
        (good + b"\1\0\0\0", "continue after|end in an empty word"),
    ):
        with pytest.raises(FormatError, match=message):
            ligeia.decode(_with_payload(stream, bad))
        assert ligeia.decode(_with_payload(stream, bad), salvage=True).report["lost"] == [0]


def test_streams_that_do_not_suit_their_family() -> None:
    stream = _stream()
    for other, message in (
        (made_model(rate=16000), "16000 samples a second"),
        (made_model(kind="made_function"), "not of the network lapped"),
    ):
        finding._KNOWN.clear()
        finding._KNOWN[MODEL.id] = replace(other, digest=MODEL.digest)
        with pytest.raises(FormatError, match=message):
            ligeia.decode(stream)


def test_damage_is_refused_or_decoded() -> None:
    stream = _stream(samples=3 * SAMPLES)
    random = np.random.default_rng(5)
    decoded = 0
    for _ in range(300):
        damaged = bytearray(stream)
        for place in random.integers(len(stream), size=random.integers(1, 4)):
            damaged[place] = random.integers(256)
        try:
            ligeia.decode(bytes(damaged))
            decoded += 1
        except FormatError:
            pass
        with suppress(FormatError):
            ligeia.decode(bytes(damaged), salvage=True)
    payload = bytearray(_payload(stream))
    for _ in range(300):
        damaged = bytearray(payload)
        damaged[random.integers(len(payload))] = random.integers(256)
        try:
            sound = ligeia.decode(_with_payload(_stream(), bytes(damaged))).render().samples
            assert np.isfinite(sound).all()
            decoded += 1
        except FormatError:
            continue
    assert decoded > 10


def test_silence_is_an_empty_block() -> None:
    layout = layout_of(MODEL, SAMPLES)
    stream = member_stream(MODEL, [Member(CODES[0], 0.0)], layout, 12)
    assert ligeia.inspect(stream).silent_blocks == 1
    assert not ligeia.decode(stream).render().samples.any()


def test_the_word_and_the_model_come_back() -> None:
    coding = parse(_stream()).header.coding
    assert read_coding_id(Reader(coding_bytes(coding))) == (WORD, MODEL.id)
    assert coding == parse(_stream()).header.coding
