import json

import pytest
import torch

from ligeia.errors import InputError
from ligeia.training.checkpoint import Checkpoint, remove_checkpoint

STATE = {
    "weight": torch.arange(6, dtype=torch.float32).reshape(2, 3),
    "error": torch.tensor([0.1], dtype=torch.float64),
}


def equal(found, expected):
    return found.keys() == expected.keys() and all(
        torch.equal(value, expected[name]) and value.dtype == expected[name].dtype for name, value in found.items()
    )


def test_a_finished_group_comes_back_to_the_bit(tmp_path):
    Checkpoint(tmp_path / "c", "me").finish(3, STATE)
    again = Checkpoint(tmp_path / "c", "me")
    assert equal(again.finished(3), STATE)
    assert again.finished(2) is None
    assert again.running(3) is None


def test_the_running_group_comes_back_to_the_bit(tmp_path):
    state = {**STATE, "group": torch.tensor(1)}
    Checkpoint(tmp_path / "c", "me").run(state)
    again = Checkpoint(tmp_path / "c", "me")
    assert equal(again.running(1), state)
    assert again.running(0) is None


def test_transposed_tensors_are_saved_as_they_are(tmp_path):
    store = Checkpoint(tmp_path / "c", "me")
    turned = STATE["weight"].T
    store.finish(0, {"weight": turned})
    assert torch.equal(store.finished(0)["weight"], turned)


def test_finishing_a_group_drops_its_running_state(tmp_path):
    store = Checkpoint(tmp_path / "c", "me")
    store.run({**STATE, "group": torch.tensor(0)})
    store.finish(0, STATE)
    assert store.running(0) is None


def test_the_folder_is_made_with_its_parents(tmp_path):
    Checkpoint(tmp_path / "a" / "b", "me")
    assert (tmp_path / "a" / "b").is_dir()


def test_an_empty_folder_is_taken(tmp_path):
    Checkpoint(tmp_path, "me").finish(0, STATE)
    assert Checkpoint(tmp_path, "me").finished(0)


def test_another_fits_checkpoint_is_refused_and_left_alone(tmp_path):
    Checkpoint(tmp_path / "c", "me").finish(0, STATE)
    with pytest.raises(InputError, match="another sound or other settings"):
        Checkpoint(tmp_path / "c", "you")
    assert equal(Checkpoint(tmp_path / "c", "me").finished(0), STATE)


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("all of it")
    with pytest.raises(InputError, match="not empty"):
        Checkpoint(tmp_path, "me")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "c").write_text("x")
    with pytest.raises(InputError, match="not a folder"):
        Checkpoint(tmp_path / "c", "me")


@pytest.mark.parametrize("damage", ["", "{", "[1]", "{}", '"me"', "\udcff"])
def test_a_damaged_marker_is_refused(tmp_path, damage):
    Checkpoint(tmp_path / "c", "me")
    (tmp_path / "c" / "fit.json").write_bytes(damage.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError):
        Checkpoint(tmp_path / "c", "me")


@pytest.mark.parametrize("name", ["group-000000.safetensors", "running.safetensors"])
@pytest.mark.parametrize("size", [0, 7, 100, -1])
def test_a_cut_file_is_refused(tmp_path, name, size):
    store = Checkpoint(tmp_path / "c", "me")
    state = {**STATE, "group": torch.tensor(0)}
    store.finish(0, state)
    store.run(state)
    file = tmp_path / "c" / name
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(InputError, match=f"{name} is damaged"):
        store.finished(0) if name.startswith("group") else store.running(0)


def test_a_running_file_that_lacks_its_group_is_refused(tmp_path):
    store = Checkpoint(tmp_path / "c", "me")
    store.run(STATE)
    with pytest.raises(InputError, match=r"running\.safetensors"):
        store.running(0)


def test_a_run_killed_while_it_wrote_its_very_first_file_can_be_repeated(tmp_path):
    # What `write_bytes` leaves behind under its temporary name.
    (tmp_path / ".ligeia-0123456789abcdef.json").write_text("")
    Checkpoint(tmp_path, "me")
    assert json.loads((tmp_path / "fit.json").read_text())["identity"] == "me"


def test_remove_takes_everything(tmp_path):
    store = Checkpoint(tmp_path / "c", "me")
    store.finish(0, STATE)
    store.finish(1, STATE)
    store.run({**STATE, "group": torch.tensor(2)})
    remove_checkpoint(tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_remove_takes_what_a_killed_write_left_behind(tmp_path):
    Checkpoint(tmp_path / "c", "me").finish(0, STATE)
    (tmp_path / "c" / ".ligeia-0123456789abcdef.safetensors").write_bytes(b"half")
    remove_checkpoint(tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_remove_leaves_other_files(tmp_path):
    Checkpoint(tmp_path / "c", "me").finish(0, STATE)
    (tmp_path / "c" / "thesis.txt").write_text("all of it")
    remove_checkpoint(tmp_path / "c")
    assert [path.name for path in (tmp_path / "c").iterdir()] == ["thesis.txt"]


def test_removing_nothing_is_fine(tmp_path):
    remove_checkpoint(tmp_path / "never")
    assert not (tmp_path / "never").exists()
