"""Recordings of the shared sets go through encode and decode: exact length, same rate and channels.

Those of the set `edge`, whose lengths are the point, go whole; of the others the first seconds do, and of the speech
every fourth recording.
"""

import csv
import os
from pathlib import Path

import pytest

from ligeia.audio.reading import open_audio
from ligeia.audio.signal import Audio
from ligeia.codec.container import parse
from ligeia.codec.decode import decode_pieces
from ligeia.codec.encode import encode

DATA = Path(os.environ.get("LIGEIA_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
SETS = ("siren", "speech", "music", "edge", "env")
SECONDS = 2.345


def recordings() -> list[str]:
    manifest = DATA / "MANIFEST.csv"
    if not manifest.exists():
        return []
    with manifest.open(newline="") as file:
        names = [row["path"] for row in csv.DictReader(file) if row["set"] in SETS]
    speech = [name for name in names if name.startswith("speech")]  # a hundred of much the same kind
    return [name for name in names if name not in speech] + speech[::4]


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("name", recordings() or ["siren/gt_bach.wav"])
def test_there_and_back(name: str, data_folder: Path) -> None:
    with open_audio(data_folder / name) as file:
        sound = file if name.startswith("edge") else Audio(file.read(0, round(SECONDS * file.rate)), file.rate)
        stream = encode(sound)
        header = parse(stream).header
        assert (header.rate, header.spec.channels, header.segments.sample_count) == (
            sound.rate,
            sound.channels,
            sound.sample_count,
        )
        assert sum(piece.shape[1] for piece in decode_pieces(stream)) == sound.sample_count
