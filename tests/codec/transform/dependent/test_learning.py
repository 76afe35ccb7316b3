"""Training of the networks of sizes and signs, on sounds made here."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ligeia.audio.signal import Audio
from ligeia.audio.writing import write_audio
from ligeia.codec.transform.dependent import learning, trainable
from ligeia.codec.transform.dependent.learning import examples_of, learn_dependent, sounds_in_steps
from ligeia.codec.transform.dependent.model import DependentModel
from ligeia.codec.transform.dependent.weighted import WeightedExamples, WeightedPrediction
from ligeia.codec.transform.learning import learn_contexts
from ligeia.codec.transform.material import ContextsConfig, Material, Task
from ligeia.codec.transform.trainable import bits_per_symbol
from ligeia.training.config import TrainingConfig


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> ContextsConfig:
    """A second each of two gliding tones with noise."""
    folder, rate = tmp_path_factory.mktemp("data"), 8000
    (folder / "speech").mkdir()
    seconds = np.arange(rate) / rate
    for k in range(2):
        phase = 2 * np.pi * np.cumsum(200 + 40 * k + 30 * np.sin(3 * seconds)) / rate
        tones = sum(np.sin(n * phase) / n for n in range(1, 6))
        noise = np.random.default_rng(k).normal(0, 0.02, len(seconds))
        write_audio(folder / "speech" / f"tone{k}.wav", Audio((0.1 * tones + noise)[None].astype(np.float32), rate))
    task = Task(preset="waveform_speech", data=folder, hidden=8, batch=512)
    training = TrainingConfig(steps=60, learning_rates=(0.02,), warmup=0.3, device="cpu", threads=1)
    return ContextsConfig(task=task, material=(Material(include=("speech/*",)),), training=training)


def test_networks_of_integers_say_what_was_trained() -> None:
    for kind in (trainable.SIZES[1], trainable.SIGNS[2]):
        torch.manual_seed(1)
        network = trainable.network_of(kind, 8)
        contexts = np.random.default_rng(0).integers(0, 128, (500, kind.inputs)).astype(np.int8)
        symbols = np.random.default_rng(1).integers(0, network.table.shape[1], 500).astype(np.uint8)
        with torch.no_grad():
            said = network.likelihoods(torch.from_numpy(contexts).float(), torch.from_numpy(symbols).long()).mean()
        examples = WeightedExamples(contexts, symbols, np.ones(500, np.float32))
        bits = bits_per_symbol(network.arrays(), kind.name, *examples)
        assert bits == pytest.approx(-float(said) / np.log(2), rel=0.05)  # rows are not mixed there


def test_what_is_learned_takes_fewer_bits(config: ContextsConfig) -> None:
    learned = learn_contexts(config)
    sounds = [sound for _, sound in sounds_in_steps(config)]
    before, after = (
        examples_of(sounds, DependentModel.from_arrays(arrays), 0.1, 0)
        for arrays in (trainable.first_model(8), learned.arrays)
    )
    for name in ("sizes_0", "sizes_1", "sizes_2"):
        assert learned.bits[name] < bits_per_symbol(trainable.first_model(8), name, *before[name])
    assert min(learned.bits[kind.name] for kind in trainable.SIGNS) < 0.99
    assert set(after) == set(learned.bits) == set(learned.symbols)


def test_a_training_that_was_stopped_goes_on_to_the_same(config: ContextsConfig, tmp_path: Path) -> None:
    short = replace(config, training=replace(config.training, steps=8))
    whole = learn_dependent(short)
    kept = learn_dependent(short, folder=tmp_path / "run")
    again = learn_dependent(short, folder=tmp_path / "run", resume=True)
    for each in (kept, again):
        assert all(np.array_equal(each.arrays[name], value) for name, value in whole.arrays.items())


def test_an_example_that_stands_for_others_counts_as_often() -> None:
    kind, random = trainable.SIZES[0], np.random.default_rng(0)
    network = trainable.network_of(kind, 8)
    contexts, symbols = random.integers(0, 128, (40, kind.inputs)).astype(np.int8), random.integers(0, 18, 40)
    one = WeightedExamples(contexts, symbols.astype(np.uint8), np.tile(np.array([1, 3], np.float32), 20))
    times = one.weights.astype(int)
    many = WeightedExamples(*(np.repeat(v, times, axis=0) for v in (contexts, one.symbols)), np.ones(80, np.float32))
    assert one.stands_for == many.stands_for == 80
    assert bits_per_symbol(network.arrays(), kind.name, *one) == pytest.approx(
        bits_per_symbol(network.arrays(), kind.name, *many)
    )
    task, losses = Task(preset="waveform_speech"), []
    for examples in (one, many):
        objective = WeightedPrediction(torch.device("cpu"), network, task, examples)
        losses.append(float(objective.loss(objective.columns).detach()))
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_parts_of_the_training_sum_to_all_of_it() -> None:
    assert sum(learning.ROUNDS) == 1
