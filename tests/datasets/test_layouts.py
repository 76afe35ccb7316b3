"""Readers of published layouts, on tiny folders of the right shape."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ligeia.datasets.layouts import LAYOUTS, read_dataset
from ligeia.errors import InputError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def librispeech(folder: Path) -> None:
    touch(folder, "LibriSpeech/train-clean-100/19/198/19-198-0000.flac", "LibriSpeech/dev-other/7/8/7-8-0001.flac")
    touch(folder, "LibriSpeech/train-clean-100/19/198/19-198.trans.txt", "LibriSpeech/stray/19-198-0001.flac")
    write(folder / "LibriSpeech/SPEAKERS.TXT", ";ID |SEX|\n19   | F | train-clean-100 | 25.19 | Kara\n")


def vctk(folder: Path) -> None:
    touch(folder, *(f"wav48_silence_trimmed/p225/p225_001_mic{mic}.flac" for mic in (1, 2)))
    touch(folder, "wav48_silence_trimmed/s5/s5_002_mic1.flac", "wav48_silence_trimmed/log.wav")
    write(folder / "speaker-info.txt", "ID  AGE  GENDER  ACCENTS\np225  23  F    English    Southern  England\n")


def lj_speech(folder: Path) -> None:
    touch(folder, "wavs/LJ001-0001.wav", "wavs/LJ002-0100.wav", "wavs/._LJ001-0001.wav")
    write(folder / "metadata.csv", "LJ001-0001|Printing|Printing\n")


def gtzan(folder: Path) -> None:
    touch(folder, "genres_original/blues/blues.00000.wav", "genres_original/jazz/jazz.00054.wav", "features_30_sec.csv")


def nsynth(folder: Path) -> None:
    facts = {"pitch": 60, "velocity": 25, "qualities_str": ["dark", "reverb"], "sample_rate": 16000}
    facts |= {"instrument_family_str": "keyboard", "instrument_source_str": "acoustic"}
    facts |= {"instrument_str": "keyboard_acoustic_004"}
    for part in ("train", "test"):
        names = [f"keyboard_acoustic_004-060-02{digit}" for digit in ((1, 2) if part == "train" else (3,))]
        touch(folder, *(f"nsynth-{part}/audio/{name}.wav" for name in names))
        write(folder / f"nsynth-{part}/examples.json", json.dumps(dict.fromkeys(names, facts)))


def speech_commands(folder: Path) -> None:
    touch(folder, "yes/0a7c_nohash_0.wav", "yes/0a7c_nohash_1.wav", "no/ffff_nohash_0.wav")
    touch(folder, "_background_noise_/pink_noise.wav")
    write(folder / "testing_list.txt", "no/ffff_nohash_0.wav\n")
    write(folder / "validation_list.txt", "yes/0a7c_nohash_1.wav\n")


def fsdd(folder: Path) -> None:
    touch(folder, "recordings/7_jackson_4.wav", "recordings/7_jackson_5.wav", "recordings/readme.wav")


def manifest(folder: Path) -> None:
    touch(folder, "b.wav", "a.wav")
    header = "path,set,seconds,rate,channels,speaker,label,licence"
    write(folder / "MANIFEST.csv", f"{header}\nb.wav,mine,1,8000,1,me,,\n")


def folder_of_sounds(folder: Path) -> None:
    touch(folder, "c.WAV", "dogs/ls_clean_19-198-0000.flac", "notes.txt", ".hidden.wav")


Expected = list[tuple[str, str, dict[str, str]]]
CASES: dict[str, tuple[Callable[[Path], None], Expected]] = {
    "manifest": (manifest, [("b.wav", "me", {})]),
    "librispeech": (
        librispeech,
        [
            ("7-8-0001", "LibriSpeech-7", {"chapter": "8", "subset": "dev-other", "official": "validation"}),
            ("19-198-0000", "LibriSpeech-19", {"gender": "F", "subset": "train-clean-100", "official": "train"}),
        ],
    ),
    "vctk": (
        vctk,
        [
            ("p225_001_mic1", "VCTK-p225", {"utt": "001", "mic": "mic1", "gender": "F", "accent": "English"}),
            ("p225_001_mic2", "VCTK-p225", {"mic": "mic2"}),
            ("s5_002_mic1", "VCTK-s5", {"utt": "002"}),
        ],
    ),
    "lj_speech": (
        lj_speech,
        [("LJ001-0001", "LJSpeech", {"chapter": "LJ001"}), ("LJ002-0100", "LJSpeech", {"chapter": "LJ002"})],
    ),
    "gtzan": (gtzan, [("blues.00000", "", {"genre": "blues"}), ("jazz.00054", "", {"genre": "jazz"})]),
    "nsynth": (
        nsynth,
        [
            ("keyboard_acoustic_004-060-023", "NSynth-keyboard_acoustic_004", {"official": "test", "midi": "60"}),
            ("keyboard_acoustic_004-060-021", "NSynth-keyboard_acoustic_004", {"official": "train", "velocity": "25"}),
            ("keyboard_acoustic_004-060-022", "NSynth-keyboard_acoustic_004", {"qualities": "dark,reverb"}),
        ],
    ),
    "speech_commands": (
        speech_commands,
        [
            ("no/ffff_nohash_0", "SC-ffff", {"word": "no", "official": "test"}),
            ("yes/0a7c_nohash_0", "SC-0a7c", {"word": "yes", "take": "0", "official": "train"}),
            ("yes/0a7c_nohash_1", "SC-0a7c", {"official": "validation"}),
        ],
    ),
    "fsdd": (
        fsdd,
        [
            ("7_jackson_4", "FSDD-jackson", {"digit": "7", "take": "4", "official": "test"}),
            ("7_jackson_5", "FSDD-jackson", {"official": "train"}),
        ],
    ),
    "folder": (folder_of_sounds, [("c.WAV", "", {}), ("dogs/ls_clean_19-198-0000.flac", "LibriSpeech-19", {})]),
}


@pytest.mark.parametrize("name", [layout.name for layout in LAYOUTS])
def test_layouts_are_recognised_and_read(name: str, tmp_path: Path) -> None:
    make, expected = CASES[name]
    make(tmp_path)
    items = read_dataset(tmp_path)
    assert items == read_dataset(tmp_path, name)
    assert [(item.id, item.speaker) for item in items] == [(identity, speaker) for identity, speaker, _ in expected]
    for item, (_, _, facts) in zip(items, expected, strict=True):
        assert facts.items() <= item.tags.items()
        assert item.path.is_file()


def test_parts_of_a_corpus_are_recognised(tmp_path: Path) -> None:
    librispeech(tmp_path)
    (item,) = read_dataset(tmp_path / "LibriSpeech/train-clean-100")
    assert (item.set, item.tags["subset"]) == ("librispeech", "train-clean-100")
    nsynth(tmp_path / "more")
    assert read_dataset(tmp_path / "more/nsynth-test")[0].tags["official"] == "test"


def test_folders_without_a_dataset(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a folder"):
        read_dataset(tmp_path / "none")
    with pytest.raises(InputError, match="no recordings in the layout folder"):
        read_dataset(tmp_path)
    with pytest.raises(InputError, match="no recordings in the layout gtzan"):
        read_dataset(tmp_path, "gtzan")
    with pytest.raises(InputError, match="unknown layout 'x'; there are: manifest, librispeech"):
        read_dataset(tmp_path, "x")


@pytest.mark.parametrize("text", ["{", "[1]", '{"a": 1}', '{"../../etc/passwd": {}}', "[" * 100_000])
def test_hostile_lists_of_notes(text: str, tmp_path: Path) -> None:
    write(tmp_path / "examples.json", text)
    with pytest.raises(InputError, match="not a list of NSynth notes"):
        read_dataset(tmp_path)


def test_an_id_that_comes_twice_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, "wav48/p225/p225_001.wav", "wav48/p225/p225_001.flac")
    with pytest.raises(InputError, match="lists the id p225_001 twice"):
        read_dataset(tmp_path)


def test_real_sets(data_folder: Path) -> None:
    assert len(read_dataset(data_folder)) > 2000
    listed = {item.path.resolve(): item for item in read_dataset(data_folder)}
    digits = read_dataset(data_folder / "digits", "fsdd")
    assert len(digits) == 720
    for digit in digits:
        known = listed[digit.path]
        assert (digit.speaker, digit.tags) == (known.speaker, known.tags)
    assert len(read_dataset(data_folder / "speech", "lj_speech")) == 7
    speech = read_dataset(data_folder / "train" / "speech")
    assert len({item.speaker for item in speech}) >= 47
