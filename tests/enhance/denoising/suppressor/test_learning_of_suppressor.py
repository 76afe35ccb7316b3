"""Training: it reads what it may, lowers the loss, resumes to the same bytes, and starts from a network."""

import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from typer.testing import CliRunner

import ligeia
from ligeia.enhance.denoising.suppressor.material import CONFIGURATION, SuppressorTask, range_db, read_sounds
from ligeia.enhance.denoising.suppressor.network import Network
from ligeia.errors import Cancelled, InputError

torch = pytest.importorskip("torch")

from ligeia.codec.synthesis.loss import Weights  # noqa: E402
from ligeia.enhance.denoising.suppressor.learning import learn_suppressor, read_suppressor_config  # noqa: E402
from ligeia.enhance.denoising.suppressor.loss import Distance  # noqa: E402
from ligeia.training.config import TrainingConfig  # noqa: E402

RATE = 16000
TRAINING = TrainingConfig(steps=12, learning_rates=(0.003,), evaluations=2, log_every=3, device="cpu", save_seconds=0)


def babble(seconds=1.5, seed=0):
    random = np.random.default_rng(seed)
    syllables = np.abs(np.sin(np.arange(round(seconds * RATE)) * 14 / RATE)) ** 2
    return ligeia.Audio((0.1 * syllables * random.standard_normal(len(syllables)))[None], RATE)


@pytest.fixture
def task(tmp_path):
    folder = tmp_path / "data"
    for name, seed in (("voice_a", 0), ("voice_b", 1), ("noise_a", 2)):
        path = folder / name.split("_")[0] / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        ligeia.write_audio(path, babble(seed=seed))
    return SuppressorTask(
        data=folder, speech=("voice/*",), noise=("noise/*",), validation=("*_b*",), width=4, batch=2, crop_seconds=0.5,
        judged=2,
    )  # fmt: skip


def test_it_reads_speech_and_noise_apart(task):
    sounds = read_sounds(replace(task, speeds=(1.0, 0.9)))
    counts = [len(each) for each in (sounds.speech, sounds.judged_speech, sounds.noise, sounds.judged_noise)]
    assert counts == [2, 1, 1, 0]
    assert len(sounds.speech[1]) == pytest.approx(len(sounds.speech[0]) / 0.9, rel=0.01)
    assert sorted(sounds.learned) == ["noise/noise_a.wav", "voice/voice_a.wav", "voice/voice_b.wav"]


def test_noisy_speech_is_not_learned_from(task):
    assert range_db(babble().samples[0]) > 15
    with pytest.raises(InputError, match="none of 1 recordings of speech can be learned from"):
        read_sounds(replace(task, cleanest_db=90.0))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"speech": ("absent/*",)}, "matches absent"),
        ({"validation": ("*",)}, "are kept for validation"),
    ],
)
def test_material_that_is_not_there(task, changes, said):
    with pytest.raises(InputError, match=said):
        read_sounds(replace(task, **changes))


@pytest.mark.parametrize(
    "changes",
    [{"width": 0}, {"crop_seconds": 0.1}, {"speeds": ()}, {"snr_db": (5.0, 0.0)}, {"clean": 2.0}, {"whole": -1.0}],
)
def test_settings_out_of_range(changes):
    with pytest.raises(InputError):
        SuppressorTask(**changes)


def test_less_error_is_less_loss():
    distance = Distance(Weights(), 0.05, 0.02)
    clean = torch.from_numpy(babble(1.0).samples / 0.05)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    losses = [float(distance(clean, clean + size * noise)[0]) for size in (1.0, 0.1, 0.01, 0.0)]
    assert losses == sorted(losses, reverse=True)
    parts = distance(clean, clean + 0.1 * noise)[1]
    assert float(parts["whole"]) == pytest.approx(10 * np.log10(0.01 / float(clean.square().mean())), abs=0.3)


def test_it_learns(task):
    alike = replace(task, snr_db=(0.0, 0.0), clean=0.0, speechless=0.0, narrow=0.0, level_db=0.0, width=8, judged=6)
    learned = learn_suppressor(alike, replace(TRAINING, steps=60, learning_rates=(0.01,), evaluations=6))
    losses = [row["loss"] for row in learned.trained.curve if "judged_disturbance" in row]
    assert learned.trained.scalars["loss"] < losses[0]
    assert all(value.dtype == np.float16 for value in learned.arrays.values())
    assert Network.from_arrays(learned.arrays, "a test").arrays["enter.bias"].shape == (8,)
    assert learned.trained.steps == 60


def test_it_resumes_to_the_same_bytes(task, tmp_path):
    whole = learn_suppressor(task, TRAINING, folder=tmp_path / "whole")

    def stop(progress):
        if progress.step and progress.step >= 5:
            raise Cancelled

    import ligeia.training.runs as runs

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "SECONDS_BETWEEN", 0.0)
        with pytest.raises(Cancelled):
            learn_suppressor(task, TRAINING, folder=tmp_path / "cut", on_progress=stop)
    again = learn_suppressor(task, TRAINING, folder=tmp_path / "cut", resume=True)
    assert all(np.array_equal(again.arrays[name], value) for name, value in whole.arrays.items())


def test_it_goes_on_from_a_network(task, tmp_path):
    first = learn_suppressor(task, TRAINING).arrays
    save_file(first, tmp_path / "first.safetensors")
    still = replace(TRAINING, steps=1, learning_rates=(0.0,))
    again = learn_suppressor(replace(task, start=tmp_path / "first.safetensors"), still).arrays
    assert all(np.array_equal(again[name], value) for name, value in first.items())
    with pytest.raises(InputError, match="with a width of 5"):
        learn_suppressor(replace(task, start=tmp_path / "first.safetensors", width=5), still)
    with pytest.raises(InputError, match="cannot be read"):
        learn_suppressor(replace(task, start=tmp_path / "absent.safetensors"), still)


def test_the_command_trains_a_network(task, tmp_path):
    from ligeia.cli.main import app

    config, out = tmp_path / "small.toml", tmp_path / "small.safetensors"
    config.write_text(
        '[suppressor]\nspeech = ["voice/*"]\nwidth = 4\nbatch = 1\njudged = 1\ncrop_seconds = 0.5\n'
        '[training]\nsteps = 2\ndevice = "cpu"\n'
    )
    done = CliRunner().invoke(
        app, ["train", "denoise", str(config), "-o", str(out), "--data", str(task.data), "--json"]
    )
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    assert (facts["steps"], facts["recordings"], facts["bytes"]) == (2, 2, out.stat().st_size)
    Network.from_arrays(load_file(out), str(out))


def test_the_shipped_configuration_is_valid():
    task, training = read_suppressor_config(CONFIGURATION)
    assert task.validation
    assert any("demand" in pattern for pattern in task.exclude)
    assert training.ema is not None
