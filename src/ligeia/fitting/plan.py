"""Plans from recipes: blocks of a sound, the network for them, groups to fit together, and what fitting gives.

Nothing here needs torch.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import ceil
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.blocks import Segments
from ligeia.audio.signal import Sound, snr_from_energies
from ligeia.errors import InputError, SettingsError
from ligeia.fitting.config import FitConfig
from ligeia.networks.spec import NetworkSpec

if TYPE_CHECKING:
    from ligeia.fitting.quantised import Quantiser

DENSITY = 0.62
"""Parameters for each sample of each channel, at most, in our own recipes, unless they say otherwise."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Facts of a block for which a recipe designs the network."""

    samples: int
    """Samples in a block."""
    rate: int
    """Sampling rate in Hz."""
    channels: int
    """Number of channels."""
    density: float = DENSITY
    """Parameters for each sample of each channel, at most, where the recipe's networks have no size of their own."""

    @property
    def seconds(self) -> float:
        """Duration of a block in seconds."""
        return self.samples / self.rate


Solver = Callable[["Plan", Sound], Iterator["FittedGroup"]]
"""Function that yields the fitted groups of a plan for a sound."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A named way from a sound to a function."""

    name: str
    """The name on the command line."""
    source: str
    """Its origin: a paper, or this project."""
    design: Callable[[Shape], NetworkSpec]
    """The network for a block."""
    config: FitConfig
    """Settings of the fit."""
    block_seconds: float | None = None
    """Aimed duration of a block; None: the whole sound is one block."""
    overlap_seconds: float = 0.0
    """Cross-fade between neighbours."""
    density: float | None = None
    """Parameters for each sample of each channel, at most; None: the network has a size of its own."""
    solve: Solver | None = None
    """Function that finds parameters which have a closed form; None: the optimiser loop."""
    tuned_width: int | None = None
    """The width that the learning rates were tuned at; None: they hold for any."""

    def resized(self, *, width: int | None = None, depth: int | None = None) -> "Recipe":
        """The same recipe with another number of units per layer, or of hidden layers.

        Beyond its `tuned_width` the learning rate of hidden layers falls in inverse proportion to the width.

        Raises:
            InputError: (when it designs) its network has no such field.
        """
        changes = {key: value for key, value in (("width", width), ("depth", depth)) if value is not None}
        if not changes:
            return self
        config = self.config
        if width is not None and self.tuned_width is not None and width > self.tuned_width:
            first, hidden, output = config.learning_rates
            config = replace(config, learning_rates=(first, hidden * self.tuned_width / width, output))
        return replace(self, design=lambda shape: _with(self.design(shape), changes), config=config)


def _with(spec: NetworkSpec, changes: dict[str, int]) -> NetworkSpec:
    """`spec` with other sizes."""
    fields = [field.name for field in spec.stored_fields()]
    if missing := [name for name in changes if name not in fields]:
        raise SettingsError(f"the network {spec.name} has no {missing[0]}; its fields are: {', '.join(fields)}")
    return replace(spec, **changes)


@dataclass(frozen=True)
class FittedGroup:
    """A group of fitted blocks: their numbers, parameters `[blocks, ...]`, gains `[blocks]`, and how well."""

    blocks: range
    parameters: dict[str, NDArray[np.float32]]
    gains: NDArray[np.float32]
    signal: float
    """Energy of the samples that the blocks stand for (overlaps counted twice)."""
    error: float
    """Energy of the error in them."""
    steps: int
    seconds: float
    """Duration of the fit."""
    trace: list[dict[str, float]]
    """SNR of the best parameters so far, as (step, seconds, snr_db), at each evaluation."""

    @property
    def snr_db(self) -> float:
        """Signal-to-noise ratio of the group in dB."""
        return snr_from_energies(self.signal, self.error)


