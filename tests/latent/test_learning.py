"""A whole training of a family, tiny: it learns, resumes to the same bytes, and fails in words."""

import signal
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from made_families import RATE, SAMPLES, tiny, write_notes

from ligeia.codec.family.model import model_bytes, read_model
from ligeia.errors import FitError, InputError
from ligeia.latent.family import encoder_of
from ligeia.latent.learning import FamilyObjective, LearnedFamily, family_name, learn, parts
from ligeia.latent.material import read_material
from ligeia.training.objective import Step
from ligeia.training.processes import Processes

SCRIPT = str(Path(__file__).with_name("made_families.py"))
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with notes."""
    folder = tmp_path_factory.mktemp("home")
    write_notes(folder / "data")
    return folder


@pytest.fixture(scope="module")
def whole(home: Path) -> LearnedFamily:
    """A training that nothing stopped."""
    return learn(tiny(home / "data"), folder=home / "whole")


def rows_of(curve):
    return [{key: value for key, value in row.items() if key != "seconds"} for row in curve]


def first_step() -> Step:
    return Step(0, 0.0, 0, Processes(), torch.Tensor.backward, nullcontext)


def test_it_learns_and_says_what_from(whole: LearnedFamily) -> None:
    evaluated = [row for row in whole.curve if "mse" in row]
    assert [row["step"] for row in evaluated] == [10, 20, 30]
    assert evaluated[-1]["mse"] < evaluated[0]["mse"]
    facts = whole.facts()
    assert facts["steps"] == 30
    assert facts["data"]["items"] == 6
    assert ("learned from", f"6 sounds of {SAMPLES / RATE:g} s") in whole.lines()


def test_the_model_file_holds_the_family(whole: LearnedFamily, tmp_path: Path) -> None:
    (tmp_path / "f.safetensors").write_bytes(model_bytes(whole.model("notes")))
    model = read_model(tmp_path / "f.safetensors")
    assert (model.name, model.kind, model.rate, model.samples, model.items) == ("notes", "film", RATE, SAMPLES, 6)
    assert np.array_equal(model.codes, whole.codes.numpy())
    assert set(model.arrays) == {name.removeprefix("decoder.") for name in whole.weights}
    assert len(model.names) == 6


def test_the_codes_of_the_file_give_the_scores(whole: LearnedFamily, home: Path) -> None:
    objective = FamilyObjective(whole.config, whole.material, CPU)
    objective.module.decoder.load_state_dict(
        {name.removeprefix("decoder."): value for name, value in whole.weights.items()}
    )
    times = torch.arange(SAMPLES) * (2 / SAMPLES) - 1
    with torch.no_grad():
        found = objective.module.decoder(whole.codes, times[None])
    error = (found - torch.from_numpy(whole.material.waveforms)).square().mean()
    assert whole.scores["mse"] == pytest.approx(float(error), rel=1e-4)


def test_a_killed_training_goes_on_to_the_same_bytes(tmp_path: Path, home: Path, whole: LearnedFamily) -> None:
    (tmp_path / "data").symlink_to(home / "data")
    killed = subprocess.run([sys.executable, SCRIPT, str(tmp_path), "17"], check=False)
    assert killed.returncode == -signal.SIGKILL
    resumed = learn(tiny(tmp_path / "data"), folder=tmp_path / "run", resume=True)
    assert rows_of(resumed.curve) == rows_of(whole.curve)
    assert model_bytes(resumed.model("notes")) == model_bytes(whole.model("notes"))


def test_parts_of_a_batch_give_the_gradients_of_the_whole(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tiny(home / "data", {"codes": {"optimiser": "sgd"}})
    material, found = read_material(config.data), []
    for values in (1, 10**6):
        monkeypatch.setattr("ligeia.latent.learning.ACTIVATIONS", values)
        objective = FamilyObjective(config, material, CPU)
        loss = objective.backward(first_step())
        assert objective.module.codes is not None
        gradients = {name: value.grad for name, value in objective.module.named_parameters()}
        found.append((loss, gradients, objective.module.codes.values))
    (one, ours, codes), (other, theirs, their_codes) = found
    assert one == pytest.approx(other, rel=1e-5)
    assert torch.allclose(codes, their_codes, atol=1e-6)
    largest = max(float(gradient.abs().max()) for gradient in ours.values())
    for name, gradient in ours.items():
        assert torch.allclose(gradient, theirs[name], atol=1e-5 * largest), name
    assert list(parts(5, 2)) == [slice(0, 2), slice(2, 4), slice(4, 5)]


def test_a_mapping_that_is_not_trained_stays(home: Path) -> None:
    config = tiny(home / "data", {"codes": {"train_mapping": False}})
    start = FamilyObjective(config, read_material(config.data), CPU).module.decoder.state_dict()
    learned = learn(config).weights
    moved = {name for name, value in start.items() if not torch.equal(value, learned[f"decoder.{name}"])}
    assert moved == {name for name in start if not name.startswith("map_")}


def test_the_penalty_falls_on_the_function_alone(home: Path) -> None:
    strong = {"training": {"optimiser": "sgd", "weight_decay": 0.1, "learning_rates": [1e-9]}}
    config = tiny(home / "data", strong)
    objective = FamilyObjective(config, read_material(config.data), CPU)
    body, others = objective.groups()
    names = {id(value): name for name, value in objective.module.decoder.named_parameters()}
    assert not any(names[id(value)].startswith("map_") for value in body)
    assert all(names[id(value)].startswith("map_") for value in others)
    assert objective.penalised() == [True, False]


def test_fewer_sounds_than_a_step_needs(home: Path) -> None:
    config = tiny(home / "data", {"data": {"items": None}, "codes": {"batch": 7}})
    with pytest.raises(InputError, match=r"a step needs 7 sounds and there are 6: lower batch in \[codes\]"):
        learn(config)


def test_a_diverging_training_leaves_the_last_good_model(home: Path, tmp_path: Path) -> None:
    config = tiny(home / "data", {"training": {"steps": 60, "evaluations": 6, "schedule": "constant"}})
    before = FamilyObjective.backward

    def poisoned(self: FamilyObjective, step: Step) -> float:
        if step.number == 25:
            with torch.no_grad():
                next(iter(self.module.decoder.parameters())).fill_(torch.nan)
        return before(self, step)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FamilyObjective, "backward", poisoned)
        with pytest.raises(FitError, match=r"diverged at step 25: the loss is nan; lower.*last_good\.safetensors"):
            learn(config, folder=tmp_path / "run")
    model = read_model(tmp_path / "run" / "last_good.safetensors")
    assert model.facts["steps"] == 20
    assert np.isfinite(model.facts["mse"])


def test_an_evaluation_that_is_not_finite_stops(home: Path) -> None:
    config = tiny(home / "data")
    objective = FamilyObjective(config, read_material(config.data), CPU)
    objective.backward(first_step())
    with torch.no_grad():
        next(iter(objective.module.decoder.parameters())).fill_(torch.nan)
    with pytest.raises(FitError, match="diverged at step 1: the loss is nan"):
        objective.evaluate()


def test_another_configuration_is_another_run(home: Path, whole: LearnedFamily) -> None:
    config = tiny(home / "data", {"loss": {"derivative": 0.5}})
    with pytest.raises(InputError, match="is the checkpoint of other data or other settings"):
        learn(config, folder=home / "whole", resume=True)
    assert replace(config, loss=whole.config.loss) == whole.config


LAPPED = {"kind": "lapped", "code": 8, "frame_size": 32, "stretches": 1, "borders": [8], "ranks": [6, 2]}


def test_a_closed_form_is_a_start(home: Path) -> None:
    still = {"steps": 1, "learning_rates": [0.0], "evaluations": 0}
    codes = {"start": "closed", "learning_rate": 0.0, "optimiser": "adam"}
    drawn = tiny(home / "data", {"decoder": LAPPED, "training": still})
    closed = tiny(home / "data", {"decoder": LAPPED, "training": still, "codes": codes})
    solved = learn(closed)
    assert solved.scores["mse"] < 0.1 * learn(drawn).scores["mse"]
    longer = {"steps": 50, "learning_rates": [1e-3], "evaluations": 1}
    assert learn(tiny(home / "data", {"decoder": LAPPED, "training": longer, "codes": codes})).scores["snr_db"] > 0
    with pytest.raises(InputError, match="a decoder of kind 'film' has no closed form"):
        learn(tiny(home / "data", {"codes": codes}))


def test_an_autoencoder_learns_and_keeps_its_encoder(home: Path, tmp_path: Path) -> None:
    encoder = {"channels": [4, 4], "kernel": 16, "stride": 2, "pool": 2}
    config = tiny(home / "data", {"codes": {"inference": "autoencoder"}, "encoder": encoder})
    learned = learn(config)
    evaluated = [row["mse"] for row in learned.curve if "mse" in row]
    assert evaluated[-1] < evaluated[0]
    (tmp_path / "f.safetensors").write_bytes(model_bytes(learned.model("notes")))
    model = read_model(tmp_path / "f.safetensors")
    found = encoder_of(model)
    assert found is not None
    with torch.no_grad():
        codes = found(torch.from_numpy(learned.material.waveforms)).numpy()
    assert np.allclose(codes, model.codes, atol=1e-6)


@pytest.mark.parametrize(
    "changes",
    [
        {"loss": {"derivative_at": "first"}, "training": {"precision": "bfloat16"}},
        {"loss": {"derivative_at": "middle", "reduction": "mean"}, "training": {"clip_gradient": 1.0}},
        {"loss": {"points": 300, "places": "run", "complex": 1.0, "reduction": "mean"}},
        {"loss": {"points": 0, "spectral": 0.01, "reduction": "mean"}, "training": {"ema": 0.9}},
        {"decoder": {"groups": 2}, "training": {"optimiser": "adam", "decay_schedule": "linear", "weight_decay": 0.1}},
        {"codes": {"penalty": 0.1}, "evaluation": {"items": 0, "keep": "best"}},
        {"codes": {"batch": 5}},
    ],
    ids=str,
)
def test_recipes_lower_the_error(home: Path, changes) -> None:
    """The last one has steps that see a sound twice, at the end of one round through them and the start of the next."""
    curve = [row["mse"] for row in learn(tiny(home / "data", changes)).curve if "mse" in row]
    assert curve[-1] < curve[0]


def test_names_of_families() -> None:
    assert family_name(Path("dir/My Pianos 2.safetensors")) == "my_pianos_2"
    assert family_name(Path("x" * 50)) == "x" * 32
