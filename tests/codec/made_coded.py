"""Numbers, models and streams of coded blocks that tests share, made of whole numbers (see `made_streams`)."""

from dataclasses import dataclass
from math import prod

import numpy as np
from made_streams import integers

from ligeia.audio.blocks import Segments
from ligeia.codec.container import Block, Coding, Header, write_block, write_header
from ligeia.codec.transform.context_model import LEVELS, PRECISION, ROWS, SPLITS, SYMBOLS, Model
from ligeia.codec.transform.contexts import FEATURES, LEVEL_FEATURES
from ligeia.codec.transform.payload import Coded, pack
from ligeia.codec.transform.scale_factors import PROFILES
from ligeia.codec.transform.syntax import Grid, Numbers
from ligeia.networks import Lapped


def grid(profile: int = 1, *, frame: int = 64, frames: int = 3, channels: int = 1, rate: int = 16000) -> Grid:
    return Grid(frame, frames, channels, rate, PROFILES[profile])


def numbers(on: Grid, blocks: int, seed: int = 1, largest: int = 1 << 20) -> Numbers:
    """Splits 0 to 4, levels 0 to 47, weights that are mostly small, and now and then as large as `largest`."""
    made = on.empty(blocks)
    made.splits[:] = _of(made.splits.shape, seed) % SPLITS
    if on.profile.levelled:
        made.levels[:] = _of(made.levels.shape, seed + 1) % LEVELS
    raw = _of(made.weights.shape, seed + 2)
    sizes = np.where(raw % 3 == 0, raw % 7, 0)
    sizes = np.where(raw % 61 == 0, (raw * 40503 + 12345) % (1 << (raw % 21)), sizes)
    made.weights[:] = np.minimum(sizes, largest) * (1 - 2 * (raw % 2))
    return made


def model(seed: int = 1, hidden: int = 7) -> Model:
    """A model that knows nothing, but differs from row to row."""
    arrays = {"splits": table(SPLITS, SPLITS, seed)}
    for k, (name, inputs, symbols, outputs) in enumerate(
        [
            ("weights", FEATURES, SYMBOLS, 1),
            ("even_levels", LEVEL_FEATURES, LEVELS, 2),
            ("odd_levels", LEVEL_FEATURES, LEVELS, 2),
        ]
    ):
        start = seed + 100 * k
        arrays[f"{name}.weight_0"] = _signed((inputs, hidden), start, 64)
        arrays[f"{name}.bias_0"] = _signed((hidden,), start + 1, 4000)
        arrays[f"{name}.weight_1"] = _signed((hidden, outputs), start + 2, 128)
        arrays[f"{name}.bias_1"] = _signed((outputs,), start + 3, 4000)
        arrays[f"{name}.table"] = table(ROWS, symbols, start + 4)
    return Model.of(arrays)


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


@dataclass(frozen=True)
class Made:
    """A stream in whole numbers."""

    header: Header
    coded: Coded
    silent: tuple[int, ...] = ()

    @property
    def grid(self) -> Grid:
        spec = self.header.spec
        assert isinstance(spec, Lapped)
        assert isinstance(self.header.bits, Coding)
        return Grid(spec.frame_size, spec.frames, spec.channels, self.header.rate, PROFILES[self.header.bits.profile])

    def stream(self) -> bytes:
        payloads = pack(self.coded, self.grid)
        blocks = [Block(k, b"" if k in self.silent else payload) for k, payload in enumerate(payloads)]
        return write_header(self.header) + b"".join(write_block(block) for block in blocks)


def made(profile: int, spec: Lapped, samples: int, rate: int, **more) -> Made:
    """A stream of a profile; `steps`, `rotated`, `silent` and `seed` in `more`."""
    segments = Segments(samples, spec.block_samples)
    header = Header(spec, rate, segments, Coding(profile))
    on = Grid(spec.frame_size, spec.frames, spec.channels, rate, PROFILES[profile])
    steps = np.array([more.get("steps", 100) + k for k in range(segments.count)])
    rotated = np.array([k in more.get("rotated", ()) for k in range(segments.count)])
    found = numbers(on, segments.count, more.get("seed", 1))
    return Made(header, Coded(steps, rotated, found), tuple(more.get("silent", ())))


def vectors() -> dict[str, Made]:
    """Golden streams of coded blocks, by name."""
    return {
        "coded_speech": made(1, Lapped(frame_size=64, frames=3), 500, 16000, silent=(1,)),
        "coded_music": made(2, Lapped(channels=2, frame_size=96, frames=2), 300, 44100, rotated=(0,), seed=2),
        "coded_waveform": made(
            0, Lapped(channels=3, frame_size=32, frames=4, sine=True), 250, 11111, steps=280, seed=3
        ),
    }
