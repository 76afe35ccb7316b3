"""The windowed-sine family in numpy: a code becomes the output weights of the network `Lapped`, band by band.

The plane of frames and coefficients of a sound is cut into tiles, stretches of time by bands of frequency. Each tile
has a few atoms of its own, and its coefficients are their sum, weighted by the numbers of the code that belong to the
tile. So all that a member consists of are windowed sines, and it is as free of noise as they are.

Sounds that the family has not learned from are hardly a sum of what it has kept whole. A code can therefore end with
details: shapes of a dictionary, small patches of coefficients, anywhere in the plane (`ligeia.dsp.pursuit`). Each takes
three numbers of the code, its place, the shape and the value.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import prod, sqrt
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.family.film import MAX_LAYERS, MAX_WIDTH, dense_shapes
from ligeia.codec.family.model import FamilyModel, float_arrays
from ligeia.codec.family.settings import DecoderSettings, require_range
from ligeia.dsp.mdct import WindowSequence, inverse_mdct, mdct
from ligeia.dsp.pursuit import Atoms, synthesise
from ligeia.errors import InputError
from ligeia.networks.lapped import FRAME_STEP, MAX_FRAME, MAX_FRAMES, Lapped

if TYPE_CHECKING:
    from ligeia.codec.header import Arrays

Reals = NDArray[np.float32]

SLOPE = 0.2
"""Slope of the leaky ReLU of the mapping network."""
MAX_STRETCHES = 64
MAX_BANDS = 256
MAX_SHAPES = 2**16
MAX_SIDE = 64
MASK = np.uint64(2**32 - 1)
NUMBERS_PER_DETAIL = 3
"""Place, shape, value."""


@dataclass(frozen=True, kw_only=True)
class Tile:
    """A stretch of frames by a band of coefficients."""

    name: str
    """The name of its atoms, `[rank, frames, bins]`."""
    rank: int
    """Atoms that it has."""
    frames: slice
    bins: slice

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of its atoms."""
        return self.rank, self.frames.stop - self.frames.start, self.bins.stop - self.bins.start


