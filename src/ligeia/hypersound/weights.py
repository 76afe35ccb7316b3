"""The file of a model: safetensors, with its settings and facts as JSON in the header."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import load as tensors_from_bytes
from safetensors.torch import save as tensors_to_bytes
from torch import Tensor

from ligeia.audio.atomic import write_bytes
from ligeia.errors import InputError
from ligeia.hypersound.config import HyperSoundConfig
from ligeia.hypersound.hypernetwork import HyperSound
from ligeia.weights_file import from_json, read_weights

MODEL = "hypersound"

Facts = dict[str, Any]


def save_model(path: Path | str, model: HyperSound, facts: Mapping[str, Any], *, overwrite: bool = False) -> None:
    """Write a model, and plain values that say how it was made, to a safetensors file.

    Raises:
        InputError: the file exists (and `overwrite` is false), or cannot be written.
    """
    header = {
        "model": MODEL,
        "config": json.dumps(model.config.table()),
        "facts": json.dumps(dict(facts)),
    }
    tensors = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    write_bytes(Path(path), tensors_to_bytes(tensors, header), overwrite=overwrite)


def load_model(path: Path | str) -> tuple[HyperSound, Facts]:
    """Read a model, for evaluation, and the facts that were saved with it.

    Raises:
        InputError: the file is not such a model, is damaged, or its tensors do not fit its settings; all that do not
            are named.
    """
    tensors, header = read_tensors(Path(path))
    try:
        table, facts = from_json(header["config"]), from_json(header["facts"])
    except (KeyError, ValueError) as error:
        raise InputError(f"{path} is not a valid HyperSound model: its header has no settings") from error
    if not isinstance(facts, dict):
        raise InputError(f"{path} is not a valid HyperSound model: its facts are not a table")
    config = HyperSoundConfig.from_table(table, f"{path}")
    held = sum(value.numel() for value in tensors.values())
    if config.least_weights > held:  # before a model of this size is made
        raise InputError(
            f"{path}: the weights are not those of this model; its settings need {config.least_weights:,} numbers at "
            f"least, and the file holds {held:,}"
        )
    model = HyperSound(config)
    load_weights(model, tensors, str(path))
    return model.eval(), facts


def load_weights(model: HyperSound, tensors: Mapping[str, Tensor], place: str) -> None:
    """Give a model its weights; `place` begins the message.

    Raises:
        InputError: tensors are missing, unexpected, or of other shapes; all of them are named.
    """
    expected = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in tensors.items()}
    complaints = [
        ("missing", [name for name in expected if name not in found]),
        ("unexpected", [name for name in found if name not in expected]),
        (
            "mis-shaped",
            [
                f"{name} {list(found[name])} instead of {list(shape)}"
                for name, shape in expected.items()
                if name in found and found[name] != shape
            ],
        ),
    ]
    if problems := [f"{kind}: {', '.join(names)}" for kind, names in complaints if names]:
        raise InputError(f"{place}: the weights are not those of this model; {'; '.join(problems)}")
    model.load_state_dict(dict(tensors))


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors and the header of a model's file.

    Raises:
        InputError: the file cannot be read, or is not a HyperSound model.
    """
    stream, header = read_weights(path)
    try:
        tensors = tensors_from_bytes(stream)
    except Exception as error:  # safetensors raises its own type, which it does not export in every version
        raise InputError(f"{path} is not a valid safetensors file, or is damaged ({error})") from error
    if header.get("model") != MODEL:
        raise InputError(f"{path} is not a HyperSound model: its header says {header.get('model', 'nothing')!r}")
    return tensors, header
