import hashlib
import json
import resource
import subprocess
import sys
from pathlib import Path

import made_coded
import made_streams as made
import numpy as np
import pytest
import reference_decoder
from hypothesis import given, settings
from hypothesis import strategies as st

import ligeia
from ligeia.audio.blocks import Segments
from ligeia.codec.bytesio import Reader
from ligeia.codec.container import Block, parse, read_header, write_block, write_header
from ligeia.codec.decode import decode, decode_pieces
from ligeia.codec.encode import encode_inr
from ligeia.codec.header import Header
from ligeia.codec.parameters.coding import ParameterCoding
from ligeia.codec.parameters.quantise import EXACT, Bits
from ligeia.errors import FormatError
from ligeia.networks import Lapped, Siren

VECTORS = Path(__file__).parents[1] / "vectors"
NAMES = [
    "fixed_first",
    "mono",
    "stereo",
    "blocks",
    "silent_block",
    "exact",
    "encoding",
    "quirks",
    "many_bits",
    "odd_rate",
    *made.other_networks(),
    *made.lapped(),
]


def stored_bytes(inr) -> bytes:
    """All parameters of all blocks as float32, block by block in stream order."""
    parts = []
    for block in range(inr.segments.count):
        parts += [inr.parameters[name][block].astype("<f4").tobytes() for name in inr.spec.shapes()]
    return b"".join(parts)


