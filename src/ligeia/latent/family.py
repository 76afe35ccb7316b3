"""A family's networks as torch has them: fresh ones by a configuration, or those of a model file."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import Module

from ligeia.codec.family.model import FamilyModel
from ligeia.codec.family.settings import settings_kind
from ligeia.errors import InputError
from ligeia.latent.codes import StoredCodes
from ligeia.latent.configuration import Configuration
from ligeia.latent.decoders import decoder_kind
from ligeia.latent.decoders.decoder import Decoder
from ligeia.latent.encoder import Encoder, EncoderSettings
from ligeia.training.config import settings_from

ENCODER = "encoder"
"""Beginning of the names of an encoder's arrays in a model file, and the name of its settings there."""


@runtime_checkable
class HasClosedForm(Protocol):
    """A decoder that need not be trained: its numbers, and codes, follow from waveforms."""

    def solve(self, waveforms: Tensor) -> Tensor:
        """Set all numbers to represent `waveforms [items, samples]`; return codes `[items, numbers]`."""

    def closed_codes(self, waveforms: Tensor) -> Tensor | None:
        """Return the codes of any `waveforms [items, samples]`; None where these settings know no closed form."""


class Family(Module):
    """The networks and codes that are learned together; codes or an encoder, by the settings."""

    def __init__(self, config: Configuration, items: int) -> None:
        super().__init__()
        settings, samples, seed = config.decoder, config.data.samples, config.training.seed
        self.decoder: Decoder = decoder_kind(settings.kind)(settings, samples, seed)
        self.codes: StoredCodes | None = None
        self.encoder: Encoder | None = None
        if config.codes.inference == "autodecoder":
            self.codes = StoredCodes(config.codes, items, settings.code, seed)
        else:
            self.encoder = Encoder(config.encoder, code=settings.code, samples=samples, seed=seed)

    def codes_of(self, items: Tensor, waveforms: Tensor) -> Tensor:
        """Return the codes `[n, numbers]` of the sounds of these numbers, which are `waveforms [n, samples]`."""
        if self.codes is not None:
            return self.codes.values[items]
        assert self.encoder is not None
        encoded: Tensor = self.encoder(waveforms)
        return encoded


def decoder_of(model: FamilyModel) -> Decoder:
    """Return the decoder of a model, ready for use.

    Raises:
        InputError: the settings or the arrays are not those of its kind.
    """
    place = f"the family {model.name}"
    settings = settings_from(settings_kind(model.kind), _lists(model.settings), place)
    check_arrays(settings.shapes(model.samples), model.arrays, place)
    decoder = decoder_kind(model.kind)(settings, model.samples)
    decoder.load_state_dict({name: torch.from_numpy(_floats(value)) for name, value in model.arrays.items()})
    return decoder.eval().requires_grad_(False)


def encoder_of(model: FamilyModel) -> Encoder | None:
    """Return the encoder of a model, ready for use; None where its sounds have stored codes.

    Raises:
        InputError: the settings or the arrays are not those of an encoder.
    """
    if ENCODER not in model.facts:
        return None
    place = f"the encoder of {model.name}"
    settings = settings_from(EncoderSettings, _lists(model.facts[ENCODER]), place)
    beginning = f"{ENCODER}."
    arrays = {key.removeprefix(beginning): value for key, value in model.others.items() if key.startswith(beginning)}
    check_arrays(settings.shapes(model.numbers), arrays, place)
    encoder = Encoder(settings, code=model.numbers, samples=model.samples)
    encoder.load_state_dict({name: torch.from_numpy(_floats(value)) for name, value in arrays.items()})
    return encoder.eval().requires_grad_(False)


def check_arrays(shapes: Mapping[str, tuple[int, ...]], arrays: Mapping[str, NDArray[np.generic]], place: str) -> None:
    """Refuse arrays that are not those of these shapes; all that are not are named.

    Raises:
        InputError: some are missing, unexpected or of another shape.
    """
    found = {name: tuple(value.shape) for name, value in arrays.items()}
    wrong = [f"{name} is missing" for name in shapes if name not in found]
    wrong += [f"{name} is unexpected" for name in found if name not in shapes]
    wrong += [
        f"{name} is {list(found[name])} instead of {list(shape)}"
        for name, shape in shapes.items()
        if name in found and found[name] != tuple(shape)
    ]
    if wrong:
        raise InputError(f"{place}: the weights are not those of its settings: {'; '.join(wrong[:5])}")


def _lists(settings: object) -> Any:
    """Return settings as a TOML file would have them."""
    if not isinstance(settings, Mapping):
        return settings
    return {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()}


def _floats(value: NDArray[np.generic]) -> NDArray[np.float32]:
    return np.array(value, np.float32)
