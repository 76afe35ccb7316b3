"""`ligeia sample`, `morph` and `embed` with families of sounds."""

import json
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from made_family import RATE, SAMPLES, made_model

import ligeia as library
from ligeia.audio.reading import read_audio
from ligeia.audio.signal import Audio
from ligeia.audio.writing import write_audio
from ligeia.codec.family import finding
from ligeia.codec.family.lapped import LappedSettings
from ligeia.codec.family.model import FamilyModel, model_bytes
from ligeia.latent.decoders import decoder_kind

if TYPE_CHECKING:
    from tests.cli.conftest import Ligeia


@pytest.fixture(autouse=True)
def no_models_left_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "_KNOWN", {})
    monkeypatch.setattr(finding, "_FOLDERS", ContextVar("folders", default=()))
    monkeypatch.delenv(finding.VARIABLE, raising=False)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "made.safetensors"
    path.write_bytes(model_bytes(made_model(items=12)))
    return path


@pytest.fixture
def pitched(tmp_path: Path) -> Path:
    path = tmp_path / "pitched.safetensors"
    path.write_bytes(model_bytes(made_model(items=12, kind="made_pitched", name="pitched")))
    return path


@pytest.fixture
def lapped(tmp_path: Path) -> Path:
    """A family of windowed sines whose codes have a closed form, learned from tones of 8 pitches."""
    settings = LappedSettings(code=24, frame_size=64, stretches=1, borders=(16,), ranks=(16, 8))
    decoder = decoder_kind("lapped")(settings, SAMPLES, seed=0)
    codes = decoder.solve(torch.from_numpy(np.stack([_tone(k) for k in range(8)])))  # type: ignore[operator]
    arrays = {name: value.detach().numpy() for name, value in decoder.state_dict().items()}
    family = FamilyModel(
        name="tones",
        kind="lapped",
        settings=settings.table(),
        rate=RATE,
        samples=SAMPLES,
        codes=codes.numpy(),
        arrays=arrays,
    )
    path = tmp_path / "tones.safetensors"
    path.write_bytes(model_bytes(family))
    return path


def _tone(k: int) -> np.ndarray:
    time = np.arange(SAMPLES) / RATE
    return (0.5 * np.exp(-8 * time) * np.sin(2 * np.pi * 300 * 2 ** (k / 12) * time)).astype(np.float32)


