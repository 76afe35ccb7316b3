"""Every row of the thesis's tables starts: one step with the true networks, on made sounds of a second."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from ligeia.codec.family.film import FilmSettings
from ligeia.latent.configuration import Configuration, configuration_names, named
from ligeia.latent.learning import FamilyObjective
from ligeia.latent.material import Material, Recording
from ligeia.training.loop import Trainer

ROWS = [name for name in configuration_names() if name.startswith("table_")]
DATA = ("keyboard", "diverse", "keywords")
POINTS = 40
COUNTS = {
    "table_6_1_pi_gan_ad": 790_273,
    "table_6_1_pi_gan_ae": 790_273,
    "table_6_1_im_net_ad": 1_208_257,
    "table_6_1_wavegan_ad": 799_170,
    "table_6_4_sine_first": 790_273,
    "table_6_7_min_mapping": 592_897,
    "table_6_7_five_mapping": 921_857,
    "table_6_10_wide_released": 786_852,
    "table_6_10_deep_released": 793_357,
}
"""Numbers of the thesis and its program, without the lengths of normalised weights."""
TABLES = {
    "table_6_1_": 6,
    "table_6_4_": 3,
    "table_6_7_": 2,
    "table_6_10_": 6,
    "table_6_13_": 6,
    "table_6_16_": 6,
    "table_a_1_": 2,
}
"""Rows besides pi-GAN itself, by the first table of three that they are in."""


def small(config: Configuration) -> Configuration:
    """The same training on two sounds, of which a step sees few samples where it need not see all."""
    points = POINTS if config.loss.points else 0
    return replace(
        config,
        data=replace(config.data, items=2),
        codes=replace(config.codes, batch=2),
        loss=replace(config.loss, points=points),
        training=replace(config.training, device="cpu"),
    )


def material(config: Configuration) -> Material:
    sounds = np.random.default_rng(0).standard_normal((2, config.data.samples)).astype(np.float32) / 10
    items = tuple(Recording(name=str(number)) for number in range(2))
    counters = {"left_out": {}, "changed": Counter(), "others": Counter()}
    return Material(waveforms=sounds, items=items, gains=np.ones(2, np.float32), settings=config.data, **counters)


@pytest.mark.parametrize("name", [*ROWS, "table_6_4_relu+released", "table_a_1_concat_all+released"])
def test_every_row_starts(name: str) -> None:
    config = small(named(name))
    objective = FamilyObjective(config, material(config), torch.device("cpu"))
    trainer = Trainer(objective, config.training, keep_best=False)
    before = {key: value.detach().clone() for key, value in objective.module.state_dict().items()}
    trainer.advance(0.0)
    assert np.isfinite(trainer.loss)
    moved = {key for key, value in objective.module.state_dict().items() if not torch.equal(value, before[key])}
    assert any(key.startswith("decoder.") for key in moved)
    assert any(key.startswith("encoder.") for key in moved) == name.endswith("_ae")
    assert ("codes.values" in moved) != name.endswith("_ae")
    assert any(key.startswith("decoder.map_") for key in moved) == (
        "map_weight_0" in _shapes(config) and config.codes.train_mapping
    )


def _shapes(config: Configuration) -> dict[str, tuple[int, ...]]:
    return config.decoder.shapes(config.data.samples)


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("name", ["paper", *ROWS])
def test_every_row_goes_with_every_data_set(name: str, data: str) -> None:
    row, alone = named(f"{name}+{data}"), named(name)
    assert row.data.selection == data
    assert (row.data.items, row.data.samples, row.data.rate) == (1024, 16000, 16000)
    assert (row.decoder, row.codes, row.loss, row.training) == (
        alone.decoder,
        alone.codes,
        alone.loss,
        alone.training,
    )


def test_networks_have_the_sizes_of_the_thesis() -> None:
    for name, count in COUNTS.items():
        shapes = _shapes(named(name))
        numbers = sum(int(np.prod(shape)) for key, shape in shapes.items() if not key.startswith("length_"))
        assert numbers == count, name


def test_every_table_has_its_rows() -> None:
    counts = {table: len([name for name in ROWS if name.startswith(table)]) for table in TABLES}
    assert counts == TABLES
    assert len(ROWS) == sum(TABLES.values())


def test_factors_of_speech_commands() -> None:
    decoder = named("paper+film_keywords").decoder
    assert isinstance(decoder, FilmSettings)
    assert (decoder.first_omega, decoder.hidden_omega) == (615.0, 200.0)
