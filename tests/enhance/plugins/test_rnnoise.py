"""RNNoise: frames, lag and scale; with a stand-in for the library, and with the library where it is installed."""

import ctypes
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.enhance.denoising.denoise import denoise
from ligeia.enhance.plugins import rnnoise
from ligeia.enhance.plugins.rnnoise import FRAME, FULL_SCALE, LAG, RATE, run
from ligeia.errors import MissingExtra


class StandIn:
    """A library with RNNoise's calls that gives every frame back `LAG` samples late, and does nothing else."""

    def __init__(self) -> None:
        self.waiting: list[float] = [0.0] * LAG
        self.loudest = 0.0
        self.alive = 0

    def rnnoise_create(self, model: None) -> int:
        self.alive += 1
        return 1

    def rnnoise_destroy(self, state: Any) -> None:
        self.alive -= 1

    def rnnoise_process_frame(self, state: Any, out: Any, samples: Any) -> float:
        frame = np.ctypeslib.as_array(ctypes.cast(samples, ctypes.POINTER(ctypes.c_float)), (FRAME,))
        self.loudest = max(self.loudest, float(np.abs(frame).max()))
        self.waiting += frame.tolist()
        frame[:] = self.waiting[:FRAME]
        self.waiting = self.waiting[FRAME:]
        return 0.5


@pytest.mark.parametrize("count", [1, 479, 480, 481, 5000])
def test_every_sample_comes_back_in_its_place(count: int) -> None:
    samples = np.random.default_rng(0).uniform(-0.9, 0.9, count).astype(np.float32)
    library = StandIn()
    np.testing.assert_array_equal(run(library, samples), samples)
    assert library.loudest == pytest.approx(np.abs(samples).max() * FULL_SCALE)
    assert library.alive == 0


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from ligeia.enhance.plugins import checkpoints

    monkeypatch.setattr(checkpoints.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"ligeia\[denoise\]"):
        denoise(Audio(np.ones((1, 10)), 8000), "rnnoise")


@pytest.mark.skipif(find_spec("pyrnnoise") is None, reason="pyrnnoise is not installed (extra denoise)")
def test_the_library_takes_noise_away_and_keeps_time() -> None:
    random = np.random.default_rng(0)
    noise = random.normal(0, 0.05, (2, 2 * 44100))
    result = denoise(Audio(noise, 44100), "rnnoise")
    assert result.audio.samples.shape == noise.shape
    assert result.report["gain_db"] < -20
    # What is left of a noise lies where it lay, to a sample.
    sound = Audio(random.normal(0, 0.1, (1, 3 * RATE)), RATE)
    made = denoise(sound, "rnnoise").audio.samples[0]
    lags = np.arange(-30, 31)
    alike = [float(np.dot(np.roll(made, -lag)[100:-100], sound.samples[0, 100:-100])) for lag in lags]
    assert lags[int(np.argmax(alike))] == 0


def test_the_frames_are_those_of_the_library() -> None:
    assert (rnnoise.RATE, rnnoise.FRAME) == (48000, 480)
