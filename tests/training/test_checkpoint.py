import json

import pytest
import torch
from safetensors.torch import load, save

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


def test_a_state_comes_back_to_the_bit(tmp_path):
    facts = {"step": 3, "seconds": 0.1 + 0.2, "best": float("inf"), "random": [1, None]}
    Checkpoint(tmp_path / "c", "me").save("last", STATE, facts)
    again = Checkpoint(tmp_path / "c", "me")
    tensors, plain = again.load("last")
    assert equal(tensors, STATE)
    assert plain == facts
    assert again.load("best") is None


def test_transposed_and_shared_tensors_are_saved_as_they_are(tmp_path):
    store = Checkpoint(tmp_path / "c", "me")
    turned = STATE["weight"].T
    store.save("last", {"weight": turned, "same": turned, "all": STATE["weight"]}, {})
    tensors, _ = store.load("last")
    assert torch.equal(tensors["weight"], turned)
    assert torch.equal(tensors["same"], turned)
    assert torch.equal(tensors["all"], turned.T)


def test_a_dropped_state_is_gone(tmp_path):
    store = Checkpoint(tmp_path / "c", "me")
    store.save("last", STATE, {})
    store.drop("last")
    assert store.load("last") is None
    store.drop("last")


def test_the_folder_is_made_with_its_parents(tmp_path):
    Checkpoint(tmp_path / "a" / "b", "me")
    assert (tmp_path / "a" / "b").is_dir()


def test_an_empty_folder_is_taken(tmp_path):
    Checkpoint(tmp_path, "me").save("last", STATE, {})
    assert Checkpoint(tmp_path, "me").load("last")


def test_another_fits_checkpoint_is_refused_and_left_alone(tmp_path):
    Checkpoint(tmp_path / "c", "me").save("last", STATE, {})
    with pytest.raises(InputError, match="other data or other settings"):
        Checkpoint(tmp_path / "c", "you")
    assert equal(Checkpoint(tmp_path / "c", "me").load("last")[0], STATE)


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
    (tmp_path / "c" / "run.json").write_bytes(damage.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError):
        Checkpoint(tmp_path / "c", "me")


@pytest.mark.parametrize("size", [0, 7, 100, -1])
def test_a_cut_file_is_refused(tmp_path, size):
    store = Checkpoint(tmp_path / "c", "me")
    store.save("last", STATE, {})
    file = tmp_path / "c" / "last.safetensors"
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(InputError, match=r"last\.safetensors is damaged"):
        store.load("last")


def test_every_flipped_bit_is_noticed(tmp_path):
    store = Checkpoint(tmp_path / "c", "me")
    store.save("last", STATE, {"step": 3, "zeros": "0" * 64})
    whole = store.file("last").read_bytes()
    assert equal(store.load("last")[0], STATE)
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        store.file("last").write_bytes(damaged)
        with pytest.raises(InputError, match=r"last\.safetensors"):
            store.load("last")


def test_a_flipped_bit_would_not_be_noticed_otherwise(tmp_path):
    store = Checkpoint(tmp_path / "c", "me")
    store.save("last", STATE, {"step": 3})
    damaged = bytearray(store.file("last").read_bytes())
    damaged[-9] ^= 1
    assert not equal(load(bytes(damaged)), STATE)  # a valid file, with other numbers


def test_bytes_behind_the_file_are_noticed(tmp_path):
    store = Checkpoint(tmp_path / "c", "me")
    store.save("last", STATE, {})
    with open(store.file("last"), "ab") as file:
        file.write(b"0")
    with pytest.raises(InputError, match="damaged"):
        store.load("last")


def test_files_of_other_versions_are_refused(tmp_path):
    store = Checkpoint(tmp_path / "c", "me")
    store.file("last").write_bytes(save(STATE, {"facts": "{}"}))
    with pytest.raises(InputError, match="older version, without a checksum; delete it to start over"):
        store.load("last")
    store.file("last").write_bytes(save(STATE, {"state": '{"version": 3}'}))
    with pytest.raises(InputError, match=r"another version \(3\)"):
        store.load("last")


def test_the_same_state_is_the_same_file(tmp_path):
    store = Checkpoint(tmp_path / "c", "me")
    for name in ("last", "best"):
        store.save(name, STATE, {"step": 3})
    assert store.file("last").read_bytes() == store.file("best").read_bytes()


def test_a_file_that_is_no_state_is_refused(tmp_path):
    store = Checkpoint(tmp_path / "c", "me")
    store.file("last").write_bytes(save(STATE))
    with pytest.raises(InputError, match=r"last\.safetensors"):
        store.load("last")


def test_a_run_killed_while_it_wrote_its_very_first_file_can_be_repeated(tmp_path):
    # What `write_bytes` leaves behind under its temporary name.
    (tmp_path / ".ligeia-0123456789abcdef.json").write_text("")
    Checkpoint(tmp_path, "me")
    assert json.loads((tmp_path / "run.json").read_text())["identity"] == "me"


def test_remove_takes_everything(tmp_path):
    store = Checkpoint(tmp_path / "c", "me")
    for name in ("group-000000", "group-000001", "last", "best"):
        store.save(name, STATE, {})
    (tmp_path / "c" / "curve.jsonl").write_text("{}")
    remove_checkpoint(tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_remove_takes_what_a_killed_write_left_behind(tmp_path):
    Checkpoint(tmp_path / "c", "me").save("last", STATE, {})
    (tmp_path / "c" / ".ligeia-0123456789abcdef.safetensors").write_bytes(b"half")
    remove_checkpoint(tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_remove_leaves_other_files(tmp_path):
    Checkpoint(tmp_path / "c", "me").save("last", STATE, {})
    (tmp_path / "c" / "thesis.txt").write_text("all of it")
    remove_checkpoint(tmp_path / "c")
    assert [path.name for path in (tmp_path / "c").iterdir()] == ["thesis.txt"]


def test_removing_nothing_is_fine(tmp_path):
    remove_checkpoint(tmp_path / "never")
    assert not (tmp_path / "never").exists()
