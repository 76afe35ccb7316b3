import time
import tracemalloc
from dataclasses import replace

import made_streams as made
import pytest
import reference_decoder
from hypothesis import given
from hypothesis import strategies as st

import ligeia
from ligeia.audio.blocks import Segments
from ligeia.codec import container
from ligeia.codec import header as module
from ligeia.codec.bytesio import Reader, number, varint
from ligeia.codec.container import RATES, Block, read_block, read_header, write_block, write_header
from ligeia.codec.header import Header
from ligeia.codec.parameters.coding import ParameterCoding
from ligeia.codec.parameters.quantise import EXACT, Bits
from ligeia.codec.transform.coding import TransformCoding
from ligeia.errors import FormatError, InputError
from ligeia.networks import Lapped, Siren

depths = st.integers(2, 24)
omegas = st.integers(1, 5000).map(float) | st.floats(1e-9, 1e9)


@st.composite
def headers(draw):
    hop = draw(st.integers(1, 10**6))
    flags = {
        name: draw(st.booleans())
        for name in ("omega_on_bias", "output_omega", "with_coordinate", "grouped_encoding", "closed")
    }
    octaves = draw(st.integers(0, 32))
    spec = Siren(
        channels=draw(st.integers(1, 256)),
        width=draw(st.integers(1, 500)),
        depth=draw(st.integers(1, 64)),
        first_omega=draw(omegas),
        hidden_omega=draw(omegas),
        coordinate_scale=draw(omegas),
        first_width=draw(st.just(0) | st.integers(1, 300)),
        fixed_first=0.0 if octaves else draw(st.just(0.0) | omegas),
        octaves=octaves,
        **flags,
    )
    bits = draw(st.just(EXACT) | st.builds(Bits, depths, depths, depths))
    rate = draw(st.sampled_from(RATES[1:]) | st.integers(1, 2**31 - 1))
    return Header(
        spec, rate, Segments(draw(st.integers(1, 10**9)), hop, draw(st.integers(0, hop))), ParameterCoding(bits)
    )


@given(headers())
def test_headers_come_back(header):
    if header.spec.parameters > module.MAX_PARAMETERS or header.segments.count > module.MAX_BLOCKS:
        with pytest.raises(InputError, match="cannot be stored"):
            write_header(header)
        return
    data = write_header(header)
    reader = Reader(data)
    assert read_header(reader) == header
    assert reader.position == len(data)


@given(headers())
def test_the_reference_reads_the_same_header(header):
    if header.spec.parameters > module.MAX_PARAMETERS or header.segments.count > module.MAX_BLOCKS:
        return
    found = reference_decoder.read_header(reference_decoder.Cursor(write_header(header)))
    assert {name: found[name] for name in ("rate", "samples", "hop", "overlap", "count")} == {
        "rate": header.rate,
        "samples": header.segments.sample_count,
        "hop": header.segments.hop,
        "overlap": header.segments.overlap,
        "count": header.segments.count,
    }
    assert found["bits"] == [header.coding.bits.first, header.coding.bits.hidden, header.coding.bits.output]
    for field in header.spec.stored_fields():
        assert found[field.name] == getattr(header.spec, field.name)
    assert [*header.spec.shapes().values()] == reference_decoder.shapes_of(found)


@pytest.mark.parametrize("cut", [Segments(100, 150, 20), Segments(13, 10, 3), Segments(100, 100, 7)])
def test_a_single_block_keeps_its_length(cut):
    header = Header(Siren(), 8000, cut, ParameterCoding(Bits()))
    assert cut.count == 1
    assert read_header(Reader(write_header(header))).segments == cut


def test_a_header_costs_few_bytes():
    cut = Segments(44100, 44100)
    assert len(write_header(Header(Siren(width=40), 44100, cut, ParameterCoding(Bits())))) == 19
    longer = Header(Siren(width=40, first_omega=0.5), 44100, cut, ParameterCoding(Bits()))
    assert len(write_header(longer)) == 19 + 9


@pytest.mark.parametrize("depths", [(1, 8, 8), (8, 25, 8), (8, 8, 31), (8, 8, 32), (32, 32, 8)])
def test_refused_bits(depths):
    with pytest.raises(InputError):
        Bits(*depths)


@given(st.builds(Bits, depths, depths, depths) | st.just(EXACT))
def test_bits_come_back(bits):
    assert Bits.unpacked(bits.packed) == bits
    assert bits.packed < 2**15


# --- FORMAT.md against the code ---------------------------------------------------------------------


