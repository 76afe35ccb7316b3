from dataclasses import dataclass
from pathlib import Path

import pytest

from ligeia.errors import InputError
from ligeia.training.config import TrainingConfig, read_settings


@dataclass(frozen=True)
class Data:
    """Settings of some recipe."""

    folder: Path
    units: int = 32
    rate: float | None = None
    name: str = "a"


def read(tmp_path, text, **tables):
    (tmp_path / "c.toml").write_text(text)
    return read_settings(tmp_path / "c.toml", **(tables or {"training": TrainingConfig}))


def test_tables_become_dataclasses(tmp_path):
    text = """
        [training]
        steps = 24000
        learning_rates = [1e-2, 1]
        betas = [0.5, 0.9]
        clip_gradient = 1
        schedule = "cosine"
        [data]
        folder = "x/y"
        rate = 8000.0
    """
    settings = read(tmp_path, text, training=TrainingConfig, data=Data)
    assert settings["training"] == TrainingConfig(
        steps=24000, learning_rates=(1e-2, 1.0), betas=(0.5, 0.9), clip_gradient=1.0, schedule="cosine"
    )
    assert settings["data"] == Data(Path("x/y"), rate=8000.0)


def test_an_empty_file_has_the_defaults(tmp_path):
    assert read(tmp_path, "")["training"] == TrainingConfig()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[training]\nsteps = [", "cannot be read as TOML"),
        ("[training]\nstep = 3", "c.toml [training]: setting 'step' is unknown; did you mean steps?"),
        ("[training]\nxyz = 3", "c.toml [training]: setting 'xyz' is unknown; there are: steps, "),
        ("[trainin]\nsteps = 3", "c.toml: table 'trainin' is unknown; did you mean training?"),
        ("training = 3", "c.toml [training] is not a table"),
        ('[training]\nsteps = "3"', "c.toml [training]: steps must be of type int, got '3'"),
        ("[training]\nsteps = 3.5", "steps must be of type int, got 3.5"),
        ("[training]\nsteps = true", "steps must be of type int, got True"),
        ("[training]\nema = true", "ema must be of type float, got True"),
        ("[training]\nbetas = [0.9]", "betas must be of type"),
        ('[training]\nlearning_rates = ["a"]', "learning_rates must be of type float, got 'a'"),
        ('[training]\nschedule = "linear"', "schedule must be of type"),
        ("[training]\nsteps = 0", "c.toml [training]: steps must lie between 1 and 10000000, got 0"),
    ],
)
def test_what_is_wrong_is_one_clear_line(tmp_path, text, message):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_setting_is_named(tmp_path):
    with pytest.raises(InputError, match=r"\[data\]: folder is missing"):
        read(tmp_path, "[data]\nunits = 3", data=Data)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.toml"):
        read_settings(tmp_path / "none.toml", training=TrainingConfig)


@pytest.mark.parametrize(
    "settings",
    [
        {"learning_rates": ()},
        {"learning_rates": (float("nan"),)},
        {"schedule": "linear"},
        {"warmup_steps": -1},
        {"plateau_factor": 1.0},
        {"plateau_patience": 0},
        {"plateau_of": "epochs"},
        {"plateau_threshold": 1.0},
        {"ema": 1.0},
        {"precision": "int8"},
        {"log_every": 0},
        {"save_seconds": -1.0},
    ],
    ids=str,
)
def test_a_bad_setting_is_refused_by_its_name(settings):
    with pytest.raises(InputError, match=next(iter(settings))):
        TrainingConfig(**settings)


def test_a_configuration_that_is_nested_without_end(tmp_path):
    (tmp_path / "deep.toml").write_text("a = " + "[" * 100_000)
    with pytest.raises(InputError, match="cannot be read as TOML"):
        read_settings(tmp_path / "deep.toml", training=TrainingConfig)