def expectation(stream: bytes) -> dict:
    """What a golden stream decodes to; the samples are the slow decoder's, not ours."""
    inr = decode(stream)
    info = ligeia.inspect(stream)
    _, _, samples = reference_decoder.decode(stream)
    chosen = range(0, inr.sample_count, max(inr.sample_count // 7, 1))
    return {
        "bytes": len(stream),
        "rate": inr.rate,
        "channels": inr.channels,
        "frames": inr.sample_count,
        "hop": inr.segments.hop,
        "overlap": inr.segments.overlap,
        "bits": list(info.bits),
        "fields": {field.name: getattr(inr.spec, field.name) for field in inr.spec.stored_fields()},
        "gains": inr.gains.tolist(),
        "parameters_sha256": hashlib.sha256(stored_bytes(inr)).hexdigest(),
        "samples": {str(k): [round(value, 7) for value in samples[:, k].tolist()] for k in chosen},
    }


def test_there_is_a_vector_for_every_case():
    assert sorted(made.vectors()) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_golden_streams(name, regenerate):
    path = VECTORS / f"{name}.lig"
    inr, bits = made.vectors()[name]
    regenerate = regenerate and not path.exists()  # version 1 is frozen
    if regenerate:
        VECTORS.mkdir(exist_ok=True)
        path.write_bytes(encode_inr(inr, bits))
        path.with_suffix(".json").write_text(json.dumps(expectation(path.read_bytes()), indent=1) + "\n")
    stream, expected = path.read_bytes(), json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    found = expectation(stream)
    samples, wanted = found.pop("samples"), expected.pop("samples")
    assert found == expected
    level = max(float(np.abs(list(wanted.values())).max()), 1e-3)
    for k, values in wanted.items():
        assert samples[k] == pytest.approx(values, abs=1e-6 * level)
        assert decode(stream)([int(k) / inr.rate])[:, 0] == pytest.approx(values, abs=1e-5 * level)
    assert encode_inr(decode(stream), bits) == stream
    assert encode_inr(inr, bits) == stream
    agree(stream)


def test_no_vector_is_left_over():
    names = [*NAMES, *made_coded.vectors()]  # the coded ones are those of lapped/test_payload.py
    names += [path.stem for path in VECTORS.glob("family_*.lig")]  # of family/test_golden*.py
    names += ["tagged", "sections"]  # of test_sections.py
    names += ["phased_codec"]  # of phased/test_coding.py
    assert sorted(path.name for path in VECTORS.glob("*.lig")) == sorted(f"{name}.lig" for name in names)
    assert sum(path.stat().st_size for path in VECTORS.glob("*.lig")) < 40_000


# --- against the slow decoder -----------------------------------------------------------------------


def agree(stream: bytes) -> None:
    header, blocks, samples = reference_decoder.decode(stream)
    inr = decode(stream)
    assert header["count"] == inr.segments.count
    for block, (gain, arrays) in enumerate(blocks):
        assert float(inr.gains[block]) == gain
        for name, array in zip(inr.spec.shapes(), arrays, strict=False):
            assert inr.parameters[name][block].tobytes() == array.tobytes()
    level = np.sqrt((samples**2).mean()) or 1.0
    rendered = inr.render().samples
    assert rendered.shape == samples.shape
    assert np.abs(rendered - samples).max() < 1e-5 * level
    pieces = np.concatenate(list(decode_pieces(stream)), axis=1)
    assert np.abs(pieces - rendered).max() < 1e-6


@st.composite
def inrs(draw):
    octaves = draw(st.integers(0, 3))
    spec = Siren(
        channels=draw(st.integers(1, 3)),
        width=draw(st.integers(1, 8)),
        depth=draw(st.integers(1, 3)),
        octaves=octaves,
        first_width=draw(st.sampled_from([0, 0, 5])),
        fixed_first=0.0 if octaves else draw(st.sampled_from([0.0, 17.0, 40.5])),
        with_coordinate=draw(st.booleans()),
        grouped_encoding=draw(st.booleans()),
        closed=draw(st.booleans()),
        omega_on_bias=draw(st.booleans()),
        output_omega=draw(st.booleans()),
        first_omega=draw(st.sampled_from([1.0, 0.3, 2.0])),
        hidden_omega=draw(st.sampled_from([1.0, 0.7])),
        coordinate_scale=draw(st.sampled_from([1.0, 1.5])),
    )
    hop = draw(st.integers(1, 60))
    cut = Segments(draw(st.integers(1, 200)), hop, draw(st.integers(0, hop)))
    silent = tuple(draw(st.sets(st.integers(0, cut.count - 1), max_size=2)))
    return made.make_inr(spec, cut, silent=silent, rate=draw(st.integers(1, 99999)), seed=draw(st.integers(0, 99)))


depths = st.integers(2, 24)


@settings(max_examples=40)
@given(inrs(), st.builds(Bits, depths, depths, depths) | st.just(EXACT))
def test_any_stream_means_the_same_to_the_slow_decoder(inr, bits):
    """The assertions are those of `agree`."""
    agree(encode_inr(inr, bits))


# --- pieces, headers, processes ---------------------------------------------------------------------


def test_the_header_alone():
    stream = made.several_blocks()
    header = read_header(Reader(stream[:40]))
    assert (header.rate, header.segments) == (8000, Segments(410, 100, 20))
    with pytest.raises(FormatError):
        read_header(Reader(stream[:10]))


@pytest.mark.parametrize("coded", [False, True])
def test_a_fresh_process_decodes_without_an_optimiser(tmp_path, coded):
    path = tmp_path / "stream.lig"
    path.write_bytes(made_coded.vectors()["coded_speech"].stream() if coded else made.several_blocks())
    code = (
        "import sys, pathlib, ligeia\n"
        "inr = ligeia.decode(pathlib.Path(sys.argv[1]).read_bytes())\n"
        "print(inr.render().sample_count, *[name for name in sys.modules if name.startswith('ligeia.')])"
    )
    run = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    frames, *loaded = run.stdout.split()
    assert frames == ("500" if coded else "410")
    assert "ligeia.codec.decode" in loaded
    assert not [name for name in loaded if name.startswith("ligeia.fitting")]


# --- salvage ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [0, 1, 3])
def test_damage_to_one_block_leaves_the_others_as_they_were(bad):
    stream = made.several_blocks()
    _, spans = made.header_and_spans(stream)
    low, high = spans[bad + 1]
    damaged = bytearray(stream)
    damaged[(low + high) // 2] ^= 0x20
    with pytest.raises(FormatError):
        decode(bytes(damaged))
    whole, saved = decode(stream), decode(bytes(damaged), salvage=True)
    assert saved.report["lost"] == [bad]
    assert saved.gains[bad] == 0
    others = [block for block in range(4) if block != bad]
    for name, value in whole.parameters.items():
        assert np.array_equal(saved.parameters[name][others], value[others])
    samples, before = saved.render().samples, whole.render().samples
    cut = whole.segments
    touched = slice(cut.starts[bad], cut.stop(bad))
    assert np.array_equal(np.delete(samples, touched, axis=1), np.delete(before, touched, axis=1))
    alone = slice(cut.starts[bad] + cut.overlap * (bad > 0), cut.starts[bad] + cut.hop)
    assert not samples[:, alone].any()
    assert before[:, alone].any()
    pieces = np.concatenate(list(decode_pieces(bytes(damaged), salvage=True)), axis=1)
    assert np.abs(pieces - samples).max() < 1e-6


@pytest.mark.parametrize("bad", [0, 2, 4])
def test_coded_numbers_that_are_not_valid_are_lost(bad):
    stream = made_coded.made(1, Lapped(channels=2, frame_size=64, frames=3), 900, 16000).stream()
    _, spans = made.header_and_spans(stream)
    low, high = spans[bad + 1]
    payload = bytearray(ligeia_payload(stream, bad))
    payload[7] ^= 0x10
    broken = stream[:low] + write_block(Block(bad, bytes(payload))) + stream[high:]
    with pytest.raises(FormatError, match="do not end where they should"):
        decode(broken)
    whole, saved = decode(stream), decode(broken, salvage=True)
    assert saved.report["lost"] == [bad]
    assert saved.gains[bad] == 0
    others = [block for block in range(whole.segments.count) if block != bad]
    for name, value in whole.parameters.items():
        assert np.array_equal(saved.parameters[name][others], value[others])
    # A function reaches an eighth of a frame into its neighbours.
    reach, hop = whole.spec.reach_samples, whole.segments.hop
    touched = slice(max(bad * hop - reach - 1, 0), (bad + 1) * hop + reach + 1)
    before, after = whole.render().samples, saved.render().samples
    assert np.abs(np.delete(after - before, touched, axis=1)).max() < 1e-6 * np.abs(before).max()


def test_numbers_that_are_not_valid_are_lost_under_a_valid_checksum():
    stream = made.several_blocks()
    header, spans = made.header_and_spans(stream)
    low, high = spans[2]
    payload = bytearray(ligeia_payload(stream, 1))
    payload[2] = 99  # no table
    broken = stream[:low] + write_block(Block(1, bytes(payload))) + stream[high:]
    with pytest.raises(FormatError, match="not a valid table"):
        decode(broken)
    with pytest.raises(FormatError, match="not a valid table"):
        list(decode_pieces(broken))
    assert decode(broken, salvage=True).report["lost"] == [1]
    assert header.segments.count == 4


def ligeia_payload(stream: bytes, number: int) -> bytes:

    return parse(stream).payloads[number]


# --- small streams that promise much ----------------------------------------------------------------


def promise(spec: Siren, cut: Segments, blocks: int) -> bytes:
    header = write_header(Header(spec, 8000, cut, ParameterCoding(Bits())))
    return header + b"".join(write_block(Block(number, b"")) for number in range(blocks))


def peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_silence_of_large_networks_is_refused_or_free():
    wide = Siren(width=1400, depth=9)
    before = peak_memory()
    with pytest.raises(FormatError, match="piece by piece"):
        decode(promise(wide, Segments(1000, 10), 100))
    assert decode(promise(wide, Segments(60, 10), 6)).parameters["weight_1"].shape == (6, 1400, 1400)
    assert peak_memory() - before < 100 * 2**20  # of 360 MiB


def test_lost_blocks_of_large_streams_are_refused_or_cheap():
    head = promise(Siren(width=1, depth=1), Segments(2**22, 1), 0)
    assert len(decode(head, salvage=True).report["lost"]) == 2**22
    with pytest.raises(FormatError, match="ends early"):
        decode(head)
    with pytest.raises(FormatError, match="piece by piece"):
        decode(promise(Siren(), Segments(2**22, 1), 0), salvage=True)


def test_long_silence_in_many_channels_comes_in_small_pieces():
    stream = promise(Siren(channels=256, width=4), Segments(2**30, 2**26), 16)
    pieces = decode_pieces(stream, max_seconds=2**30)
    assert all(next(pieces).nbytes <= 2**22 for _ in range(3))
