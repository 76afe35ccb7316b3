"""Decoding with the synthesis: a coding that decodes as another one does, and lets the network rewrite the sound.

The samples of a block follow from those around it, as the codec decodes them, and from the facts of their frames. They
are analysed again by the transform of the stream, so that what comes out is a function of windowed sines as before: it
has a value at any instant, at any rate. What an instant depends on is limited, and each block is computed in one way
alone, so that whole sounds, parts and pieces agree to the bit.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.container import Stream
from ligeia.codec.faults import Faults
from ligeia.codec.header import Arrays, Header
from ligeia.codec.synthesis.features import (
    FRAME_SIZE,
    HOP,
    OVERLAP,
    RATE,
    SIZE,
    facts_at,
    frame_facts,
    overlap_add,
    silent_facts,
    spectra,
)
from ligeia.codec.synthesis.network import BANDS, REACH, Network
from ligeia.codec.transform.coding import TransformCoding, synthesise, unpack
from ligeia.codec.transform.quantiser import reconstruct
from ligeia.codec.transform.scale_factors import profile_of
from ligeia.dsp.mdct import mdct, window_sequence
from ligeia.errors import FormatError, InputError
from ligeia.networks.lapped import Lapped
from ligeia.networks.spec import NetworkSpec

PROFILE = "speech_low"
"""The profile whose streams the network has learned from."""
BEFORE, AFTER = REACH + OVERLAP + 1, REACH + OVERLAP
"""Hops before and after a stretch that its new samples depend on."""
CHOICES = ("auto", "on", "off")
"""Uses of the network: where it has learned, always (or an error), never."""
BLOCKS_AT_ONCE = 12
"""Blocks that are written together: as many, and four more, are decoded for it."""
SAMPLES_AT_ONCE = 2**20
"""Samples of such blocks at most, if there is more than one."""
WRONG = "the coded numbers of a block do not end where they should"


def unsuited(header: Header) -> str | None:
    """Return why the network has nothing to say about a stream; None where it has."""
    coding, spec = header.coding, header.spec
    if not isinstance(coding, TransformCoding) or not isinstance(spec, Lapped):
        return "only streams of the lapped network at low rates can be enhanced"
    if profile_of(coding.profile).name != PROFILE:
        name = profile_of(coding.profile).name
        return f"the profile is {name}, and the network has learned from {PROFILE} (below 8 kbit/s)"
    if (header.rate, spec.channels) != (RATE, 1):
        return f"the network has learned from one channel at {RATE} Hz, and this is {spec.channels} at {header.rate} Hz"
    if spec.frame_size != FRAME_SIZE or spec.sine:
        return f"the network has learned from frames of {FRAME_SIZE} samples, not of {spec.frame_size}"
    if header.segments.count > 1 and spec.block_samples < (BEFORE + AFTER) * HOP:
        return f"blocks of {spec.block_samples} samples are shorter than what the network looks at"
    return None


def enhanced(parsed: Stream, choice: str = "auto") -> Stream:
    """Return a stream that decodes through the network: where it has learned ("auto"), always ("on"), never ("off").

    Raises:
        InputError: the choice is unknown; or it is "on" and the network cannot be used.
    """
    if choice not in CHOICES:
        raise InputError(f"enhance must be one of {', '.join(CHOICES)}, got {choice!r}")
    if choice == "off" or is_enhanced(parsed):
        return parsed
    reason = unsuited(parsed.header)
    if reason is not None:
        if choice == "on":
            raise InputError(f"this stream cannot be enhanced: {reason}")
        return parsed
    coding = parsed.header.coding
    assert isinstance(coding, TransformCoding)
    written = SynthesisCoding(coding.profile, parsed.payloads)
    return replace(parsed, header=replace(parsed.header, coding=written), payloads=_Written(parsed.payloads))


class _Written(Mapping[int, bytes]):
    """The payloads of a stream, where silent blocks are not left out: the network may let sound fade into them."""

    def __init__(self, stored: Mapping[int, bytes]) -> None:
        self.stored = stored

    def __len__(self) -> int:
        return len(self.stored)

    def __iter__(self) -> Iterator[int]:
        return iter(self.stored)

    def __contains__(self, number: object) -> bool:
        return number in self.stored

    def __getitem__(self, number: int) -> bytes:
        if number not in self.stored:
            raise KeyError(number)
        return b"a block"  # the coding reads the stored ones, and those around them


def is_enhanced(parsed: Stream) -> bool:
    """Tell whether a stream decodes through the network."""
    return isinstance(parsed.header.coding, SynthesisCoding)


@lru_cache(maxsize=1)
def shipped_network() -> Network:
    """Return the network that comes with the package.

    Raises:
        InputError: its file is missing or is not valid.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    place = files("ligeia.codec.synthesis").joinpath(f"{PROFILE}.safetensors")
    try:
        arrays = load(place.read_bytes())
    except (OSError, SafetensorError) as error:
        raise InputError(
            f"the network of the synthesis cannot be read: {place}: {error}; decode with enhance off, or reinstall"
        ) from error
    return Network.from_arrays(arrays, str(place))


