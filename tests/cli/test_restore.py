"""`ligeia restore`: files in and out, bit for bit where nothing was damaged, and one line where it cannot be done."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

if TYPE_CHECKING:
    from tests.cli.conftest import Ligeia

RATE = 16000


@pytest.fixture
def tones(tmp_path: Path) -> np.ndarray:
    """Two channels of 16-bit samples."""
    time = np.arange(RATE) / RATE
    drawn = np.random.default_rng(0)
    rows = [np.sin(2 * np.pi * hz * time) + 0.3 * np.sin(2 * np.pi * 3.1 * hz * time) for hz in (220, 277)]
    return np.rint((0.4 * np.array(rows) + drawn.normal(0, 2e-4, (2, RATE))) * 2**15).astype(np.int16)


def write(path: Path, samples: np.ndarray, **options: str) -> Path:
    soundfile.write(path, samples.T, RATE, **options)
    return path


def read(path: Path, kind: str = "int16") -> np.ndarray:
    return soundfile.read(path, dtype=kind, always_2d=True)[0].T


@pytest.mark.parametrize("ending", ["wav", "flac"])
def test_a_gap_is_found_and_filled(ligeia: "Ligeia", tones: np.ndarray, tmp_path: Path, ending: str) -> None:
    broken = tones.copy()
    broken[:, 8000:8100] = 0
    source, target = write(tmp_path / f"in.{ending}", broken), tmp_path / f"out.{ending}"
    facts = json.loads(ligeia("restore", source, "-o", target, "--json").out)
    assert facts["found"] == {"gap": {"count": 2, "samples": 200}}
    assert facts["subtype"] == "PCM_16"
    restored = read(target)
    apart = np.r_[0:8000, 8100:RATE]
    assert np.array_equal(restored[:, apart], broken[:, apart])
    assert np.abs(restored[:, 8000:8100].astype(int) - tones[:, 8000:8100]).max() < 2000
    assert soundfile.info(target).subtype == "PCM_16"


def test_nothing_found_is_the_same_sound(ligeia: "Ligeia", tones: np.ndarray, tmp_path: Path) -> None:
    for name, samples, subtype in (
        ("a.wav", tones, "PCM_16"),
        ("b.wav", np.zeros((1, 500), np.int16), "PCM_16"),
        ("c.wav", tones[:, :1], "PCM_16"),
        ("d.wav", (tones / 2**15).astype(np.float32), "FLOAT"),
        ("e.wav", tones, "PCM_24"),
        ("f.wav", tones, "PCM_U8"),
    ):
        source, target = write(tmp_path / name, samples, subtype=subtype), tmp_path / f"out_{name}"
        outcome = ligeia("restore", source, "-o", target)
        assert "no damage" in outcome.out
        assert np.array_equal(read(target, "int32"), read(source, "int32"))


def test_a_mask_replaces_the_search(ligeia: "Ligeia", tones: np.ndarray, tmp_path: Path) -> None:
    source, target = write(tmp_path / "in.wav", tones), tmp_path / "out.wav"
    mask = np.zeros(tones.shape, bool)
    mask[1, 5000:5010] = True
    np.save(tmp_path / "mask.npy", mask)
    assert ligeia("restore", source, "-o", target, "--mask", tmp_path / "mask.npy", "--method", "ar").code == 0
    assert np.array_equal(read(target)[~mask], tones[~mask])


def test_masks_and_methods_that_cannot_be_used_are_one_line(
    ligeia: "Ligeia", tones: np.ndarray, tmp_path: Path
) -> None:
    source, target = write(tmp_path / "in.wav", tones), tmp_path / "out.wav"
    np.save(tmp_path / "all.npy", np.ones(RATE, bool))
    np.save(tmp_path / "short.npy", np.ones(5, bool))
    np.save(tmp_path / "numbers.npy", np.ones(RATE))
    np.save(tmp_path / "objects.npy", np.array([{}], object), allow_pickle=True)
    (tmp_path / "empty.wav").write_bytes(b"")
    for options in (
        *(["--mask", tmp_path / f"{name}.npy"] for name in ("all", "short", "numbers", "objects", "none")),
        ["--method", "magic"],
        ["--declip", "magic"],
        ["--gain", "999"],
    ):
        outcome = ligeia("restore", source, "-o", target, *options)
        assert outcome.code == (1 if options[0] == "--mask" else 2), options
        assert outcome.line.startswith("ligeia: ")
        assert not target.exists()
    assert ligeia("restore", tmp_path / "empty.wav", "-o", target).code == 1
    assert ligeia("restore", source, "-o", source, "--force").code == 1


def test_clipped_files_are_written_as_floats_or_quieter(ligeia: "Ligeia", tones: np.ndarray, tmp_path: Path) -> None:
    clipped = np.clip(tones.astype(int) * 4, -(2**15), 2**15 - 1).astype(np.int16)[:1]
    source = write(tmp_path / "in.wav", clipped)
    facts = json.loads(ligeia("restore", source, "-o", tmp_path / "a.wav", "--declip", "ar", "--json").out)
    assert set(facts["found"]) == {"clipping"}
    assert facts["subtype"] == "FLOAT"
    assert facts["peak"] >= 1
    assert any("FLOAT" in note for note in facts["notes"])
    flac = tmp_path / "b.flac"
    refused = ligeia("restore", source, "-o", flac, "--declip", "ar")
    assert refused.code == 1
    assert "--gain" in refused.line
    assert ligeia("restore", source, "-o", flac, "--declip", "ar", "--gain", -12).code == 0
    kept = ligeia("restore", source, "-o", tmp_path / "c.flac", "--no-clipping")
    assert kept.code == 0
    assert np.array_equal(read(tmp_path / "c.flac"), clipped)


def test_methods_are_listed_and_pictures_drawn(ligeia: "Ligeia", tones: np.ndarray, tmp_path: Path) -> None:
    listed = ligeia("restore", "--list").out
    assert "janssen" in listed
    assert listed.count("(default)") == 2  # one for missing samples, one for clipped ones
    pytest.importorskip("matplotlib")
    source = write(tmp_path / "in.wav", tones)
    options = ("-o", tmp_path / "out.wav", "--plot", tmp_path / "p.png")
    assert ligeia("restore", source, *options).code == 0
    assert (tmp_path / "p.png").stat().st_size > 1000
    assert ligeia("restore", source, *options).code == 1
