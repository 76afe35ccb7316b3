"""Manifests: what is read and written, and what hostile ones are refused for."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ligeia.datasets.manifest import MAX_BYTES, Item, measured, read_manifest, speaker_in, write_manifest
from ligeia.errors import InputError

HEADER = "path,set,seconds,rate,channels,speaker,label,licence"


def manifest(folder: Path, *rows: str, header: str = HEADER) -> Path:
    for name in ("a.wav", "sub/b.wav"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"x")
    path = folder / "MANIFEST.csv"
    path.write_text("\n".join((header, *rows)) + "\n")
    return path


def test_written_manifests_are_read_back(tmp_path: Path) -> None:
    manifest(tmp_path)
    items = [
        Item(id="1", path=tmp_path / "a.wav", set="s", seconds=1.5, rate=8000, channels=2, speaker="me, myself"),
        Item(id="2", path=tmp_path / "sub/b.wav", set="s", label='word="yes"; take=2', source="tape", licence="CC0"),
    ]
    path = tmp_path / "mine.csv"
    write_manifest(path, items)
    assert read_manifest(path) == items
    assert items[1].tags == {"word": '"yes"', "take": "2"}
    with pytest.raises(InputError, match="exists"):
        write_manifest(path, items)


def test_items_elsewhere_cannot_be_listed(tmp_path: Path) -> None:
    outside = Item(id="1", path=manifest(tmp_path), set="s")
    (tmp_path / "below").mkdir()
    with pytest.raises(InputError, match="does not lie below"):
        write_manifest(tmp_path / "below" / "mine.csv", [outside])
    with pytest.raises(InputError, match="twice"):
        write_manifest(tmp_path / "mine.csv", [outside, outside])


def test_other_spellings_of_columns(tmp_path: Path) -> None:
    header = "path,set,duration_s,sample_rate,channels,speaker_or_instrument,label,source_repo,source_path,licence"
    path = manifest(tmp_path, "a.wav,x,1.25,16000,1,VCTK-p225 (F by f0),,repo,b.flac,CC0", header=header)
    (item,) = read_manifest(path)
    assert (item.id, item.seconds, item.rate, item.speaker) == ("a.wav", 1.25, 16000, "VCTK-p225")
    assert item.source == "repo:b.flac"


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("../a.wav,s,1,8000,1,,,", "line 2: the path ../a.wav leaves"),
        ("/etc/passwd,s,1,8000,1,,,", "leaves the manifest's folder"),
        ("sub/../a.wav,s,1,8000,1,,,", "leaves the manifest's folder"),
        ("link.wav,s,1,8000,1,,,", "leaves the manifest's folder"),
        ("none.wav,s,1,8000,1,,,", "the file none.wav does not exist"),
        ("sub,s,1,8000,1,,,", "the file sub does not exist"),
        (",s,1,8000,1,,,", "the path is empty"),
        ("a.wav,s,-1,8000,1,,,", "seconds must be a number from 0"),
        ("a.wav,s,nan,8000,1,,,", "seconds must be a number"),
        ("a.wav,s,long,8000,1,,,", "seconds must be a number"),
        ("a.wav,s,1,8000.5,1,,,", "rate must be a whole number"),
        ("a.wav,s,1,1e300,1,,,", "rate must be a number"),
        ("a.wav,s,1,8000,0,,,", "channels must be a whole number from 1"),
        ("a.wav,s,1,8000", "more or fewer fields"),
        ("a.wav,s,1,8000,1,,,,,more", "more or fewer fields"),
        ('"a.wav,s', "not valid CSV"),
        (f"{'a' * 200_000},s,1,8000,1,,,", "not valid CSV"),
        ("a.wav,s,1,8000,1,,,\na.wav,s,1,8000,1,,,", "twice"),
        ("a.wav,s,1,8000,1,\0,,", "NUL"),
    ],
)
def test_hostile_rows_are_refused(tmp_path: Path, row: str, complaint: str) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (tmp_path / "outside.wav").write_bytes(b"x")
    (folder / "link.wav").symlink_to(tmp_path / "outside.wav")
    with pytest.raises(InputError, match=complaint):
        read_manifest(manifest(folder, row))


def test_files_that_are_not_manifests(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column rate, channels, licence"):
        read_manifest(manifest(tmp_path, header="path,set,seconds,speaker,label"))
    with pytest.raises(InputError, match="no column path"):
        read_manifest(manifest(tmp_path, header=""))
    with pytest.raises(InputError, match="No such file"):
        read_manifest(tmp_path / "none.csv")
    (tmp_path / "sound.wav").write_bytes(b"RIFF\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        read_manifest(tmp_path / "sound.wav")
    with (tmp_path / "huge.csv").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(InputError, match="bytes, at most"):
        read_manifest(tmp_path / "huge.csv")


def test_measured_items(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros((4000, 2)), 8000)
    shares: list[float] = []
    (item,) = measured(
        [Item(id="a", path=tmp_path / "a.wav", set="s")], on_progress=lambda now: shares.append(now.done)
    )
    assert (item.seconds, item.rate, item.channels) == (0.5, 8000, 2)
    assert shares[-1] == 1.0


@pytest.mark.parametrize(
    ("name", "speaker"),
    [
        ("train/speech/lsx_19-198-0002.flac", "LibriSpeech-19"),
        ("19-198-0002", "LibriSpeech-19"),
        ("p360_012_mic2.flac", "VCTK-p360"),
        ("LJ001-0001.wav", "LJSpeech"),
        ("0_george_02.flac", ""),
        ("2019-12-3101.wav", "LibriSpeech-2019"),
        ("song-1-2.wav", ""),
    ],
)
def test_speakers_in_names(name: str, speaker: str) -> None:
    assert speaker_in(name) == speaker


def test_the_real_manifest(data_folder: Path) -> None:
    items = read_manifest(data_folder / "MANIFEST.csv")
    assert len(items) > 2000
    speech = [item for item in items if item.set in ("speech", "train_speech")]
    assert not [item.id for item in speech if speaker_in(item.id) not in ("", item.speaker)]
    some = [item for item in items if item.set == "edge"]
    for item, real in zip(some, measured(some), strict=True):
        assert (real.rate, real.channels) == (item.rate, item.channels)
        assert real.seconds == pytest.approx(item.seconds, abs=1e-3)
