"""The third payload coding: a stream names a model, and each block holds the code of a member (FORMAT.md §9)."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from ligeia.codec.family.codes import Member, longest_member, pack_member, unpack_member
from ligeia.codec.family.finding import model_of
from ligeia.codec.family.members import kind_of, parameters_of, suits
from ligeia.codec.family.model import FamilyModel
from ligeia.codec.header import MAX_MAGNITUDE, Arrays, Coding, Header, ModelId, payload_sizes
from ligeia.codec.parameters.coding import GAIN_BYTES
from ligeia.errors import FormatError, InputError
from ligeia.networks.spec import NetworkSpec

WORD = 0xC001
_AT_ONCE = 2**22
"""Parameters of blocks that are made together."""


class EveryModel(Collection[ModelId]):
    """Whichever models can be found: `read` looks for the one that a stream names, and says where it has looked."""

    def __contains__(self, model: object) -> bool:
        return isinstance(model, ModelId)

    def __iter__(self) -> Iterator[ModelId]:
        return iter(())

    def __len__(self) -> int:
        return 0


@dataclass(frozen=True)
class FamilyCoding(Coding):
    """Blocks are members of a family of sounds: the model has what all of them share, a payload what is a member's."""

    name: ClassVar[str] = "family"
    models: ClassVar[Collection[ModelId]] = EveryModel()

    family: FamilyModel = field(compare=False, repr=False)
    identifier: ModelId
    parameters: int
    """Parameters of a block's network."""

    @classmethod
    def of(cls, family: FamilyModel, spec: NetworkSpec) -> "FamilyCoding":
        """Return the coding of members of a family as the network `spec`.

        Raises:
            InputError: its members are not of this network.
        """
        if not suits(family, spec):
            raise InputError(
                f"members of the family {family.name} are not of the network {spec.name} with these fields"
            )
        return cls(family, family.id, spec.parameters)

    @classmethod
    def claims(cls, word: int) -> bool:
        """Return whether a word is that of this coding."""
        return word == WORD

    @classmethod
    def read(cls, word: int, model: ModelId | None, spec: NetworkSpec) -> "FamilyCoding":
        """Return the coding with the model that a header names.

        Raises:
            FormatError: the model cannot be found, or its members are not of the header's network.
        """
        assert model is not None, "every word of this form names a model"
        try:
            return cls.of(model_of(model), spec)
        except InputError as error:
            raise FormatError(f"impossible header: {error}") from error

    @property
    def word(self) -> int:
        """The coding word of the header."""
        return WORD

    @property
    def model(self) -> ModelId:
        """The model that the header names behind the word."""
        return self.identifier

    @property
    def parameters_per_byte(self) -> int:
        """Parameters to a byte of payload at most: all of a block's, since the model has them."""
        return self.parameters

    def longest_payload(self, spec: NetworkSpec) -> int:
        """Return an upper limit of a valid payload's bytes."""
        return longest_member(self.family.numbers)

    def blocks_at_once(self, spec: NetworkSpec) -> int:
        """Return the number of blocks whose parameters are made together."""
        return max(min(_AT_ONCE // spec.parameters, 64), 1)

    @property
    def pitched(self) -> bool:
        """True if payloads hold a pitch."""
        return kind_of(self.family).pitched

    def pack(self, member: Member, precision: int) -> bytes:
        """Return the payload of a member; see `pack_member`.

        Raises:
            InputError: it cannot be stored, or has a pitch where the family knows none, or none where it does.
        """
        if (member.pitch is not None) != self.pitched:
            raise InputError(f"members of the family {self.family.name} have {'a' if self.pitched else 'no'} pitch")
        return pack_member(self.family, member, precision)

    def member(self, payload: bytes) -> Member:
        """Return the member of a payload; a `FormatError` where it is not valid."""
        return unpack_member(self.family, payload, pitched=self.pitched)

    def unpack(
        self, payloads: list[bytes], numbers: list[int], header: Header
    ) -> list[tuple[float, Arrays] | FormatError]:
        """Gains and parameters of blocks, or what is wrong with each."""
        found = [self._checked_member(payload, header) for payload in payloads]
        valid = [k for k, member in enumerate(found) if isinstance(member, Member)]
        members = [member for member in found if isinstance(member, Member)]
        blocks: list[tuple[float, Arrays] | FormatError] = [
            member if isinstance(member, FormatError) else (member.gain, {}) for member in found
        ]
        if not members:
            return blocks
        arrays = parameters_of(
            self.family,
            np.stack([member.code for member in members]),
            np.array([member.pitch for member in members], np.float32) if self.pitched else None,
            spec=header.spec,
            segments=header.segments,
            numbers=[numbers[k] for k in valid],
        )
        for row, (k, member) in enumerate(zip(valid, members, strict=True)):
            own = {name: value[row] for name, value in arrays.items()}
            good = all((np.abs(value) <= MAX_MAGNITUDE).all() for value in own.values())  # false for NaN too
            blocks[k] = (member.gain, own) if good else FormatError("a code gives parameters beyond 2^40")
        return blocks

    def _checked_member(self, payload: bytes, header: Header) -> Member | FormatError:
        try:
            if header.rate != self.family.rate:
                raise FormatError(f"the family has {self.family.rate} samples a second, the stream {header.rate}")
            if header.spec.block_samples is None and header.segments.length != self.family.samples:
                raise FormatError(f"a block of this family has {self.family.samples} samples")
            return self.member(payload)
        except FormatError as error:
            return error

    def bytes_by_part(self, sizes: list[int]) -> dict[str, int]:
        """Bytes of gains, and of codes with their precision and pitch."""
        gains = GAIN_BYTES * len(sizes)
        return {"gains": gains, "codes": sum(sizes) - gains}

    def counts(self, payloads: Mapping[int, bytes], header: Header, *, reading: bool) -> dict[str, int]:
        """Parameters of the networks of audible blocks; nearly all of them are the model's."""
        return {"parameters": sum(map(bool, payload_sizes(payloads))) * header.spec.parameters}

    def facts(self) -> dict[str, Any]:
        """Needs beside the stream: the kind of the family, numbers of a code, bytes of the model."""
        return {"family": self.family.kind, "code": self.family.numbers, "model_bytes": self.family.size}
