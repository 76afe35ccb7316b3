"""Learning a dictionary: the shapes of patches are found, and a whole training runs and resumes to the same bytes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_learning import write_recordings

from ligeia.errors import InputError
from ligeia.hypersound.atoms_learning import AtomsConfig, learn_atoms, patches_of, read_atoms_training
from ligeia.hypersound.dictionary import RECIPE

TINY = """
[atoms]
rate = 8000
frame_size = 64
shapes = 16
frames = 2
bins = 4
crop_seconds = 0.25
samples_per_patch = 64
batch = 64
[data]
last_speakers = 1
validation_segments = 5
skip_seconds = 0.1
segment_crops = 1.0
[training]
steps = 12
optimiser = "sgd"
betas = [0.0, 0.999]
learning_rates = [1.0]
schedule = "constant"
evaluations = 3
log_every = 4
save_seconds = 0
device = "cpu"
"""


@pytest.fixture
def training(tmp_path):
    write_recordings(tmp_path / "data")
    (tmp_path / "tiny.toml").write_text(TINY, encoding="utf-8")
    return read_atoms_training(tmp_path / "tiny.toml").on(tmp_path / "data")


def test_learns_to_leave_less_of_patches(training):
    learned = learn_atoms(training)
    assert learned.dictionary.shapes.shape == (16, 2, 4)
    assert np.allclose(np.square(learned.dictionary.shapes).sum((1, 2)), 1, atol=1e-4)
    parts = [row["unexplained"] for row in learned.curve if "unexplained" in row]
    assert parts[-1] < parts[0]
    assert learned.facts["scores"]["snr_db"] > 0


def test_an_interrupted_training_ends_in_the_same_bytes(training, tmp_path):
    whole = learn_atoms(training).dictionary.shapes
    half = replace(training, training=replace(training.training, steps=12))

    class Stop(Exception):
        pass

    def stop(progress):
        if progress.step is not None and progress.step >= 5:
            raise Stop

    with pytest.raises(Stop):
        learn_atoms(half, folder=tmp_path / "run", on_progress=stop)
    again = learn_atoms(half, folder=tmp_path / "run", resume=True).dictionary.shapes
    assert np.array_equal(again, whole)


def test_patches_have_norm_one_and_come_from_where_the_energy_is():
    time = np.arange(4000) / 8000
    config = AtomsConfig(rate=8000, frame_size=64, shapes=4, frames=2, bins=4, samples_per_patch=100)
    patches = patches_of(np.sin(2 * np.pi * 1000 * time).astype(np.float32), config)
    assert patches.shape[1] == 8
    assert len(patches) <= 40
    assert np.allclose(np.square(patches).sum(1), 1, atol=1e-4)
    assert len(patches_of(np.zeros(4000, np.float32), config)) == 0


def test_too_few_patches_are_named(training):
    with pytest.raises(InputError, match="need as many patches"):
        learn_atoms(replace(training, atoms=replace(training.atoms, shapes=100_000)))


@pytest.mark.parametrize("change", [{"shapes": 0}, {"bins": 65}, {"frame_size": 50}, {"rounds": 0}])
def test_settings_are_checked(change):
    with pytest.raises(InputError):
        AtomsConfig(**change)


def test_the_shipped_recipe_can_be_read():
    config = read_atoms_training(Path(RECIPE))
    assert config.atoms.shapes >= 1024
