"""Small streams, most of them silent, with every form of a header that FORMAT.md §2 allows, and every stored field."""

import struct
from collections.abc import Iterator
from dataclasses import fields
from typing import Any
from zlib import crc32

import made_streams as made

from ligeia.audio.blocks import Segments
from ligeia.codec.bytesio import varint
from ligeia.codec.container import RATES, Block, write_block, write_header
from ligeia.codec.header import Coding, Header
from ligeia.codec.parameters.coding import ParameterCoding
from ligeia.codec.parameters.quantise import EXACT, Bits
from ligeia.codec.phased.coding import PhasedCoding
from ligeia.codec.transform.coding import TransformCoding
from ligeia.networks import (
    Film,
    Finer,
    Fmlp,
    FourierKan,
    Lapped,
    Local,
    Multiplicative,
    NetworkSpec,
    NoiseLayer,
    Parallel,
    Phased,
    Siamese,
    Siren,
    Wire,
)

EVERY_FIELD: dict[str, NetworkSpec] = {
    "siren": Siren(
        width=9, depth=2, first_width=11, first_omega=2.5, hidden_omega=3.0, omega_on_bias=False, output_omega=True,
        octaves=4, with_coordinate=False, grouped_encoding=True, closed=True, coordinate_scale=0.5,
    ),
    "siren_fixed": Siren(width=9, fixed_first=123.25),
    "fmlp": Fmlp(width=9, depth=2, octaves=3, with_coordinate=True, grouped_encoding=False, closed=True),
    "siamese": Siamese(
        shared_width=9, shared_depth=1, head_width=8, head_depth=2, heads=3, average=True, first_omega=1.5,
        hidden_omega=2.5, octaves=4, with_coordinate=False, closed=True,
    ),
    "siamese_relu": NoiseLayer(
        shared_width=9, shared_depth=4, head_width=8, head_depth=2, heads=3, average=True, first_omega=1.5,
        hidden_omega=2.5, octaves=4, with_coordinate=False, closed=True, first_width=7, last_width=6,
    ),
    "finer": Finer(width=9, depth=2, first_omega=1.5, hidden_omega=2.5, closed=True),
    "wire": Wire(width=9, depth=2, first_omega=1.5, hidden_omega=2.5, scale=1.25, closed=True),
    "kan": FourierKan(width=9, depth=2, first_grid=7, hidden_grid=4, output_grid=2, turns=0.5, closed=True),
    "mfn": Multiplicative(width=9, depth=2, gabor=True, closed=True),
    "parallel": Parallel(networks=3, width=9, depth=1, ensemble=True, closed=True),
    "local": Local(windows=3, fade=0.5, width=9, depth=1, closed=True),
    "lapped": Lapped(frame_size=64, frames=3, sine=True),
    "film": Film(
        width=9, depth=4, halving=True, first_relu=True, hidden_relu=True, last=2, joined=1, modulated=True,
        first_omega=1.5, hidden_omega=2.5, coordinate_scale=0.5, closed=True,
    ),
    "phased": Phased(frame_size=64, frames=3, sine=True, units=7),
}  # fmt: skip
"""A network of each kind none of whose stored fields is at its default."""


def silent(spec: NetworkSpec, segments: Segments, rate: int = 8000, coding: Coding | None = None) -> bytes:
    """A stream of silence."""
    header = Header(spec, rate, segments, coding or ParameterCoding(made.QUANTISED))
    return write_header(header) + b"".join(write_block(Block(k, b"")) for k in range(segments.count))


def whole(samples: int) -> Segments:
    return Segments(samples, samples)


def streams() -> Iterator[tuple[str, bytes]]:
    """Streams by what is particular about them."""
    for name, spec in EVERY_FIELD.items():
        segments = Segments(500, spec.block_samples) if spec.block_samples else Segments(500, 300, 17)
        yield f"every field of {name}", silent(spec, segments)
    for rate in (*RATES[1:], 1, 11111, 2**31 - 1):
        yield f"{rate} Hz", silent(Siren(width=1, depth=1), whole(3), rate)
    for channels in (1, 2, 15, 16, 127, 128, 256):
        yield f"{channels} channels", silent(Siren(channels=channels, width=1, depth=1), whole(3))
    for samples in (1, 127, 128, 2**14, 2**26):
        yield f"{samples} samples", silent(Siren(width=1, depth=1), whole(samples))
    yield (
        "2^48 samples, all but their blocks",
        write_header(Header(Siren(width=1, depth=1), 8000, Segments(2**48, 2**26), ParameterCoding(EXACT))),
    )
    for hop, overlap in ((50, 0), (50, 50), (2**25, 2**25)):
        yield f"blocks of {hop} + {overlap}", silent(Siren(width=1, depth=1), Segments(150, hop, overlap))
    yield "200 blocks", silent(Siren(width=1, depth=1), Segments(200, 1))
    for bits in (EXACT, Bits(2, 2, 2), Bits(24, 24, 24), Bits(12, 13, 2)):
        yield f"{bits} bits", silent(Siren(width=2, depth=1), whole(9), coding=ParameterCoding(bits))
    for number in range(5):  # later profiles have golden streams alone: the file of headers never changes
        spec = Lapped(channels=2, frame_size=64, frames=3)
        yield f"profile {number}", silent(spec, Segments(500, 192), coding=TransformCoding(number))
    phased = Phased(channels=2, frame_size=64, frames=3)
    yield "phases", silent(phased, Segments(500, 192), coding=PhasedCoding(4))
    yield "numbers that an encoder would write shorter", long_numbers()


def long_numbers() -> bytes:
    """A header whose values are all real, whose hop is the number of samples, and whose mask names defaults."""
    body = b"LIG\1" + varint(1) + b"\x10" + varint(8000) + varint(9) + varint(9) + varint(0)
    body += (10 << 10 | 10 << 5 | 10).to_bytes(2, "little") + varint(0b111)
    body += b"".join(b"\1" + struct.pack("<d", value) for value in (64.0, 2.0, 0.0))
    return body + crc32(body).to_bytes(4, "little") + write_block(Block(0, b""))


def stored_fields_at_their_defaults(spec: NetworkSpec) -> list[str]:
    stored: Any = {field.name: field.default for field in spec.stored_fields()}
    return [item.name for item in fields(spec) if item.name in stored and getattr(spec, item.name) == stored[item.name]]
