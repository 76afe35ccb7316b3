"""Streams and INRs that the tests of this room share. Their numbers come from integers, so every machine agrees."""

from dataclasses import replace
from math import prod
from zlib import crc32

import numpy as np
import torch

import ligeia
from ligeia.audio.blocks import Segments
from ligeia.audio.signal import Audio
from ligeia.codec.bytesio import Reader
from ligeia.codec.container import read_block, read_header
from ligeia.codec.encode import encode_inr
from ligeia.codec.header import Header
from ligeia.codec.parameters.quantise import EXACT, Bits
from ligeia.inr import INR
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

QUANTISED = Bits(18, 8, 12)


def integers(count: int, seed: int) -> np.ndarray:
    """`count` whole numbers from 0 to 65535, from a generator of two lines that no library can change."""
    state, values = seed, []
    for _ in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append(state >> 16)
    return np.array(values)


FIRST = {"fmlp": 16.0, "finer": 1.0, "wire": 1.0, "kan": 0.25, "film": 4.0, "phased": 1.25}
"""Largest weights of the first layer, where they are no frequencies."""


def parameters(spec: NetworkSpec, blocks: int, seed: int = 1) -> dict[str, torch.Tensor]:
    """Sums and products of whole numbers only: first weights up to 40 (or `FIRST`), hidden and output ones to 0.5."""
    reach = {"first": FIRST.get(spec.name, 40.0), "hidden": 0.5, "output": 0.5}
    made = {}
    for k, (name, shape) in enumerate(spec.shapes().items()):
        values = (integers(blocks * prod(shape), seed + 1000 * k) - 32768) / 32768 * reach[spec.part(name)]
        if spec.part(name) == "first" and (name.startswith("bias") or getattr(spec, "octaves", 0)):
            values = values / 16
        if name in ("switching", "edges"):
            values = values * 5 + 2 if name == "switching" else values + 0.5  # -0.5 to 4.5, 0 to 1
        made[name] = torch.from_numpy(values.reshape(blocks, *shape).astype(np.float32))
    return made


def make_inr(
    spec: NetworkSpec | None = None,
    segments: Segments | None = None,
    *,
    rate: int = 8000,
    silent: tuple[int, ...] = (),
    seed: int = 1,
) -> INR:
    spec = spec or Siren(width=6, depth=2)
    segments = segments or Segments(300, 300)
    gains = torch.tensor([0.0 if b in silent else 0.25 + b % 8 / 16 for b in range(segments.count)])
    made = parameters(spec, segments.count, seed)
    for block in silent:
        for value in made.values():
            value[block] = 0
    return INR(spec, made, rate, segments, gains)


def several_blocks(bits: Bits = QUANTISED, count: int = 4, silent: tuple[int, ...] = ()) -> bytes:
    cut = Segments(100 * count + 10, 100, 20)
    assert cut.count == count
    return encode_inr(make_inr(Siren(width=5, depth=2), cut, silent=silent), bits)


def noise(seconds: float = 1.0, rate: int = 8000, channels: int = 1, level: float = 0.1) -> Audio:
    samples = np.random.default_rng(0).standard_normal((channels, round(seconds * rate)))
    return Audio((samples * level).astype(np.float32), rate)


def header_and_spans(stream: bytes) -> tuple[Header, list[tuple[int, int]]]:
    """The header, and first and one past the last byte of the header and of each block."""
    reader = Reader(stream)
    header = read_header(reader)
    spans = [(0, reader.position)]
    while reader.position < len(stream):
        start = reader.position
        read_block(reader, header)
        spans.append((start, reader.position))
    return header, spans


def with_crc(body: bytes) -> bytes:
    return body + crc32(body).to_bytes(4, "little")


