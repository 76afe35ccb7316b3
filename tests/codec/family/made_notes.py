"""A small family of notes for tests: made, not trained."""

import numpy as np

from ligeia.codec.family.model import FamilyModel, with_digest
from ligeia.codec.family.partials import PartialsSettings

SETTINGS = PartialsSettings(timbre=3, curve=5, corrections=64, code=75, width=8, layers=1, bands=8)


def made_notes(items: int = 4, seed: int = 0, **changes: object) -> FamilyModel:
    """Voices whose partials fall by about 12 dB an octave, more or less as the code says."""
    random = np.random.default_rng(seed)
    arrays = {}
    for name, shape in SETTINGS.shapes(SETTINGS.rate).items():
        scale = 0.3 / np.sqrt(shape[0]) if len(shape) == 2 else 0.0
        arrays[name] = (scale * random.standard_normal(shape)).astype(np.float32)
    arrays["tone_bias_1"][0], arrays["noise_bias_1"][0] = -1.0, -3.0
    arrays["tone_bias_1"][-2:] = -2.0
    codes = np.zeros((items, SETTINGS.code), np.float32)
    codes[:, : SETTINGS.timbre] = random.standard_normal((items, SETTINGS.timbre))
    fields: dict[str, object] = {
        "name": "made_notes",
        "kind": "partials",
        "settings": SETTINGS.table(),
        "rate": SETTINGS.rate,
        "samples": SETTINGS.rate,
        "codes": codes,
        "arrays": arrays,
        "names": tuple(f"voice {k}" for k in range(items)),
        "labels": tuple(f"instrument {k // 2}" for k in range(items)),
        "pitches": tuple(60.0 + k for k in range(items)),
    }
    return with_digest(FamilyModel(**(fields | changes)))  # type: ignore[arg-type]
