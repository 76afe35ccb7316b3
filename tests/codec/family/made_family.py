"""Tiny families for tests: made, not trained."""

import numpy as np

from ligeia.codec.family.model import FamilyModel, with_digest


def film_settings(**changes: object) -> dict:
    return {"code": 4} | changes


def made_model(items: int = 5, numbers: int = 4, **changes: object) -> FamilyModel:
    """A family of no kind: only its file matters."""
    random = np.random.default_rng(0)
    fields = {
        "name": "made",
        "kind": "made",
        "settings": {"code": numbers, "widths": [8, 8], "activation": "sine", "omega": 30.0, "shared": True},
        "rate": 8000,
        "samples": 800,
        "codes": random.standard_normal((items, numbers)).astype(np.float16),
        "arrays": {"weight": random.standard_normal((numbers, 3)).astype(np.float32)},
        "names": tuple(f"sound {k}" for k in range(items)),
        "labels": tuple("ab"[k % 2] for k in range(items)),
        "pitches": tuple(60.0 + k for k in range(items)),
        "facts": {"seed": 0},
    }
    return with_digest(FamilyModel(**(fields | changes)))
