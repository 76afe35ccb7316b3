import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from made_training import CONFIG, Toy

from ligeia.errors import Cancelled, InputError
from ligeia.training.checkpoint import Checkpoint
from ligeia.training.runs import train

TOY = str(Path(__file__).with_name("made_training.py"))


def without_time(rows):
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


def rows_of(folder):
    return without_time(json.loads(line) for line in (folder / "curve.jsonl").read_text().splitlines())


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """A run that nothing stopped, and its folder."""
    folder = tmp_path_factory.mktemp("uninterrupted") / "run"
    return train(Toy, CONFIG, folder=folder), folder


def assert_same(trained, folder, uninterrupted):
    """The same curve and the same bytes, returned and on disk."""
    expected, other = uninterrupted
    assert without_time(trained.curve) == without_time(expected.curve) == rows_of(folder) == rows_of(other)
    assert all(torch.equal(value, trained.weights[name]) for name, value in expected.weights.items())
    assert (folder / "best.safetensors").read_bytes() == (other / "best.safetensors").read_bytes()


def test_the_curve_and_the_best_weights_are_on_disk(uninterrupted):
    trained, folder = uninterrupted
    assert sorted(path.name for path in folder.iterdir()) == [
        "best.safetensors", "curve.jsonl", "last.safetensors", "run.json",
    ]  # fmt: skip
    assert rows_of(folder) == without_time(trained.curve)
    assert trained.steps == 40
    assert trained.curve[-1]["step"] == 40


# --- resumed ------------------------------------------------------------------------------------------