@dataclass(frozen=True)
class SynthesisCoding(TransformCoding):
    """The transform coding, with the network behind it. It is made for decoding, and is never in a header of a file."""

    all_payloads: Mapping[int, bytes] = field(default_factory=dict, compare=False, repr=False)
    """The payloads of the whole stream: a block depends on those around it."""

    def unpack(
        self, payloads: list[bytes], numbers: list[int], header: Header
    ) -> list[tuple[float, Arrays] | FormatError]:
        """Gains (always 1) and parameters of blocks after the network, or what is wrong with each."""
        done: list[tuple[float, Arrays] | FormatError] = []
        count = header.segments.count
        for run in _runs(numbers):
            around = range(max(run.start - 1, 0), min(run.stop + 1, count))
            decoded = self._decode(around, header)
            samples = np.concatenate([*self._write(decoded, around, header)])
            spec = header.spec
            assert isinstance(spec, Lapped)
            switching = np.zeros((len(around), spec.frames), np.int64)
            coefficients = mdct(samples.reshape(1, -1, FRAME_SIZE), window_sequence(spec, switching))
            blocks = coefficients.reshape(len(around), spec.frames, FRAME_SIZE, 1).astype(np.float32)
            for number in run:
                edges = np.array([number > 0, number < count - 1], np.float32)
                arrays = {"switching": switching[0].astype(np.float32), "edges": edges}
                arrays["weight"] = blocks[number - around.start]
                wrong = decoded.invalid.get(number)
                done.append((1.0, arrays) if wrong is None else FormatError(wrong))
        return done

    def reach_samples(self, spec: NetworkSpec) -> int:
        """Samples on both sides of a block that the network writes otherwise because of it."""
        return max(BEFORE, AFTER) * HOP + spec.reach_samples

    def samples(
        self, payloads: Mapping[int, bytes], numbers: range, header: Header, faults: Faults
    ) -> Iterator[NDArray[np.float32]]:
        """The samples of the blocks `numbers` after the network."""
        assert header.spec.block_samples is not None
        size = max(min(BLOCKS_AT_ONCE, SAMPLES_AT_ONCE // header.spec.block_samples), 1)
        for first in range(numbers.start, numbers.stop, size):
            run = range(first, min(first + size, numbers.stop))
            decoded = self._decode(run, header)
            faults.reasons.update(decoded.invalid)
            for block in self._write(decoded, run, header):
                yield block[None]

    def _decode(self, run: range, header: Header) -> "_Decoded":
        """Decode blocks and the two on either side: what their new samples depend on."""
        count, spec = header.segments.count, header.spec
        assert isinstance(spec, Lapped)
        layout = self.layout(header)
        around = range(max(run.start - 2, 0), min(run.stop + 2, count))
        coefficients = np.zeros((len(around), spec.frames, 1, FRAME_SIZE), np.float32)
        switching = np.zeros((len(around), spec.frames), np.int64)
        facts = np.zeros((len(around), spec.frames, *silent_facts(BANDS).shape), np.float32) + silent_facts(BANDS)
        found = {number: self.all_payloads.get(number) for number in around}
        audible = {number: payload for number, payload in found.items() if payload}
        invalid: dict[int, str] = {}
        if audible:
            blocks, valid = unpack([*audible.values()], layout)
            places = np.array([*audible]) - around.start
            invalid = {number: WRONG for number, good in zip(audible, valid, strict=True) if not good}
            spectrum = reconstruct(blocks, layout, np.array([*audible]))
            coefficients[places[valid]] = spectrum[valid]
            switching[places[valid]] = blocks.spectra.switching[valid]
            facts[places[valid]] = frame_facts(blocks, layout)[valid]
        samples = np.concatenate([*synthesise([(coefficients, switching)], spec, range(len(around)))], axis=1)[0]
        return _Decoded(around, samples, facts.reshape(-1, *facts.shape[2:]), invalid)

    def _write(self, decoded: "_Decoded", run: range, header: Header) -> Iterator[NDArray[np.float32]]:
        """Yield the new samples of each block `[block_samples]`."""
        assert header.spec.block_samples is not None
        hops = header.spec.block_samples // HOP
        for number in run:
            if number not in self.all_payloads or number in decoded.invalid:
                yield np.zeros(hops * HOP, np.float32)
                continue
            first = (number - decoded.around.start) * hops
            samples = _padded(decoded.samples, (first - BEFORE) * HOP, (first + hops + AFTER) * HOP)
            frames = range(first - BEFORE, first + hops + AFTER - SIZE // HOP + 1)
            yield _written(samples, _facts(decoded.facts, frames))


@dataclass(frozen=True)
class _Decoded:
    """Blocks as the codec decodes them."""

    around: range
    samples: NDArray[np.float32]
    facts: NDArray[np.float32]
    invalid: dict[int, str]


def _written(samples: NDArray[np.float32], facts: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what the network makes of samples and the facts of their frames."""
    if not samples.any() and (facts == silent_facts(BANDS)).all():
        return _silence(len(samples), len(facts))
    return overlap_add(shipped_network()(spectra(samples), facts))


@lru_cache(maxsize=2)
def _silence(samples: int, frames: int) -> NDArray[np.float32]:
    """Return what the network makes of silence, which is long in many a recording."""
    facts = np.repeat(silent_facts(BANDS)[None], frames, axis=0)
    return overlap_add(shipped_network()(spectra(np.zeros(samples, np.float32)), facts))


def _runs(numbers: list[int]) -> Iterator[range]:
    """Cut ascending numbers in runs without a gap."""
    start = 0
    for k in range(1, len(numbers) + 1):
        if k == len(numbers) or numbers[k] != numbers[k - 1] + 1:
            yield range(numbers[start], numbers[k - 1] + 1)
            start = k


def _padded(samples: NDArray[np.float32], start: int, stop: int) -> NDArray[np.float32]:
    """Return samples from `start` to `stop`, with zeros where there are none."""
    before, after = max(-start, 0), max(stop - len(samples), 0)
    return np.pad(samples[max(start, 0) : min(stop, len(samples))], (before, after))


def _facts(facts: NDArray[np.float32], frames: range) -> NDArray[np.float32]:
    """Return the facts of short-time spectra, silent outside the sound."""
    low, high = frames.start * HOP // FRAME_SIZE - 1, frames.stop * HOP // FRAME_SIZE + 2
    around = np.repeat(silent_facts(BANDS)[None], high - low, axis=0)
    inside = range(max(low, 0), min(high, len(facts)))
    around[inside.start - low : inside.stop - low] = facts[inside.start : inside.stop]
    return np.asarray(facts_at(around, low, frames), np.float32)