SILENCE = 2.0**-40
"""A block (or sound) whose level is below this is silent: it costs no parameters and stays exactly zero."""
NUMBERS_IN_GROUP = 2**24
"""Samples, or parameters, of a group at most (one block may have more)."""
SMALL_STEP = 2**17
"""Hidden units that a step evaluates, below which more threads do not help."""
_SAMPLES_AT_ONCE = 2**20


@dataclass(frozen=True)
class Plan:
    """A network for each block of a sound, and groups of blocks to fit together."""

    spec: NetworkSpec
    segments: Segments
    config: FitConfig
    rate: int
    peak: float | None
    """Level of every block where the recipe divides by the peak of the sound, else None."""
    recipe: str = "unnamed"
    """Name of the recipe that it comes from, for messages."""
    solve: Solver | None = None
    """Function that finds the parameters; None: the optimiser loop."""
    quantiser: "Quantiser | None" = None
    """Rounding of the parameters when they are stored, which the optimiser loop then allows for (`quantised`)."""
    density: float = DENSITY
    """Parameters for each sample of each channel, at most, where `solve` chooses them."""

    @property
    def groups(self) -> list[range]:
        """The block numbers of each group."""
        count = self.segments.count
        numbers = max(self.segments.length * self.spec.channels, self.spec.parameters)
        size = min(self.config.group, max(NUMBERS_IN_GROUP // numbers, 1))
        return [range(k, min(k + size, count)) for k in range(0, count, size)]

    def threads(self, blocks: int) -> int | None:
        """Threads for a group of `blocks`: as configured; else one where steps are small, or None for torch's choice.

        Threads that wait for each other cost more than they bring where a product takes a fraction of a millisecond.
        """
        if self.config.threads is not None:
            return self.config.threads
        width = max(max(shape) for shape in self.spec.shapes().values())
        units = blocks * self.segments.length * width // self.config.stride
        return 1 if units < SMALL_STEP else None

    def identity(self, sound: Sound) -> str:
        """A digest of the sound and of everything that decides the result; where a checkpoint belongs."""
        from torch import __version__

        from ligeia.training.processes import pick_device

        machine = (__version__, pick_device(self.config.device).type)
        config = replace(self.config, save_seconds=0.0)
        quantiser = None if self.quantiser is None else str(getattr(self.quantiser, "name", "unnamed"))
        settings = (self.spec, self.segments, config, self.rate, quantiser, machine)
        digest = hashlib.sha256(repr(settings).encode())
        for piece in pieces(sound):
            digest.update(piece.tobytes())
        return digest.hexdigest()


def make_plan(sound: Sound, recipe: Recipe) -> Plan:
    """Cut `sound` in blocks as `recipe` says and design the network.

    Raises:
        InputError: the sound has no samples.
    """
    if isinstance(sound, str | PathLike):
        raise InputError(f"{sound} is a name, not a sound; read it first: ligeia.read_audio(...)")
    segments = cut(_checked_sample_count(sound), sound.rate, recipe)
    shape = _shape(segments, sound, recipe)
    peak = scan_peak(sound)  # also reads everything once: damage shows before hours of work, not after
    level = to_bfloat16(peak) if recipe.config.level == "peak" else None
    spec = recipe.design(shape)
    if spec.block_samples is not None:
        segments = Segments(sound.sample_count, hop=spec.block_samples)
    return Plan(spec, segments, recipe.config, sound.rate, level, recipe.name, recipe.solve, density=shape.density)


def with_parameters(recipe: Recipe, sound: Sound, parameters: int) -> Recipe:
    """Return `recipe` with at most `parameters` for the whole of `sound`, all blocks and channels together.

    What two blocks share counts for both of them.

    Raises:
        InputError: the sound has no samples; the recipe's network has a size of its own; or even its smallest ones are
            larger than that.
    """
    if recipe.density is None:
        raise SettingsError(f"the network of the recipe {recipe.name} has a size of its own: it takes no parameters")
    if parameters < 1:
        raise SettingsError(f"parameters must be at least 1, got {parameters}")
    segments = cut(_checked_sample_count(sound), sound.rate, recipe)
    limited = replace(recipe, density=parameters / (segments.count * segments.length * sound.channels))
    spec = recipe.design(_shape(segments, sound, limited))
    if not spec.sparse and (least := segments.count * spec.parameters) > parameters:
        raise InputError(f"the recipe {recipe.name} needs {least} parameters for this sound, got {parameters}")
    return limited


def _shape(segments: Segments, sound: Sound, recipe: Recipe) -> Shape:
    """Facts of a block of `sound` for `recipe`."""
    density = DENSITY if recipe.density is None else recipe.density
    return Shape(samples=segments.length, rate=sound.rate, channels=sound.channels, density=density)


def _checked_sample_count(sound: Sound) -> int:
    if sound.sample_count < 1:
        raise InputError("the sound has no samples")
    return sound.sample_count


def cut(sample_count: int, rate: int, recipe: Recipe) -> Segments:
    """Blocks of equal length, as near to the recipe's duration as their number allows."""
    if recipe.block_seconds is None:
        return Segments(sample_count, hop=sample_count)
    hop = max(round(recipe.block_seconds * rate), 1)
    overlap = min(round(recipe.overlap_seconds * rate), hop)
    count = round((sample_count - overlap) / hop)
    if count <= 1:
        return Segments(sample_count, hop=sample_count)
    hop = ceil((sample_count - overlap) / count)
    return Segments(sample_count, hop=hop, overlap=min(overlap, hop))


def pieces(sound: Sound) -> Iterator[NDArray[np.float32]]:
    """The sound in pieces of bounded size."""
    starts = range(0, sound.sample_count, _SAMPLES_AT_ONCE)
    return (sound.read(start, start + _SAMPLES_AT_ONCE) for start in starts)


def scan_peak(sound: Sound) -> float:
    """Largest absolute sample."""
    return max(float(np.abs(piece).max()) for piece in pieces(sound))


def load_group(plan: Plan, sound: Sound, blocks: range) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Samples float32 `[blocks, length, channels]` and which of them lie within the sound, `[blocks, length]`."""
    segments = plan.segments
    start = blocks[0] * segments.hop
    data = sound.read(start, blocks[-1] * segments.hop + segments.length)
    samples = np.zeros((len(blocks), segments.length, sound.channels), dtype=np.float32)
    valid = np.zeros((len(blocks), segments.length), dtype=np.bool_)
    for row in range(len(blocks)):
        piece = data[:, row * segments.hop : row * segments.hop + segments.length]
        samples[row, : piece.shape[1]] = piece.T
        valid[row, : piece.shape[1]] = True
    return samples, valid


def block_levels(plan: Plan, samples: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Gain of each block, float32 `[blocks]`: its RMS or the sound's peak, 0 for silence.

    Gains are rounded to bfloat16 so that a stream holds them exactly in two bytes; what networks see is
    divided by the rounded gain, so nothing is lost.
    """
    energy = np.square(samples, dtype=np.float64).sum(axis=(1, 2))
    rms = np.sqrt(energy / (valid.sum(axis=1) * samples.shape[2]))
    level = rms if plan.peak is None else np.where(rms > 0, plan.peak, 0.0)
    rounded = np.array([to_bfloat16(value) for value in level], dtype=np.float32)
    return np.where(rms < SILENCE, np.float32(0), rounded)


def to_bfloat16(value: float) -> float:
    """`value` rounded to the nearest bfloat16, the one with an even last bit where two are as near.

    Example:
        >>> to_bfloat16(1.005), to_bfloat16(1.00390625), to_bfloat16(-1.01171875)
        (1.0078125, 1.0, -1.015625)
    """
    bits = int(np.float32(value).view(np.uint32))
    return float(np.uint32((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).view(np.float32))