@dataclass(frozen=True, kw_only=True)
class LappedSettings(DecoderSettings):
    """Settings of the windowed-sine decoder: how the plane is cut, and how many atoms each tile has.

    Without mapping layers the numbers of a code are the weights of the atoms, in the order of the tiles: the decoder
    is linear, and its best numbers for given sounds are known in closed form, tile by tile (truncated SVD).
    """

    kind: ClassVar[str] = "lapped"

    frame_size: int = 512
    """Samples of a frame of the transform, and its coefficients: a multiple of 32."""
    stretches: int = 4
    """Parts of about equal length in which the frames of a sound are cut."""
    borders: tuple[int, ...] = (64, 128, 256)
    """Coefficients at which a band ends and the next begins."""
    ranks: tuple[int, ...] = (16,) * 16
    """Atoms of each tile: all bands of the first stretch, then those of the second."""
    mapping_layers: int = 0
    """Linear layers that make the weights of the atoms of a code; 0: they are the code."""
    mapping_width: int = 256
    """Units between them."""
    fill: bool = False
    """Each tile has a level of noise, for what neither atoms nor details say: silence in a band sounds dull."""
    details: int = 0
    """Details with which a code ends, three numbers each."""
    dictionary: int = 0
    """Shapes that details are made of."""
    shape_frames: int = 4
    """Frames of such a shape."""
    shape_bins: int = 8
    """Coefficients of it in each of them."""

    def check(self) -> None:
        """Raise `InputError` where a setting is out of range, or settings do not go together."""
        require_range("frame_size", self.frame_size, FRAME_STEP, MAX_FRAME)
        require_range("stretches", self.stretches, 1, MAX_STRETCHES)
        require_range("mapping_layers", self.mapping_layers, 0, MAX_LAYERS)
        require_range("mapping_width", self.mapping_width, 1, MAX_WIDTH)
        require_range("details", self.details, 0, self.code // NUMBERS_PER_DETAIL)
        require_range("dictionary", self.dictionary, int(self.details > 0), MAX_SHAPES)
        for name in ("shape_frames", "shape_bins"):
            require_range(name, getattr(self, name), 1, MAX_SIDE)
        if self.frame_size % FRAME_STEP:
            raise InputError(f"frame_size must be a multiple of {FRAME_STEP}, got {self.frame_size}")
        edges = (0, *self.borders, self.frame_size)
        if len(edges) > MAX_BANDS or any(low >= high for low, high in pairwise(edges)):
            raise InputError(f"borders must rise from above 0 to below the frame_size, got {self.borders}")
        if len(self.ranks) != self.stretches * (len(self.borders) + 1):
            raise InputError(
                f"ranks must name the atoms of {self.stretches} stretches by {len(self.borders) + 1} bands, "
                f"got {len(self.ranks)} numbers"
            )
        for rank in self.ranks:
            require_range("a rank", rank, 0, MAX_WIDTH)
        if not self.weights or not self.dense:
            raise InputError("at least one of the ranks must be above 0, and a number of the code not a detail's")
        if not self.mapping_layers and self.weights != self.dense:
            raise InputError(
                f"without mapping layers the ranks must add up to the {self.dense} numbers of the code that are not "
                f"details', not to {self.weights}"
            )

    def limits(self, samples: int) -> tuple[int, ...]:
        """Places and shapes of details are whole numbers."""
        if not self.details:
            return ()
        corners = (self.spec(samples).frames + self.shape_frames - 1) * (self.frame_size + self.shape_bins - 1)
        return (0,) * self.dense + (corners, self.dictionary, 0) * self.details

    @property
    def weights(self) -> int:
        """Atoms of all tiles."""
        return sum(self.ranks)

    @property
    def dense(self) -> int:
        """Numbers of a code before its details."""
        return self.code - NUMBERS_PER_DETAIL * self.details

    def spec(self, samples: int) -> Lapped:
        """Return the network that a sound of so many samples is.

        Raises:
            InputError: it would have too many frames.
        """
        frames = -(-samples // self.frame_size)
        require_range("the number of frames", frames, 1, MAX_FRAMES)
        return Lapped(frame_size=self.frame_size, frames=frames, sine=True)

    def tiles(self, samples: int) -> list[Tile]:
        """Return the tiles that have atoms, in the order of `ranks`.

        Raises:
            InputError: there are fewer frames than stretches with atoms.
        """
        found = [tile for tile in self.all_tiles(samples) if tile.rank and tile.shape[1]]
        if sum(tile.rank for tile in found) != self.weights:
            frames = self.spec(samples).frames
            raise InputError(f"{frames} frames cannot be cut into {self.stretches} stretches: lower stretches or ranks")
        return found

    def all_tiles(self, samples: int) -> list[Tile]:
        """Return all tiles, in the order of `ranks`."""
        frames, edges = self.spec(samples).frames, (0, *self.borders, self.frame_size)
        bands = len(edges) - 1
        found = []
        for number, rank in enumerate(self.ranks):
            stretch, band = divmod(number, bands)
            part = slice(stretch * frames // self.stretches, (stretch + 1) * frames // self.stretches)
            name, bins = f"atoms_{stretch}_{band}", slice(edges[band], edges[band + 1])
            found.append(Tile(name=name, rank=rank, frames=part, bins=bins))
        return found

    def shapes(self, samples: int) -> dict[str, tuple[int, ...]]:
        """`map_weight_k`, `map_bias_k`; `atoms_{stretch}_{band} [rank, frames, bins]`; `shapes [n, frames, bins]`."""
        shapes: dict[str, tuple[int, ...]] = {}
        if self.mapping_layers:
            sizes = (self.dense, *(self.mapping_width,) * (self.mapping_layers - 1), self.weights)
            shapes |= dense_shapes(sizes, "map_")
        shapes |= {tile.name: tile.shape for tile in self.tiles(samples)}
        if self.fill:
            shapes["fill"] = (len(self.ranks),)
        if self.dictionary:
            shapes["shapes"] = (self.dictionary, self.shape_frames, self.shape_bins)
        return shapes


# --- a member ---------------------------------------------------------------------------------------


def coefficients_of(settings: LappedSettings, arrays: "Arrays", codes: Reals, samples: int) -> Reals:
    """Return the coefficients `[n, frames, frame_size]` of members with `codes [n, numbers]`."""
    codes = np.asarray(codes, np.float32)
    weights = codes[:, : settings.dense]
    for k in range(settings.mapping_layers):
        weights = weights @ arrays[f"map_weight_{k}"] + arrays[f"map_bias_{k}"]
        weights = weights if k == settings.mapping_layers - 1 else np.where(weights > 0, weights, SLOPE * weights)
    spec, start = settings.spec(samples), 0
    plane = np.zeros((len(weights), spec.frames, spec.frame_size), np.float32)
    for tile in settings.tiles(samples):
        atoms = np.asarray(arrays[tile.name], np.float32).reshape(tile.rank, -1)
        part = weights[:, start : start + tile.rank] @ atoms
        plane[:, tile.frames, tile.bins] = part.reshape(len(weights), *tile.shape[1:])
        start += tile.rank
    for number, code in enumerate(codes if settings.details else ()):
        details = atoms_of(settings, code, (spec.frames, spec.frame_size))
        plane[number] += synthesise(details, np.asarray(arrays["shapes"], np.float32), (spec.frames, spec.frame_size))
    return plane + fill_of(settings, arrays["fill"], plane, samples) if settings.fill else plane


def fill_of(settings: LappedSettings, levels: Reals, plane: Reals, samples: int) -> Reals:
    """Return the noise `[n, frames, frame_size]` beside what a `plane` says, at levels relative to each member's."""
    gains = np.sqrt(np.square(plane, dtype=np.float64).mean(axis=(1, 2))).astype(np.float32)
    noise: Reals = gains[:, None, None] * (noise_of(settings, samples) * level_map(settings, levels, samples))
    return noise


def level_map(settings: LappedSettings, levels: Reals, samples: int) -> Reals:
    """Return the level of noise of each coefficient, `[frames, frame_size]`."""
    spec = settings.spec(samples)
    found = np.zeros((spec.frames, spec.frame_size), np.float32)
    for tile, level in zip(settings.all_tiles(samples), levels, strict=True):
        found[tile.frames, tile.bins] = level
    return found


@lru_cache(maxsize=8)
def noise_of(settings: LappedSettings, samples: int) -> Reals:
    """Return uniform noise of mean square 1, `[frames, frame_size]`: hashes of places, the same on every machine."""
    spec = settings.spec(samples)
    mixed = np.arange(1, spec.frames * spec.frame_size + 1, dtype=np.uint64) * np.uint64(2654435761) & MASK
    for shift, factor in ((15, 2246822519), (13, 3266489917)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor) & MASK
    mixed ^= mixed >> np.uint64(16)
    uniform = (mixed.astype(np.float64) / 2.0**31 - 1) * sqrt(3)
    return uniform.astype(np.float32).reshape(spec.frames, spec.frame_size)


def atoms_of(settings: LappedSettings, code: Reals, size: tuple[int, int]) -> Atoms:
    """Return the details with which a code `[numbers]` ends, for a plane of `size` (frames, coefficients).

    Places count row by row the corners at which a shape still covers a part of the plane. A place or a shape that is
    no whole number is rounded, and one out of range is the nearest.
    """
    places, shapes, values = code[settings.dense :].reshape(-1, NUMBERS_PER_DETAIL).T
    height, width = settings.shape_frames, settings.shape_bins
    columns = size[1] + width - 1
    corners = np.rint(places).clip(0, (size[0] + height - 1) * columns - 1).astype(np.int64)
    kinds = np.rint(shapes).clip(0, settings.dictionary - 1).astype(np.int64)
    rows, bins = np.divmod(corners, columns)
    return Atoms(rows - (height - 1), bins - (width - 1), kinds, values.astype(np.float32))


def numbers_of(settings: LappedSettings, atoms: Atoms, size: tuple[int, int]) -> Reals:
    """Return the end of a code `[3 details]` that says these atoms: the inverse of `atoms_of`; what is over is 0."""
    height, width = settings.shape_frames, settings.shape_bins
    places = (atoms.frames + height - 1) * (size[1] + width - 1) + atoms.bins + width - 1
    numbers = np.zeros((settings.details, NUMBERS_PER_DETAIL), np.float32)
    numbers[: len(atoms)] = np.stack([places, atoms.shapes, atoms.values], axis=1)[: settings.details]
    return numbers.ravel()


def windows_of(spec: Lapped) -> WindowSequence:
    """Return the windows of one sound: long ones, upright at its ends."""
    inner = np.full(spec.frames - 1, spec.frame_size)
    return WindowSequence(np.zeros(spec.frames, np.int64), inner, spec.sine)


def plane_of(settings: LappedSettings, samples: Reals) -> Reals:
    """Return the coefficients `[n, frames, frame_size]` of sounds `samples [n, time]`."""
    spec = settings.spec(samples.shape[1])
    padded = np.zeros((len(samples), prod((spec.frames, spec.frame_size))), np.float32)
    padded[:, : samples.shape[1]] = samples
    return mdct(padded.reshape(len(samples), spec.frames, spec.frame_size), windows_of(spec)).astype(np.float32)


def sound_of(settings: LappedSettings, plane: Reals, samples: int) -> Reals:
    """Return the sounds `[n, samples]` of coefficients `[n, frames, frame_size]`."""
    spec = settings.spec(samples)
    sound: Reals = inverse_mdct(plane, windows_of(spec)).reshape(len(plane), -1)[:, :samples].astype(np.float32)
    return sound


def samples_of(model: FamilyModel, codes: Reals, pitches: Reals | None, samples: int) -> Reals:
    """Return the samples `[n, samples]` of members, whose number is that of the family's sounds."""
    del pitches
    settings = model.decoder
    assert isinstance(settings, LappedSettings)
    plane = coefficients_of(settings, float_arrays(model.arrays), codes, model.samples)
    return sound_of(settings, plane, model.samples)[:, :samples]