def test_the_field_table_is_the_codes():
    kinds = {int: "whole", float: "real", bool: "flag"}
    rows = reference_decoder.table_rows("bit")
    stored = Siren.stored_fields()
    assert [row[0] for row in rows] == [str(k) for k in range(len(stored))]
    assert [row[1:4] for row in rows] == [[f.name, kinds[type(f.default)], f"{f.default:g}"] for f in stored]


def test_the_field_limits_are_the_codes():
    for _, name, kind, _, limits in reference_decoder.table_rows("bit"):
        if kind == "flag":
            continue
        low, high = (float(value) for value in limits.split(" to "))
        convert = int if kind == "whole" else float
        beyond = {"whole": (low - 1, high + 1), "real": (low / 1.01 if low else -0.01, high * 1.01)}[kind]
        for value in (low, high):
            Siren(**{name: convert(value)})
        for value in beyond:
            with pytest.raises(InputError):
                Siren(**{name: convert(value)})


def test_the_limits_are_the_codes():
    for name, limit, _ in reference_decoder.table_rows("name"):
        base, _, rest = limit.partition("^")
        power, _, less = rest.partition(" - ")
        value = int(base) ** int(power or 1) - int(less or 0)
        assert getattr(module, name) == value, name


def test_the_rates_are_the_codes():
    text = reference_decoder.FORMAT.read_text(encoding="utf-8")
    listed = text.split("1 to 14 for ")[1].split(" Hz")[0].replace(",", " ").split()
    assert [int(rate) for rate in listed] == list(RATES[1:])


# --- what is refused --------------------------------------------------------------------------------


def crafted(**changes) -> bytes:
    """A stream of one silent block with any header whatever, all checksums right."""
    fields = {
        "magic": b"LIG\1",
        "network": varint(1),
        "rate": b"\x11",
        "channels": b"",
        "samples": varint(100),
        "hop": varint(0),
        "overlap": varint(0),
        "bits": Bits().packed.to_bytes(2, "little"),
        "mask": varint(0),
        "values": b"",
    } | changes
    return made.with_crc(b"".join(fields.values())) + write_block(Block(0, b""))


def field(name: str, value: bytes) -> dict[str, bytes]:
    position = [stored.name for stored in Siren.stored_fields()].index(name)
    return {"mask": varint(1 << position), "values": value}


