"""The members of a family as functions of time: codes become the parameters of a network (FORMAT.md §9).

`KINDS` is the one table of what a kind's decoder is in numpy. Some write a network of their own, in which the code is
folded into the weights; others make samples, which the windowed sines of `Lapped` represent exactly: the parameters of
a block are then the MDCT of its samples.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.blocks import Segments
from ligeia.codec.family.model import FamilyModel
from ligeia.codec.header import MAX_TRANSFORM_PARAMETERS, Arrays
from ligeia.dsp.mdct import WindowSequence, mdct
from ligeia.errors import InputError
from ligeia.networks.lapped import FRAME_STEP, Lapped
from ligeia.networks.spec import NetworkSpec

Reals = NDArray[np.float32]

LONGEST_FRAME = 1024
"""Samples of a frame at most: neighbouring blocks share a quarter of it."""
SHARED = 16
"""Neighbouring blocks of a network share this part of a sound of the family."""


@dataclass(frozen=True)
class Kind:
    """A kind of decoder in numpy: a function, or "module:function" in this package; and what it knows."""

    function: str | Callable[..., Any] = ""
    """(model, codes [n, numbers]) -> spec and parameters [n, ...]: the code folded into a network."""
    whole: str | Callable[..., Any] = ""
    """(model, codes [n, numbers], pitches [n] or None, samples) -> [n, samples]: the samples of whole sounds."""
    pitched: bool = False
    """A member has a pitch beside its code, in semitones."""
    timed: bool = False
    """A member can be made of any duration."""
    glide: str | Callable[..., Any] = ""
    """(model, codes [instants, numbers], pitches [instants] or None, samples) -> [samples]: one sound whose code moves
    over evenly spaced instants, for kinds that can do better than cross-fade members."""


KINDS: dict[str, Kind] = {
    "partials": Kind(whole="playing:notes", pitched=True, timed=True, glide="playing:glide"),
    "lapped": Kind(whole="lapped:samples_of"),
    "wavegan": Kind(whole="wavegan_members:samples_of"),
    "film": Kind("folding:film"),
    "concatenation": Kind("folding:concatenation"),
    "im_net": Kind("folding:im_net"),
    "hypernetwork": Kind("folding:hypernetwork"),
    "multiplicative": Kind("folding:multiplicative"),
    "parallel": Kind("folding:parallel"),
}


def kind_of(model: FamilyModel) -> Kind:
    """Return what the kind of a family is in numpy.

    Raises:
        InputError: the kind is not in the table.
    """
    if model.kind not in KINDS:
        raise InputError(f"families of the kind {model.kind!r} have no members as functions; there are: "
                         f"{', '.join(KINDS) or 'none'}")  # fmt: skip
    return KINDS[model.kind]


def layout_of(model: FamilyModel, sample_count: int) -> tuple[NetworkSpec, Segments]:
    """Return the network and the blocks in which members stand for a sound of so many samples at the model's rate.

    One member is one block; longer sounds are several, which overlap.

    Raises:
        InputError: a block would be too large.
    """
    kind, samples = kind_of(model), model.samples
    single = kind.timed or sample_count <= samples
    if kind.function:
        shared = 0 if single else samples // SHARED
        return network_of(model), Segments(sample_count, samples - shared, shared)
    size = frame_size_of(samples)
    frames = -(-(sample_count if kind.timed else samples) // size) if single else (samples - size // 4) // size
    if frames * size > MAX_TRANSFORM_PARAMETERS:
        raise InputError(f"a sound of this family has at most {MAX_TRANSFORM_PARAMETERS / model.rate:.0f} s")
    spec = Lapped(frame_size=size, frames=max(frames, 1))
    return spec, Segments(sample_count, spec.block_samples)


def pieces_layout(model: FamilyModel, sample_count: int) -> tuple[NetworkSpec, Segments]:
    """Return the layout of a recording that is written piece by piece, in blocks as long as the family's sounds."""
    kind = kind_of(model)
    if not kind.timed or sample_count <= model.samples:
        return layout_of(model, sample_count)
    size = frame_size_of(model.samples)
    spec = Lapped(frame_size=size, frames=max((model.samples - size // 4) // size, 1))
    return spec, Segments(sample_count, spec.block_samples)


def frame_size_of(samples: int) -> int:
    """Return the frame size for sounds of so many samples: a power of two, an eighth of them or less."""
    size = FRAME_STEP
    while size < LONGEST_FRAME and size * 16 <= samples:
        size *= 2
    return size


@lru_cache(maxsize=16)
@np.errstate(all="ignore")  # what overflows in a damaged file is found by whoever checks the result
def network_of(model: FamilyModel) -> NetworkSpec:
    """Return the network that the members of a family of functions are."""
    spec, _ = _call(kind_of(model).function)(model, np.zeros((1, model.numbers), np.float32))
    return spec  # type: ignore[no-any-return]


def suits(model: FamilyModel, spec: NetworkSpec) -> bool:
    """Tell whether members of a family can be blocks of a network."""
    if kind_of(model).function:
        return spec == network_of(model)
    return isinstance(spec, Lapped) and spec.channels == 1 and spec.parameters <= MAX_TRANSFORM_PARAMETERS


def start_of(spec: NetworkSpec, segments: Segments) -> int:
    """Return where members start, in samples from the start of their blocks: they reach into what blocks share."""
    return -(spec.overlap // 2) if isinstance(spec, Lapped) and segments.count > 1 else 0


@np.errstate(all="ignore")  # what overflows in a damaged file is found by whoever checks the result
def parameters_of(
    model: FamilyModel,
    codes: Reals,
    pitches: Reals | None,
    *,
    spec: NetworkSpec,
    segments: Segments,
    numbers: list[int],
) -> Arrays:
    """Return the parameters `[n, ...]` of the blocks `numbers [n]`, members with `codes [n, numbers]`.

    `pitches [n]` are semitones where the kind has them.
    """
    kind = kind_of(model)
    if kind.function:
        arrays: Arrays = _call(kind.function)(model, codes)[1]
        return arrays
    assert isinstance(spec, Lapped)
    samples = samples_of(model, codes, pitches, _count(model, segments))
    return _transformed(samples, start_of(spec, segments), spec, segments.count, numbers)


@np.errstate(all="ignore")  # what overflows in a damaged file is found by whoever checks the result
def samples_of(model: FamilyModel, codes: Reals, pitches: Reals | None, count: int) -> Reals:
    """Return the first `count` samples of members of a kind that makes samples, `[n, count]`.

    Kinds that know no duration have `model.samples` of them.
    """
    samples: Reals = _call(kind_of(model).whole)(model, codes, pitches, count)
    return samples


@np.errstate(all="ignore")  # what overflows in a damaged file is found by whoever checks the result
def glide_of(model: FamilyModel, codes: Reals, pitches: Reals | None, count: int) -> Reals | None:
    """Return one sound, `[count]`, whose code moves over evenly spaced instants; None of kinds without such a way."""
    kind = kind_of(model)
    if not kind.glide:
        return None
    samples: Reals = _call(kind.glide)(model, codes, pitches, count)
    return samples


def _count(model: FamilyModel, segments: Segments) -> int:
    timed = kind_of(model).timed and segments.count == 1
    return segments.sample_count if timed else model.samples


def _transformed(samples: Reals, start: int, spec: Lapped, count: int, numbers: list[int]) -> Arrays:
    """Return MDCT coefficients of the blocks `numbers` of `count`, each of which lies in its own `samples [n, any]`."""
    padded = np.zeros((len(samples), (spec.frames + 2) * spec.frame_size), np.float32)
    first = spec.frame_size + start  # a frame on either side, for what blocks share
    length = min(samples.shape[1], padded.shape[1] - first)
    padded[:, first : first + length] = samples[:, :length]
    frames = padded.reshape(len(samples), spec.frames + 2, spec.frame_size)
    weight = np.empty((len(samples), spec.frames, spec.frame_size, 1), np.float32)
    edges = np.array([[number > 0, number < count - 1] for number in numbers], np.float32).reshape(-1, 2)
    inner = [spec.frame_size] * (spec.frames - 1)
    for before, after in {tuple(edge) for edge in edges.tolist()}:
        at = np.flatnonzero((edges == (before, after)).all(axis=1))
        overlaps = np.array([spec.overlap * int(before), *inner, spec.overlap * int(after)])
        windows = WindowSequence(np.zeros(spec.frames + 2, np.int64), overlaps, spec.sine)
        weight[at, :, :, 0] = mdct(frames[at], windows)[:, 1:-1]
    return {"switching": np.zeros((len(samples), spec.frames), np.float32), "edges": edges, "weight": weight}


def _call(place: str | Callable[..., Any]) -> Callable[..., Any]:
    if not isinstance(place, str):
        return place
    module, _, name = place.partition(":")
    function: Callable[..., Any] = getattr(import_module(f"ligeia.codec.family.{module}"), name)
    return function