def vectors() -> dict[str, tuple[INR, Bits]]:
    """What tests/vectors holds, by name."""
    blocks = Segments(330, 100, 20)
    encoded = Siren(width=7, depth=2, octaves=5, closed=True, first_omega=3.5, hidden_omega=1.25, grouped_encoding=True)
    quirks = Siren(
        width=5,
        depth=3,
        octaves=3,
        with_coordinate=False,
        omega_on_bias=False,
        output_omega=True,
        hidden_omega=2.0,
        coordinate_scale=0.75,
    )
    fixed = Siren(width=12, depth=2, fixed_first=400.0)
    ours = {
        "fixed_first": (make_inr(fixed, Segments(600, 300, 40), rate=22050), QUANTISED),
        "mono": (make_inr(Siren(width=24, depth=2), Segments(500, 500), rate=22050), QUANTISED),
        "stereo": (make_inr(Siren(channels=2, width=10, depth=3), Segments(400, 400), rate=44100), QUANTISED),
        "blocks": (make_inr(Siren(width=8, depth=2), blocks, rate=16000), QUANTISED),
        "silent_block": (make_inr(Siren(width=8, depth=2), blocks, rate=16000, silent=(1,)), QUANTISED),
        "exact": (make_inr(Siren(width=9, depth=2), Segments(250, 140, 30), rate=48000), EXACT),
        "encoding": (make_inr(encoded, Segments(301, 301), rate=22050), Bits(10, 9, 12)),
        "quirks": (make_inr(quirks, Segments(200, 110, 7), rate=11025), Bits(12, 6, 10)),
        "many_bits": (make_inr(Siren(width=8, depth=2), Segments(200, 200), rate=16000), Bits(24, 13, 17)),
        "odd_rate": (make_inr(Siren(width=6, depth=1), Segments(777, 400, 5), rate=11111), Bits(14, 2, 5)),
    }
    others = {name: (make_inr(spec, Segments(330, 100, 20)), bits) for name, (spec, bits) in other_networks().items()}
    return ours | others | lapped()


def other_networks() -> dict[str, tuple[NetworkSpec, Bits]]:
    """One vector for each network but SIREN, by name."""
    omegas = {"first_omega": 1.5, "hidden_omega": 2.0}
    twins = Siamese(shared_width=6, head_width=4, head_depth=2, octaves=4, **omegas)
    mean = Siamese(channels=2, shared_depth=0, head_width=5, head_depth=2, octaves=0, average=True, closed=True)
    relu = NoiseLayer(channels=2, first_width=6, shared_width=4, last_width=3, head_width=5, octaves=3, **omegas)
    im_net = Film(channels=2, width=8, halving=True, first_relu=True, hidden_relu=True, last=2, joined=2)
    return {
        "fmlp": (Fmlp(channels=2, width=7, depth=3, octaves=4), QUANTISED),
        "finer": (Finer(width=7, depth=3, first_omega=12.5, hidden_omega=2.0), QUANTISED),
        "wire": (Wire(width=5, depth=3, first_omega=40.0, hidden_omega=2.5, scale=1.5), QUANTISED),
        "kan": (FourierKan(channels=2, width=4, depth=3, first_grid=9, hidden_grid=2, turns=0.5), QUANTISED),
        "mfn": (Multiplicative(width=6, depth=3, closed=True), QUANTISED),
        "gabor": (Multiplicative(channels=2, width=5, depth=2, gabor=True), EXACT),
        "siamese": (twins, QUANTISED),
        "siamese_mean": (replace(mean, **omegas), QUANTISED),
        "siamese_relu": (relu, QUANTISED),
        "parallel": (Parallel(channels=2, networks=3, width=4, depth=3), QUANTISED),
        "ensemble": (Parallel(channels=2, networks=3, width=4, ensemble=True, closed=True), EXACT),
        "film": (Film(width=6, depth=2, first_omega=1.5, modulated=True, joined=1), QUANTISED),
        "film_im_net": (replace(im_net, coordinate_scale=2.5), EXACT),
        "local": (Local(channels=2, windows=3, fade=0.5, width=4), QUANTISED),
    }


def lapped() -> dict[str, tuple[INR, Bits]]:
    """Vectors of the networks whose blocks have a length of their own, by name."""
    exact, quantised = Lapped(channels=2, frame_size=32, frames=3), Lapped(frame_size=64, frames=3, sine=True)
    return {
        "lapped": (make_inr(exact, Segments(280, 96), rate=22050), EXACT),
        "lapped_sine": (make_inr(quantised, Segments(700, 192), silent=(1,)), QUANTISED),
        "phased": (make_inr(Phased(channels=2, frame_size=32, frames=5, units=6), Segments(400, 160)), QUANTISED),
        "phased_sine": (make_inr(Phased(frame_size=64, frames=3, sine=True, units=9), Segments(700, 192)), EXACT),
    }


def snr_db(sound: Audio, stream: bytes) -> float:
    """SNR of what a stream decodes to."""
    error = ligeia.decode(stream).render().samples - sound.samples
    return 10 * np.log10((sound.samples.astype(float) ** 2).sum() / (error.astype(float) ** 2).sum())