def test_a_folder_of_new_sounds(ligeia: "Ligeia", model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "sounds"
    outcome = ligeia("sample", model, "-n", 3, "-o", folder, "--rate", 22050, "--json", "--plot", tmp_path / "p.png")
    facts = json.loads(outcome.out)
    assert outcome.err == ""
    assert sorted(file.name for file in folder.iterdir()) == ["sample_01.wav", "sample_02.wav", "sample_03.wav"]
    assert [Path(file).parent for file in facts["files"]] == [folder] * 3
    sounds = [read_audio(file) for file in facts["files"]]
    assert all((sound.rate, sound.sample_count) == (22050, 5513) for sound in sounds)
    assert (facts["prior"], facts["seed"], facts["family"][:5]) == ("gaussian", 0, "made ")
    assert (tmp_path / "p.png").read_bytes()[1:4] == b"PNG"
    assert "exists; pass --force" in ligeia("sample", model, "-o", folder, "-n", 3).line
    assert ligeia("sample", model, "-o", folder, "-n", 3, "--force").code == 0
    again = read_audio(folder / "sample_01.wav")
    assert again.rate == RATE


@pytest.mark.parametrize("prior", ["gaussian", "kde", "flow", "item"])
def test_one_file_holds_all(ligeia: "Ligeia", model: Path, tmp_path: Path, prior: str) -> None:
    target = tmp_path / "all.wav"
    assert ligeia("sample", model, "-n", 2, "-o", target, "--prior", prior, "--like", "a").code == 0
    sound = read_audio(target)
    assert sound.sample_count == 2 * SAMPLES + RATE // 4
    assert not sound.samples[0, SAMPLES : SAMPLES + RATE // 4].any()


def test_pitch_seconds_and_items(ligeia: "Ligeia", pitched: Path, model: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.wav"
    outcome = ligeia("sample", pitched, "-o", target, "--pitch", 69, "--seconds", 0.5, "--item", "sound 3")
    assert "item, seed 0: sound 3" in outcome.out
    assert read_audio(target).sample_count == 4000
    assert np.argmax(np.abs(np.fft.rfft(read_audio(target).samples[0]))[:330]) == 220  # 440 Hz
    assert "knows no pitch" in ligeia("sample", model, "-o", tmp_path / "b.wav", "--pitch", 60).line
    assert "knows no durations" in ligeia("sample", model, "-o", tmp_path / "b.wav", "--seconds", 2).line


def test_a_sound_as_a_stream_needs_its_model(ligeia: "Ligeia", model: Path, tmp_path: Path) -> None:
    target, wav = tmp_path / "a.lig", tmp_path / "a.wav"
    facts = json.loads(ligeia("sample", model, "-o", target, "--json").out)
    assert facts["bytes"] == [target.stat().st_size]
    assert target.stat().st_size < 200
    info = ligeia("info", target)
    assert "made (" in info.out
    assert f"{model.stat().st_size:,} bytes" in info.out
    assert json.loads(ligeia("info", target, "--json").out)["family"] == "made"
    assert ligeia("decode", target, "-o", wav, "--rate", 44100).code == 0
    model.rename(tmp_path / "elsewhere")
    finding._KNOWN.clear()
    for command in (("info", target), ("decode", target, "-o", tmp_path / "b.wav")):
        outcome = ligeia(*command)
        assert outcome.code == 1
        assert "needs the family made (" in outcome.line
        assert "ligeia train latent" in outcome.line
    again = ligeia("sample", tmp_path / "elsewhere", "-o", target, "--rate", 44100, "--force")
    assert "--rate: a stream has no rate of its own" in again.line
    assert "2 need a folder" in ligeia("sample", tmp_path / "elsewhere", "-n", 2, "-o", target, "--force").line
    folder = tmp_path / "streams"
    assert ligeia("sample", tmp_path / "elsewhere", "-n", 2, "-o", folder, "--lig").code == 0
    assert sorted(file.name for file in folder.iterdir()) == ["sample_01.lig", "sample_02.lig"]


def test_morphs_between_items(ligeia: "Ligeia", pitched: Path, model: Path, tmp_path: Path) -> None:
    facts = json.loads(ligeia("morph", model, "sound 1", "sound 2", "--steps", 4, "-o", tmp_path / "m", "--json").out)
    assert len(facts["files"]) == 4
    assert all(Path(file).exists() for file in facts["files"])
    target = tmp_path / "glide.flac"
    outcome = ligeia("morph", pitched, "sound 1", "sound 2", "-o", target, "--seconds", 0.5, "--pitch", 60,
                     "--plot", tmp_path / "g.svg")  # fmt: skip
    assert "a glide of 0.50 s" in outcome.out
    assert read_audio(target).sample_count == 4000
    assert (tmp_path / "g.svg").exists()
    for options, message in (
        (("sound 1", "nothing"), "not an item"),
        (("sound 1", "nothing.wav"), "does not exist"),
        (("sound 1", tmp_path), "a folder, not a recording"),
        (("sound 1", "sound 2", "--steps", 1), "steps must lie"),
        (("sound 1", "sound 2", "--path", "x"), "spherical or linear"),
        (("sound 1", "sound 2", "--form", "x"), "within one sound"),
    ):
        assert message in ligeia("morph", model, *options, "-o", tmp_path / "n.wav").line


def test_a_morph_is_no_stream(ligeia: "Ligeia", model: Path, tmp_path: Path) -> None:
    outcome = ligeia("morph", model, "0", "1", "-o", tmp_path / "path.lig")
    assert outcome.code == 2
    assert "a morph is written as recordings" in outcome.line


def test_recordings_become_codes(ligeia: "Ligeia", lapped: Path, tmp_path: Path) -> None:
    wav, target = tmp_path / "in.wav", tmp_path / "out.lig"
    write_audio(wav, Audio(0.3 * _tone(4)[None], RATE), subtype="FLOAT")
    facts = json.loads(ligeia("embed", lapped, wav, "-o", target, "--json").out)
    assert facts["si_snr_db"] > 20
    assert facts["snr_db"] > 20
    assert facts["bytes"] == target.stat().st_size < 120
    assert facts["model_bytes"] == lapped.stat().st_size
    assert facts["numbers"] <= 25
    assert facts["numbers_per_second"] == pytest.approx(facts["numbers"] / 0.25)
    back = library.decode(target.read_bytes()).render()
    assert np.abs(back.samples - 0.3 * _tone(4)).max() < 0.02
    outcome = ligeia("embed", lapped, wav, "-o", target, "--force")
    assert "the model, which decoding needs" in outcome.out
    morphed = tmp_path / "steps"
    assert ligeia("morph", lapped, wav, target, "--steps", 2, "-o", morphed).code == 0
    one, other = (read_audio(file).samples for file in sorted(morphed.iterdir()))
    assert np.abs(one - other).max() < 0.02


def test_long_recordings_are_several_blocks(ligeia: "Ligeia", lapped: Path, tmp_path: Path) -> None:
    wav, target = tmp_path / "in.wav", tmp_path / "out.lig"
    write_audio(wav, Audio(np.tile(0.3 * _tone(4), (2, 5)), 2 * RATE), subtype="FLOAT")
    facts = json.loads(ligeia("embed", lapped, wav, "-o", target, "--json").out)
    assert facts["blocks"] == 3
    half, channels, unlike = facts["notes"]  # at twice the rate the tone is an octave above all that was learned
    assert "what lies above 4000 Hz" in half
    assert "2 channels" in channels
    assert "nothing near to this sound" in unlike
    assert ligeia("decode", target, "-o", tmp_path / "b.wav").code == 0
    assert read_audio(tmp_path / "b.wav").sample_count == 5 * SAMPLES // 2


def test_embedding_refuses_what_families_do_not_know(ligeia: "Ligeia", lapped: Path, tmp_path: Path) -> None:
    wav, target = tmp_path / "in.wav", tmp_path / "out.lig"
    write_audio(wav, Audio(np.zeros((1, SAMPLES)), RATE))
    for options, message in (
        (("--bits", 8), "--bits: "),
        (("--refine", 3), "--refine: "),
        (("--ratio", 16), "--ratio: "),
        ((), "it is silent"),
    ):
        assert message in ligeia("embed", lapped, wav, "-o", target, *options).line
    assert "--steps: hypersound is not a family" in ligeia("embed", "hypersound", wav, "-o", target, "--steps", 3).line


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("-n", 0), "the number of sounds must lie between 1 and"),
        (("-n", 10**9), "the number of sounds must lie between 1 and"),
        (("--rate", 1), "--rate must lie between"),
        (("--rate", 10**9), "--rate must lie between"),
        (("--prior", "x"), "unknown prior"),
        (("--like", "x"), "not a label"),
        (("--item", "x"), "not an item"),
        (("--temperature", "nan"), "temperature must lie"),
        (("--seconds", 1e9), "seconds must lie between"),
        (("--seconds", 3000), "at most 262 s"),
        (("--pitch", 1e9), "a pitch must lie between"),
    ],
)
def test_impossible_requests_are_one_clear_line(
    ligeia: "Ligeia", pitched: Path, tmp_path: Path, options: tuple[object, ...], message: str
) -> None:
    outcome = ligeia("sample", pitched, "-o", tmp_path / "a.wav", *options)
    of_the_family = "not a label" in message or "not an item" in message or "at most" in message
    assert outcome.code == (1 if of_the_family else 2)
    assert message in outcome.line
    assert not (tmp_path / "a.wav").exists()


