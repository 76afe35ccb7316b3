"""Training: it lowers the loss, resumes to the same bytes, and its stretches are those of decoding."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from typer.testing import CliRunner

import ligeia
from ligeia.codec.synthesis.network import Network
from ligeia.errors import Cancelled

torch = pytest.importorskip("torch")

from ligeia.codec.synthesis import learning  # noqa: E402
from ligeia.codec.synthesis.features import HOP, SIZE  # noqa: E402
from ligeia.codec.synthesis.learning import Restoration, learn_synthesis, read_synthesis_config, stretch  # noqa: E402
from ligeia.codec.synthesis.material import Pairs, SynthesisTask, quantised  # noqa: E402
from ligeia.training.config import TrainingConfig  # noqa: E402

RATE = 16000
TASK = SynthesisTask(variants=1, width=8, batch=2, crop_seconds=1.0)
TRAINING = TrainingConfig(steps=12, learning_rates=(0.01,), evaluations=2, log_every=3, device="cpu", save_seconds=0)


def babble(seconds=2.5, seed=0):
    random = np.random.default_rng(seed)
    syllables = np.abs(np.sin(np.arange(round(seconds * RATE)) * 14 / RATE)) ** 2
    return ligeia.Audio((0.1 * syllables * random.standard_normal(len(syllables)))[None], RATE)


@pytest.fixture(scope="module")
def pairs():
    return Pairs(
        [*quantised(babble(), TASK, np.random.default_rng(0))],
        [*quantised(babble(1.5, 1), TASK, np.random.default_rng(1))],
    )


@pytest.fixture
def task(tmp_path, monkeypatch, pairs):
    monkeypatch.setattr(learning, "read_pairs", lambda task, seed, on_share=None: pairs)
    return TASK


def test_a_stretch_is_what_decoding_sees(pairs):
    pair = pairs.learned[0]
    decoded, facts, clean, factor = stretch(pair, 4, 30)
    assert len(clean) == 30 * HOP
    assert np.array_equal(clean * 32768, pair.clean[4 * HOP : 34 * HOP])
    assert len(facts) == (len(decoded) - SIZE) // HOP + 1
    first = max(learning.BEFORE - 4, 0) * HOP
    assert not decoded[:first].any()  # before the sound
    assert np.array_equal(decoded[first:] * 32768, pair.decoded[: len(decoded) - first])
    assert factor == pytest.approx(1 / pair.level)


def test_an_untrained_network_gives_back_the_stretch(pairs):
    objective = Restoration(torch.device("cpu"), TASK, pairs)
    with torch.no_grad():
        objective.module.leave.weight.zero_()
        decoded, facts, _, _ = objective._stacked([stretch(pairs.learned[0], 20, 30)])
        written = objective.module(decoded, facts)[0].numpy()
    assert written * 32768 == pytest.approx(pairs.learned[0].decoded[20 * HOP : 50 * HOP], abs=0.05)


def test_it_learns(task):
    learned = learn_synthesis(task, replace(TRAINING, steps=40))
    losses = [row["loss"] for row in learned.trained.curve if "judged_disturbance" in row]
    assert learned.trained.scalars["loss"] < losses[0]
    net = Network.from_arrays(learned.arrays, "a test")
    assert all(value.dtype == np.float16 for value in learned.arrays.values())
    assert net.arrays["enter.bias"].shape == (8,)
    assert (learned.trained.steps, learned.examples) == (40, 1)


def test_it_resumes_to_the_same_bytes(task, tmp_path):
    whole = learn_synthesis(task, TRAINING, folder=tmp_path / "whole")

    def stop(progress):
        if progress.step and progress.step >= 5:
            raise Cancelled

    import ligeia.training.runs as runs

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "SECONDS_BETWEEN", 0.0)
        with pytest.raises(Cancelled):
            learn_synthesis(task, TRAINING, folder=tmp_path / "cut", on_progress=stop)
    again = learn_synthesis(task, TRAINING, folder=tmp_path / "cut", resume=True)
    assert all(np.array_equal(again.arrays[name], value) for name, value in whole.arrays.items())


def test_the_command_trains_a_network(tmp_path):
    from ligeia.cli.main import app

    ligeia.write_audio(tmp_path / "voice.wav", babble(1.5))
    config, out = tmp_path / "small.toml", tmp_path / "small.safetensors"
    config.write_text(
        '[synthesis]\nwidth = 4\nvariants = 1\nbatch = 1\ncrop_seconds = 1.0\n[training]\nsteps = 2\ndevice = "cpu"\n'
    )
    done = CliRunner().invoke(
        app, ["train", "synthesis", str(config), "-o", str(out), "--data", str(tmp_path), "--json"]
    )
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    assert (facts["steps"], facts["pairs"], facts["bytes"]) == (2, 1, out.stat().st_size)
    Network.from_arrays(load_file(out), str(out))


def test_the_shipped_configuration_is_valid():
    path = Path(learning.__file__).with_name("speech_low.toml")
    task, training = read_synthesis_config(path)
    assert task.validation
    assert training.ema is not None