def test_a_killed_run_goes_on_to_the_same_curve_and_bytes(tmp_path, uninterrupted):
    killed = subprocess.run([sys.executable, TOY, str(tmp_path / "run"), "23"], timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL
    resumed = train(Toy, CONFIG, folder=tmp_path / "run", resume=True)
    assert_same(resumed, tmp_path / "run", uninterrupted)


class Stop(Exception):
    pass


def stopped(folder, config, at, **options):
    """Leaves a run that has been stopped before step `at`."""

    def before(step):
        if step.number == at:
            raise Stop

    with pytest.raises(Stop):
        train(lambda device: Toy(device, before=before), config, folder=folder, **options)


@pytest.mark.parametrize(
    ("settings", "at"),
    [
        ({"optimiser": "adamw", "weight_decay": 0.1, "ema": None}, 5),
        ({"optimiser": "nadam", "schedule": "cosine"}, 17),
        ({"optimiser": "adabelief", "schedule": "plateau", "plateau_of": "steps", "plateau_patience": 3}, 23),
        ({"optimiser": "sgd", "schedule": "plateau", "plateau_patience": 1}, 31),
        ({"precision": "float16", "schedule": "staircase"}, 20),
        ({"precision": "bfloat16", "decay_schedule": "linear", "weight_decay": 0.1}, 39),
        ({"warmup_steps": 20, "clip_gradient": 0.1, "schedule": "constant"}, 10),
    ],
    ids=str,
)
def test_a_stopped_run_goes_on_to_the_same_curve_and_bytes(tmp_path, settings, at):
    config = replace(CONFIG, **settings)
    expected = train(Toy, config, folder=tmp_path / "a")
    stopped(tmp_path / "b", config, at)
    assert_same(train(Toy, config, folder=tmp_path / "b", resume=True), tmp_path / "b", (expected, tmp_path / "a"))


def test_rows_after_the_last_checkpoint_come_again(tmp_path, uninterrupted):
    config = replace(CONFIG, save_seconds=1000.0)
    stopped(tmp_path / "run", config, 30)  # before anything was saved
    assert rows_of(tmp_path / "run")
    with open(tmp_path / "run" / "curve.jsonl", "a") as file:
        file.write('{"step": 3')
    assert_same(train(Toy, config, folder=tmp_path / "run", resume=True), tmp_path / "run", uninterrupted)


def test_rows_after_a_checkpoint_in_the_middle_come_again(tmp_path, uninterrupted):
    stopped(tmp_path / "run", CONFIG, 12)
    stopped(tmp_path / "run", replace(CONFIG, save_seconds=1000.0), 33, resume=True)
    assert rows_of(tmp_path / "run")[-1]["step"] == 30
    assert_same(train(Toy, CONFIG, folder=tmp_path / "run", resume=True), tmp_path / "run", uninterrupted)


def test_a_finished_run_is_not_run_again(uninterrupted):
    def fail(step):
        raise Stop

    again = train(lambda device: Toy(device, before=fail), CONFIG, folder=uninterrupted[1], resume=True)
    assert_same(again, uninterrupted[1], uninterrupted)


# --- folders ------------------------------------------------------------------------------------------


def test_a_run_is_resumed_only_where_that_was_asked_for(uninterrupted):
    with pytest.raises(InputError, match="holds a run already"):
        train(Toy, CONFIG, folder=uninterrupted[1])


@pytest.mark.parametrize("settings", [{"steps": 41}, {"seed": 1}, {"learning_rates": (0.01,)}], ids=str)
def test_other_settings_are_another_run(uninterrupted, settings):
    with pytest.raises(InputError, match="other settings"):
        train(Toy, replace(CONFIG, **settings), folder=uninterrupted[1], resume=True)


def test_other_data_are_another_run(uninterrupted):
    class Other(Toy):
        def identity(self):
            return "other data"

    with pytest.raises(InputError, match="other data"):
        train(Other, CONFIG, folder=uninterrupted[1], resume=True)


def test_an_optimiser_that_cannot_resume_is_refused_a_folder(tmp_path):
    pytest.importorskip("pytorch_optimizer")
    with pytest.raises(InputError, match="soap"):
        train(Toy, replace(CONFIG, optimiser="soap"), folder=tmp_path)


# --- progress and cancel --------------------------------------------------------------------------------


def test_progress_ends_at_one():
    reports = []
    train(Toy, CONFIG, on_progress=reports.append)
    assert reports[-1].done == 1
    assert (reports[-1].stage, reports[-1].step, reports[-1].steps) == ("the toy", 40, 40)
    assert [report.done for report in reports] == sorted(report.done for report in reports)


def test_cancelling_saves_the_state(tmp_path, monkeypatch, uninterrupted):
    from ligeia.training import runs

    monkeypatch.setattr(runs, "SECONDS_BETWEEN", 0.0)

    def cancel(progress):
        if progress.step == 12:
            raise Cancelled("enough")

    config = replace(CONFIG, save_seconds=1000.0)
    with pytest.raises(Cancelled):
        train(Toy, config, folder=tmp_path / "run", on_progress=cancel)
    steps = []
    resumed = train(
        lambda device: Toy(device, before=lambda step: steps.append(step.number)),
        config, folder=tmp_path / "run", resume=True,
    )  # fmt: skip
    assert steps == list(range(12, 40))
    assert_same(resumed, tmp_path / "run", uninterrupted)


def test_the_random_numbers_of_others_are_left_alone():
    before = torch.get_rng_state()
    train(Toy, CONFIG)
    assert torch.equal(torch.get_rng_state(), before)


# --- processes ----------------------------------------------------------------------------------------


def test_two_processes_have_the_curve_of_one(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = {**os.environ, "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    together = [
        subprocess.Popen([sys.executable, TOY, str(tmp_path), "0"], env={**shared, "RANK": rank, "LOCAL_RANK": rank})
        for rank in "01"
    ]
    try:
        assert [process.wait(timeout=120) for process in together] == [0, 0]
    finally:
        for process in together:
            process.kill()
    first, second = (json.loads((tmp_path / f"curve-{rank}.json").read_text()) for rank in "01")
    assert first == second == rows_of(tmp_path / "run")  # written by the first alone
    alone = without_time(train(lambda device: Toy(device, dropout=0.0), CONFIG).curve)
    assert len(first) == len(alone)
    for row, expected in zip(first, alone, strict=True):
        assert row == pytest.approx(expected, rel=1e-4)  # sums of single precision in another order


@pytest.mark.parametrize("kind", ["best", "foreign"])
def test_a_state_that_is_not_one_of_this_run_is_refused(kind, uninterrupted, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(uninterrupted[1], folder)
    if kind == "best":
        shutil.copy(folder / "best.safetensors", folder / "last.safetensors")
    else:
        other = Checkpoint(tmp_path / "other", "another")
        other.save("last", {"shapes": torch.zeros(1)}, {})
        shutil.copy(other.file("last"), folder)
    with pytest.raises(InputError, match=r"last\.safetensors is not the state of this run"):
        train(Toy, CONFIG, folder=folder, resume=True)


def test_a_flipped_bit_in_the_state_is_refused(uninterrupted, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(uninterrupted[1], folder)
    state = bytearray((folder / "last.safetensors").read_bytes())
    state[-30] ^= 1  # the lowest bit of some number
    (folder / "last.safetensors").write_bytes(state)
    with pytest.raises(InputError, match=r"run/last\.safetensors is damaged \(its checksum is wrong\)"):
        train(Toy, CONFIG, folder=folder, resume=True)


@pytest.mark.parametrize("line", [b"{", b"[1]", b"{}", b"\xff", b"3"])
def test_a_damaged_curve_is_refused(uninterrupted, tmp_path, line):
    folder = tmp_path / "run"
    shutil.copytree(uninterrupted[1], folder)
    curve = folder / "curve.jsonl"
    curve.write_bytes(line + b"\n" + curve.read_bytes())
    with pytest.raises(InputError, match=r"curve\.jsonl, line 1, is damaged"):
        train(Toy, CONFIG, folder=folder, resume=True)
