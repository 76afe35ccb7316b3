"""Tiny families for tests: made, not trained. Kinds of their own stand for those that learn."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ligeia.codec.family import members, model
from ligeia.codec.family.members import Kind
from ligeia.codec.family.model import FamilyModel, with_digest
from ligeia.codec.family.settings import DecoderSettings
from ligeia.networks import Siren

RATE, SAMPLES = 8000, 2000
NOTES = Siren(width=4, depth=2, first_omega=1.0)


@dataclass(frozen=True, kw_only=True)
class MadeSettings(DecoderSettings):
    kind: ClassVar[str] = "made"
    widths: tuple[int, ...] = (8, 8)
    activation: str = "sine"
    omega: float = 30.0
    shared: bool = True

    def shapes(self, samples):
        return {"weight": (self.code, 3)}


def sines(family, codes, pitches, count):
    """Each number of a code is the amplitude of one sine, from 200 Hz (or the pitch) up; silence is the code 0."""
    time = np.arange(min(count, family.samples)) / family.rate
    lowest = np.full(len(codes), 200.0) if pitches is None else 440 * 2 ** ((pitches - 69) / 12)
    waves = [np.sin(2 * np.pi * lowest[:, None] * (k + 1) * time) for k in range(codes.shape[1])]
    return np.einsum("nk,knt->nt", codes, np.array(waves)).astype(np.float32)


def held_sines(family, codes, pitches, count):
    """The same for as long as one likes."""
    time = np.arange(count) / family.rate
    lowest = 440 * 2 ** ((pitches - 69) / 12)
    waves = [np.sin(2 * np.pi * lowest[:, None] * (k + 1) * time) for k in range(codes.shape[1])]
    return np.einsum("nk,knt->nt", codes, np.array(waves)).astype(np.float32)


def folded(family, codes):
    """The code moves the output layer of a small network."""
    shapes = NOTES.shapes()
    same = {name: np.arange(1, np.prod(shape) + 1).reshape(shape) * 0.37 % 1 for name, shape in shapes.items()}
    arrays = {name: np.repeat(value[None], len(codes), axis=0) for name, value in same.items()}
    arrays["weight_2"] = arrays["weight_2"] * codes.sum(axis=1)[:, None, None]
    return NOTES, {name: value.astype(np.float32) for name, value in arrays.items()}


MADE_KINDS = {
    "made": Kind(whole=sines),
    "made_pitched": Kind(whole=held_sines, pitched=True, timed=True),
    "made_function": Kind(function=folded),
}


_REAL = model.settings_kind
members.KINDS = members.KINDS | MADE_KINDS
model.settings_kind = lambda kind: MadeSettings if kind in MADE_KINDS else _REAL(kind)


def made_model(items: int = 5, numbers: int = 4, **changes: object) -> FamilyModel:
    """A family of `items` sounds."""
    random = np.random.default_rng(0)
    fields = {
        "name": "made",
        "kind": "made",
        "settings": {"code": numbers, "widths": [8, 8], "activation": "sine", "omega": 30.0, "shared": True},
        "rate": RATE,
        "samples": SAMPLES,
        "codes": (0.1 * random.standard_normal((items, numbers))).astype(np.float32),
        "arrays": {"weight": random.standard_normal((numbers, 3)).astype(np.float32)},
        "names": tuple(f"sound {k}" for k in range(items)),
        "labels": tuple("ab"[k % 2] for k in range(items)),
        "pitches": tuple(60.0 + k for k in range(items)),
        "facts": {"seed": 0},
    }
    return with_digest(FamilyModel(**(fields | changes)))