def test_models_that_are_none(ligeia: "Ligeia", model: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.safetensors"
    nan = made_model().codes.copy()
    stream = bytearray(model.read_bytes())
    place = stream.rfind(np.asarray(made_model(items=12).codes, np.float32).tobytes())
    stream[place : place + 4] = np.array([np.nan], np.float32).tobytes()
    cases = {b"": "not a valid safetensors file", model.read_bytes()[:-9]: "broken.safetensors", bytes(stream): "NaN"}
    assert nan.size
    for content, message in cases.items():
        broken.write_bytes(content)
        outcome = ligeia("sample", broken, "-o", tmp_path / "a.wav")
        assert (outcome.code, message in outcome.line) == (1, True), outcome.line
    hypersound = Path(library.__file__).parent / "hypersound" / "hypersound.safetensors"
    assert "is not a family of sounds" in ligeia("sample", hypersound, "-o", tmp_path / "a.wav").line
    assert "no family of that name" in ligeia("sample", "nothing", "-o", tmp_path / "a.wav").line


def test_lists(ligeia: "Ligeia") -> None:
    for command in ("sample", "morph"):
        outcome = ligeia(command, "--list")
        assert outcome.code == 0
        assert "FAMILY" in outcome.out
    assert ligeia("embed", "--list").code == 0
