"""The table of payload codings: which word of the header stands for which (FORMAT.md §2).

A new coding is a class (see `header.Coding`) and its place in `CODINGS`. One that needs shared weights takes a word of
the form 0xC000 | number, behind which the header names the model.
"""

from ligeia.codec.bytesio import Reader
from ligeia.codec.family.coding import FamilyCoding
from ligeia.codec.header import DIGEST_BYTES, MAX_MODEL_NAME, Coding, ModelId
from ligeia.codec.parameters.coding import ParameterCoding
from ligeia.codec.phased.coding import PhasedCoding
from ligeia.codec.transform.coding import TransformCoding
from ligeia.errors import FormatError, InputError
from ligeia.networks.spec import NetworkSpec

CODINGS: tuple[type[Coding], ...] = (ParameterCoding, TransformCoding, PhasedCoding, FamilyCoding)

WITH_MODEL = 0xC000
"""Both upper bits of the word: a model follows, and the lower bits are the number of the coding."""


def coding_bytes(coding: Coding) -> bytes:
    """Return the word of a coding, and the model that it needs, as bytes."""
    word = coding.word.to_bytes(2, "little")
    if coding.model is None:
        return word
    name = coding.model.name.encode("ascii")
    return word + bytes([len(name)]) + name + coding.model.digest


def read_coding_id(reader: Reader) -> tuple[int, ModelId | None]:
    """Read what `coding_bytes` wrote: the word, and the model named behind it.

    Raises:
        FormatError: the model's name is not valid.
    """
    word = int.from_bytes(reader.take(2), "little")
    if word & WITH_MODEL != WITH_MODEL:
        return word, None
    length = reader.byte()
    if length > MAX_MODEL_NAME:
        raise FormatError(f"the name of a model has {length} bytes, {MAX_MODEL_NAME} at most")
    try:
        return word, ModelId(reader.take(length).decode("ascii", "replace"), reader.take(DIGEST_BYTES))
    except InputError as error:
        raise FormatError(str(error)) from error


def coding_of(word: int, model: ModelId | None, spec: NetworkSpec) -> Coding:
    """Return the coding of a header whose network is `spec`.

    Raises:
        FormatError: this program does not know the coding or its model, or the coding does not suit the network.
    """
    coding = next((coding for coding in CODINGS if coding.claims(word)), None)
    if coding is None:
        behind = f" with the model {model}" if model else ""
        raise FormatError(f"this stream has the coding {word & ~WITH_MODEL}{behind}, which this program does not know")
    if model is not None and model not in coding.models:
        names = ", ".join(map(str, coding.models)) or "none"
        raise FormatError(f"this stream needs the model {model}, which this program does not have; there are: {names}")
    return coding.read(word, model, spec)
