"""The transform coding in the table of payload codings: quantised MDCT coefficients of `Lapped` (FORMAT.md §8).

A payload is a head with the block's step and mid/side, then entropy-coded symbols. It decodes to the parameters of the
network `Lapped`, or, at the sound's own rate, to samples by the inverse MDCT, without the function in between.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.faults import Faults
from ligeia.codec.header import (
    MAX_TRANSFORM_FRAMES,
    MAX_TRANSFORM_PARAMETERS,
    TRANSFORM_PARAMETERS_PER_BYTE,
    Arrays,
    Coding,
    Header,
    ModelId,
    batches,
)
from ligeia.codec.transform.block_coding import read_spectra
from ligeia.codec.transform.quantiser import CodedBlocks, reconstruct, to_mid_side
from ligeia.codec.transform.scale_factors import MAX_STEP, MIN_STEP, BlockFormat, Integers, profile_of
from ligeia.dsp.mdct import inverse_mdct, to_switching, window_sequence
from ligeia.errors import FormatError
from ligeia.networks.lapped import Lapped
from ligeia.networks.spec import NetworkSpec

HEAD_BYTES = 2
MID_SIDE = 1 << 15


def payloads_of(blocks: CodedBlocks, bodies: list[bytes]) -> list[bytes]:
    """Return the payloads of blocks whose symbols are `bodies`."""
    heads = (blocks.steps - MIN_STEP) | np.where(blocks.mid_side, MID_SIDE, 0)
    return [int(head).to_bytes(HEAD_BYTES, "little") + body for head, body in zip(heads, bodies, strict=True)]


def unpack(payloads: list[bytes], layout: BlockFormat) -> tuple[CodedBlocks, NDArray[np.bool_]]:
    """Return the blocks of payloads (none of them empty), and which of them are valid `[blocks]`."""
    heads, valid = _heads(payloads, layout)
    steps = np.minimum((heads & ~MID_SIDE) + MIN_STEP, MAX_STEP)
    spectra, ended = read_spectra([payload[HEAD_BYTES:] for payload in payloads], layout, steps)
    return CodedBlocks(steps, (heads & MID_SIDE) != 0, spectra), valid & ended


def _heads(payloads: list[bytes], layout: BlockFormat) -> tuple[Integers, NDArray[np.bool_]]:
    heads = np.array(
        [int.from_bytes(payload[:HEAD_BYTES].ljust(HEAD_BYTES, b"\xff"), "little") for payload in payloads]
    )
    mid_side = (heads & MID_SIDE) != 0
    return heads, ((heads & ~MID_SIDE) <= MAX_STEP - MIN_STEP) & ~(mid_side & (layout.channels != 2))


def parameters_of(
    blocks: CodedBlocks, layout: BlockFormat, numbers: Integers, count: int
) -> dict[str, NDArray[np.float32]]:
    """Return the parameters of the network `Lapped` for blocks with the `numbers [blocks]`, of `count` in the sound."""
    coefficients = to_mid_side(reconstruct(blocks, layout, numbers), blocks.mid_side)
    edges = np.stack([numbers > 0, numbers < count - 1], axis=1)
    return {
        "switching": blocks.spectra.switching.astype(np.float32),
        "edges": edges.astype(np.float32),
        "weight": np.ascontiguousarray(np.swapaxes(coefficients, 2, 3), dtype=np.float32),
    }


SYNTHESISED_AT_ONCE = 2**19
"""Coefficients of blocks that are decoded together: it bounds the memory."""

Spectrum = tuple[NDArray[np.float32], NDArray[np.int64]]
"""Coefficients `[blocks, frames, channels, frame_size]` and window switching `[blocks, frames]`."""


def decode_samples(
    payloads: Mapping[int, bytes], numbers: range, header: Header, faults: Faults
) -> Iterator[NDArray[np.float32]]:
    """Return the samples of the blocks `numbers`, a few blocks at a time, float32 `[channels, n]`.

    Blocks without payload are silent, and so are those that are not valid, which are noted in `faults`. Each is decoded
    once; one more on either side is, since neighbours share samples.
    """
    spec, count = header.spec, header.segments.count
    assert isinstance(spec, Lapped)
    size = max(SYNTHESISED_AT_ONCE // spec.parameters, 1)
    around = range(max(numbers.start - 1, 0), min(numbers.stop + 1, count))
    runs = (range(first, min(first + size, around.stop)) for first in range(around.start, around.stop, size))
    spectra = (_decode(payloads, run, header, faults) for run in runs)
    return synthesise(spectra, spec, range(numbers.start - around.start, numbers.stop - around.start))


def _decode(payloads: Mapping[int, bytes], numbers: range, header: Header, faults: Faults) -> Spectrum:
    """The spectrum of the blocks `numbers`, which parameters of the network would hold in another order."""
    spec, coding = header.spec, header.coding
    assert isinstance(spec, Lapped)
    assert isinstance(coding, TransformCoding)
    layout = coding.layout(header)
    coefficients = np.zeros((len(numbers), spec.frames, spec.channels, spec.frame_size), np.float32)
    switching = np.zeros((len(numbers), spec.frames), np.int64)
    for batch in batches(payloads, numbers, header):
        blocks, valid = unpack([*batch.values()], layout)
        chosen = np.array([*batch])
        faults.reasons.update(dict.fromkeys(chosen[~valid].tolist(), _WRONG))
        spectrum = to_mid_side(reconstruct(blocks, layout, chosen), blocks.mid_side)
        places = chosen[valid] - numbers.start
        coefficients[places], switching[places] = spectrum[valid], blocks.spectra.switching[valid]
    return coefficients, to_switching(switching)


def synthesise(spectra: Iterable[Spectrum], spec: Lapped, blocks: range) -> Iterator[NDArray[np.float32]]:
    """Return the samples of runs of blocks, float32 `[channels, n]`: of the range `blocks`, counted from the first one.

    The inverse MDCT of a block needs the blocks on both sides, so that the last one of a run comes with the next run.
    """
    runs = iter(spectra)
    held, following = next(runs, None), next(runs, None)
    first = done = 0  # the first block that is held, and the first one whose samples are not out yet
    while held is not None:
        stop = first + len(held[0])
        ready = range(max(done, blocks.start), min(stop if following is None else stop - 1, blocks.stop))
        if ready:
            yield _samples(held, spec, range(ready.start - first, ready.stop - first))
        done = max(done, ready.stop)
        if following is None:
            return
        kept = min(len(held[0]), 2)  # the last block is not out yet, and needs the one before it
        held = np.concatenate([held[0][-kept:], following[0]]), np.concatenate([held[1][-kept:], following[1]])
        following, first = next(runs, None), stop - kept


def _samples(spectrum: Spectrum, spec: Lapped, blocks: range) -> NDArray[np.float32]:
    coefficients, switching = spectrum
    frames = np.moveaxis(coefficients, 2, 0).reshape(spec.channels, -1, spec.frame_size)
    samples = inverse_mdct(frames, window_sequence(spec, switching)).reshape(spec.channels, -1)
    return samples[:, blocks.start * spec.block_samples : blocks.stop * spec.block_samples]


TRANSFORM = 0x8000
"""The coding word: this bit, and the number of a profile."""
_KIND = 0xE000

PARAMETERS_AT_ONCE = 2**20
"""Parameters of blocks that are unpacked together."""
COEFFICIENTS_AT_ONCE = 2**17
"""Coefficients of one frame in each of them: the contexts of each take some hundred bytes."""
FRAME_WORK, COEFFICIENT_WORK = 2**23, 2**13
"""Multiply-adds that take as long as what is done for a frame, and for a coefficient."""
_WRONG = "the coded numbers of a block do not end where they should"


@dataclass(frozen=True)
class TransformCoding(Coding):
    """Coefficients are quantised by the rules of a profile, and entropy-coded with its context model."""

    name: ClassVar[str] = "transform"
    network: ClassVar[type[Lapped]] = Lapped
    """The network that is coded so; not those that derive from it."""
    work_per_byte: ClassVar[float] = 1.5 * 2**24  # music takes some 2^17, what is nearly silent a little above 2^24

    profile: int
    """The number of the profile."""

    @classmethod
    def claims(cls, word: int) -> bool:
        """Return whether the upper bits of a word are 100."""
        return word & _KIND == TRANSFORM

    @classmethod
    def read(cls, word: int, model: ModelId | None, spec: NetworkSpec) -> "TransformCoding":
        """Return the coding of a word; a `FormatError` where the network or the profile is not valid."""
        cls.check_network(spec)
        profile = profile_of(word ^ TRANSFORM)
        if profile.dependent and spec.channels != 1:
            raise FormatError(f"impossible header: the profile {profile.name} is for one channel, not {spec.channels}")
        return cls(profile.wire_id)

    @classmethod
    def check_network(cls, spec: NetworkSpec) -> None:
        """Raise a `FormatError` where a network has no transform coding, or is too large for it."""
        if not isinstance(spec, cls.network) or spec.wire_id != cls.network.wire_id:
            raise FormatError(f"impossible header: the network {spec.name} has no {cls.name} coding")
        if spec.parameters > MAX_TRANSFORM_PARAMETERS or spec.frames * spec.channels > MAX_TRANSFORM_FRAMES:
            raise FormatError(f"impossible header: {spec.parameters} parameters in {spec.frames} frames of a block")

    @property
    def word(self) -> int:
        """The coding word of the header."""
        return TRANSFORM | self.profile

    @property
    def parameters_per_byte(self) -> int:
        """Parameters to a byte of payload at most: most coefficients are 0, and cost next to nothing."""
        return TRANSFORM_PARAMETERS_PER_BYTE

    def blocks_at_once(self, spec: NetworkSpec) -> int:
        """Number of blocks whose symbols are decoded side by side."""
        assert isinstance(spec, Lapped)
        return max(min(PARAMETERS_AT_ONCE // spec.parameters, COEFFICIENTS_AT_ONCE // spec.frame_size), 1)

    def unpack(
        self, payloads: list[bytes], numbers: list[int], header: Header
    ) -> list[tuple[float, Arrays] | FormatError]:
        """Gains (always 1) and parameters of blocks, or what is wrong with each."""
        layout = self.layout(header)
        blocks, valid = unpack(payloads, layout)
        arrays = parameters_of(blocks, layout, np.array(numbers), header.segments.count)
        rows = [{name: value[k] for name, value in arrays.items()} for k in range(len(numbers))]
        return [(1.0, row) if good else FormatError(_WRONG) for row, good in zip(rows, valid, strict=True)]

    def samples(
        self, payloads: Mapping[int, bytes], numbers: range, header: Header, faults: Faults
    ) -> Iterator[NDArray[np.float32]] | None:
        """The samples of the blocks `numbers`, by the inverse MDCT."""
        return decode_samples(payloads, numbers, header, faults)

    def work(self, header: Header, density: float) -> float:
        """Return the multiply-adds that a block takes: some for each coefficient, and for each frame of a batch."""
        spec = header.spec
        assert isinstance(spec, Lapped)
        frames = spec.frames * spec.channels / self.blocks_at_once(spec)
        return FRAME_WORK * frames + COEFFICIENT_WORK * spec.parameters * density

    def bytes_by_part(self, sizes: list[int]) -> dict[str, int]:
        """Bytes of the global quantisation steps, and of all that is entropy-coded."""
        steps = HEAD_BYTES * len(sizes)
        return {"steps": steps, "parameters": sum(sizes) - steps}

    def counts(self, payloads: Mapping[int, bytes], header: Header, *, reading: bool) -> dict[str, int]:
        """Coefficients other than 0 (noise filling is not counted), and two parameters for each.

        Raises:
            FormatError: a payload is not valid.
        """
        if not reading:
            return {}
        coefficients, layout = 0, self.layout(header)
        for batch in batches(payloads, payloads, header):
            blocks, valid = unpack([*batch.values()], layout)
            if not valid.all():
                raise FormatError(_WRONG)
            coefficients += int(np.count_nonzero(blocks.spectra.coefficients))
        return {"parameters": 2 * coefficients, "coefficients": coefficients}

    def facts(self) -> dict[str, Any]:
        """The name of the profile."""
        return {"profile": profile_of(self.profile).name}

    def layout(self, header: Header) -> BlockFormat:
        """The properties that all blocks of a stream share."""
        spec = header.spec
        assert isinstance(spec, Lapped)
        return BlockFormat(spec.frame_size, spec.frames, spec.channels, header.rate, profile_of(self.profile))
