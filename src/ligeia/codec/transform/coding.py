"""The transform coding in the table of payload codings: quantised MDCT coefficients of the lapped network (§8)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

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
from ligeia.codec.transform.payload import HEAD_BYTES, parameters_of, unpack
from ligeia.codec.transform.scale_factors import BlockFormat, profile_of
from ligeia.codec.transform.synthesis import decode_samples
from ligeia.errors import FormatError
from ligeia.networks.lapped import Lapped
from ligeia.networks.spec import NetworkSpec

TRANSFORM = 0x8000
"""The coding word: this bit, and the number of a profile."""
_KIND = 0xC000

PARAMETERS_AT_ONCE = 2**20
"""Parameters of blocks that are unpacked together."""
COEFFICIENTS_AT_ONCE = 2**17
"""Coefficients of one frame in each of them: the contexts of each take some hundred bytes."""
_WRONG = "the coded numbers of a block do not end where they should"


@dataclass(frozen=True)
class TransformCoding(Coding):
    """Coefficients are quantised by the rules of a profile, and entropy-coded with its context model."""

    name: ClassVar[str] = "transform"

    profile: int
    """The number of the profile."""

    @classmethod
    def claims(cls, word: int) -> bool:
        """Return whether the upper bits of a word are 10."""
        return word & _KIND == TRANSFORM

    @classmethod
    def read(cls, word: int, model: ModelId | None, spec: NetworkSpec) -> "TransformCoding":
        """Return the coding of a word; a `FormatError` where the network or the profile is not valid."""
        if not isinstance(spec, Lapped):
            raise FormatError(f"impossible header: the network {spec.name} has no transform coding")
        if spec.parameters > MAX_TRANSFORM_PARAMETERS or spec.frames * spec.channels > MAX_TRANSFORM_FRAMES:
            raise FormatError(f"impossible header: {spec.parameters} parameters in {spec.frames} frames of a block")
        return cls(profile_of(word ^ TRANSFORM).wire_id)

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
        self, payloads: Mapping[int, bytes], numbers: range, header: Header, *, salvage: bool
    ) -> Iterator[NDArray[np.float32]]:
        """The samples of the blocks `numbers`, by the inverse MDCT."""
        return decode_samples(payloads, numbers, header, salvage=salvage)

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
            blocks, valid = unpack([payloads[number] for number in batch], layout)
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
