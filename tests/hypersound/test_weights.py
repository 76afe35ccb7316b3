import pytest
import torch
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
