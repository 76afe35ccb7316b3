import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import ligeia as library
from ligeia.audio.reading import read_audio
from ligeia.hypersound.config import HyperSoundConfig
from ligeia.hypersound.dictionary import Dictionary, save_dictionary
from ligeia.hypersound.hypernetwork import HyperSound
from ligeia.hypersound.weights import save_model

if TYPE_CHECKING:
    from tests.cli.conftest import Ligeia


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """An untrained model of 4 kHz, in a file."""
    config = HyperSoundConfig(
        rate=4000,
        samples=80,
        channels=2,
        latent=3,
        strides=(2, 4),
        trunk=(8,),
        target={"width": 5, "depth": 2, "octaves": 3},
    )
    path = tmp_path / "model.safetensors"
    save_model(path, HyperSound(config, seed=1), {})
    return path


def test_a_recording_becomes_a_file_that_decodes_without_the_model(
    ligeia: "Ligeia", tone: Path, model: Path, tmp_path: Path
) -> None:
    target, wav = tmp_path / "a.lig", tmp_path / "a.wav"
    outcome = ligeia("embed", model, tone, "-o", target, "--json", "--refine", 3)
    facts = json.loads(outcome.out)
    assert outcome.err == ""
    assert facts["model"] == str(model)
    assert facts["steps"] == 3
    assert facts["bytes"] == target.stat().st_size
    assert facts["notes"] == [f"{model} writes functions of sound at 4000 Hz: what lies above 2000 Hz is not in them"]
    inr = library.decode(target.read_bytes())
    assert (inr.rate, inr.channels, inr.sample_count) == (4000, 2, 800)
    model.unlink()
    assert ligeia("decode", target, "-o", wav, "--rate", 8000).code == 0
    assert read_audio(wav).samples.shape == read_audio(tone).samples.shape
    assert json.loads(ligeia("info", target, "--json").out)["network"] == "fmlp"


def test_for_people(ligeia: "Ligeia", tone: Path, model: Path, tmp_path: Path) -> None:
    outcome = ligeia("embed", model, tone, "-o", tmp_path / "a.lig")
    assert "times real time" in outcome.out
    assert outcome.line.startswith("note: ")


def test_models_are_listed(ligeia: "Ligeia") -> None:
    outcome = ligeia("embed", "--list")
    assert outcome.code == 0
    assert "MODEL" in outcome.out


def test_the_output_is_not_overwritten(ligeia: "Ligeia", tone: Path, model: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.lig"
    target.write_bytes(b"mine")
    outcome = ligeia("embed", model, tone, "-o", target)
    assert (outcome.code, target.read_bytes()) == (1, b"mine")
    assert "--force" in outcome.line
    assert ligeia("embed", model, tone, "-o", target, "--force").code == 0


def test_bad_input_is_one_line(ligeia: "Ligeia", tone: Path, model: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.lig"
    empty, noise, nan = (tmp_path / name for name in ("empty.wav", "noise.wav", "nan.wav"))
    empty.write_bytes(b"")
    noise.write_bytes(bytes(range(256)) * 9)
    library.write_audio(nan, library.Audio(np.full((1, 500), 0.5), 8000), subtype="FLOAT")
    broken = bytearray(nan.read_bytes())
    broken[-8:-4] = np.float32(np.nan).tobytes()
    nan.write_bytes(broken)
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(model.read_bytes()[:700])
    for arguments, expected in (
        ((model, tmp_path / "none.wav"), "none.wav"),
        ((model, empty), "is empty"),
        ((model, noise), "is not a recording"),
        ((model, nan), "holds NaN or infinity"),
        ((cut, tone), "damaged"),
        ((tone, tone), "not a valid safetensors file"),
        (("nobody", tone), "no model of that name"),
        (("music", tone), "is a model of the codec"),
    ):
        outcome = ligeia("embed", *arguments, "-o", target)
        assert (outcome.code, outcome.out) == (1, "")
        assert expected in outcome.line
        assert not target.exists()
    assert ligeia("embed", model, tone, "-o", target, "--refine", -1).code == 2


@pytest.fixture
def dictionary(tmp_path: Path) -> Path:
    """Shapes of one coefficient, at 4 kHz, in a file."""
    path = tmp_path / "atoms.safetensors"
    save_dictionary(path, Dictionary(np.ones((1, 1, 1), np.float32), rate=4000, frame_size=64), {})
    return path


def test_a_dictionary_writes_a_recording_in_few_numbers(
    ligeia: "Ligeia", tone: Path, dictionary: Path, tmp_path: Path
) -> None:
    target = tmp_path / "a.lig"
    facts = json.loads(ligeia("embed", dictionary, tone, "-o", target, "--ratio", 10, "--json").out)
    assert 0 < facts["numbers"] <= 2 * 800 / 10
    assert facts["snr_db"] > 3
    dictionary.unlink()
    inr = library.decode(target.read_bytes())
    assert (inr.rate, inr.channels, inr.sample_count) == (4000, 2, 800)


def test_options_of_the_other_kind_are_refused(
    ligeia: "Ligeia", tone: Path, model: Path, dictionary: Path, tmp_path: Path
) -> None:
    for kind, option, value in ((model, "ratio", 8), (dictionary, "refine", 8), (dictionary, "bits", 8)):
        outcome = ligeia("embed", kind, tone, "-o", tmp_path / "a.lig", f"--{option}", value)
        assert outcome.code == 2
        assert f"--{option}: " in outcome.line
        assert "dictionar" in outcome.line
