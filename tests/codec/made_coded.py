"""Spectra, models and streams of coded blocks that tests share, made of whole numbers (see `made_streams`)."""

from dataclasses import dataclass
from math import prod

import numpy as np
from made_streams import integers

from ligeia.audio.blocks import Segments
from ligeia.codec.container import Block, write_block, write_header
from ligeia.codec.header import Header
from ligeia.codec.transform.block_coding import Encoding, model_of, write_spectra
from ligeia.codec.transform.coding import TransformCoding, payloads_of
from ligeia.codec.transform.context_model import (
    COEFFICIENT_INPUTS,
    PRECISION,
    ROWS,
    SCALE_FACTOR_INPUTS,
    SWITCHINGS,
    SYMBOLS,
    Model,
)
from ligeia.codec.transform.entropy import Writer
from ligeia.codec.transform.quantiser import CodedBlocks, Spectra
from ligeia.codec.transform.scale_factors import PROFILES, SCALE_FACTORS, BlockFormat
from ligeia.codec.transform.syntax import code_spectra
from ligeia.networks import Lapped


def layout(
    profile: int = 1, *, frame_size: int = 64, frames: int = 3, channels: int = 1, rate: int = 16000
) -> BlockFormat:
    return BlockFormat(frame_size, frames, channels, rate, PROFILES[profile])


def spectra(on: BlockFormat, blocks: int, seed: int = 1, largest: int = 1 << 20) -> Spectra:
    """Any switching and scale factors; coefficients mostly small, and now and then as large as `largest`."""
    made = Spectra.zeros(on, blocks)
    made.switching[:] = _of(made.switching.shape, seed) % SWITCHINGS
    if on.profile.has_scale_factors:
        made.scale_factors[:] = _of(made.scale_factors.shape, seed + 1) % SCALE_FACTORS
    raw = _of(made.coefficients.shape, seed + 2)
    sizes = np.where(raw % 3 == 0, raw % 7, 0)
    sizes = np.where(raw % 61 == 0, (raw * 40503 + 12345) % (1 << (raw % 21)), sizes)
    made.coefficients[:] = np.minimum(sizes, largest) * (1 - 2 * (raw % 2))
    return made


def model(seed: int = 1, hidden: int = 7) -> Model:
    """A model that knows nothing, but differs from row to row."""
    arrays = {"splits": table(SWITCHINGS, SWITCHINGS, seed)}
    for k, (name, inputs, symbols, outputs) in enumerate(
        [
            ("weights", COEFFICIENT_INPUTS, SYMBOLS, 1),
            ("even_levels", SCALE_FACTOR_INPUTS, SCALE_FACTORS, 2),
            ("odd_levels", SCALE_FACTOR_INPUTS, SCALE_FACTORS, 2),
        ]
    ):
        start = seed + 100 * k
        arrays[f"{name}.weight_0"] = _signed((inputs, hidden), start, 64)
        arrays[f"{name}.bias_0"] = _signed((hidden,), start + 1, 4000)
        arrays[f"{name}.weight_1"] = _signed((hidden, outputs), start + 2, 128)
        arrays[f"{name}.bias_1"] = _signed((outputs,), start + 3, 4000)
        arrays[f"{name}.table"] = table(ROWS, symbols, start + 4)
    return Model.from_arrays(arrays)


def table(rows: int, symbols: int, seed: int) -> np.ndarray:
    """Counts that sum to 2^24 in each row."""
    counts = 1 + _of((rows, symbols), seed) ** 2 % 600_000 // (1 + np.arange(symbols))
    counts[:, 0] += (1 << PRECISION) - counts.sum(axis=1)
    assert counts.min() >= 1
    return counts.astype(np.int32)


def _of(shape: tuple[int, ...], seed: int) -> np.ndarray:
    return integers(prod(shape), seed).reshape(shape).astype(np.int64)


def _signed(shape: tuple[int, ...], seed: int, reach: int) -> np.ndarray:
    return _of(shape, seed) % (2 * reach) - reach


def pack(blocks: CodedBlocks, layout: BlockFormat) -> list[bytes]:
    """The payloads of blocks."""
    if layout.profile.dependent:
        return payloads_of(blocks, write_spectra(blocks.spectra, layout, blocks.steps, Encoding())[1])
    writer = Writer(len(blocks.steps))
    code_spectra(writer, layout, blocks.steps, model_of(layout), blocks.spectra)
    return payloads_of(blocks, writer.finish())


@dataclass(frozen=True)
class Made:
    """A stream in whole numbers."""

    header: Header
    coded: CodedBlocks
    silent: tuple[int, ...] = ()

    @property
    def layout(self) -> BlockFormat:
        spec = self.header.spec
        assert isinstance(spec, Lapped)
        assert isinstance(self.header.coding, TransformCoding)
        return BlockFormat(
            spec.frame_size, spec.frames, spec.channels, self.header.rate, PROFILES[self.header.coding.profile]
        )

    def stream(self) -> bytes:
        payloads = pack(self.coded, self.layout)
        blocks = [Block(k, b"" if k in self.silent else payload) for k, payload in enumerate(payloads)]
        return write_header(self.header) + b"".join(write_block(block) for block in blocks)


def made(profile: int, spec: Lapped, samples: int, rate: int, **more) -> Made:
    """A stream of a profile; `steps`, `mid_side`, `silent` and `seed` in `more`."""
    segments = Segments(samples, spec.block_samples)
    header = Header(spec, rate, segments, TransformCoding(profile))
    on = BlockFormat(spec.frame_size, spec.frames, spec.channels, rate, PROFILES[profile])
    steps = np.array([more.get("steps", 100) + k for k in range(segments.count)])
    mid_side = np.array([k in more.get("mid_side", ()) for k in range(segments.count)])
    integers = spectra(on, segments.count, more.get("seed", 1))
    return Made(header, CodedBlocks(steps, mid_side, integers), tuple(more.get("silent", ())))


def vectors() -> dict[str, Made]:
    """Golden streams of coded blocks, by name."""
    return {
        "coded_speech": made(1, Lapped(frame_size=64, frames=3), 500, 16000, silent=(1,)),
        "coded_music": made(2, Lapped(channels=2, frame_size=96, frames=2), 300, 44100, mid_side=(0,), seed=2),
        "coded_waveform": made(
            0, Lapped(channels=3, frame_size=32, frames=4, sine=True), 250, 11111, steps=280, seed=3
        ),
        "coded_speech_low": made(3, Lapped(frame_size=64, frames=2), 200, 8000, steps=200, seed=4),
        "dependent_waveform_speech": made(
            5, Lapped(frame_size=64, frames=42), 3000, 16000, steps=300, seed=5, silent=(1,)
        ),
    }
