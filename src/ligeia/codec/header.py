"""The header of a stream as a value, and what every coding of its payloads offers (FORMAT.md §2, §3, §6)."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import inf
from re import fullmatch
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.blocks import Segments
from ligeia.codec.faults import Faults
from ligeia.errors import FormatError, InputError
from ligeia.networks.spec import NetworkSpec

Arrays = dict[str, NDArray[np.float32]]
"""The parameters of a network by name."""

MAX_RATE = 2**31 - 1
MAX_SAMPLES = 2**48
MAX_LENGTH = 2**26
"""Samples in a block at most."""
MAX_BLOCKS = 2**22
"""Blocks at most: what a program holds for each of them stays small, whatever a header says."""
MAX_PARAMETERS = 2**24
"""Parameters in a block at most."""
MAX_MAGNITUDE = 2.0**40
"""Largest absolute parameter: with `MAX_GAIN` it keeps what a decoder computes finite in single precision."""
MAX_GAIN = 2.0**32
"""Largest gain of a block."""
PARAMETERS_PER_BYTE = 32
"""Parameters of a network to a byte of its payload at most: it bounds memory and time before they are spent."""
MAX_TRANSFORM_PARAMETERS = 2**21
"""`MAX_PARAMETERS` of a block in the transform coding."""
MAX_TRANSFORM_FRAMES = 2**12
"""Frames times channels of a block in the transform coding: each takes a decoder its time, however short it is."""
TRANSFORM_PARAMETERS_PER_BYTE = 1024
"""`PARAMETERS_PER_BYTE` of the transform coding."""
MAX_MODEL_NAME = 32
"""Characters of a model's name."""
DIGEST_BYTES = 8


@dataclass(frozen=True)
class ModelId:
    """The weights that a stream needs beside its own bytes.

    Raises:
        InputError: the name or the digest is not valid.
    """

    name: str
    """1 to 32 of a-z, 0-9, `.`, `_` and `-`."""
    digest: bytes
    """The first 8 bytes of the SHA-256 of the file of the weights: it tells versions apart, and signs nothing."""

    def __post_init__(self) -> None:
        if not fullmatch(rf"[a-z0-9._-]{{1,{MAX_MODEL_NAME}}}", self.name):
            raise InputError(f"{self.name!r} is not a valid name of a model: 1 to {MAX_MODEL_NAME} of a-z 0-9 . _ -")
        if len(self.digest) != DIGEST_BYTES:
            raise InputError(f"the digest of a model has {DIGEST_BYTES} bytes, got {len(self.digest)}")

    def __str__(self) -> str:
        return f"{self.name} ({self.digest.hex()})"


