import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from ligeia.errors import InputError
from ligeia.hypersound.hypernetwork import HyperSound
from ligeia.hypersound.weights import MODEL, load_model, load_weights, save_model


def test_a_model_comes_back_as_it_was(tiny, tmp_path) -> None:
    model = HyperSound(tiny(variant="additive", reading="executed", norm="layer"), seed=3)
    save_model(tmp_path / "m.safetensors", model, {"speakers": 5})
    again, facts = load_model(tmp_path / "m.safetensors")
    assert again.config == model.config
    assert facts == {"speakers": 5}
    assert not again.training
    waveforms = torch.randn(2, 80)
    assert torch.equal(again(waveforms), model(waveforms))


def test_a_model_is_not_overwritten(tiny, tmp_path) -> None:
    save_model(tmp_path / "m.safetensors", HyperSound(tiny()), {})
    with pytest.raises(InputError, match=r"m\.safetensors"):
        save_model(tmp_path / "m.safetensors", HyperSound(tiny()), {})
    save_model(tmp_path / "m.safetensors", HyperSound(tiny()), {}, overwrite=True)


def test_every_tensor_that_does_not_fit_is_named(tiny) -> None:
    model = HyperSound(tiny())
    tensors = dict(model.state_dict())
    del tensors["trunk.0.weight"], tensors["trunk.0.bias"]
    tensors |= {"one": torch.zeros(1), "two": torch.zeros(2), "head.bias": torch.zeros(4)}
    with pytest.raises(InputError) as caught:
        load_weights(model, tensors, "there")
    assert str(caught.value) == (
        "there: the weights are not those of this model; missing: trunk.0.weight, trunk.0.bias; unexpected: one, two; "
        f"mis-shaped: head.bias [4] instead of [{model.config.numbers}]"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a valid safetensors file"),
        (b'\x08\0\0\0\0\0\0\0{"a":1}x', "not a valid safetensors file"),
        (b"\xff" * 40, "not a valid safetensors file"),
    ],
)
def test_damage_is_one_clear_line(tmp_path, content, message) -> None:
    (tmp_path / "m").write_bytes(content)
    with pytest.raises(InputError, match=message):
        load_model(tmp_path / "m")


def test_other_files_are_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        load_model(tmp_path / "none")
    save_file({"a": torch.zeros(1)}, tmp_path / "m")
    with pytest.raises(InputError, match="not a HyperSound model"):
        load_model(tmp_path / "m")
    save_file({"a": torch.zeros(1)}, tmp_path / "m", {"model": MODEL})
    with pytest.raises(InputError, match="no settings"):
        load_model(tmp_path / "m")
    save_file({"a": torch.zeros(1)}, tmp_path / "m", {"model": MODEL, "config": '{"widht": 3}', "facts": "{}"})
    with pytest.raises(InputError, match="widht"):
        load_model(tmp_path / "m")


def _with_header(source, target, **strings: str) -> None:
    """Write the tensors of a model's file under a header in which some strings are others."""
    with safe_open(source, "pt") as file:
        header = file.metadata() | strings
        save_file({name: file.get_tensor(name) for name in file.keys()}, target, header)  # noqa: SIM118 - no mapping


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"trunk": [65536, 65536]}, "its settings need 4,2.* numbers at least, and the file holds"),
        ({"channels": 4096}, "numbers at least, and the file holds"),
        ({"channels": 10**9}, "a layer would have"),
        ({"trunk": [10**9]}, "trunk must be whole numbers between 1 and 65536"),
        ({"trunk": [8] * 1000}, "trunk must have at most 64 entries, got 1000"),
    ],
)
def test_settings_of_a_larger_model_are_refused_before_it_is_made(tiny, tmp_path, change, message) -> None:
    model = HyperSound(tiny())
    save_model(tmp_path / "m", model, {})
    _with_header(tmp_path / "m", tmp_path / "n", config=json.dumps({**model.config.table(), **change}))
    with pytest.raises(InputError, match=message):
        load_model(tmp_path / "n")


@pytest.mark.parametrize("name", ["config", "facts"])
def test_a_header_that_is_nested_deeply_is_refused(tiny, tmp_path, name) -> None:
    save_model(tmp_path / "m", HyperSound(tiny()), {})
    _with_header(tmp_path / "m", tmp_path / "n", **{name: "[" * 100_000})
    with pytest.raises(InputError, match="not a valid HyperSound model"):
        load_model(tmp_path / "n")


@pytest.mark.parametrize("norm", ["layer", "group"])
@pytest.mark.parametrize("strides", [(2, 4), ()])
def test_a_model_has_as_many_numbers_as_its_settings_need_at_least(tiny, norm, strides) -> None:
    model = HyperSound(tiny(norm=norm, strides=strides))
    assert model.config.least_weights <= sum(value.numel() for value in model.state_dict().values())
