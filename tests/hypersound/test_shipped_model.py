"""The shipped model works out of the box, on speech that it has not learned from."""

from pathlib import Path

import numpy as np
import pytest

import ligeia
from ligeia.datasets.provenance import held_out, learned_from
from ligeia.hypersound.configuration import read_configuration
from ligeia.hypersound.shipped import find_model, shipped_models
from ligeia.hypersound.weights import load_model

DEMO = Path(__file__).parents[2] / "examples" / "demo.flac"


def test_models_have_cards_and_are_small() -> None:
    models = {model.name: model for model in shipped_models()}
    assert "hypersound" in models
    assert all(model.card for model in models.values())
    assert sum(model.size for model in models.values()) < 15e6


def test_it_is_what_its_recipe_says() -> None:
    model, facts = load_model(find_model("hypersound"))
    recipe = read_configuration(learned_from("hypersound").recipe)
    assert model.config == recipe.model
    assert 0 < facts["steps"] <= recipe.training.steps
    assert not set(recipe.data.validation_speakers) - learned_from("hypersound").material.speakers


def test_it_writes_speech() -> None:
    audio = ligeia.resample(ligeia.read_audio(DEMO).mono(), 16000)
    inr = ligeia.embed(audio, "hypersound", device="cpu")
    assert inr.parameter_count <= audio.sample_count  # a number for each sample at most
    assert inr.report["snr_db"] > 10
    assert ligeia.embed(audio, "hypersound", refine=10, device="cpu").report["snr_db"] > inr.report["snr_db"]


@pytest.mark.data
def test_it_writes_speakers_whom_it_never_heard(data_folder: Path) -> None:
    path = data_folder / "speech" / "ls_clean_103-1240-0000.flac"
    assert path.stem in held_out().recordings
    audio = ligeia.read_audio(path)
    error = ligeia.embed(audio, "hypersound", device="cpu").render().samples - audio.samples
    assert 10 * np.log10(np.square(audio.samples).sum() / np.square(error).sum()) > 10
