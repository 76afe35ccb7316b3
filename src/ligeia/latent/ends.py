"""Ways to name a sound of a family: an item, a recording, a stream, or a member that is there already."""

from pathlib import Path

import numpy as np

from ligeia.audio.reading import open_audio
from ligeia.audio.signal import Sound
from ligeia.codec.container import MAGIC, parse
from ligeia.codec.decode import decode
from ligeia.codec.family.codes import Member
from ligeia.codec.family.coding import FamilyCoding
from ligeia.codec.family.model import FamilyModel
from ligeia.errors import InputError
from ligeia.latent.embedding import nearest_member
from ligeia.latent.priors import item_named
from ligeia.latent.sampling import item_pitch
from ligeia.progress import OnProgress

LONGEST_ENDING = 5
"""Characters of what looks like the ending of a file, dot included."""


def end_member(
    family: FamilyModel, end: Member | Sound | str | Path, *, seed: int = 0, on_progress: OnProgress | None = None
) -> Member:
    """Return the member that a sound stands for.

    A text is a file, where there is one, or the name of an item. Recordings, and streams of other kinds, are embedded.

    Raises:
        InputError: there is no such file or item, or the sound is silent.
        FormatError: it is a stream that is not valid.
    """
    if isinstance(end, Member):
        return end
    if not isinstance(end, str | Path):
        return nearest_member(end, family, seed=seed, on_progress=on_progress)
    file = Path(end)
    if file.is_dir():
        raise InputError(f"{file} is a folder, not a recording")
    if not file.exists():
        return _item(family, str(end))
    with file.open("rb") as opened:
        is_stream = opened.read(len(MAGIC)) == MAGIC
    if not is_stream:
        with open_audio(file) as sound:
            return nearest_member(sound, family, seed=seed, on_progress=on_progress)
    stream = file.read_bytes()
    member = stream_member(stream, family)
    if member is not None:
        return member
    return nearest_member(decode(stream).render(), family, seed=seed, on_progress=on_progress)


def stream_member(stream: bytes, family: FamilyModel) -> Member | None:
    """Return the first audible member of a stream of the family; None of any other stream.

    Raises:
        FormatError: the stream is not valid.
        InputError: all of it is silent.
    """
    parsed = parse(stream)
    coding = parsed.header.coding
    if not isinstance(coding, FamilyCoding) or coding.identifier != family.id:
        return None
    payloads = [payload for _, payload in sorted(parsed.payloads.items()) if payload]
    if not payloads:
        raise InputError("there is no sound in this stream: it is silent")
    return coding.member(payloads[0])


def _item(family: FamilyModel, name: str) -> Member:
    looks_like_file = 1 < len(Path(name).suffix) <= LONGEST_ENDING and not Path(name).suffix[1:].isdecimal()
    if looks_like_file and name not in family.names:
        raise InputError(f"{name} does not exist, and the family {family.name} has no item of this name")
    item = item_named(family, name)
    return Member(np.asarray(family.codes[item], np.float32), 1.0, item_pitch(family, item))
