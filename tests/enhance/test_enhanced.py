from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.enhance.enhanced import Enhanced


def test_holds_a_sound_and_a_report() -> None:
    audio = Audio(np.zeros((1, 3)), 8000)
    enhanced = Enhanced(audio, {"method": "none"})
    assert enhanced.audio is audio
    assert enhanced.report["method"] == "none"
    with pytest.raises(FrozenInstanceError):
        enhanced.audio = audio  # type: ignore[misc]
