"""The shipped configurations: every row of Tables 2 to 5 of the paper is there, has its size, and starts."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from ligeia.hypersound.configuration import Configuration, configuration_names, named
from ligeia.hypersound.hypernetwork import HyperSound
from ligeia.hypersound.learning import learn

FMLP = {"10": 3381, "4": 8149, "2": 16471, "1": 32539, "0.5": 65751, "0.125": 262615}
"""Numbers that are written at each ratio of Table 2."""
SIREN = [(30, 30), (100, 30), (500, 30), (1000, 30), (2000, 30), (2000, 100)]
ROWS = {
    **{f"table_2_fmlp_cr_{ratio}": numbers for ratio, numbers in FMLP.items()},
    **{f"table_2_siren_{first}_{hidden}": 33031 for first, hidden in SIREN},
    "table_3_standard": 34741,
    "table_3_multiplicative": 34741,
    "table_3_additive": 34741,
    "table_3_shared_1": 32851,
    "table_3_shared_2": 24661,
    **{f"table_4_p_{power}": 34741 for power in ("0", "0.2", "0.5", "1")},
    **{f"table_5_{name}": 34741 for name in ("vctk", "lj_speech", "librispeech")},
}


def test_every_row_of_the_tables_is_there() -> None:
    assert {name for name in configuration_names() if name.startswith("table")} == set(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_models_have_the_sizes_of_the_paper(name: str) -> None:
    config = named(name)
    with torch.device("meta"):  # where there are no values to start from
        model = HyperSound(replace(config.model, initialisation="hyperfan"))
    counts = {part: sum(value.numel() for value in getattr(model, part).parameters()) for part in ("encoder", "trunk")}
    assert counts == {"encoder": 21_045_792, "trunk": 3_706_144}
    assert config.model.numbers == ROWS[name]
    assert model.head.weight.numel() + model.head.bias.numel() == 401 * ROWS[name]


def test_rows_differ_in_what_their_table_is_about() -> None:
    assert [named(f"table_4_p_{power}").loss.frequency_power for power in ("0", "0.2", "0.5", "1")] == [0, 0.2, 0.5, 1]
    for first, hidden in SIREN:
        config = named(f"table_2_siren_{first}_{hidden}")
        assert (config.model.target["first_omega"], config.model.target["hidden_omega"]) == (first, hidden)
        assert config.training.learning_rates == (1e-6,)
    assert named("table_3_shared_2").model.shared_layers == (0, 1)
    assert named("table_3_additive").model.variant == "additive"


def test_the_schedule_of_the_paper_as_executed() -> None:
    training, data = named("paper").training, named("paper").data
    assert training.steps * data.batch == 2500 * data.samples_per_epoch
    assert training.steps / training.evaluations * data.batch == 100 * data.samples_per_epoch
    assert (training.optimiser, training.betas, training.weight_decay) == ("adamw", (0.95, 0.999), 0.01)
    assert (training.schedule, training.learning_rates, training.clip_gradient) == ("constant", (1e-4,), None)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Short recordings of twelve speakers, laid out as LibriSpeech."""
    folder = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(0)
    for number in range(60):
        speaker = f"{300 + number % 12}"
        path = folder / "train-clean-360" / speaker / "1" / f"{speaker}-1-{number:04d}.flac"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, 0.1 * random.standard_normal(16000), 22050)
    return folder


def cut_down(config: Configuration) -> Configuration:
    """Cut down but for the target network, the variant, and all that is not a size."""
    data = replace(config.data, batch=2, validation_segments=2)
    if data.validation_speakers:  # of whom there are none here
        data = replace(data, include=("*",), validation_speakers=(), last_speakers=1)
    return replace(
        config,
        model=replace(config.model, samples=512, channels=2, latent=2, strides=(4, 8), trunk=(4,)),
        loss=replace(config.loss, sizes=(128, 64), bands=16),
        data=data,
        training=replace(config.training, steps=2, device="cpu"),
        evaluation=replace(config.evaluation, final_metrics=()),
    )


@pytest.mark.parametrize("name", configuration_names())
def test_configurations_start(name: str, data: Path) -> None:
    learned = learn(cut_down(named(name)).on(data))
    assert learned.steps == 2
    assert np.isfinite(learned.curve[-1]["loss"])


def test_the_model_of_the_paper_takes_a_step_at_full_size(tmp_path: Path) -> None:
    """One clip of 32768 samples, so that it takes seconds; all else is as shipped."""
    for speaker in range(11):
        noise = 0.1 * np.random.default_rng(speaker).standard_normal(11025 + 65536)
        soundfile.write(tmp_path / f"{speaker}-1-0000.flac", noise, 22050)
    config = named("paper").on(tmp_path)
    learned = learn(
        replace(
            config,
            data=replace(config.data, batch=1, validation_segments=1),
            training=replace(config.training, steps=1, device="cpu"),
            evaluation=replace(config.evaluation, final_metrics=()),
        )
    )
    assert np.isfinite(learned.curve[-1]["validation_loss"])
    assert learned.facts()["segments"] == 1
