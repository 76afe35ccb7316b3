from dataclasses import replace
from typing import Any

import pytest

from ligeia.hypersound.config import HyperSoundConfig

TINY = HyperSoundConfig(
    rate=8000,
    samples=80,
    channels=2,
    latent=3,
    strides=(2, 4),
    trunk=(8, 6),
    target={"width": 5, "depth": 2, "octaves": 3},
)


@pytest.fixture
def tiny():
    """Makes a small config with changes."""

    def make(**changes: Any) -> HyperSoundConfig:
        return replace(TINY, **changes)

    return make
