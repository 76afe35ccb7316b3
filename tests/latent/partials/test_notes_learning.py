from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from made_recordings import plucked, write_notes

from ligeia.codec.family.model import FamilyModel, with_digest
from ligeia.codec.family.partials import Networks, PartialsSettings, noise_features, pitch_features, tone_features
from ligeia.codec.family.playing import notes
from ligeia.dsp.partials import find_partials
from ligeia.errors import InputError
from ligeia.latent.decoders.partials import PartialsDecoder
from ligeia.latent.partials.embedding import embed_note, si_snr_db
from ligeia.latent.partials.learning import (
    CONFIGURATION,
    LearnedNotes,
    NoteLoss,
    NotesConfig,
    learn_notes,
    read_notes_config,
)
from ligeia.latent.partials.material import NoteData, find_notes
from ligeia.training.config import TrainingConfig

RATE = 16000
SETTINGS = PartialsSettings(timbre=2, curve=5, corrections=256, code=266, width=24, layers=1, bands=8)


def config_on(folder: Path, steps: int = 150) -> NotesConfig:
    instruments = {"harp": "notes/harp_*", "flute": "notes/pipe_*"}
    return NotesConfig(
        data=NoteData(folder=folder, instruments=instruments, sustained=("flute",), bands=8, unseen_every=5),
        decoder=SETTINGS,
        loss=NoteLoss(batch=6),
        training=TrainingConfig(steps=steps, learning_rates=(1e-2, 1e-2), device="cpu", evaluations=2, log_every=50),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_notes(tmp_path_factory.mktemp("recordings"))


@pytest.fixture(scope="module")
def learned(folder: Path) -> LearnedNotes:
    return learn_notes(config_on(folder))


@pytest.fixture(scope="module")
def model(learned: LearnedNotes) -> FamilyModel:
    return with_digest(learned.model)


def test_levels_are_learned(learned: LearnedNotes) -> None:
    judged = [row["unseen_tone"] for row in learned.curve if "unseen_tone" in row]
    assert judged[-1] < 12
    assert learned.scores["unseen_db"] > 0
    losses = [row["loss"] for row in learned.curve if "loss" in row]
    assert losses[-1] < 0.6 * losses[0]


def test_a_learned_family_plays(model: FamilyModel) -> None:
    assert model.names == ("flute", "flute/f", "flute/p", "harp")
    assert model.labels == ("flute", "flute", "flute", "harp")
    assert model.pitches[0] == pytest.approx(57.5, abs=3)
    (samples,) = notes(model, model.codes[3:], np.array([62.0]), RATE)
    assert find_partials(samples.astype(float), RATE, 62).pitch == pytest.approx(62, abs=0.1)


def test_what_is_blown_holds_and_what_is_plucked_falls(model: FamilyModel) -> None:
    def falls(name: str) -> float:
        code = model.codes[model.names.index(name)][None]
        (samples,) = notes(model, code, np.array([58.0]), 4 * RATE)
        early, late = (np.square(samples[start : start + 4000]).mean() for start in (8000, 50000))
        return float(10 * np.log10(early / late))

    assert falls("flute") + 3 < falls("harp")


def test_both_sides_agree(model: FamilyModel) -> None:
    decoder = PartialsDecoder(SETTINGS, samples=RATE, seed=3)
    networks = Networks(SETTINGS, decoder.arrays())
    pitch, number, hz = np.full(4, 57.0), np.arange(1.0, 5), 220 * np.arange(1.0, 5)
    timbre = np.random.default_rng(0).standard_normal((4, 2))
    sides = [torch.from_numpy(values.astype(np.float32)) for values in (timbre, tone_features(pitch, number, hz))]
    for ours, theirs in zip(networks.tone(timbre, pitch, number, hz), decoder.tone(*sides), strict=True):
        np.testing.assert_allclose(ours, theirs.detach().numpy(), atol=1e-4)
    features = torch.from_numpy(pitch_features(pitch).astype(np.float32))
    for ours, theirs in zip(networks.pitch(timbre, pitch), decoder.pitch(sides[0], features), strict=True):
        np.testing.assert_allclose(ours, theirs.detach().numpy(), atol=1e-5)
    assert noise_features(pitch, hz).shape[1] + 2 == SETTINGS.shapes(RATE)["noise_weight_0"][0]
    codes = torch.zeros(2, SETTINGS.code)
    assert decoder(codes, torch.zeros(1, RATE)).shape == (2, RATE)


def test_the_same_seed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    once = learn_notes(config_on(folder, steps=4))
    again = learn_notes(config_on(folder, steps=4), folder=tmp_path / "run")
    assert with_digest(once.model).digest == with_digest(again.model).digest
    with pytest.raises(InputError, match="holds a run already"):
        learn_notes(config_on(folder, steps=4), folder=tmp_path / "run")


def test_an_unseen_note_is_embedded(model: FamilyModel) -> None:
    sound = 0.2 * plucked(58.4, brightness=0.55, fall=5.0)
    embedded = embed_note(model, sound)
    assert embedded.numbers <= 512
    assert embedded.si_snr_db > 10
    assert embedded.member.pitch == pytest.approx(58.4, abs=0.05)
    (again,) = notes(model, embedded.member.code[None], np.array([embedded.member.pitch]), len(sound))
    assert si_snr_db(sound, again) == pytest.approx(embedded.si_snr_db, abs=0.01)
    energies = [float(np.square(wave.astype(float)).sum()) for wave in (sound, again * embedded.member.gain)]
    assert energies[1] == pytest.approx(energies[0], rel=0.2)


def test_what_is_no_note_is_refused(model: FamilyModel) -> None:
    with pytest.raises(InputError, match="it is silent"):
        embed_note(model, np.zeros(RATE))
    with pytest.raises(InputError, match=r"must last 0\.05 s at least, got 0\.010 s"):
        embed_note(model, np.ones(160))


def test_the_shipped_configuration_is_valid(folder: Path) -> None:
    config = read_notes_config(CONFIGURATION)
    assert config.decoder == PartialsSettings(layers=3)
    assert config.data.unseen_every == 7
    assert {"piano", "ocarina", "bearsax"} <= config.data.instruments.keys()
    small = config_on(folder)
    assert sum(not small.data.unseen(note.midi) for note in find_notes(small.data)) == 12
    assert replace(config, loss=NoteLoss()).loss.batch == 24