NAN, INFINITY = float("nan"), float("inf")
IMPOSSIBLE = {
    "foreign magic": {"magic": b"RIF\1"},
    "future version": {"magic": b"LIG\2"},
    "version 0": {"magic": b"LIG\0"},
    "unknown network": {"network": varint(2**20)},
    "network 0": {"network": varint(0)},
    "unknown field": {"mask": varint(1 << 13), "values": number(1)},
    "all fields": {"mask": varint(2**50)},
    "rate code": {"rate": b"\x1f"},
    "rate 0": {"rate": b"\x10\0"},
    "huge rate": {"rate": b"\x10" + varint(2**31)},
    "no samples": {"samples": varint(0)},
    "too many samples": {"samples": varint(2**48 + 1), "hop": varint(2**26)},
    "terabytes in one block": {"samples": varint(2**45)},
    "terabytes of blocks": {"samples": varint(2**45), "hop": varint(1)},
    "too many blocks": {"samples": varint(2**22 + 1), "hop": varint(1)},
    "huge hop": {"hop": varint(2**26 + 1)},
    "hop and overlap": {"hop": varint(2**26), "overlap": varint(1)},
    "overlap above hop": {"hop": varint(50), "overlap": varint(51)},
    "no channels": {"rate": b"\1", "channels": varint(0)},
    "huge channels": {"rate": b"\1", "channels": varint(2**55)},
    "reserved bit": {"bits": b"\x8c\xc9"},
    "1 bit": {"bits": (8 << 10 | 1 << 5 | 8).to_bytes(2, "little")},
    "25 bits": {"bits": (25 << 10 | 8 << 5 | 8).to_bytes(2, "little")},
    "partly exact": {"bits": (8 << 10 | 8).to_bytes(2, "little")},
    "huge width": field("width", number(2**30)),
    "width 0": field("width", number(0)),
    "width 1.5": field("width", number(1.5)),
    "too many parameters": field("width", number(4096)),
    "huge depth": field("depth", number(2**30)),
    "omega 0": field("first_omega", number(0)),
    "omega NaN": field("first_omega", number(NAN)),
    "omega infinite": field("hidden_omega", number(INFINITY)),
    "omega negative": field("hidden_omega", number(-1.0)),
    "width NaN": field("width", number(NAN)),
    "flag 2": field("closed", number(2)),
    "flag 0.5": field("closed", number(0.5)),
    "negative bound": field("fixed_first", number(-1.0)),
    "fixed layer after an encoding": {"mask": varint(1 << 3 | 1 << 8), "values": number(5) + number(2)},
    "octaves": field("octaves", number(33)),
    "tag": field("octaves", varint(3)),
    "long varint": {"samples": b"\xe4\0"},
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_impossible_headers_are_refused_at_once(name):
    stream = crafted(**IMPOSSIBLE[name])
    calls = (ligeia.inspect, ligeia.decode, lambda data: ligeia.decode(data, salvage=True))
    for call in calls:
        tracemalloc.start()
        started = time.process_time()
        with pytest.raises(FormatError):
            call(stream)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 2**20
        assert time.process_time() - started < 1
    with pytest.raises(reference_decoder.Invalid):
        reference_decoder.decode(stream)


def test_the_crafted_stream_itself_is_valid():
    assert ligeia.inspect(crafted()).silent_blocks == 1
    assert ligeia.decode(crafted(**field("closed", number(1)))).spec.closed_grid
    # Spellings that no encoder uses, but that mean something.
    assert ligeia.inspect(crafted(rate=b"\0" + varint(8000), channels=varint(1), hop=varint(100))).rate == 8000
    assert ligeia.inspect(crafted(**field("width", b"\1" + b"\0\0\0\0\0\0\x50\x40"))).fields["width"] == 64


def test_a_header_that_no_decoder_takes_is_not_written():
    whole = Header(Siren(), 44100, Segments(2**26 + 1, 2**26 + 1), ParameterCoding(Bits()))
    with pytest.raises(InputError, match="cannot be stored"):
        write_header(whole)
    assert write_header(replace(whole, segments=Segments(2**26, 2**26)))


# --- blocks -----------------------------------------------------------------------------------------

HEADER = Header(Siren(), 8000, Segments(2**22, 1), ParameterCoding(Bits()))


@given(st.integers(0, 2**22 - 1), st.binary(max_size=300))
def test_blocks_come_back(index, payload):
    data = write_block(Block(index, payload))
    reader = Reader(data + b"more")
    assert read_block(reader, HEADER) == Block(index, payload)
    assert reader.position == len(data)


def test_blocks_that_the_header_rules_out():
    few = replace(HEADER, segments=Segments(10, 5))
    for block in (Block(2, b""), Block(0, bytes(few.coding.longest_payload(few.spec) + 1))):
        with pytest.raises(FormatError, match="impossible"):
            read_block(Reader(write_block(block)), few)
    assert read_block(Reader(write_block(Block(1, bytes(few.coding.longest_payload(few.spec))))), few).number == 1


def test_plausible_payloads():
    need = -(-HEADER.spec.parameters // module.PARAMETERS_PER_BYTE)
    assert container.plausible(HEADER, 0)
    assert container.plausible(HEADER, need)
    assert not container.plausible(HEADER, need - 1)


# --- coded blocks (§8) ------------------------------------------------------------------------------


def coded_header(spec: Lapped | Siren, profile: int = 1) -> Header:
    return Header(spec, 16000, Segments(1000, spec.block_samples or 1000), TransformCoding(profile))


@pytest.mark.parametrize("profile", [0, 1, 2])
def test_profiles_come_back(profile):
    header = coded_header(Lapped(channels=2, frame_size=96, frames=5), profile)
    data = write_header(header)
    assert read_header(Reader(data)) == header
    assert reference_decoder.read_header(reference_decoder.Cursor(data))["profile"] == profile


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (coded_header(Siren()), "the network siren has no transform coding"),
        (coded_header(Lapped(), 99), "99 is not a known profile"),
        (coded_header(Lapped(frame_size=65536, frames=32)), "parameters in 32 frames"),
        (coded_header(Lapped(channels=2, frame_size=32, frames=2049)), "in 2049 frames"),
    ],
)
def test_coded_headers_that_no_decoder_takes(header, said):
    with pytest.raises(InputError, match=said):
        write_header(header)
    body = container._header_bytes(header)
    with pytest.raises(reference_decoder.Invalid):
        reference_decoder.read_header(reference_decoder.Cursor(body))


def test_coded_payloads_may_be_shorter():
    header = coded_header(Lapped(frame_size=2048, frames=8))
    need = -(-header.spec.parameters // module.TRANSFORM_PARAMETERS_PER_BYTE)
    assert header.coding.parameters_per_byte == module.TRANSFORM_PARAMETERS_PER_BYTE
    assert container.plausible(header, need)
    assert not container.plausible(header, need - 1)
