"""The transform coding of network 13: the phases of a block, then the weights of its sines (FORMAT.md §8.7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.bytesio import Reader as Bytes
from ligeia.codec.bytesio import varint
from ligeia.codec.faults import Faults
from ligeia.codec.header import Arrays, Header, ModelId
from ligeia.codec.phased.changes import code_slopes, shipped_table
from ligeia.codec.phased.contour import RESOLUTION
from ligeia.codec.transform.coding import TransformCoding
from ligeia.codec.transform.context_model import CountTable
from ligeia.codec.transform.entropy import Reader, Writer
from ligeia.codec.transform.scale_factors import profile_of
from ligeia.errors import FormatError
from ligeia.networks.lapped import Lapped
from ligeia.networks.phase import MOST_SLOPE, Integers
from ligeia.networks.phased import Phased
from ligeia.networks.spec import NetworkSpec

LARGEST = round(MOST_SLOPE * RESOLUTION)
"""Largest size of a slope, in parts."""
PHASED = 0xA000
"""The coding word: these bits, and the number of a profile."""
_KIND = 0xE000
PROFILE = "siren"
"""The profile whose model knows phases."""
SINE_WORK = 40
"""Multiply-adds that take as long as a sine at an instant."""


def phase_bytes(slopes: Integers, table: CountTable) -> bytes:
    """Return the slopes of a block `[units]` as the bytes before its other symbols."""
    if not slopes.any():
        return varint(0)
    writer = Writer(1)
    code_slopes(writer, table, (1, len(slopes)), slopes[None])
    words = writer.finish()[0]
    return varint(len(words)) + words


def read_phase(payload: bytes, units: int, table: CountTable) -> tuple[Integers, bytes]:
    """Return the slopes `[units]` of a payload, and what follows them.

    Raises:
        FormatError: they are not valid.
    """
    start = Bytes(payload)
    words = start.take(start.varint())
    rest = payload[start.position :]
    if not words:
        return np.zeros(units, np.int64), rest
    reader = Reader([words])
    slopes = code_slopes(reader, table, (1, units), None)[0]
    if not reader.finish().all():
        raise FormatError("the slopes of a phase do not end where they should")
    if np.abs(slopes).max() > LARGEST:
        raise FormatError(f"the slope of a phase is not valid: {np.abs(slopes).max()} parts, {LARGEST} at most")
    return slopes, rest


@dataclass(frozen=True)
class PhasedCoding(TransformCoding):
    """Slopes of the phase, and coefficients as in the transform coding of network 11."""

    name: ClassVar[str] = "phased"
    network: ClassVar[type[Lapped]] = Phased
    work_per_byte: ClassVar[float] = 2.0**28  # speech for 6 kbit/s takes 2^20, what is nearly silent at 48 kHz 2^27

    @classmethod
    def claims(cls, word: int) -> bool:
        """Return whether the upper bits of a word are 101."""
        return word & _KIND == PHASED

    @classmethod
    def read(cls, word: int, model: ModelId | None, spec: NetworkSpec) -> "PhasedCoding":
        """Return the coding of a word; a `FormatError` where the network or the profile is not valid."""
        cls.check_network(spec)
        profile = profile_of(word ^ PHASED)
        if profile.name != PROFILE:
            raise FormatError(f"the profile {profile.wire_id} has no phases")
        return cls(profile.wire_id)

    @property
    def table(self) -> CountTable:
        """The counts of changes."""
        return shipped_table(PROFILE)

    @property
    def word(self) -> int:
        """The coding word of the header."""
        return PHASED | self.profile

    def unpack(
        self, payloads: list[bytes], numbers: list[int], header: Header
    ) -> list[tuple[float, Arrays] | FormatError]:
        """Gains (always 1) and parameters of blocks, or what is wrong with each."""
        spec = header.spec
        assert isinstance(spec, Phased)
        phases = [_phase_or_fault(payload, spec.units, self.table) for payload in payloads]
        rests = [b"" if isinstance(phase, FormatError) else phase[1] for phase in phases]
        rows = super().unpack(rests, numbers, header)
        for place, (phase, row) in enumerate(zip(phases, rows, strict=True)):
            if isinstance(phase, FormatError):
                rows[place] = phase
            elif not isinstance(row, FormatError):
                row[1]["phase"] = (phase[0] / RESOLUTION).astype(np.float32)
        return rows

    def samples(self, payloads: Mapping[int, bytes], numbers: range, header: Header, faults: Faults) -> None:
        """Return None: samples lie anywhere in bent time, so that the function is evaluated."""

    def work(self, header: Header, density: float) -> float:
        """Return the multiply-adds of a block: those of its coefficients, and a sine of two hops for each sample."""
        spec: NetworkSpec = header.spec
        assert isinstance(spec, Phased)
        return super().work(header, 1.0) + density * spec.parameters * 2 * spec.frame_size * SINE_WORK

    def counts(self, payloads: Mapping[int, bytes], header: Header, *, reading: bool) -> dict[str, int]:
        """Coefficients other than 0, two parameters for each, and the slopes.

        Raises:
            FormatError: a payload is not valid.
        """
        if not reading:
            return {}
        spec = header.spec
        assert isinstance(spec, Phased)
        audible = {number: payload for number, payload in payloads.items() if payload}
        rests = {number: read_phase(payload, spec.units, self.table)[1] for number, payload in audible.items()}
        counts = super().counts(rests, header, reading=True)
        return counts | {"parameters": counts["parameters"] + spec.units * len(audible)}


def _phase_or_fault(payload: bytes, units: int, table: CountTable) -> tuple[NDArray[np.int64], bytes] | FormatError:
    try:
        return read_phase(payload, units, table)
    except FormatError as error:
        return error