class Coding(ABC):
    """The coding of a stream's payloads: a value in its header, one of the table in `codec.coding`.

    Implementations are frozen dataclasses, so that headers compare. Each coding writes payloads in its own way (one
    takes parameters, another a sound); reading them is the same for all.
    """

    name: ClassVar[str]
    models: ClassVar[Collection[ModelId]] = ()
    """The models that this program has for the coding; empty where it needs none."""

    work_per_byte: ClassVar[float] = inf
    """The `work` that a byte of the stream justifies at most (`codec.budget`)."""

    @classmethod
    @abstractmethod
    def claims(cls, word: int) -> bool:
        """Return whether a coding word of the header (16 bits) is one of this coding's."""

    @classmethod
    @abstractmethod
    def read(cls, word: int, model: ModelId | None, spec: NetworkSpec) -> "Coding":
        """Return the coding that a word, and the model named behind it, stand for.

        Raises:
            FormatError: the word is not valid, or `spec` cannot be coded so.
        """

    @property
    @abstractmethod
    def word(self) -> int:
        """The coding word of the header."""

    @property
    def model(self) -> ModelId | None:
        """The model that the header names behind the word."""
        return None

    @property
    @abstractmethod
    def parameters_per_byte(self) -> int:
        """Parameters of a network to a byte of its payload at most."""

    def longest_payload(self, spec: NetworkSpec) -> int:
        """Return an upper limit of a valid payload's bytes: a number and its scale take at most 24 + 12 + 24 bits."""
        return 16 * spec.parameters + 64

    def blocks_at_once(self, spec: NetworkSpec) -> int:
        """Return the number of blocks that `unpack` handles best at a time."""
        return 1

    @abstractmethod
    def unpack(
        self, payloads: list[bytes], numbers: list[int], header: "Header"
    ) -> list[tuple[float, Arrays] | FormatError]:
        """Return gain and parameters of the blocks `numbers`, none of them empty, or what is wrong with each."""

    def samples(
        self, payloads: Mapping[int, bytes], numbers: range, header: "Header", faults: Faults
    ) -> Iterator[NDArray[np.float32]] | None:
        """Return the samples of the blocks `numbers` at the sound's own rate, in pieces float32 `[channels, n]`.

        None if evaluating the function is the only way. Invalid blocks are silent, and noted in `faults`.
        """
        return None

    def reach_samples(self, spec: NetworkSpec) -> int:
        """Return by how many samples, on both sides, a block changes what its neighbours sound like."""
        return spec.reach_samples

    def work(self, header: "Header", density: float) -> float:
        """Return what decoding an audible block takes, in multiply-adds (`codec.budget`).

        `density` is how many samples are wanted for each of the block's own.
        """
        return 0.0

    @abstractmethod
    def bytes_by_part(self, sizes: list[int]) -> dict[str, int]:
        """Return the bytes of audible payloads of these `sizes`, divided by purpose."""

    @abstractmethod
    def counts(self, payloads: Mapping[int, bytes], header: "Header", *, reading: bool) -> dict[str, int]:
        """Count the "parameters" of audible blocks, and the "coefficients" of a sparse network.

        Without `reading`, count only what is known without decoding payloads.
        """

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """The fields of `inspect.StreamInfo` that only this coding fills."""


@dataclass(frozen=True)
class Header:
    """The header of a stream: the function except for the parameters of its networks."""

    spec: NetworkSpec
    rate: int
    segments: Segments
    coding: Coding


@dataclass(frozen=True)
class Unpacked:
    """Blocks of a stream: gains float32 `[blocks]` (0: silence), parameters `[blocks, ...]`, and the invalid ones."""

    gains: NDArray[np.float32]
    parameters: Arrays
    invalid: dict[int, str]
    """Reasons, by the number of the block."""


def unpack_blocks(payloads: Mapping[int, bytes], numbers: range, header: Header) -> Unpacked:
    """Unpack the blocks `numbers` of a stream; blocks without a payload are silent, and so are invalid ones.

    Each payload is asked for once.
    """
    # numpy's zeros take no memory until they are written: those of silent blocks never are.
    shapes = header.spec.shapes()
    parameters = {name: np.zeros((len(numbers), *shape), np.float32) for name, shape in shapes.items()}
    gains = np.zeros(len(numbers), np.float32)
    invalid: dict[int, str] = {}
    for batch in batches(payloads, numbers, header):
        blocks = header.coding.unpack([*batch.values()], [*batch], header)
        for number, block in zip(batch, blocks, strict=True):
            if isinstance(block, FormatError):
                invalid[number] = str(block)
                continue
            gains[number - numbers.start] = block[0]
            for name, value in block[1].items():
                parameters[name][number - numbers.start] = value
    return Unpacked(gains, parameters, invalid)


def payload_sizes(payloads: Mapping[int, bytes]) -> Iterable[int]:
    """Return the length of each payload; those of a file are not read for it."""
    sizes: Iterable[int] | None = getattr(payloads, "sizes", None)
    return map(len, payloads.values()) if sizes is None else sizes


def batches(payloads: Mapping[int, bytes], numbers: Iterable[int], header: Header) -> Iterator[dict[int, bytes]]:
    """Yield the audible payloads of the blocks `numbers`, by number, as many at a time as are unpacked together."""
    size = header.coding.blocks_at_once(header.spec)
    batch: dict[int, bytes] = {}
    for number in numbers:
        if payload := payloads.get(number):
            batch[number] = payload
        if len(batch) == size:
            yield batch
            batch = {}
    if batch:
        yield batch
