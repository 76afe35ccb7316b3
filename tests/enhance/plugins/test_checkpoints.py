"""Loading of other people's weights: whole, or refused in one line."""

import pickle
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from ligeia.enhance.plugins.checkpoints import (
    listed_files,
    load_strictly,
    part_of_package,
    read_weights,
    weights_folder,
)
from ligeia.errors import InputError, MissingPackage


def test_the_folder_is_an_option_or_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIGEIA_TRIED", raising=False)
    with pytest.raises(InputError, match=r"none are downloaded: model, or LIGEIA_TRIED, must name a folder with a.pt"):
        weights_folder(None, variable="LIGEIA_TRIED", holding="a.pt")
    monkeypatch.setenv("LIGEIA_TRIED", str(tmp_path))
    assert weights_folder(None, variable="LIGEIA_TRIED", holding="a.pt") == tmp_path
    (tmp_path / "file").write_bytes(b"")
    for name, says in (("file", "is a file"), ("nowhere", "does not exist")):
        with pytest.raises(InputError, match=says):
            weights_folder(tmp_path / name, variable="LIGEIA_TRIED", holding="a.pt")


def test_the_index_names_files_beside_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file 'index'"):
        listed_files(tmp_path, "index", 1)
    (tmp_path / "a.pt").write_bytes(b"")
    (tmp_path / "index").write_text("a.pt\n")
    assert listed_files(tmp_path, "index", 1) == [tmp_path / "a.pt"]
    with pytest.raises(InputError, match="1 files of weights, 2 are needed"):
        listed_files(tmp_path, "index", 2)
    for name in ("b.pt", "../a.pt"):
        (tmp_path / "index").write_text(name)
        with pytest.raises(InputError, match="not a file in that folder"):
            listed_files(tmp_path, "index", 1)


def test_weights_fit_entry_by_entry(tmp_path: Path) -> None:
    network, path = nn.Linear(3, 2), tmp_path / "a.pt"
    state = nn.Linear(3, 2).state_dict()
    torch.save({"model": {f"module.{name}": value for name, value in state.items()}}, path)
    load_strictly(network, read_weights(path, "model"), path)
    assert torch.equal(network.weight, state["weight"])
    before = network.weight.clone()
    bad = {
        "1 are missing": {"weight": state["weight"]},
        "1 are unknown": {**state, "more": state["bias"]},
        "1 have another shape": {**state, "weight": torch.zeros(2, 4)},
    }
    for says, weights in bad.items():
        with pytest.raises(InputError, match=says):
            load_strictly(network, weights, path)
        assert torch.equal(network.weight, before)


def test_safetensors_are_read_too(tmp_path: Path) -> None:
    save_file({"a": torch.ones(2)}, tmp_path / "a.safetensors")
    assert read_weights(tmp_path / "a.safetensors")["a"].tolist() == [1, 1]


class Trap:
    """What runs code when a pickle is opened."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path(sys.executable).parent / "never",))  # type: ignore[return-value]


def test_what_is_no_weights_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    with pytest.raises(InputError, match="does not exist"):
        read_weights(path)
    for content in (b"", b"no checkpoint", b"PK\x03\x04"):
        path.write_bytes(content)
        with pytest.raises(InputError, match="not a checkpoint"):
            read_weights(path)
    path.write_bytes(pickle.dumps({"a": Trap()}))
    with pytest.raises(InputError, match="not a checkpoint of tensors alone"):
        read_weights(path)
    torch.save({"a": Trap()}, path)
    with pytest.raises(InputError, match="not a checkpoint of tensors alone"):
        read_weights(path)
    torch.save({"a": 3}, path)
    with pytest.raises(InputError, match="something else than named tensors"):
        read_weights(path)
    (tmp_path / "b.safetensors").write_bytes(b"nothing")
    with pytest.raises(InputError, match="not a checkpoint"):
        read_weights(tmp_path / "b.safetensors")


def test_a_part_of_a_package_is_loaded_without_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "standin_of_a_package" / "models"
    inside.mkdir(parents=True)
    (inside.parent / "__init__.py").write_text("raise RuntimeError('this loads half of the world')")
    (inside / "net.py").write_text("from .sizes import SIZE\n")
    (inside / "sizes.py").write_text("SIZE = 7\n")
    (inside / "other.py").write_text("import nowhere_to_be_found\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert part_of_package("standin_of_a_package", "models", "net", install="").SIZE == 7
    with pytest.raises(MissingPackage, match="No module named 'nowhere_to_be_found'"):
        part_of_package("standin_of_a_package", "models", "other", install="")
    with pytest.raises(MissingPackage, match=r'"no_such_package", which does not load here: pip install it'):
        part_of_package("no_such_package", "models", "net", install="pip install it")
